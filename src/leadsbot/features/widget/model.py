"""What a report of the widget is, and what is decided about one without asking the database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from leadsbot.kit import spellings
from leadsbot.kit.errors import Invalid
from leadsbot.kit.text import one_line

Mode = Literal["listener", "inline", "popup", "slide-in", "button"]
MAX_FORMS: Final = 20
MAX_FIELDS: Final = 50
MAX_BODY: Final = 65_536
MAX_SEEN: Final = 200
"""Forms that are remembered for one source; who makes up more is not listened to."""
MAX_TEXT: Final = 200
KEPT_DAYS: Final = 30
_ROLES: Final = {"first": "first name", "last": "last name"}

Text = Annotated[str, msgspec.Meta(max_length=2000)]


class Told(msgspec.Struct, frozen=True):
    """One field as the listener found it. There is no place for a value."""

    name: Text = ""
    label: Text = ""
    type: Text = ""


class Met(msgspec.Struct, frozen=True):
    """One form as the listener found it."""

    fields: Annotated[list[Told], msgspec.Meta(min_length=1, max_length=MAX_FIELDS)]
    id: Text | None = None
    name: Text | None = None


class Report(msgspec.Struct, frozen=True):
    """What the widget tells: that it was loaded (multiplied by its sampling rate), and which forms it met."""

    token: Annotated[str, msgspec.Meta(max_length=64)]
    page: Text
    mode: Mode
    loads: Annotated[int, msgspec.Meta(ge=0, le=10)] = 0
    forms: Annotated[list[Met], msgspec.Meta(max_length=MAX_FORMS)] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenForm:
    """A form of a web site, as far as it is known here."""

    id: UUID
    source_id: UUID
    page: str
    name: str
    fields: list[dict[str, str]]
    """``[{name, label, type, guess}]``."""
    ignored: bool
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A form that was met, as it would be stored."""

    fingerprint: str
    page: str
    name: str
    fields: list[dict[str, str]]


def report(body: object) -> Report:
    """A report from a tree of JSON. Raises Invalid (422) that names the place."""
    try:
        return msgspec.convert(body, Report)
    except msgspec.ValidationError as error:
        text, _, place = str(error).partition(" - at `$")
        raise Invalid(place.strip("`.") or None, f"{text}.") from None


def where(page: str) -> tuple[str, str]:
    """The origin and the bare address (without query) of a page. Raises Invalid for what is not the address of one."""
    try:
        parts = urlsplit(page)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        parts, sound = urlsplit(""), False
    if not sound:
        raise Invalid("page", "Send the address of the page.")
    site = f"{parts.scheme}://{parts.netloc}".lower()
    return one_line(site, MAX_TEXT), one_line(site + parts.path, MAX_TEXT)


def sighting(met: Met, site: str, page: str) -> Sighting:
    """A form as it is stored. It is the same form on every page of a site: a form in the footer is one form."""
    fields = [_field(each) for each in met.fields]
    shown_id, name = one_line(met.id or "", MAX_TEXT), one_line(met.name or "", MAX_TEXT)
    marks = [site, shown_id, *(each["name"] for each in fields)]
    fingerprint = hashlib.sha256("\0".join(marks).encode()).hexdigest()[:32]
    return Sighting(fingerprint=fingerprint, page=page, name=name or shown_id, fields=fields)


def _field(told: Told) -> dict[str, str]:
    kept = {each: one_line(getattr(told, each), MAX_TEXT) for each in ("name", "label", "type")}
    return {**kept, "guess": guess(told)}


def guess(told: Told) -> str:
    """What intake will take the field for, as a word; empty for an answer of its own."""
    known = [role for text in (told.label, told.name) if (role := spellings.role_of(text))]
    best = max(known, key=lambda each: each[1], default=None)
    typed = spellings.role_of_type(told.type)
    other = any(text and spellings.is_other(text) for text in (told.label, told.name))
    if typed and not other and (best is None or typed[1] > best[1]):
        best = typed
    return _ROLES.get(best[0], best[0]) if best else ""


def since(now: datetime) -> datetime:
    """From when on loads are shown: as long as they are kept."""
    return now - timedelta(days=KEPT_DAYS)


def shown_fields(form: SeenForm) -> list[dict[str, Any]]:
    """The fields for a page: what to call each and what it is taken for."""
    return [{"text": each["label"] or each["name"] or "?", "guess": each["guess"]} for each in form.fields]
