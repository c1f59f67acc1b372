"""Pure decisions about leads: stages, what recognises a person, which lead a submission joins, what joining changes."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from leadsbot.kit.contact import email_key, phone_e164
from leadsbot.kit.errors import Invalid
from leadsbot.kit.text import clean, scrub

STAGES: Final = ("new", "contacted", "qualified", "won", "lost", "junk")
OPEN: Final = frozenset({"new", "contacted", "qualified"})
"""Stages in which a repeat joins the lead. A closed or junk lead is history: whoever writes again is a new lead."""
LABELS: Final = {stage: stage.capitalize() for stage in STAGES}
NAMELESS: Final = "No contact details"
LIMITS: Final = {"name": 200, "email": 320, "phone": 60, "company": 300}
NOTE_LIMIT, TAG_LIMIT, TAGS_LIMIT, SEARCH_LIMIT = 10_000, 50, 30, 4_000
MAIL, TEL = "mailto:", "tel:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """One lead as stored."""

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
    fields: dict[str, Any]
    context: dict[str, Any]
    source_id: UUID | None
    submission_count: int
    score: int | None
    lawful_basis: str
    notice_version: str
    merged_into: UUID | None
    created_at: datetime
    updated_at: datetime
    last_activity_at: datetime

    @property
    def display(self) -> str:
        """What to call the lead in one line: never empty."""
        return self.name or self.email or self.phone or self.company or NAMELESS


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody wrote about a lead."""

    id: UUID
    lead_id: UUID
    author: str
    author_name: str | None
    body: str
    via: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What one submission says: recognised answers, and the keys it is compared by."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    phone_e164: str | None = None
    company: str | None = None
    message: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    context: dict[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead that shares a key with a submission."""

    id: UUID
    stage: str
    last_activity_at: datetime
    keys: frozenset[str]


def contact_keys(email: str | None, phone: str | None) -> tuple[str, ...]:
    """The keys of an address as typed and a number in E.164; only what is valid makes a key."""
    address = email_key(email) if email else None
    return (*((MAIL + address,) if address else ()), *((TEL + phone,) if phone else ()))


def to_e164(phone: str | None, country: str | None) -> str | None:
    """The number to dial, or None when what was typed is no valid number."""
    return phone_e164(phone, country) if phone else None


def lead_to_join(keys: Sequence[str], candidates: Iterable[Candidate], at: datetime, window: timedelta) -> UUID | None:
    """The open lead that a submission joins, or None for a new one.

    The same e-mail address joins; so does the same number, unless both sides also have an address and those differ:
    then the number may be an office's, and the two are shown as possible duplicates instead. If address and number
    lead to two leads, the address decides. Of several the latest active one is taken.
    """
    mail = {key for key in keys if key.startswith(MAIL)}
    usable = sorted(
        (each for each in candidates if each.stage in OPEN and each.last_activity_at >= at - window),
        key=lambda each: (each.last_activity_at, each.id),
        reverse=True,
    )
    for each in usable:
        if mail & each.keys:
            return each.id
    for each in usable:
        has_mail = any(key.startswith(MAIL) for key in each.keys)
        if set(keys) & each.keys and not (mail and has_mail):
            return each.id
    return None


def joined(lead: Lead, arrival: Arrival) -> dict[str, Any]:
    """The columns that a repeat changes: empty ones are filled, nothing typed before is overwritten, but for the
    message, which is always the newest."""
    changed: dict[str, Any] = {}
    for name in ("name", "email", "company"):
        if not getattr(lead, name) and getattr(arrival, name):
            changed[name] = getattr(arrival, name)
    if not lead.phone and arrival.phone:
        changed |= {"phone": arrival.phone, "phone_e164": arrival.phone_e164}
    if arrival.message:
        changed["message"] = arrival.message
    if any(name not in lead.fields for name in arrival.fields):
        changed["fields"] = arrival.fields | lead.fields
    if any(name not in lead.context for name in arrival.context):
        changed["context"] = arrival.context | lead.context
    return changed


def absorbed(survivor: Lead, other: Lead) -> dict[str, Any]:
    """The columns of the surviving lead that a merge changes; the later activity decides the message."""
    newer = other.last_activity_at > survivor.last_activity_at
    changed = joined(
        survivor,
        Arrival(
            name=other.name, email=other.email, phone=other.phone, phone_e164=other.phone_e164, company=other.company,
            message=other.message if newer or not survivor.message else None, fields=other.fields,
            context=other.context,
        ),
    )  # fmt: skip
    tags = tuple(dict.fromkeys((*survivor.tags, *other.tags)))[:TAGS_LIMIT]
    return changed | {
        "tags": list(tags),
        "owner_id": survivor.owner_id or other.owner_id,
        "submission_count": survivor.submission_count + other.submission_count,
        "created_at": min(survivor.created_at, other.created_at),
        "last_activity_at": max(survivor.last_activity_at, other.last_activity_at),
    }


def folded(text: str) -> str:
    """Text as the search compares it: compatibility forms and case folded, blanks made one."""
    return " ".join(unicodedata.normalize("NFKC", scrub(text)).casefold().split())


def searchable(values: Mapping[str, Any], keys: Iterable[str]) -> str:
    """What the search box looks through: contact (also every other address and number the person used), company,
    message, and short texts among the other fields."""
    texts = [values.get(name) for name in ("name", "email", "phone", "company")]
    texts += [key.removeprefix(MAIL).removeprefix(TEL) for key in keys]
    texts.append(values.get("message"))
    texts += [value for value in (values.get("fields") or {}).values() if isinstance(value, str) and len(value) < 300]
    if phone := values.get("phone"):
        texts.insert(0, "".join(filter(str.isdigit, phone)))
    return folded(" \n ".join(text for text in texts if text))[:SEARCH_LIMIT]


def valid_stage(stage: str) -> str:
    """The stage, or Invalid that names those there are."""
    if stage not in STAGES:
        raise Invalid("stage", f"There is no such stage. Use one of {', '.join(STAGES)}.", code="unknown_stage")
    return stage


def valid_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags on one line each, in lower case, without repeats, in the given order; Invalid when too long or too many."""
    cleaned = (" ".join(clean(tag, "tags", 1000).split()).lower() for tag in tags)
    kept = tuple(dict.fromkeys(tag for tag in cleaned if tag))
    if len(kept) > TAGS_LIMIT:
        raise Invalid("tags", f"A lead can have {TAGS_LIMIT} tags.", code="too_many")
    if any(len(tag) > TAG_LIMIT for tag in kept):
        raise Invalid("tags", f"A tag can have {TAG_LIMIT} characters.", code="too_long")
    if any("," in tag for tag in kept):
        raise Invalid("tags", "A tag cannot contain a comma.", code="forbidden_character")
    return kept


def valid_text(name: str, value: str | None) -> str | None:
    """An edited contact field on one line, None when emptied; an address must be one."""
    if value is None:
        return None
    text = " ".join(clean(value, name, LIMITS[name]).split())
    if name == "email" and text and email_key(text) is None:
        raise Invalid("email", "This is not an e-mail address. Write it like name@example.com.", code="not_an_email")
    return text or None


FIELDS: Final = {"name": "name", "email": "e-mail", "phone": "phone", "company": "company"}
"""What people call the fields that can be edited."""


def corrected(lead: Lead, changed: Mapping[str, str | None]) -> str:
    """What was edited, a line a field: what it was and what it is now."""
    pairs = [(FIELDS[name], getattr(lead, name), changed[name]) for name in FIELDS if name in changed]
    return "\n".join(f"{called.capitalize()}: {was or 'none'} → {now or 'none'}" for called, was, now in pairs)


def valid_note(body: str) -> str:
    """A note's text, trimmed; Invalid when it is empty or too long."""
    text = clean(body, "body", NOTE_LIMIT).strip()
    if not text:
        raise Invalid("body", "The note is empty. Write something.", code="missing")
    return text
