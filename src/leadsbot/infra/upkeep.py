"""The installation's own chores: partitions, purge, gauges, the dead of the queue."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import asyncpg
import msgspec

from leadsbot.infra import metrics
from leadsbot.infra.db.partitions import keep_partitions
from leadsbot.infra.jobs import admin
from leadsbot.infra.jobs.cron import HOUR
from leadsbot.infra.jobs.kinds import Cron, JobContext, JobKind
from leadsbot.kit.clock import utcnow

QUEUE_DSN = "queue_dsn"
"""The name under which wiring puts the queue role's address."""
PURGED = (
    "INSERT INTO purge_run (table_name, ran_at, cutoff, partitions_dropped, rows_deleted) "
    "VALUES ($1, clock_timestamp(), $2, 0, $3)"
)
DEAD_KEPT = timedelta(days=30)


class Nothing(msgspec.Struct, frozen=True):
    """The payload of a job that needs none."""


async def _connect(context: JobContext) -> asyncpg.Connection[asyncpg.Record]:
    return await asyncpg.connect(context.services.extra[QUEUE_DSN])


async def purge(context: JobContext, job: Nothing) -> None:
    """Drop technical logs past their days, make the coming partitions, forget dead jobs of 30 days ago (R26)."""
    connection = await _connect(context)
    try:
        now = utcnow()
        for kept in await keep_partitions(connection, now):
            age = (now - kept.oldest).total_seconds() / 86_400 if kept.oldest else 0.0
            metrics.OLDEST_ROW.labels(kept.table).set(age)
        await connection.execute("DELETE FROM job WHERE state = 2 AND ended_at < $1", now - DEAD_KEPT)
    finally:
        await connection.close()


async def purge_rows(context: JobContext, table: str, delete: str, cutoff: datetime) -> None:
    """Run a DELETE as the queue's role, whose policies on the table say what it may reach, and record what it did."""
    connection = await _connect(context)
    try:
        async with connection.transaction():
            deleted = int((await connection.execute(delete)).rpartition(" ")[2])
            await connection.execute(PURGED, table, cutoff, deleted)
    finally:
        await connection.close()


async def gauge(context: JobContext, job: Nothing) -> None:
    """Measure the queue for the metrics."""
    connection = await _connect(context)
    try:
        lag = await admin.lag(connection)
        waiting = await connection.fetchval(
            "SELECT (SELECT count(*) FROM job WHERE state = 0) + (SELECT count(*) FROM outbox)"
        )
        dead = await connection.fetchval("SELECT count(*) FROM job WHERE state = 2")
    finally:
        await connection.close()
    metrics.QUEUE_LAG.set(lag)
    metrics.QUEUE_WAITING.set(waiting)
    metrics.JOBS_DEAD.set(dead)


PURGE = JobKind(name="upkeep.purge", payload=Nothing, run=purge, mode="effect")
GAUGE = JobKind(name="upkeep.gauge", payload=Nothing, run=gauge, mode="effect")
KINDS: tuple[JobKind[Any], ...] = (PURGE, GAUGE)
SCHEDULE = (
    Cron(name="upkeep.purge", every=HOUR, kind=PURGE, payload=Nothing()),
    Cron(name="upkeep.gauge", every=timedelta(seconds=15), kind=GAUGE, payload=Nothing()),
)
