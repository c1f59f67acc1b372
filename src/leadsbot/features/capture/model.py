"""What a source and a submission are, and what may be set on a source."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal
from uuid import UUID

from leadsbot.kit.errors import Invalid
from leadsbot.kit.links import origin, redirect_allowed
from leadsbot.kit.text import clean

MAX_ENTRIES: Final = 100
BODY_LIMITS: Final = range(1_024, 4 * 1024 * 1024 + 1)


Label = Literal["genuine", "spam"]
"""What a person says that a submission is."""
HeldState = Literal["quarantined", "blocked", "spam", "released"]
"""How a submission that was doubted stands: waits for somebody to look, blocked and waiting, called spam, released."""


class Kind(StrEnum):
    """How a source is reached: the inbound webhook, a plain HTML form, or the widget's public token."""

    WEBHOOK = "webhook"
    FORM = "form"
    WIDGET = "widget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One door for enquiries. ``key`` is its public address; ``signed`` says whether a signing secret is set."""

    workspace_id: UUID
    id: UUID
    kind: str
    name: str
    key: str
    open: bool
    allowed_origins: tuple[str, ...]
    redirect_allow: tuple[str, ...]
    signed: bool
    max_body: int
    country: str | None
    settings: dict[str, Any] = field(default_factory=dict)
    form: dict[str, Any] | None = None
    checks: dict[str, Any] = field(default_factory=dict)
    lawful_basis: str
    notice_version: str
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCounts:
    """What came in through one source."""

    total: int
    quarantined: int
    last_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One enquiry exactly as it came. ``fields`` and ``context`` are trees of what was sent."""

    id: UUID
    source_id: UUID
    received_at: datetime
    fields: dict[str, Any]
    context: dict[str, Any]
    ip: str | None
    quarantined: bool
    verdict: dict[str, Any] | None
    label: Label | None
    lawful_basis: str
    notice_version: str
    form_version: int | None
    consents: list[dict[str, Any]] | None
    lead_id: UUID | None
    intake_note: str | None


def checked(options: dict[str, Any]) -> dict[str, Any]:
    """The settable columns of a source, checked; Invalid names the one that is wrong. Unknown names raise TypeError."""
    checks: dict[str, Callable[[Any], Any]] = {
        "name": _name,
        "allowed_origins": _origins,
        "redirect_allow": _redirects,
        "max_body": _max_body,
        "country": _country,
        "settings": lambda value: value,
        "form": lambda value: value,
        "checks": lambda value: value,
        "lawful_basis": _word,
        "notice_version": _word,
        "signing_secret": lambda value: value,
    }
    unknown = options.keys() - checks.keys()
    if unknown:
        raise TypeError(f"not an option of a source: {', '.join(sorted(unknown))}")
    return {name: checks[name](value) for name, value in options.items()}


def _name(value: str) -> str:
    name = clean(value, "name", 200).strip()
    if not name:
        raise Invalid("name", "Give the source a name.")
    return name


def _word(value: str) -> str:
    return clean(value, "lawful_basis", 100)


def _origins(values: Iterable[str]) -> list[str]:
    found: list[str] = []
    for value in values:
        known = origin(value.strip())
        if known is None:
            raise Invalid("allowed_origins", "Write an origin like https://www.example.com, without a path.")
        if known not in found:
            found.append(known)
    return _few(found, "allowed_origins")


def _redirects(values: Iterable[str]) -> list[str]:
    found = [value.strip() for value in values]
    if not all(redirect_allowed(value, [value]) for value in found):
        raise Invalid("redirect_allow", "Write a whole address like https://www.example.com/thanks.")
    return _few(found, "redirect_allow")


def _few(values: list[str], name: str) -> list[str]:
    if len(values) > MAX_ENTRIES:
        raise Invalid(name, f"At most {MAX_ENTRIES} entries are possible.")
    return values


def _max_body(value: int) -> int:
    if value not in BODY_LIMITS:
        raise Invalid("max_body", f"The limit must be from {BODY_LIMITS.start} to {BODY_LIMITS.stop - 1} bytes.")
    return value


def _country(value: str | None) -> str | None:
    if value is None or value == "":
        return None
    code = value.upper()
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise Invalid("country", "Write the two letters of the country, e.g. GB.")
    return code
