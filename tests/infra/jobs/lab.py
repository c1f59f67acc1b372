"""A bench for the engine: real workers on a real database, job kinds made on the spot, no guessed waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from leadsbot.infra.db.base import APP, QUEUE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.jobs.kinds import Cron, Handler, JobKind
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.infra.jobs.registry import Kinds
from leadsbot.infra.jobs.worker import Worker
from leadsbot.kit.ids import new_id
from leadsbot.kit.retry import RetryPolicy
from leadsbot.testing.postgres import TestDatabase

QUICK = RetryPolicy((0.05, 0.05, 0.05), jitter=0)


class Number(msgspec.Struct, frozen=True):
    n: int = 0


@dataclass
class Lab:
    database: TestDatabase
    db: Database
    owner: asyncpg.Connection[asyncpg.Record]
    workspace: UUID = field(default_factory=new_id)
    kinds: list[JobKind[Any]] = field(default_factory=list)
    handlers: list[Handler[Any]] = field(default_factory=list)
    errors: list[tuple[str, BaseException]] = field(default_factory=list)

    def kind(self, run: Callable[..., Awaitable[None]], *, name: str = "test.job", **options: Any) -> JobKind[Number]:
        options.setdefault("mode", "effect")
        options.setdefault("policy", QUICK)
        made = JobKind(name=name, payload=Number, run=run, **options)
        self.kinds.append(made)
        return made

    async def add(self, kind: JobKind[Number], n: int = 0, **options: Any) -> int | None:
        async with self.db.tenant(self.workspace) as tx:
            return await enqueue(tx, kind, Number(n), **options)

    @asynccontextmanager
    async def worker(self, *, schedule: tuple[Cron, ...] = (), **options: Any) -> AsyncIterator[Worker]:
        """A worker with its own connections, as a process has; drained at the end."""
        db, stop = Database(self.database.of(APP)), asyncio.Event()
        made = Worker(
            self.database.of(QUEUE),
            db,
            Kinds(self.kinds, self.handlers),
            {"lab": self},
            schedule=schedule,
            on_error=lambda place, error: self.errors.append((place, error)),
            **options,
        )
        running = asyncio.create_task(made.run(stop))
        try:
            yield made
        finally:
            stop.set()
            await running
            await db.close()

    async def jobs(self, where: str = "true") -> list[asyncpg.Record]:
        return await self.owner.fetch(f"SELECT * FROM job WHERE {where} ORDER BY id")

    async def empty(self) -> None:
        """Wait until no job is due or running."""

        async def done() -> bool:
            # One statement is one snapshot: asked separately, an event that becomes a job in between hides from both.
            return bool(
                await self.owner.fetchval(
                    "SELECT NOT EXISTS (SELECT FROM outbox) AND NOT EXISTS (SELECT FROM job WHERE state IN (0, 1))"
                )
            )

        await until(done)

    async def expire(self) -> None:
        """As if every lease had run out."""
        await self.owner.execute("UPDATE job SET lease_until = clock_timestamp() - interval '1 s' WHERE state = 1")


async def until(met: Callable[[], Any], seconds: float = 15) -> None:
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while True:
        answer = met()
        if await answer if isinstance(answer, Awaitable) else answer:
            return
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        await asyncio.sleep(0.01)


SECOND = timedelta(seconds=1)
