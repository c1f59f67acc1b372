"""Run one claimed job and record how it ended, accepted only with the lease token it was claimed with."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import asyncpg
import msgspec

from leadsbot.infra import logging, metrics
from leadsbot.infra.crash import point
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.raw import LOST
from leadsbot.infra.db.tx import Tx
from leadsbot.infra.jobs import queries
from leadsbot.infra.jobs.kinds import Dead, JobContext, JobKind, Retry
from leadsbot.infra.jobs.pools import Claimed, Slots
from leadsbot.infra.jobs.registry import Kinds
from leadsbot.kit.redact import redact

log = logging.get(__name__)
UNKNOWN_KIND_PAUSE = timedelta(seconds=30)
FINISH_BATCH = 500
INSIST_S = 120.0
REASON_LIMIT = 1000


class Fenced(Exception):
    """Our lease was taken over; whatever we did must not count."""


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
        self.fenced = 0
        """How many results of ours were refused, because the lease had gone to somebody else."""

    @property
    def unrecorded(self) -> list[Claimed]:
        """Jobs that are done and not yet finished in the database; their leases need renewing, too."""
        return list(self._done)

    async def run(self, job: Claimed, slots: Slots) -> None:
        """Run a job to its recorded end. Raises nothing: what cannot be recorded is rescued when its lease ends."""
        async with slots.slot(job):
            started = time.perf_counter()
            outcome = "unrecorded"
            try:
                outcome = await self._run(job)
            except Exception as error:  # noqa: BLE001 - the last line of defence: the lease will end and others try
                self._on_error(f"job {job.kind}", error)
                log.warning("a job could not be recorded; its lease will run out", kind=job.kind, error=repr(error))
            kind = job.kind if self._kinds.get(job.kind) else "unknown"
            metrics.JOBS.labels(kind, outcome).inc()
            metrics.JOB_SECONDS.labels(kind).observe(time.perf_counter() - started)

    async def _run(self, job: Claimed) -> str:
        kind = self._kinds.get(job.kind)
        if kind is None:
            # A newer version of the program made it; that version will run it.
            await self._again(job, UNKNOWN_KIND_PAUSE, f"this version does not know the kind {job.kind}", counted=False)
            return "unknown"
        try:
            payload = msgspec.json.decode(job.payload, type=kind.payload)
            context = JobContext(self._services, job.workspace_id, job.id, job.attempt, job.max_attempts, job.event_id)
            async with asyncio.timeout(kind.deadline.total_seconds()):
                if kind.mode == "transaction":
                    await self._in_transaction(kind, job, context, payload)
                else:
                    await kind.run(context, payload)
            if kind.mode == "effect":
                self._finish(job)
        except Fenced:
            self._refused(job)
            return "fenced"
        except Retry as retry:
            delay = self._delay(kind, job) if retry.delay is None else retry.delay
            await self._again(job, delay, str(retry), counted=retry.counted)
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
        if not await tx.fetch(queries.FINISH_IN_TX, (job.id, job.token)):
            raise Fenced

    def _delay(self, kind: JobKind[Any], job: Claimed) -> timedelta | None:
        return kind.policy.delay(max(1, min(job.attempt, kind.policy.attempts)))

    async def _again(self, job: Claimed, delay: timedelta | None, reason: str, *, counted: bool = True) -> None:
        if delay is None or (counted and job.attempt >= job.max_attempts):
            await self._bury(job, reason)
            return
        await self._insist(job, queries.AGAIN, job.id, job.token, delay, 0 if counted else 1, _clean(reason))

    async def _bury(self, job: Claimed, reason: str) -> None:
        log.error("a job is dead", kind=job.kind, job=job.id, attempt=job.attempt, reason=reason)
        await self._insist(job, queries.BURY, job.id, job.token, _clean(reason))

    async def _insist(self, job: Claimed, query: str, *arguments: object) -> None:
        """Write an outcome, again and again while the database is away: the alternative is a job that stands still
        until its lease ends. Meanwhile the job counts as running, so its lease is renewed as soon as that works."""
        until = time.monotonic() + INSIST_S
        while True:
            try:
                rows = await self._pool.fetch(query, *arguments)
            except LOST:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.2)
            else:
                if not rows:
                    self._refused(job)
                return

    def _refused(self, job: Claimed) -> None:
        self.fenced += 1
        log.warning("a stale worker's result was refused", kind=job.kind, job=job.id)

    def _finish(self, job: Claimed) -> None:
        self._done.append(job)
        self._flush_wanted.set()

    async def flush_forever(self) -> None:
        """Finish completed jobs in batches: whatever gathers during one round trip goes into the next."""
        while True:
            await self._flush_wanted.wait()
            try:
                await self.flush()
            except Exception as error:  # noqa: BLE001 - without this loop nothing would ever be finished again
                if not isinstance(error, LOST):
                    self._on_error("finish", error)
                await asyncio.sleep(0.2)

    async def flush(self) -> None:
        """Finish what is completed now; on failure it is kept for the next try."""
        while self._done:
            batch = self._done[:FINISH_BATCH]
            point("finishing")
            rows = await self._pool.fetch(queries.FINISH, [job.id for job in batch], [job.token for job in batch])
            # Removed only now: until the database has agreed, these leases are ours to renew.
            del self._done[: len(batch)]
            if len(rows) < len(batch):
                known = {row["id"] for row in rows}
                for job in batch:
                    if job.id not in known:
                        self._refused(job)
        self._flush_wanted.clear()


def _clean(reason: str) -> str:
    """A reason that the database takes: masked, short, without NUL and lone surrogates."""
    return redact(reason)[:REASON_LIMIT].replace("\x00", "").encode(errors="replace").decode()


__all__ = ["Executor", "Fenced"]
