"""Look at the queue and at its dead; replay or dismiss them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import asyncpg
from sqlalchemy import text

from leadsbot.infra.db.tx import Tx
from leadsbot.infra.jobs import queries


@dataclass(frozen=True, slots=True)
class DeadJob:
    """A job that ended without success."""

    id: int
    workspace_id: UUID | None
    kind: str
    attempts: int
    reason: str
    ended_at: datetime


async def dead(tx: Tx, workspace_id: UUID | None, limit: int = 100) -> list[DeadJob]:
    """Dead jobs of a workspace (None: of all), newest first."""
    rows = await tx.execute(
        text(
            "SELECT id, workspace_id, kind, attempt, coalesce(last_error, '') AS reason, ended_at FROM job "
            "WHERE state = 2 AND (CAST(:ws AS uuid) IS NULL OR workspace_id = :ws) ORDER BY ended_at DESC LIMIT :limit"
        ),
        {"ws": workspace_id, "limit": limit},
    )
    return [DeadJob(r.id, r.workspace_id, r.kind, r.attempt, r.reason, r.ended_at) for r in rows]


async def replay(tx: Tx, job_id: int, workspace_id: UUID | None) -> bool:
    """Make a dead job due again with all its attempts; False when there is none (or a twin of it waits already)."""
    row = await tx.scalar(
        text(
            "UPDATE job SET state = 0, attempt = 0, expiries = 0, due_at = clock_timestamp(), ended_at = NULL "
            "WHERE id = :id AND state = 2 AND (CAST(:ws AS uuid) IS NULL OR workspace_id = :ws) AND NOT EXISTS "
            "(SELECT 1 FROM job twin WHERE twin.unique_key = job.unique_key AND twin.state <> 2) RETURNING id"
        ),
        {"id": job_id, "ws": workspace_id},
    )
    tx.told = True
    return row is not None


async def dismiss(tx: Tx, job_id: int, workspace_id: UUID | None) -> bool:
    """Remove a dead job for good; False when there is none."""
    row = await tx.scalar(
        text(
            "DELETE FROM job WHERE id = :id AND state = 2 "
            "AND (CAST(:ws AS uuid) IS NULL OR workspace_id = :ws) RETURNING id"
        ),
        {"id": job_id, "ws": workspace_id},
    )
    return row is not None


async def lag(connection: asyncpg.Connection[asyncpg.Record]) -> float:
    """Seconds that the oldest due job or undispatched event has been waiting; 0 when nothing waits.

    ``connection`` is the queue role's, the only one that may read the events that wait.
    """
    return max(0.0, float(await connection.fetchval(queries.LAG)))
