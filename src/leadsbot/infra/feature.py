"""The manifest of a feature: everything the program must know about it, in one value."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from leadsbot.infra.crypto import Crypto, Resealed
from leadsbot.infra.db.base import Table
from leadsbot.infra.db.pool import Database
from leadsbot.infra.jobs.kinds import Cron, Handler, JobKind

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from leadsbot.infra.nav import NavItem
    from leadsbot.infra.notices import NoticeSource


Reseal = Callable[[Database, Callable[[str], str], Crypto], Awaitable[Resealed]]
"""Is given the application's transactions, the database's address as a role, and the keys."""
Routes: TypeAlias = "Sequence[ControllerRouterHandler]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One capability: its tables, its HTTP routes, its reactions to events, its jobs and their schedule, and what it
    puts around every page: entries of the navigation, and notices of what somebody must cure."""

    name: str
    tables: tuple[type[Table], ...] = ()
    routes: Callable[[], Routes] = tuple
    """Called by a process that serves HTTP; only then are the routes' modules loaded."""
    handlers: tuple[Handler[Any], ...] = ()
    jobs: tuple[JobKind[Any], ...] = ()
    schedule: tuple[Cron, ...] = ()
    nav: tuple[NavItem, ...] = ()
    notices: tuple[NoticeSource, ...] = ()
    reseal: Reseal | None = None
    """Seals every stored envelope of the feature with the present key; a feature that calls ``Crypto.seal`` has it."""
