"""What is wrong in a workspace and needs somebody: told on every page of the dashboard until it is cured."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from leadsbot.infra.db.tx import TenantTx


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing that somebody has to cure. Nothing closes it but the cure."""

    text: str
    """What is wrong and what follows from it, in a sentence or two. May quote names that strangers chose."""
    action: str
    """What the link to the cure says."""
    path: str
    """The page where it is cured."""
    tone: Literal["warn", "bad"] = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeSource:
    """A feature's notices. It is asked for every page, so it must be quick, above all when there is nothing to say."""

    name: str
    look: Callable[[TenantTx], Awaitable[Sequence[Notice]]]
    needs: str
    """A :class:`~leadsbot.web.actor.Permission`: told to those who can do something about it."""
    live: str
    """The beginning of the events after which open pages look again: ``destination.``"""


__all__ = ["Notice", "NoticeSource"]
