"""What came in through a form as one table, whatever version and language it was answered in.

A column is a key: a field keeps its key through versions and languages, so answers of every time stand in one column.
Columns come in the order of the live form; fields that only earlier versions had follow. What was answered under names
that no version knows is in the last column, as it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeAlias
from zoneinfo import ZoneInfo

import msgspec

from leadsbot.features.capture.public import Submission
from leadsbot.features.forms.definition import Definition, Field
from leadsbot.features.forms.reading import amount_of, date_of, number_of, ticked
from leadsbot.kit import ids
from leadsbot.kit.text import one_line

Cell: TypeAlias = str | float | date | datetime
"""What a cell of an export can be."""
SILENT: Final = frozenset({"heading"})
"""Fields without an answer."""
BEFORE: Final = ("Submission", "Received", "State")
AFTER: Final = ("Language", "Page", "Form version", "Consents", "Lead", "Other answers")


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a form, through all its versions."""

    field: Field
    """As the newest version has it."""
    options: dict[str, str]
    """What the values of a choice are called, by the newest version that knew them."""
    former: bool = False
    """Whether the live form no longer has it."""

    @property
    def key(self) -> str:
        """The key of the field."""
        return self.field.key

    @property
    def label(self) -> str:
        """What stands above the column: a consent without a label goes by the beginning of its text."""
        return self.field.label or one_line(self.field.text, 40) or self.field.key

    def value(self, answer: Any) -> Cell:
        """An answer as a spreadsheet has it: a number or a day where the field asks for one and it can be read."""
        number: Decimal | None = None
        if self.field.type in {"number", "money"}:
            number = amount_of(self.field, answer)
        elif self.field.type == "rating":
            number = number_of(answer)
        elif self.field.type == "date" and (day := date_of(answer)):
            return date.fromisoformat(day)
        return float(number) if number is not None else self.shown(answer)

    def shown(self, answer: Any) -> str:
        """An answer as text: choices by labels, several joined by commas, yes and no for ticks, names for files."""
        if answer is None:
            return ""
        if self.field.type in {"checkbox", "consent"}:
            return "yes" if ticked(answer) else "no"
        if isinstance(answer, list):
            return ", ".join(self.shown(each) for each in answer)
        if isinstance(answer, bool):
            return "yes" if answer else "no"
        if isinstance(answer, dict):
            if isinstance(name := answer.get("filename"), str):
                return name
            return msgspec.json.encode(answer).decode()
        return self.options.get(str(answer), str(answer))


def columns(live: Definition, earlier: Iterable[Definition]) -> list[Column]:
    """The columns of a form, from what is live (or its draft) and what was published before, the newest first."""
    found: dict[str, Column] = {}
    for number, definition in enumerate((live, *earlier)):
        for field in definition.fields():
            if field.type in SILENT:
                continue
            known = found.get(field.key)
            if known is None:
                found[field.key] = Column(field, _options(field), former=number > 0)
            else:
                known.options.update({k: v for k, v in _options(field).items() if k not in known.options})
    return list(found.values())


def _options(field: Field) -> dict[str, str]:
    return {option.value: option.label or option.value for option in field.options}


def state(submission: Submission) -> str:
    """How a submission stands, in a word."""
    if submission.quarantined:
        return "held back"
    return "lead" if submission.lead_id else "received"


def header(table: Sequence[Column]) -> list[str]:
    """The first row of an export. Labels that two fields share are told apart by their keys."""
    labels = [each.label for each in table]
    names = [each.label if labels.count(each.label) == 1 else f"{each.label} ({each.key})" for each in table]
    return [*BEFORE, *names, *AFTER]


def line(submission: Submission, table: Sequence[Column], zone: ZoneInfo) -> list[Cell]:
    """One row of an export, as long as the header. Moments are told in ``zone``."""
    known = {each.key for each in table}
    others = {name: value for name, value in submission.fields.items() if name not in known}
    consents = [str(each.get("text", "")) for each in submission.consents or () if each.get("given")]
    return [
        ids.show(ids.SUBMISSION, submission.id),
        submission.received_at.astimezone(zone),
        state(submission),
        *(each.value(submission.fields.get(each.key)) for each in table),
        str(submission.context.get("lang") or submission.context.get("locale") or ""),
        str(submission.context.get("page") or ""),
        float(submission.form_version) if submission.form_version else "",
        "; ".join(consents),
        ids.show(ids.LEAD, submission.lead_id) if submission.lead_id else "",
        msgspec.json.encode(others).decode() if others else "",
    ]


__all__ = ["Cell", "Column", "columns", "header", "line", "state"]
