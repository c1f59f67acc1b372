"""Who is asking, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, Protocol
from uuid import UUID

from leadsbot.kit.errors import Forbidden, NotFound

if TYPE_CHECKING:
    # Features name permissions in processes that serve no HTTP and need not load the framework.
    from litestar.connection import ASGIConnection

    Connection = ASGIConnection[Any, Any, Any, Any]
else:
    Connection = Any


class Permission(StrEnum):
    """What a route can need. The values are also the scopes of API keys."""

    LEADS_READ = "leads:read"
    LEADS_WRITE = "leads:write"
    SOURCES_READ = "sources:read"
    SOURCES_WRITE = "sources:write"
    DELIVERIES_READ = "deliveries:read"
    DELIVERIES_WRITE = "deliveries:write"
    TELEGRAM_WRITE = "telegram:write"
    KEYS_READ = "keys:read"
    KEYS_WRITE = "keys:write"
    WORKSPACE_READ = "workspace:read"
    WORKSPACE_WRITE = "workspace:write"
    MEMBERS_WRITE = "members:write"


@dataclass(frozen=True, slots=True)
class Public:
    """The written-out declaration that a route is for everybody, and why."""

    because: str


class SignedIn:
    """The declaration that a route is for every signed-in person, whatever their role: their own account."""

    def __repr__(self) -> str:
        return "SIGNED_IN"


SIGNED_IN = SignedIn()
Needs = Permission | Public | SignedIn


@dataclass(frozen=True, slots=True)
class WorkspaceChoice:
    """One workspace that a person belongs to, for the switcher."""

    id: UUID
    name: str
    role: str
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The caller of one request, resolved by the :class:`Authenticator` before the handler runs."""

    kind: Literal["person", "api_key", "anonymous"]
    person_id: UUID | None = None
    workspace_id: UUID | None = None
    role: str | None = None
    scopes: frozenset[Permission] = frozenset()
    """What the caller may do in ``workspace_id``: the role's permissions, or the key's scopes."""
    key_id: UUID | None = None
    name: str = ""
    email: str = ""
    session_id: UUID | None = None
    binding: str = ""
    """What CSRF tokens are bound to: the hash of the session."""
    workspaces: tuple[WorkspaceChoice, ...] = ()

    @property
    def timezone(self) -> str:
        """The time zone of the workspace that a person is in, by which pages tell times; UTC for everybody else."""
        return next((space.timezone for space in self.workspaces if space.id == self.workspace_id), "UTC")

    @property
    def tag(self) -> str:
        """The caller as events record it: ``person:<uuid>``, ``key:<uuid>`` or ``system``."""
        if self.kind == "person":
            return f"person:{self.person_id}"
        return f"key:{self.key_id}" if self.kind == "api_key" else "system"

    def may(self, permission: str) -> bool:
        """Whether the caller has this permission in the workspace at hand."""
        return permission in self.scopes

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the caller has the permission; for acts that one route allows to some only."""
        if not self.may(permission):
            raise Forbidden(f"Your role or key does not include {permission.value}.")

    def workspace(self) -> UUID:
        """The workspace of the request; NotFound for a person who belongs to none (any more)."""
        if self.workspace_id is None:
            raise NotFound("You do not belong to a workspace. Create one, or ask for an invitation.")
        return self.workspace_id


ANONYMOUS = Actor(kind="anonymous")


class Authenticator(Protocol):
    """Finds the caller of a request. Features implement it; the guard calls it once per request."""

    async def __call__(self, connection: Connection) -> Actor:
        """The actor; ANONYMOUS when no credentials were sent; Unauthorised when the sent ones are wrong."""
        ...


__all__ = [
    "ANONYMOUS",
    "SIGNED_IN",
    "Actor",
    "Authenticator",
    "Connection",
    "Needs",
    "Permission",
    "Public",
    "SignedIn",
    "WorkspaceChoice",
]
