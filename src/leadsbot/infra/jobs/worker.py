"""The worker: dispatches events, claims jobs, runs them, finishes them, rescues what others left.

Every loop survives the loss of the database: it logs once, waits and goes on, so a restart of PostgreSQL never needs a
restart of a worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg

from leadsbot.infra import logging
from leadsbot.infra.db.pool import Database, raw_pool
from leadsbot.infra.jobs import cron, queries
from leadsbot.infra.jobs.crash import point
from leadsbot.infra.jobs.execute import Claimed, Executor
from leadsbot.infra.jobs.kinds import Cron
from leadsbot.infra.jobs.owner import SingleOwner
from leadsbot.infra.jobs.registry import Kinds
from leadsbot.infra.jobs.wake import WORK, Waker, listen

log = logging.get(__name__)
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
LEASE = timedelta(seconds=60)
DISPATCH_BATCH = 500
DISPATCH_POLL_S = 0.2
CLAIM_POLL_S = 0.5
RESCUE_EVERY_S = 2.0
POISON_AFTER = 3
DRAIN_S = 20.0


@dataclass(frozen=True, slots=True)
class Pool:
    """Slots for one class of work. A quarter of them only ever takes first attempts, so that a storm of retries cannot
    keep fresh work waiting. An ``exclusive`` pool is worked by one process at a time."""

    slots: int = 16
    exclusive: bool = False

    @property
    def reserve(self) -> int:
        """Slots kept for first attempts."""
        return max(1, self.slots // 4) if self.slots > 1 else 0


@dataclass(slots=True)
class _Lane:
    """The run-time state of one pool."""

    name: str
    pool: Pool
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    running: dict[asyncio.Task[None], Claimed] = field(default_factory=dict)
    retrying: int = 0


class Worker:
    """One worker process's engine."""

    def __init__(
        self,
        dsn: str,
        db: Database,
        kinds: Kinds,
        services: Any,
        *,
        pools: Mapping[str, Pool] | None = None,
        schedule: tuple[Cron, ...] = (),
        waker: Waker | None = None,
        lease: timedelta = LEASE,
        on_error: Callable[[str, BaseException], None] = lambda place, error: None,
    ) -> None:
        """``dsn`` is the queue role's address, ``db`` the application's transactions for jobs that write."""
        self._dsn = dsn
        self._db = db
        self._kinds = kinds
        self._schedule = schedule
        self._lanes = {name: _Lane(name, pool) for name, pool in (pools or {"default": Pool()}).items()}
        self._waker = waker
        self._lease = lease
        self._on_error = on_error
        self._dispatch = asyncio.Event()
        self._draining = False
        self._name = f"{socket.gethostname()}:{os.getpid()}"
        self._services = services
        self.owners: dict[str, SingleOwner] = {}
        self.dispatched = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``, then drain: claim nothing more, let what runs finish, give back what does not."""
        async with _opened(self._dsn) as pool:
            self._pool = pool
            self._executor = Executor(pool, self._db, self._kinds, self._services, self._on_error)
            previous, self._db.on_told = self._db.on_told, self._told
            loops = [
                asyncio.create_task(loop, name=name)
                for name, loop in {
                    "finish": self._executor.flush_forever(),
                    "dispatch": self._forever(self._dispatch_once, self._dispatch, DISPATCH_POLL_S),
                    "rescue": self._forever(self._rescue_once, asyncio.Event(), RESCUE_EVERY_S),
                    "promote": self._forever(self._promote_once, asyncio.Event(), 0.25),
                    "renew": self._forever(self._renew_once, asyncio.Event(), self._lease.total_seconds() / 3),
                    "cron": self._forever(self._cron_once, asyncio.Event(), 1.0),
                    "listen": listen(self._dsn, WORK, lambda _payload: self._wake_all(), self._wake_all),
                    **{f"claim {lane.name}": self._claim_forever(lane) for lane in self._lanes.values()},
                    **{f"own {lane.name}": self._own(lane) for lane in self._lanes.values() if lane.pool.exclusive},
                }.items()
            ]
            try:
                await stop.wait()
            finally:
                self._draining = True
                self._db.on_told = previous
                await self._drain(loops)

    def _told(self) -> None:
        """A job of ours committed events or jobs: go and look at once, no need to ask the database to tell us."""
        self._wake_all()

    def _wake_all(self) -> None:
        self._dispatch.set()
        for lane in self._lanes.values():
            lane.wake.set()

    async def _forever(self, once: Callable[[], Awaitable[bool]], wake: asyncio.Event, pause: float) -> None:
        """Call ``once`` again and again: at once while it says there is more, else when woken or after ``pause``."""
        trouble = 0
        while True:
            wake.clear()
            try:
                more = await once()
                trouble = 0
            except LOST as error:
                trouble += 1
                if trouble == 1:
                    log.warning("the database does not answer, trying again", error=type(error).__name__)
                await asyncio.sleep(min(2.0, 0.1 * trouble))
                continue
            if not more:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), pause)

    async def _dispatch_once(self) -> bool:
        types, kinds, priorities, attempts = self._kinds.subscriptions
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(queries.DISPATCH, DISPATCH_BATCH, types, kinds, priorities, attempts)
            point("dispatching")
        if row is None or not row["events"]:
            return False
        self.dispatched += row["events"]
        if row["jobs"]:
            for lane in self._lanes.values():
                lane.wake.set()
        if self._waker is not None:
            self._waker.changed(set(row["changes"]))
        return bool(row["events"] >= DISPATCH_BATCH)

    async def _promote_once(self) -> bool:
        moved = int((await self._pool.execute(queries.PROMOTE, 1000)).split()[-1])
        if moved:
            for lane in self._lanes.values():
                lane.wake.set()
        return moved >= 1000

    async def _rescue_once(self) -> bool:
        rows = await self._pool.fetch(queries.RESCUE, POISON_AFTER)
        if rows:
            log.warning("took back jobs whose process died or hung", count=len(rows))
            self._wake_all()
        return len(rows) >= 500

    async def _renew_once(self) -> bool:
        mine = [claimed for lane in self._lanes.values() for claimed in lane.running.values()]
        if mine:
            await self._pool.execute(queries.RENEW, [c.id for c in mine], [c.token for c in mine], self._lease)
        return False

    async def _cron_once(self) -> bool:
        await cron.fire(self._pool, self._schedule)
        return False

    async def _own(self, lane: _Lane) -> None:
        owner = self.owners[lane.name] = SingleOwner(self._pool, f"pool {lane.name}", lane.wake.set)
        await owner.run()

    async def _claim_forever(self, lane: _Lane) -> None:
        async def once() -> bool:
            return await self._claim_once(lane)

        await self._forever(once, lane.wake, CLAIM_POLL_S)

    async def _claim_once(self, lane: _Lane) -> bool:
        free = self._room(lane)
        if self._draining or free <= 0 or (lane.pool.exclusive and not self._owned(lane)):
            return False
        claimed = await self._claim(lane, free)
        point("claimed")
        for job in claimed:
            self._start(lane, job)
        return bool(claimed) and self._room(lane) > 0

    def _owned(self, lane: _Lane) -> bool:
        owner = self.owners.get(lane.name)
        return owner is not None and owner.held

    def _room(self, lane: _Lane) -> int:
        # Jobs are taken in somewhat larger batches than there are slots: while quick ones run, the next are at hand.
        return lane.pool.slots * self._executor.depth(lane.pool.slots) - len(lane.running)

    async def _claim(self, lane: _Lane, free: int) -> list[Claimed]:
        saturated = lane.retrying >= lane.pool.slots - lane.pool.reserve
        query = queries.CLAIM_FIRST if saturated else queries.CLAIM
        found: list[asyncpg.Record] = []
        async with self._pool.acquire() as connection:
            if await connection.fetchval(queries.LANES_WAIT, lane.name):
                async with connection.transaction():
                    if await connection.fetchval(queries.LANE_LOCK, lane.name):
                        found += await connection.fetch(queries.CLAIM_LANES, lane.name, free, self._name, self._lease)
            if free > len(found):
                found += await connection.fetch(query, lane.name, free - len(found), self._name, self._lease)
        return [Claimed.of(row) for row in found]

    def _start(self, lane: _Lane, job: Claimed) -> None:
        again = job.attempt > 1
        lane.retrying += again

        def ended(task: asyncio.Task[None]) -> None:
            lane.running.pop(task, None)
            lane.retrying -= again
            if len(lane.running) <= lane.pool.slots // 2 or job.lane is not None:
                lane.wake.set()

        task = asyncio.create_task(self._executor.run(job, lane.name, lane.pool.slots))
        # The dictionary is the strong reference: the event loop keeps only weak ones.
        lane.running[task] = job
        task.add_done_callback(ended)

    async def _drain(self, loops: list[asyncio.Task[None]]) -> None:
        keep = {"finish", "renew"}
        for loop in loops:
            if loop.get_name() not in keep:
                loop.cancel()
        tasks = [task for lane in self._lanes.values() for task in lane.running]
        if tasks:
            await asyncio.wait(tasks, timeout=DRAIN_S)
        left = [claimed for lane in self._lanes.values() for claimed in lane.running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(*LOST):
            await self._executor.flush()
            for job in left:
                # Given back without counting: being shut down is not the job's failure.
                await self._pool.execute(queries.AGAIN, job.id, job.token, timedelta(0), 1, "given back at shutdown")
            for owner in self.owners.values():
                await owner.release()
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


@contextlib.asynccontextmanager
async def _opened(dsn: str) -> AsyncIterator[asyncpg.Pool[asyncpg.Record]]:
    """The engine's own pool; waits for a database that is not there yet."""
    while True:
        try:
            pool = await raw_pool(dsn, "jobs", min_size=2, max_size=6)
            break
        except LOST as error:
            log.warning("the database does not answer, trying again", error=type(error).__name__)
            await asyncio.sleep(1)
    try:
        yield pool
    finally:
        with contextlib.suppress(Exception):
            await asyncio.wait_for(pool.close(), 5)
        pool.terminate()


__all__ = ["Pool", "Worker"]
