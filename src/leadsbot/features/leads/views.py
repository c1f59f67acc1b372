"""A lead as other features and people see it: with its source."""

from __future__ import annotations

from dataclasses import dataclass, fields
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
class LeadView(Lead):
    """One lead with where it came in."""

    source: SourceRef | None


def view(lead: Lead, source: Source | None) -> LeadView:
    """The view of a stored lead."""
    ref = SourceRef(source.id, source.kind, source.name) if source else None
    return LeadView(**{field.name: getattr(lead, field.name) for field in fields(Lead)}, source=ref)
