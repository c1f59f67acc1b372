"""Run one claimed job and record how it ended, accepted only with the lease token it was claimed with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import text

from leadsbot.infra import logging, metrics
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import Tx
from leadsbot.infra.jobs import queries
from leadsbot.infra.jobs.crash import point
from leadsbot.infra.jobs.kinds import Dead, JobContext, JobKind, Retry
from leadsbot.infra.jobs.registry import Kinds
from leadsbot.kit.redact import redact

log = logging.get(__name__)
UNKNOWN_KIND_PAUSE = timedelta(seconds=30)
FINISH_BATCH = 500


class Fenced(Exception):
    """Our lease was taken over; whatever we did must not count."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job we hold a lease on."""

    id: int
    workspace_id: UUID | None
    kind: str
    payload: str
    event_id: UUID | None
    lane: str | None
    attempt: int
    max_attempts: int
    token: UUID

    @classmethod
    def of(cls, row: asyncpg.Record) -> Self:
        """From a row that a claim returned."""
        return cls(
            row["id"],
            row["workspace_id"],
            row["kind"],
            row["payload"],
            row["event_id"],
            row["lane"],
            row["attempt"],
            row["max_attempts"],
            row["lease_token"],
        )


class Executor:
    """Runs claimed jobs and finishes the ones without a transaction in batches."""

    def __init__(
        self,
        pool: asyncpg.Pool[asyncpg.Record],
        db: Database,
        kinds: Kinds,
        services: Any,
        on_error: Callable[[str, BaseException], None],
    ) -> None:
        self._pool = pool
        self._db = db
        self._kinds = kinds
        self._services = services
        self._on_error = on_error
        self._done: list[Claimed] = []
        self._flush_wanted = asyncio.Event()
        self._slots: dict[str, asyncio.Semaphore] = {}
        self._typical_s = 0.05
        self.fenced = 0

    def depth(self, slots: int) -> int:
        """How many slot-fulls to hold at hand: many while jobs take no time, one when they talk to the network."""
        return max(1, min(32, int(0.02 / max(self._typical_s, 1e-5) / max(1, slots // 16))))

    async def run(self, job: Claimed, pool: str, slots: int) -> None:
        """Run a job to its recorded end. Raises nothing: what cannot be recorded is rescued when its lease ends."""
        slot = self._slots.setdefault(pool, asyncio.Semaphore(slots))
        async with slot:
            started = time.perf_counter()
            outcome = "unrecorded"
            try:
                outcome = await self._run(job)
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001 - the last line of defence: the lease will end and others try
                log.warning("a job could not be recorded; its lease will run out", kind=job.kind, error=repr(error))
            seconds = time.perf_counter() - started
            self._typical_s += 0.05 * (seconds - self._typical_s)
            kind = job.kind if self._kinds.get(job.kind) else "unknown"
            metrics.JOBS.labels(kind, outcome).inc()
            metrics.JOB_SECONDS.labels(kind).observe(seconds)

    async def _run(self, job: Claimed) -> str:
        kind = self._kinds.get(job.kind)
        if kind is None:
            # A newer version of the program made it; that version will run it.
            await self._again(job, UNKNOWN_KIND_PAUSE, f"this version does not know the kind {job.kind}", counted=False)
            return "unknown"
        try:
            payload = msgspec.json.decode(job.payload, type=kind.payload)
            context = JobContext(self._services, job.workspace_id, job.id, job.attempt, job.max_attempts, job.event_id)
            if kind.mode == "transaction":
                await self._in_transaction(kind, job, context, payload)
            else:
                await kind.run(context, payload)
                self._finish(job)
        except Fenced:
            self.fenced += 1
            log.warning("a stale worker's result was refused", kind=job.kind, job=job.id)
            return "fenced"
        except Retry as retry:
            await self._again(job, retry.delay or self._delay(kind, job), str(retry), counted=retry.counted)
            return "retry"
        except (Dead, msgspec.ValidationError, msgspec.DecodeError) as error:
            await self._bury(job, f"{type(error).__name__}: {error}")
            return "dead"
        except Exception as error:  # noqa: BLE001 - any failure of a job is its own, never the worker's
            self._on_error(f"job {job.kind}", error)
            log.warning("a job failed", kind=job.kind, attempt=job.attempt, error=repr(error))
            await self._again(job, self._delay(kind, job), f"{type(error).__name__}: {error}")
            return "failed"
        return "done"

    async def _in_transaction(self, kind: JobKind[Any], job: Claimed, context: JobContext, payload: Any) -> None:
        """The job's writes and its completion are one commit; without the lease there is no commit at all."""
        opened = self._db.tenant(job.workspace_id) if job.workspace_id else self._db.system()
        async with opened as tx:
            await kind.run(tx, context, payload)
            await self._fence(tx, job)
            point("committing")

    async def _fence(self, tx: Tx, job: Claimed) -> None:
        if await tx.scalar(text(queries.FINISH_IN_TX), {"id": job.id, "token": job.token}) is None:
            raise Fenced

    def _delay(self, kind: JobKind[Any], job: Claimed) -> timedelta | None:
        return kind.policy.delay(min(job.attempt, kind.policy.attempts))

    async def _again(self, job: Claimed, delay: timedelta | None, reason: str, *, counted: bool = True) -> None:
        if delay is None or (counted and job.attempt >= job.max_attempts):
            await self._bury(job, reason)
            return
        await self._persist(queries.AGAIN, job.id, job.token, delay, 0 if counted else 1, redact(reason)[:1000])

    async def _bury(self, job: Claimed, reason: str) -> None:
        log.error("a job is dead", kind=job.kind, job=job.id, attempt=job.attempt, reason=reason)
        await self._persist(queries.BURY, job.id, job.token, redact(reason)[:1000])

    async def _persist(self, query: str, *values: object) -> None:
        """Record an outcome, waiting out a restart of the database: else the job would sit until its lease ends."""
        for wait in (0.1, 0.3, 1.0, 2.0, 4.0):
            try:
                await self._pool.execute(query, *values)
            except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.InterfaceError):
                await asyncio.sleep(wait)
            else:
                return
        await self._pool.execute(query, *values)

    def _finish(self, job: Claimed) -> None:
        self._done.append(job)
        self._flush_wanted.set()

    async def flush_forever(self) -> None:
        """Finish completed jobs in batches: whatever gathers during one round trip goes into the next."""
        while True:
            await self._flush_wanted.wait()
            try:
                await self.flush()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
                await asyncio.sleep(0.2)

    async def flush(self) -> None:
        """Finish what is completed now; on failure it is kept for the next try."""
        while self._done:
            batch, self._done = self._done[:FINISH_BATCH], self._done[FINISH_BATCH:]
            try:
                rows = await self._pool.fetch(queries.FINISH, [job.id for job in batch], [job.token for job in batch])
            except BaseException:
                self._done = batch + self._done
                self._flush_wanted.set()
                raise
            self.fenced += len(batch) - len(rows)
        self._flush_wanted.clear()


__all__ = ["Claimed", "Executor", "Fenced"]
