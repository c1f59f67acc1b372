"""What is said about a form: errors, which keep it from being published, and hints, which do not."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from leadsbot.features.forms.definition import Definition, Field, Step
from leadsbot.kit.errors import Invalid

_PLACE: Final = re.compile(r"steps\[(?P<step>\d+)\](?:\.fields\[(?P<field>\d+)\])?")


class Finding(msgspec.Struct, frozen=True):
    """One thing about one place. ``path`` is the place in the definition, ``steps[0].fields[2].label``; ``code`` is for
    programs, ``message`` a sentence for people."""

    path: str
    code: str
    message: str


class Report(msgspec.Struct):
    """Everything that was found."""

    errors: list[Finding] = []
    hints: list[Finding] = []

    def error(self, path: str, code: str, message: str) -> None:
        """Something that must be mended before the form is published."""
        self.errors.append(Finding(path, code, message))

    def hint(self, path: str, code: str, message: str) -> None:
        """Something worth a second look."""
        self.hints.append(Finding(path, code, message))


class NotReady(Invalid):
    """A form that cannot be published as it is: one sentence for each place, the first of which is the error's own."""

    code = "not_ready"
    title = "The form is not ready to be published"

    def __init__(self, report: Report) -> None:
        first = report.errors[0]
        super().__init__(first.path, first.message)
        self.faults = {found.path: found.message for found in report.errors}


def called(thing: Field | Step) -> str:
    """What a message calls a field or a step: its words if it has any."""
    if isinstance(thing, Step):
        return f"“{thing.title or thing.id}”"
    return f"“{thing.label or thing.key}”"


def named(report: Report, definition: Definition) -> Report:
    """The same, with what a sentence is about before those that do not say it: they stand in one list."""
    return Report(*([_named(found, definition) for found in some] for some in (report.errors, report.hints)))


def _named(found: Finding, definition: Definition) -> Finding:
    place = _PLACE.match(found.path)
    if place is None:
        return found
    number = int(place["step"])
    step = definition.steps[number]
    name = called(step.fields[int(place["field"])]) if place["field"] else f"Step {number + 1}"
    if name in found.message or (not place["field"] and len(definition.steps) == 1):
        return found
    return Finding(found.path, found.code, f"{name}: {found.message}")


__all__ = ["Finding", "NotReady", "Report", "called", "named"]
