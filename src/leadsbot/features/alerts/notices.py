"""Chats that get no alerts, told on every page to those who can connect them again."""

from __future__ import annotations

from collections.abc import Sequence

from leadsbot.features.alerts import store
from leadsbot.features.alerts.model import Destination, DestinationState
from leadsbot.features.deliveries import public as deliveries
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.notices import Notice, NoticeSource
from leadsbot.web.actor import Permission

NAMED = 3
"""So many chats are told one by one; of more it is told how many there are."""


async def look(tx: TenantTx) -> Sequence[Notice]:
    """One notice for each chat that Telegram refuses, with how many alerts wait for it."""
    closed = await store.destinations(tx, DestinationState.DISABLED)
    waiting = await deliveries.held_counts(tx, [each.id for each in closed]) if closed else {}
    told = [_notice(_said(each, waiting.get(each.id, 0))) for each in closed[:NAMED]]
    rest = closed[NAMED:]
    if rest:
        count = sum(waiting.get(each.id, 0) for each in rest)
        told.append(_notice(f"{len(rest)} more {_plural(rest, 'chat gets', 'chats get')} no alerts.{_waits(count)}"))
    return told


def _said(destination: Destination, waiting: int) -> str:
    reason = destination.reason or "Telegram refuses it."
    return f"{destination.name} gets no alerts. {reason}{_waits(waiting)}"


def _waits(count: int) -> str:
    return f" {count} {'alert is' if count == 1 else 'alerts are'} waiting." if count else ""


def _plural(some: Sequence[object], one: str, many: str) -> str:
    return one if len(some) == 1 else many


def _notice(text: str) -> Notice:
    return Notice(text=text, action="Cure it", path="/telegram")


SOURCE = NoticeSource(name="telegram", look=look, needs=Permission.TELEGRAM_WRITE, live="destination.")
