"""Tell the others: one row in the log and one in the outbox, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, tuple_

from leadsbot.contracts.events import Event
from leadsbot.infra.correlation import request_id
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.tables import EventLog
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id

_EMIT = """
WITH logged AS (
    INSERT INTO event_log (workspace_id, id, type, version, subject_id, actor, payload, correlation_id, occurred_at)
    VALUES ($1::uuid, $2::uuid, $3::text, $4::smallint, $5::uuid, $6::text, $7::jsonb, $8::text, $10::timestamptz)
)
INSERT INTO outbox
    (workspace_id, event_id, type, version, subject_id, actor, payload, correlation_id, occurred_at, logged)
VALUES ($1::uuid, $2::uuid, $3::text, $4::smallint, $5::uuid, $6::text, $7::jsonb, $8::text, $9::timestamptz, true)"""
"""Both rows with one round trip; most of what the program writes is an event."""


_earlier: ContextVar[datetime | None] = ContextVar("earlier", default=None)


@contextmanager
def happened(at: datetime) -> Iterator[None]:
    """Inside, events are those of an earlier moment: what is told now happened then, as history says from now on.

    They are dispatched at once like all others. For whoever brings in what was done elsewhere.
    """
    token = _earlier.set(at)
    try:
        yield
    finally:
        _earlier.reset(token)


async def emit(tx: TenantTx, event: Event, *, by: str = "system", at: datetime | None = None) -> UUID:
    """Record that something happened; returns the event's id.

    The row commits or rolls back with everything else in ``tx``, and the dispatcher turns it into one job per
    handler. ``by`` is ``person:<uuid>``, ``key:<uuid>``, ``telegram:<id>`` or ``system``. ``at`` is when it happened,
    for the history, if that was not just now.
    """
    event_id, now = new_id(), utcnow()
    payload = msgspec.json.encode(event).decode()
    subject, request = event.subject_id, request_id.get()
    told = (tx.workspace_id, event_id, event.type, event.version, subject, by, payload, request, now)
    # The outbox keeps the present moment: how long an event waits there is measured by it.
    await tx.fetch(_EMIT, (*told, at or _earlier.get() or now))
    tx.told = True
    return event_id


@dataclass(frozen=True, slots=True)
class Logged:
    """One row of the log."""

    id: UUID
    type: str
    actor: str
    payload: dict[str, Any]
    occurred_at: datetime


async def history(
    tx: TenantTx, subject_id: UUID, *, limit: int = 200, before: tuple[datetime, UUID] | None = None
) -> list[Logged]:
    """What happened to one subject, newest first."""
    statement = select(EventLog).where(EventLog.workspace_id == tx.workspace_id, EventLog.subject_id == subject_id)
    if before:
        statement = statement.where(tuple_(EventLog.occurred_at, EventLog.id) < before)
    statement = statement.order_by(EventLog.occurred_at.desc(), EventLog.id.desc()).limit(limit)
    rows = (await tx.execute(statement)).scalars()
    return [Logged(r.id, r.type, r.actor, r.payload, r.occurred_at) for r in rows]
