"""Tell the others: one row in the log and one in the outbox, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import insert, select, tuple_

from leadsbot.contracts.events import Event
from leadsbot.infra.correlation import request_id
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.tables import EventLog, Outbox
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id


async def emit(tx: TenantTx, event: Event, *, by: str = "system") -> UUID:
    """Record that something happened; returns the event's id.

    The row commits or rolls back with everything else in ``tx``, and the dispatcher turns it into one job per
    handler. ``by`` is ``person:<uuid>``, ``key:<uuid>``, ``telegram:<id>`` or ``system``.
    """
    event_id, now = new_id(), utcnow()
    row = {
        "workspace_id": tx.workspace_id,
        "type": event.type,
        "version": event.version,
        "subject_id": event.subject_id,
        "actor": by,
        "payload": msgspec.to_builtins(event),
        "correlation_id": request_id.get(),
        "occurred_at": now,
    }
    await tx.execute(insert(EventLog).values(id=event_id, **row))
    await tx.execute(insert(Outbox).inline().values(event_id=event_id, logged=True, **row))
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
