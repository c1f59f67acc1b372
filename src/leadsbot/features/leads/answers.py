"""What a lead answered beside its core fields, as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from leadsbot.features.capture.public import Source
from leadsbot.features.forms.public import Definition, live, read_answers
from leadsbot.features.leads.model import Lead
from leadsbot.kit.headline import Told, headline

CHOSEN: Final = frozenset({"select", "multiselect", "radio", "rating", "date"})
UNTOLD: Final = frozenset({"consent", "checkbox", "hidden"})
"""What says nothing of a lead in one line: ticks, and what no visitor filled in."""


def in_one_line(lead: Lead, sources: Mapping[UUID, Source]) -> str:
    """What a lead without a message says, by the live form of the source that it came in through."""
    source = sources.get(lead.source_id) if lead.source_id else None
    form = live(source) if source is not None else None
    return one_line(lead.fields, form.definition if form else None)


def one_line(fields: Mapping[str, Any], form: Definition | None) -> str:
    """Answers without a message as one line, by the form that was filled in if there was one."""
    answers = read_answers(fields, [form] if form else [])
    return headline(
        Told(each.label, each.value, each.type not in CHOSEN) for each in answers if each.type not in UNTOLD
    )
