"""The manifest of a feature: everything the program must know about it, in one value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from leadsbot.infra.db.base import Table
from leadsbot.infra.jobs.kinds import Cron, Handler, JobKind

if TYPE_CHECKING:
    from litestar.types import ControllerRouterHandler

    from leadsbot.infra.nav import NavItem
    from leadsbot.infra.notices import NoticeSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One capability: its tables, its HTTP routes, its reactions to events, its jobs and their schedule, and what it
    puts around every page: entries of the navigation, and notices of what somebody must cure."""

    name: str
    tables: tuple[type[Table], ...] = ()
    routes: tuple[ControllerRouterHandler, ...] = ()
    handlers: tuple[Handler[Any], ...] = ()
    jobs: tuple[JobKind[Any], ...] = ()
    schedule: tuple[Cron, ...] = ()
    nav: tuple[NavItem, ...] = ()
    notices: tuple[NoticeSource, ...] = ()
