"""Put work into the queue, in the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text

from leadsbot.infra.db.tx import TenantTx, Tx
from leadsbot.infra.jobs.kinds import JobKind

P = TypeVar("P", bound=msgspec.Struct)

_INSERT = """
INSERT INTO job
    (workspace_id, pool, kind, payload, lane, lane_cap, unique_key, priority, state, due_at, max_attempts)
VALUES ($1, $2, $3, $4::jsonb, $5, $6, $7, $8,
    CASE WHEN $9::timestamptz > clock_timestamp() THEN 3 ELSE 0 END,
    coalesce($9::timestamptz, clock_timestamp()), $10)
ON CONFLICT DO NOTHING RETURNING id"""


async def enqueue(
    tx: Tx,
    kind: JobKind[P],
    payload: P,
    *,
    workspace_id: UUID | None = None,
    due_at: datetime | None = None,
    lane: str | None = None,
    lane_cap: int = 1,
    priority: int | None = None,
    unique: str | None = None,
) -> int | None:
    """Add a job that exists exactly if ``tx`` commits; returns its id.

    ``due_at`` may be days away and costs nothing until then. Jobs of one ``lane`` run in order, at most ``lane_cap`` at
    once over all processes; one that waits for a retry steps aside. With ``unique`` there is at most one such job that
    is not finished: None is returned when there is one already.
    """
    if workspace_id is None and isinstance(tx, TenantTx):
        workspace_id = tx.workspace_id
    tx.told = True
    made = await tx.fetch(
        _INSERT,
        (
            workspace_id,
            kind.pool,
            kind.name,
            msgspec.json.encode(payload).decode(),
            lane,
            lane_cap,
            unique,
            kind.priority if priority is None else priority,
            due_at,
            kind.policy.attempts,
        ),
    )
    return int(made[0]["id"]) if made else None


async def cancel(tx: Tx, unique: str) -> bool:
    """Remove a waiting job by its unique key; False when it is running, finished or unknown."""
    removed = await tx.scalar(
        text("DELETE FROM job WHERE unique_key = :key AND state IN (0, 3) RETURNING id"), {"key": unique}
    )
    return removed is not None
