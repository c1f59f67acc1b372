"""A published form, compiled: what it makes of answers."""

from __future__ import annotations

from typing import Any

from leadsbot.contracts.intake import Answers, InvalidAnswers
from leadsbot.features.forms import definition as definitions
from leadsbot.features.forms.definition import Definition


class CompiledForm:
    """Checks answers against one published version; made once for every version that is in use."""

    def __init__(self, version: int, definition: Definition) -> None:
        self.version = version
        self.definition = definition
        self.lawful_basis = definition.lawful_basis or None
        self.notice_version = definition.notice_version or None

    def check(self, fields: dict[str, Any], language: str) -> Answers:
        """The answers, checked. Raises InvalidAnswers that names every field."""
        faults = {
            field.key: f"{field.label} is missing."
            for field in self.definition.fields()
            if field.required and not str(fields.get(field.key) or "").strip()
        }
        if faults:
            raise InvalidAnswers(faults)
        return Answers(fields)


def compile_form(published: dict[str, Any]) -> CompiledForm:
    """From what a source carries: ``{"version": 3, "definition": {…}}``."""
    return CompiledForm(published["version"], definitions.decode(published["definition"]))
