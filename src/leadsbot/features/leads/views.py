"""A lead as other features and people see it: with its source, without bookkeeping."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from leadsbot.features.capture.public import Source
from leadsbot.features.leads.model import Lead


@dataclass(frozen=True, slots=True)
class SourceRef:
    """Where a lead came in."""

    id: UUID
    kind: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadView:
    """One lead as other features and people see it."""

    id: UUID
    name: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    company: str | None
    message: str | None
    stage: str
    owner_id: UUID | None
    tags: tuple[str, ...]
    source: SourceRef | None
    score: int | None
    submission_count: int
    fields: dict[str, Any]
    context: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime
    display: str
    """What to call the lead in one line: never empty."""


def view(lead: Lead, source: Source | None) -> LeadView:
    """The view of a stored lead."""
    return LeadView(
        id=lead.id, name=lead.name, email=lead.email, phone=lead.phone, phone_e164=lead.phone_e164,
        company=lead.company, message=lead.message, stage=lead.stage, owner_id=lead.owner_id, tags=lead.tags,
        source=SourceRef(source.id, source.kind, source.name) if source else None, score=lead.score,
        submission_count=lead.submission_count, fields=lead.fields, context=lead.context, created_at=lead.created_at,
        updated_at=lead.updated_at, last_activity_at=lead.last_activity_at, display=lead.display,
    )  # fmt: skip
