"""Every write to leads, one verb per function. What changes nothing says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from leadsbot.contracts.events import (
    LeadAssigned,
    LeadCreated,
    LeadMerged,
    LeadNoteAdded,
    LeadStageChanged,
    LeadSubmissionJoined,
    LeadTagged,
    LeadUpdated,
)
from leadsbot.features.leads import model, store
from leadsbot.features.leads.model import Arrival, Lead
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.log import emit
from leadsbot.kit.errors import Conflict, Invalid, NotFound
from leadsbot.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Claim:
    """How a claim ended: who has the lead now, and whether this claim gave it to them."""

    owner_id: UUID
    won: bool


async def locked(tx: TenantTx, lead_id: UUID) -> Lead:
    """The lead that answers to the id, locked until the transaction ends; NotFound when there is none."""
    lead = await store.get(tx, lead_id, lock=True)
    if lead is None:
        raise NotFound("There is no such lead.")
    return lead


async def create(
    tx: TenantTx,
    arrival: Arrival,
    *,
    submission_id: UUID | None,
    source_id: UUID | None,
    at: datetime,
    lawful_basis: str,
    notice_version: str,
    by: str = "system",
) -> UUID:
    """A new lead, from its first submission or (without one) made by hand."""
    values = {
        "name": arrival.name, "email": arrival.email, "phone": arrival.phone, "phone_e164": arrival.phone_e164,
        "company": arrival.company, "message": arrival.message, "fields": arrival.fields, "context": arrival.context,
    }  # fmt: skip
    lead_id = await store.add(
        tx, **values, search=model.searchable(values, arrival.keys), source_id=source_id, created_at=at,
        last_activity_at=at, submission_count=1 if submission_id else 0, lawful_basis=lawful_basis,
        notice_version=notice_version,
    )  # fmt: skip
    await store.add_keys(tx, lead_id, arrival.keys)
    await emit(tx, LeadCreated(lead_id=lead_id, submission_id=submission_id, source_id=source_id), by=by, at=at)
    return lead_id


async def join(
    tx: TenantTx, lead_id: UUID, arrival: Arrival, *, submission_id: UUID, source_id: UUID, at: datetime
) -> None:
    """A repeat of somebody whose lead is open: empty fields are filled, the message is the newest."""
    lead = await locked(tx, lead_id)
    late = at < lead.last_activity_at
    values = model.joined(lead, arrival)
    if late:
        # Submissions can be taken in out of order; the newest message stays.
        values.pop("message", None) if lead.message else None
    values["submission_count"] = lead.submission_count + 1
    values["last_activity_at"] = max(at, lead.last_activity_at)
    await store.add_keys(tx, lead.id, arrival.keys)
    await _write(tx, lead, values)
    await emit(tx, LeadSubmissionJoined(lead_id=lead.id, submission_id=submission_id, source_id=source_id), at=at)


async def set_stage(tx: TenantTx, lead_id: UUID, stage: str, *, by: str) -> bool:
    """Move a lead; whether that changed anything."""
    lead = await locked(tx, lead_id)
    if lead.stage == model.valid_stage(stage):
        return False
    await store.change(tx, lead.id, stage=stage)
    await emit(tx, LeadStageChanged(lead_id=lead.id, previous=lead.stage, stage=stage), by=by)
    return True


async def assign(tx: TenantTx, lead_id: UUID, owner_id: UUID | None, *, by: str) -> bool:
    """Give a lead to a person, or to nobody; whether that changed anything. The caller checks who is a member."""
    lead = await locked(tx, lead_id)
    if lead.owner_id == owner_id:
        return False
    await store.change(tx, lead.id, owner_id=owner_id)
    await emit(tx, LeadAssigned(lead_id=lead.id, previous_owner=lead.owner_id, owner=owner_id), by=by)
    return True


async def claim(tx: TenantTx, lead_id: UUID, person_id: UUID, *, by: str) -> Claim:
    """Take a lead that nobody has: the first one wins, everybody else learns who has it."""
    lead = await locked(tx, lead_id)
    if lead.owner_id is not None:
        return Claim(lead.owner_id, won=False)
    await assign(tx, lead.id, person_id, by=by)
    return Claim(person_id, won=True)


async def add_note(
    tx: TenantTx,
    lead_id: UUID,
    body: str,
    *,
    by: str,
    via: str,
    author_name: str | None = None,
    note_id: UUID | None = None,
) -> UUID:
    """Write a note; returns its id. ``via`` is ``dashboard``, ``telegram`` or ``api``.

    A caller that may send the same note twice chooses its ``note_id``: the second one changes nothing.
    """
    text = model.valid_note(body)
    lead = await locked(tx, lead_id)
    note_id = note_id or new_id()
    if not await store.add_note(tx, note_id, lead.id, author=by, author_name=author_name, body=text, via=via):
        return note_id
    await store.change(tx, lead.id)
    await emit(tx, LeadNoteAdded(lead_id=lead.id, note_id=note_id), by=by)
    return note_id


async def set_tags(tx: TenantTx, lead_id: UUID, tags: Iterable[str], *, by: str) -> bool:
    """Replace the tags of a lead; whether that changed anything."""
    wanted = model.valid_tags(tags)
    lead = await locked(tx, lead_id)
    added = tuple(tag for tag in wanted if tag not in lead.tags)
    removed = tuple(tag for tag in lead.tags if tag not in wanted)
    if not added and not removed:
        return False
    await store.change(tx, lead.id, tags=list(wanted))
    await emit(tx, LeadTagged(lead_id=lead.id, added=added, removed=removed), by=by)
    return True


async def edit_fields(
    tx: TenantTx, lead_id: UUID, edits: Mapping[str, str | None], *, country: str | None, by: str
) -> bool:
    """Correct name, email, phone or company (those named in ``edits``); whether that changed anything.

    A corrected address or number replaces the old one, so the lead is no longer recognised by the mistyped one. What
    each was stays in a note.
    """
    cleaned = {name: model.valid_text(name, value) for name, value in edits.items()}
    lead = await locked(tx, lead_id)
    changed = {name: value for name, value in cleaned.items() if value != getattr(lead, name)}
    if not changed:
        return False
    values: dict[str, Any] = dict(changed)
    if "phone" in changed:
        values["phone_e164"] = model.to_e164(changed["phone"], country)
    before = set(model.contact_keys(lead.email, lead.phone_e164))
    after = set(model.contact_keys(values.get("email", lead.email), values.get("phone_e164", lead.phone_e164)))
    await store.drop_keys(tx, lead.id, sorted(before - after))
    await store.add_keys(tx, lead.id, sorted(after - before))
    await _write(tx, lead, values)
    note_id = new_id()
    body = model.corrected(lead, changed)
    await store.add_note(tx, note_id, lead.id, author=by, author_name=None, body=body, via="edit")
    await emit(tx, LeadUpdated(lead_id=lead.id, changed=tuple(sorted(changed)), note_id=note_id), by=by)
    return True


async def merge(tx: TenantTx, lead_id: UUID, other_id: UUID, *, by: str) -> bool:
    """Merge the other lead into this one; False when they are one already. Both ids keep answering.

    Locks in the order of the ids, so that two merges of the same pair cannot wait for each other.
    """
    for each in sorted((lead_id, other_id)):
        await locked(tx, each)
    survivor, other = await locked(tx, lead_id), await locked(tx, other_id)
    if survivor.id == other.id:
        if lead_id == other_id:
            raise Invalid("lead_id", "A lead cannot be merged into itself. Name another one.", code="same_lead")
        return False
    await store.fold_into(tx, other.id, survivor.id)
    await _write(tx, survivor, model.absorbed(survivor, other))
    await emit(tx, LeadMerged(lead_id=survivor.id, merged_id=other.id), by=by)
    return True


async def _write(tx: TenantTx, lead: Lead, values: Mapping[str, Any]) -> None:
    """Change columns that the search looks through, and what it finds the lead by."""
    names = ("name", "email", "phone", "company", "message", "fields")
    after = {**{name: getattr(lead, name) for name in names}, **values}
    keys = await store.keys_of(tx, await store.family(tx, lead.id))
    await store.change(tx, lead.id, **values, search=model.searchable(after, keys))


def must_match(lead: Lead, etag: str | None) -> None:
    """Raise Conflict when somebody changed the lead since the caller read it (``If-Match``; None asks nothing)."""
    if etag is not None and etag.strip() not in {"*", version(lead.updated_at)}:
        raise Conflict("Somebody changed this lead since you read it. Read it again and repeat your change.")


def version(updated_at: datetime) -> str:
    """The ETag of a lead: its moment of change."""
    return f'"{updated_at.timestamp():.6f}"'
