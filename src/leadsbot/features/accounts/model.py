"""Decisions about accounts: roles and what they may do, limits, the standard stages. No I/O."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from uuid import UUID
from zoneinfo import available_timezones

from leadsbot.features.accounts.countries import COUNTRIES
from leadsbot.features.accounts.zones import zone_of
from leadsbot.kit.contact import email_key, valid_email
from leadsbot.kit.errors import Forbidden, Invalid
from leadsbot.web.actor import Permission

SESSION_IDLE = timedelta(days=14)
SESSION_LONGEST = timedelta(days=30)
SEEN_EVERY = timedelta(minutes=5)
KEY_USED_EVERY = timedelta(minutes=1)
RESTORE_WITHIN = timedelta(minutes=10)
SETUP_LINK_LIFE = timedelta(hours=24)
PASSWORD_LINK_LIFE = timedelta(hours=1)
CLI_LINK_LIFE = timedelta(hours=24)
WELCOME_LINK_LIFE = timedelta(days=3)
PASSWORD_LINKS = ("password", "welcome")
"""The kinds of one-time links that set a password. The link in a colleague's welcome mail has a kind of its own,
because it must not end the one that the owner was shown."""
MERGE_WINDOW_DAYS = 30
STAGES = {
    "new": "New",
    "contacted": "Contacted",
    "qualified": "Qualified",
    "won": "Won",
    "lost": "Lost",
    "junk": "Junk",
}
EVERY_SCOPE = "*"
KEY_PREFIX_LETTERS = 14


class Role(StrEnum):
    """What somebody is in a workspace."""

    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"
    VIEWER = "viewer"


_SEE = frozenset(
    {Permission.LEADS_READ, Permission.SOURCES_READ, Permission.DELIVERIES_READ, Permission.WORKSPACE_READ}
)
MATRIX: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.ADMIN: frozenset(Permission),
    Role.MEMBER: _SEE | {Permission.LEADS_WRITE, Permission.DELIVERIES_WRITE},
    Role.VIEWER: _SEE,
}
"""The permission matrix: a role includes exactly this."""


def check_role(name: str) -> Role:
    """A known role."""
    try:
        return Role(name)
    except ValueError:
        raise Invalid("role", f"Choose a role: {', '.join(Role)}.") from None


def check_giving(giver: str | None, *roles: Role) -> None:
    """Forbidden unless somebody with the role ``giver`` may give and take these roles: only owners deal with owners."""
    if Role.OWNER in roles and giver != Role.OWNER:
        raise Forbidden("Only an owner can make somebody an owner, or change what an owner is.")


@dataclass(frozen=True, slots=True)
class Throttle:
    """At most ``tries`` within ``window``, refilled evenly."""

    kind: str
    tries: int
    window: timedelta


LOGIN_HERE = Throttle("login e-mail and network", 10, timedelta(minutes=15))
LOGIN_BY_ADDRESS = Throttle("login address", 40, timedelta(minutes=15))
LOGIN_BY_EMAIL = Throttle("login e-mail", 1000, timedelta(hours=1))
"""What all networks together may try for one person. It is high, because whoever fills it keeps the person out."""
CHANGE_PASSWORD = Throttle("change password", 10, timedelta(minutes=15))
RESET_BY_EMAIL = Throttle("reset e-mail", 3, timedelta(hours=1))
RESET_BY_ADDRESS = Throttle("reset address", 20, timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can sign in."""

    id: UUID
    email: str
    name: str
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """A person in one workspace."""

    id: UUID
    person_id: UUID
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Membership:
    """One workspace of a person."""

    workspace_id: UUID
    workspace_name: str
    role: Role
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """What a workspace decided about itself."""

    workspace_id: UUID
    name: str
    country: str
    timezone: str
    merge_window_days: int
    stage_labels: dict[str, str]
    """Every stage's name, in order; renamed ones under their new name."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser."""

    id: UUID
    person_id: UUID
    workspace_id: UUID | None
    browser: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of a program; the key itself is known to its holder only."""

    id: UUID
    workspace_id: UUID
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def network(address: str, v4: int = 24) -> str:
    """The network that an address belongs to: what one customer of a provider usually has (``v4`` bits, 64 of IPv6)."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((known, v4 if known.version == 4 else 64), strict=False))


def login_buckets(email_key: str, address: str) -> tuple[tuple[Throttle, str], ...]:
    """What an attempt to sign in counts for. A stranger who guesses keeps nobody out but the own network."""
    return (
        (LOGIN_HERE, f"{email_key} {network(address)}"),
        (LOGIN_BY_ADDRESS, network(address, 32)),
        (LOGIN_BY_EMAIL, email_key),
    )


def hashed(token: str) -> bytes:
    """What is stored of a random token: enough, because nobody can guess 178 bits and more."""
    return sha256(token.encode("utf-8", "replace")).digest()


def permissions(scopes: Iterable[str]) -> frozenset[Permission]:
    """What a key's scopes allow; ``*`` is all of them, unknown ones are nothing."""
    given = set(scopes)
    return frozenset(Permission) if EVERY_SCOPE in given else frozenset(item for item in Permission if item in given)


def check_scopes(scopes: list[str], giver: frozenset[Permission]) -> list[str]:
    """The scopes in order; Invalid for unknown or none, Forbidden for more than the giver has."""
    if not scopes:
        raise Invalid("scopes", "Choose at least one scope.", code="missing")
    unknown = [scope for scope in scopes if scope != EVERY_SCOPE and scope not in set(Permission)]
    if unknown:
        raise Invalid("scopes", f"Known scopes are: *, {', '.join(Permission)}.")
    if not permissions(scopes) <= giver:
        raise Forbidden("A key cannot be given more than its maker may do.")
    return [EVERY_SCOPE] if EVERY_SCOPE in scopes else sorted(set(scopes))


def check_email(email: str) -> tuple[str, str]:
    """The address as typed and the key it is found by; Invalid when mail cannot reach it."""
    key = email_key(email) if valid_email(email) else None
    if key is None:
        raise Invalid("email", "This is not an e-mail address. Write it like name@example.com.")
    return email.strip(), key


def check_country(code: str) -> str:
    """A known country code."""
    if code not in COUNTRIES:
        raise Invalid("country", "Choose a country from the list.")
    return code


def check_timezone(name: str) -> str:
    """A known time zone."""
    if name not in available_timezones():
        raise Invalid("timezone", "Choose a time zone from the list, e.g. Europe/London.")
    return name


def first_zone(told: str, country: str) -> str:
    """The time zone that a browser says it is in; its country's when it says none, or one that this machine does not
    know."""
    return told if told in available_timezones() else zone_of(country)


def labels(renamed: dict[str, str]) -> dict[str, str]:
    """The name of every stage."""
    return {key: renamed.get(key) or standard for key, standard in STAGES.items()}


def renamed(given: dict[str, str]) -> dict[str, str]:
    """What to store of given names: only those that differ; Invalid when two stages would have one name."""
    shown = labels(given)
    if len({name.casefold() for name in shown.values()}) < len(shown):
        raise Invalid("stage_labels", "Two stages have the same name. Give each its own.")
    return {key: name for key, name in shown.items() if name != STAGES[key]}
