"""Every event that one feature tells the others: frozen, versioned, ids and facts, never personal data.

An erasure request must not rewrite history, so an event names a lead by its id and says what changed, not to what text.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

import msgspec


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """The base of all events. ``type`` is the public name, ``subject`` the field that holds whom it is about."""

    type: ClassVar[str] = ""
    version: ClassVar[int] = 1
    subject: ClassVar[str] = ""

    @property
    def subject_id(self) -> UUID | None:
        """The id of the thing whose timeline this event belongs to."""
        return getattr(self, self.subject) if self.subject else None


class SubmissionReceived(Event, frozen=True, kw_only=True):
    """A submission was accepted and committed."""

    type: ClassVar[str] = "submission.received"
    subject: ClassVar[str] = "submission_id"
    submission_id: UUID
    source_id: UUID


class SubmissionReleased(Event, frozen=True, kw_only=True):
    """Somebody took a submission out of quarantine; it goes the way of every other one from here."""

    type: ClassVar[str] = "submission.released"
    subject: ClassVar[str] = "submission_id"
    submission_id: UUID
    source_id: UUID


class SubmissionLabelled(Event, frozen=True, kw_only=True):
    """Somebody said what a submission is; screening learns from it."""

    type: ClassVar[str] = "submission.labelled"
    subject: ClassVar[str] = "submission_id"
    submission_id: UUID
    spam: bool


class FormPublished(Event, frozen=True, kw_only=True):
    """A version of a form went live."""

    type: ClassVar[str] = "form.published"
    subject: ClassVar[str] = "form_id"
    form_id: UUID
    live_version: int


class FormSeen(Event, frozen=True, kw_only=True):
    """The listener met a form of a web site for the first time."""

    type: ClassVar[str] = "form.seen"
    subject: ClassVar[str] = "seen_id"
    seen_id: UUID
    source_id: UUID


class PartialSaved(Event, frozen=True, kw_only=True):
    """Somebody began to fill in a form and has not sent it; told once for each beginning."""

    type: ClassVar[str] = "submission.partial"
    subject: ClassVar[str] = "partial_id"
    partial_id: UUID
    form_id: UUID


class _LeadEvent(Event, frozen=True, kw_only=True):
    subject: ClassVar[str] = "lead_id"
    lead_id: UUID


class LeadCreated(_LeadEvent, frozen=True, kw_only=True):
    """A submission became a new lead."""

    type: ClassVar[str] = "lead.created"
    submission_id: UUID | None
    source_id: UUID | None


class LeadSubmissionJoined(_LeadEvent, frozen=True, kw_only=True):
    """A repeat joined an open lead."""

    type: ClassVar[str] = "lead.submission_joined"
    submission_id: UUID
    source_id: UUID


class LeadUpdated(_LeadEvent, frozen=True, kw_only=True):
    """Fields of a lead were edited; the names of the fields, not their values, which stand in the note."""

    type: ClassVar[str] = "lead.updated"
    changed: tuple[str, ...]
    note_id: UUID | None = None
    """Says what each was and what it is now; those edited long ago have none."""


class LeadStageChanged(_LeadEvent, frozen=True, kw_only=True):
    """A lead moved to another stage."""

    type: ClassVar[str] = "lead.stage_changed"
    previous: str
    stage: str


class LeadAssigned(_LeadEvent, frozen=True, kw_only=True):
    """A lead got another owner, or none."""

    type: ClassVar[str] = "lead.assigned"
    previous_owner: UUID | None
    owner: UUID | None


class LeadNoteAdded(_LeadEvent, frozen=True, kw_only=True):
    """Somebody wrote a note."""

    type: ClassVar[str] = "lead.note_added"
    note_id: UUID


class LeadTagged(_LeadEvent, frozen=True, kw_only=True):
    """The tags of a lead changed."""

    type: ClassVar[str] = "lead.tagged"
    added: tuple[str, ...]
    removed: tuple[str, ...]


class LeadMerged(_LeadEvent, frozen=True, kw_only=True):
    """Another lead was merged into this one; its id keeps resolving."""

    type: ClassVar[str] = "lead.merged"
    merged_id: UUID


class _SourceEvent(Event, frozen=True, kw_only=True):
    subject: ClassVar[str] = "source_id"
    source_id: UUID


class SourceCreated(_SourceEvent, frozen=True, kw_only=True):
    """A source was created."""

    type: ClassVar[str] = "source.created"


class SourceChanged(_SourceEvent, frozen=True, kw_only=True):
    """Settings of a source changed."""

    type: ClassVar[str] = "source.changed"


class SourceClosed(_SourceEvent, frozen=True, kw_only=True):
    """A source was closed; it answers 410 from now on."""

    type: ClassVar[str] = "source.closed"


class DestinationBound(Event, frozen=True, kw_only=True):
    """A chat, group or topic was connected."""

    type: ClassVar[str] = "destination.bound"
    subject: ClassVar[str] = "destination_id"
    destination_id: UUID


class DestinationMoved(Event, frozen=True, kw_only=True):
    """A chat lives under another id now (a group became a supergroup), or took over what waited for another one."""

    type: ClassVar[str] = "destination.moved"
    subject: ClassVar[str] = "destination_id"
    destination_id: UUID


class DestinationDisabled(Event, frozen=True, kw_only=True):
    """A destination refuses our messages; the reason is a code."""

    type: ClassVar[str] = "destination.disabled"
    subject: ClassVar[str] = "destination_id"
    destination_id: UUID
    reason: str


class DeliverySent(Event, frozen=True, kw_only=True):
    """A message reached its destination."""

    type: ClassVar[str] = "delivery.sent"
    subject: ClassVar[str] = "lead_id"
    delivery_id: UUID
    lead_id: UUID | None
    channel: str


class DeliveryFailed(Event, frozen=True, kw_only=True):
    """A message will not be tried again by itself."""

    type: ClassVar[str] = "delivery.failed"
    subject: ClassVar[str] = "lead_id"
    delivery_id: UUID
    lead_id: UUID | None
    channel: str
    reason: str


class WorkspaceCreated(Event, frozen=True, kw_only=True):
    """A workspace was made."""

    type: ClassVar[str] = "workspace.created"
    subject: ClassVar[str] = "owner_id"
    owner_id: UUID


class MemberJoined(Event, frozen=True, kw_only=True):
    """A person became a member of the workspace."""

    type: ClassVar[str] = "member.joined"
    subject: ClassVar[str] = "person_id"
    person_id: UUID


class MemberRoleChanged(Event, frozen=True, kw_only=True):
    """A member of the workspace got another role."""

    type: ClassVar[str] = "member.role_changed"
    subject: ClassVar[str] = "person_id"
    person_id: UUID
    previous: str
    role: str


class MemberLeft(Event, frozen=True, kw_only=True):
    """A person was removed from the workspace, or left it."""

    type: ClassVar[str] = "member.left"
    subject: ClassVar[str] = "person_id"
    person_id: UUID


def _all(base: type[Event]) -> list[type[Event]]:
    found = [base] if base.type else []
    for child in base.__subclasses__():
        found += _all(child)
    return found


EVENTS: dict[str, type[Event]] = {event.type: event for event in _all(Event)}
"""Every event by its public name."""


def decode(name: str, payload: Any) -> Event:
    """An event from its stored payload. Raises KeyError for an unknown name, msgspec.ValidationError for a bad one."""
    return msgspec.convert(payload, EVENTS[name], strict=False)
