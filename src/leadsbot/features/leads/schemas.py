"""Leads, notes, submissions and events as the API shows and takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from leadsbot.features.capture.public import Submission
from leadsbot.features.forms.public import Upload
from leadsbot.features.leads.model import LIMITS, NOTE_LIMIT, TAG_LIMIT, TAGS_LIMIT, Note
from leadsbot.features.leads.views import LeadView
from leadsbot.infra.events.log import Logged
from leadsbot.kit import ids
from leadsbot.web.params import VISIBLE, Moment, body_id, told

Stage = Literal["new", "contacted", "qualified", "won", "lost", "junk"]
Name = Annotated[str, told("One line.", maxLength=LIMITS["name"])]
Email = Annotated[str, told("One address.", maxLength=LIMITS["email"], format="email")]
Phone = Annotated[str, told("As it is to be shown.", maxLength=LIMITS["phone"])]
Company = Annotated[str, told("One line.", maxLength=LIMITS["company"])]
Owner = Annotated[str, body_id(ids.PERSON, "The id of a member; null: nobody.")]
Tags = Annotated[
    list[Annotated[str, told("In lower case, on one line.", maxLength=TAG_LIMIT, pattern="^[^,]*$")]],
    told("All of them: others are removed.", maxItems=TAGS_LIMIT),
]


class LeadSource(msgspec.Struct):
    """Where a lead came in."""

    id: str
    kind: str
    name: str


class LeadOut(msgspec.Struct):
    """A lead. `message` is the newest one, `fields` every unknown field as it was sent, `name` one display string."""

    id: str
    name: str | None
    email: str | None
    phone: str | None
    phone_e164: str | None
    company: str | None
    message: str | None
    stage: Stage
    owner: str | None
    tags: list[str]
    source: LeadSource | None
    score: int | None
    submission_count: int
    fields: dict[str, Any]
    context: dict[str, Any]
    created_at: Moment
    updated_at: Moment
    last_activity_at: Moment


class LeadPatch(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays. ``owner`` is the id of a member, or null for nobody."""

    name: Name | msgspec.UnsetType | None = msgspec.UNSET
    email: Email | msgspec.UnsetType | None = msgspec.UNSET
    phone: Phone | msgspec.UnsetType | None = msgspec.UNSET
    company: Company | msgspec.UnsetType | None = msgspec.UNSET
    stage: Stage | msgspec.UnsetType = msgspec.UNSET
    owner: Owner | msgspec.UnsetType | None = msgspec.UNSET
    tags: Tags | msgspec.UnsetType = msgspec.UNSET

    def texts(self) -> dict[str, str | None]:
        """The contact fields that are to be changed."""
        named = {"name": self.name, "email": self.email, "phone": self.phone, "company": self.company}
        return {key: value for key, value in named.items() if not isinstance(value, msgspec.UnsetType)}


class NoteIn(msgspec.Struct, forbid_unknown_fields=True):
    """A note to write."""

    body: Annotated[str, told("Plain text.", minLength=1, maxLength=NOTE_LIMIT, pattern=VISIBLE)]


class NoteOut(msgspec.Struct):
    """A note. ``author`` is the id of a person or key, ``telegram:<id>``, or ``system``. ``via`` is ``dashboard``,
    ``telegram``, ``api``, or ``edit`` where it tells what somebody edited."""

    id: str
    lead_id: str
    author: str
    author_name: str | None
    body: str
    via: str
    created_at: Moment


class MergeIn(msgspec.Struct, forbid_unknown_fields=True):
    """The lead that is merged into the one in the address; its id keeps resolving."""

    lead_id: Annotated[str, body_id(ids.LEAD, "The lead that goes into the other.")]


class EventOut(msgspec.Struct):
    """One thing that happened to a lead: facts and ids, never personal data."""

    id: str
    type: str
    actor: str
    data: dict[str, Any]
    occurred_at: Moment


class UploadOut(msgspec.Struct):
    """A file that came with a submission; ``GET /api/v1/uploads/{id}`` says where it can be fetched. `content_type`
    was found in the content."""

    id: str
    field: str
    name: str
    size: int
    content_type: str


class SubmissionOut(msgspec.Struct):
    """One submission exactly as it came, and its files."""

    id: str
    source_id: str
    fields: dict[str, Any]
    context: dict[str, Any]
    ip: str | None
    lawful_basis: str
    notice_version: str
    received_at: Moment
    uploads: list[UploadOut]


class Items(msgspec.Struct):
    """Every submission of a lead, newest first."""

    data: list[SubmissionOut]
    next_cursor: str | None = None


_PREFIXES: Mapping[str, str] = {
    "lead_id": ids.LEAD, "merged_id": ids.LEAD, "submission_id": ids.SUBMISSION, "source_id": ids.SOURCE,
    "note_id": ids.NOTE, "delivery_id": ids.DELIVERY, "destination_id": ids.DESTINATION, "owner": ids.PERSON,
    "previous_owner": ids.PERSON, "person_id": ids.PERSON,
}  # fmt: skip
_ACTORS = {"person": ids.PERSON, "key": ids.KEY}


def lead_out(lead: LeadView) -> LeadOut:
    """A lead as the API shows it."""
    source = lead.source
    return LeadOut(
        id=ids.show(ids.LEAD, lead.id), name=lead.name, email=lead.email, phone=lead.phone,
        phone_e164=lead.phone_e164, company=lead.company, message=lead.message,
        stage=lead.stage,  # type: ignore[arg-type]  # only valid stages are ever stored
        owner=ids.show(ids.PERSON, lead.owner_id) if lead.owner_id else None, tags=list(lead.tags),
        source=LeadSource(ids.show(ids.SOURCE, source.id), source.kind, source.name) if source else None,
        score=lead.score, submission_count=lead.submission_count, fields=lead.fields, context=lead.context,
        created_at=lead.created_at, updated_at=lead.updated_at, last_activity_at=lead.last_activity_at,
    )  # fmt: skip


def note_out(note: Note) -> NoteOut:
    """A note as the API shows it."""
    return NoteOut(
        ids.show(ids.NOTE, note.id), ids.show(ids.LEAD, note.lead_id), actor_out(note.author), note.author_name,
        note.body, note.via, note.created_at,
    )  # fmt: skip


def submission_out(submission: Submission, uploads: Sequence[Upload] = ()) -> SubmissionOut:
    """A submission as the API shows it, with its files."""
    return SubmissionOut(
        ids.show(ids.SUBMISSION, submission.id), ids.show(ids.SOURCE, submission.source_id), submission.fields,
        submission.context, str(submission.ip) if submission.ip else None, submission.lawful_basis,
        submission.notice_version, submission.received_at,
        [UploadOut(each.shown_id, each.field, each.name, each.size, each.media_type) for each in uploads],
    )  # fmt: skip


def event_out(event: Logged) -> EventOut:
    """An event as the API shows it: its ids with their prefixes."""
    data = {
        name: ids.show(_PREFIXES[name], UUID(value)) if name in _PREFIXES and isinstance(value, str) else value
        for name, value in event.payload.items()
    }
    return EventOut(ids.show(ids.EVENT, event.id), event.type, actor_out(event.actor), data, event.occurred_at)


def actor_out(actor: str) -> str:
    """The id of a person or key behind ``person:<uuid>``; others as they are."""
    kind, _, value = actor.partition(":")
    return ids.show(_ACTORS[kind], UUID(value)) if kind in _ACTORS else actor
