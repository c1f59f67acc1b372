"""The worker: dispatches events, claims jobs, runs them, finishes them, rescues what others left.

Every loop survives the loss of the database: it logs once, waits and goes on, so a restart of PostgreSQL never needs a
restart of a worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from leadsbot.infra import logging, metrics
from leadsbot.infra.crash import point
from leadsbot.infra.db.pool import Database, raw_pool
from leadsbot.infra.db.raw import LOST
from leadsbot.infra.jobs import cron, queries
from leadsbot.infra.jobs.claim import Claimer
from leadsbot.infra.jobs.execute import Executor
from leadsbot.infra.jobs.kinds import Cron
from leadsbot.infra.jobs.owner import TTL, SingleOwner
from leadsbot.infra.jobs.pools import Claimed, Pool, Slots
from leadsbot.infra.jobs.registry import Kinds
from leadsbot.infra.jobs.wake import WORK, Waker, listen
from leadsbot.infra.waiting import until_set

log = logging.get(__name__)
LEASE = timedelta(seconds=60)
DISPATCH_BATCH = 500
DISPATCH_POLL_S = 0.2
CLAIM_POLL_S = 0.5
PROMOTE_EVERY_S = 0.25
RESCUE_EVERY_S = 2.0
CRON_EVERY_S = 1.0
POISON_AFTER = 3
DRAIN_S = 20.0
LAST_CLAIM_S = 5.0
STUCK_TRANSACTION_MS = 5_000


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
        drain_s: float = DRAIN_S,
        on_error: Callable[[str, BaseException], None] = lambda place, error: None,
    ) -> None:
        """``dsn`` is the queue role's address, ``db`` the application's transactions for jobs that write."""
        self._dsn = dsn
        self._db = db
        self._kinds = kinds
        self._schedule = schedule
        self._slots = {name: Slots(name, pool) for name, pool in (pools or {"default": Pool()}).items()}
        self._waker = waker
        self._lease = lease
        self._drain_s = drain_s
        self._on_error = on_error
        self._dispatch = asyncio.Event()
        self._renew = asyncio.Event()
        self._draining = asyncio.Event()
        self._fired: dict[str, datetime] = {}
        self._name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._services = services
        self.owners: dict[str, SingleOwner] = {}
        self.dispatched = 0

    @property
    def fenced(self) -> int:
        """How many results this worker had refused, because its lease had gone to somebody else."""
        return self._executor.fenced if hasattr(self, "_executor") else 0

    async def run(self, stop: asyncio.Event) -> None:
        """Work until ``stop``, then drain: claim nothing more, let what runs finish, give back what does not."""
        async with _opened(self._dsn, stop) as pool:
            if pool is None:
                return
            self._pool = pool
            self._claimer = Claimer(pool, self._name, self._lease)
            self._executor = Executor(pool, self._db, self._kinds, self._services, self._on_error)
            previous, self._db.on_told = self._db.on_told, self._told
            takers = [self._forever(self._dispatch_once, self._dispatch, DISPATCH_POLL_S)]
            takers += [self._claim_forever(slots) for slots in self._slots.values()]
            keepers = [
                self._executor.flush_forever(),
                self._forever(self._renew_once, self._renew, self._lease.total_seconds() / 4, to_the_end=True),
                listen(self._dsn, WORK, lambda _payload: self._wake_all(), self._reconnected),
                self._forever(self._rescue_once, self._draining, min(RESCUE_EVERY_S, self._lease.total_seconds() / 4)),
                self._forever(self._promote_once, self._draining, PROMOTE_EVERY_S),
                self._forever(self._cron_once, self._draining, CRON_EVERY_S),
                *(self._own(slots) for slots in self._slots.values() if slots.pool.exclusive),
            ]
            taking = [asyncio.create_task(loop) for loop in takers]
            keeping = [asyncio.create_task(loop) for loop in keepers]
            try:
                await stop.wait()
            finally:
                self._db.on_told = previous
                await self._drain(taking, keeping)

    def _told(self) -> None:
        """A job of ours committed events or jobs: look at once. Others need to hear it only when the work may be for
        a pool that is theirs."""
        self._wake_all()
        if self._waker is not None and not all(map(self._owned, self._slots.values())):
            self._waker.work()

    def _wake_all(self) -> None:
        self._dispatch.set()
        for slots in self._slots.values():
            slots.wake.set()

    def _reconnected(self) -> None:
        """The database was away: leases may be near their end, and hints were missed."""
        self._renew.set()
        self._wake_all()

    async def _forever(
        self, once: Callable[[], Awaitable[bool]], wake: asyncio.Event, pause: float, *, to_the_end: bool = False
    ) -> None:
        """Call ``once`` again and again: at once while it says there is more, else when woken or after ``pause``."""
        trouble = 0
        while to_the_end or not self._draining.is_set():
            if wake is not self._draining:
                wake.clear()
            try:
                more = await once()
                trouble = 0
            except Exception as error:  # noqa: BLE001 - a loop that ends would be missed by nobody until it matters
                trouble += 1
                if not isinstance(error, LOST):
                    self._on_error("worker loop", error)
                if trouble == 1:
                    log.warning("the database does not answer, trying again", error=repr(error))
                await asyncio.sleep(min(1.0, 0.1 * trouble))
                continue
            if not more:
                await until_set(wake, pause)

    async def _dispatch_once(self) -> bool:
        types, kinds, priorities, attempts = self._kinds.subscriptions
        async with self._pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(queries.DISPATCH, DISPATCH_BATCH, types, kinds, priorities, attempts)
            if row is None or not row["events"]:
                return False
            point("dispatching")
        self.dispatched += row["events"]
        metrics.EVENTS.inc(row["events"])
        if row["jobs"]:
            for slots in self._slots.values():
                slots.wake.set()
        if self._waker is not None:
            self._waker.changed(set(row["changes"]))
        return bool(row["events"] >= DISPATCH_BATCH)

    async def _promote_once(self) -> bool:
        moved = int((await self._pool.execute(queries.PROMOTE, 1000)).split()[-1])
        if moved:
            self._told()
        return moved >= 1000

    async def _rescue_once(self) -> bool:
        rows = await self._pool.fetch(queries.RESCUE, POISON_AFTER)
        if rows:
            log.warning("took back jobs whose process died or hung", count=len(rows))
            self._told()
        return len(rows) >= 500

    async def _renew_once(self) -> bool:
        mine = self._held()
        if mine:
            await self._pool.execute(queries.RENEW, [job.id for job in mine], [job.token for job in mine], self._lease)
        return False

    def _held(self) -> list[Claimed]:
        running = [job for slots in self._slots.values() for job in slots.running.values()]
        return running + self._executor.unrecorded

    async def _cron_once(self) -> bool:
        if await cron.fire(self._pool, self._schedule, self._fired):
            self._told()
        return False

    async def _own(self, slots: Slots) -> None:
        owner = self.owners[slots.name] = SingleOwner(
            self._pool, f"pool {slots.name}", slots.wake.set, ttl=min(TTL, self._lease)
        )
        await owner.run()

    async def _claim_forever(self, slots: Slots) -> None:
        async def once() -> bool:
            return await self._claim_once(slots)

        await self._forever(once, slots.wake, CLAIM_POLL_S)

    async def _claim_once(self, slots: Slots) -> bool:
        if not slots.room or not self._owned(slots):
            return False
        claimed = await self._claimer.claim(slots, self._held)
        if claimed:
            point("claimed")
        for job in claimed:
            slots.add(asyncio.create_task(self._executor.run(job, slots)), job)
        return bool(claimed) and slots.room > 0

    def _owned(self, slots: Slots) -> bool:
        owner = self.owners.get(slots.name)
        return not slots.pool.exclusive or (owner is not None and owner.held)

    async def _drain(self, taking: list[asyncio.Task[None]], keeping: list[asyncio.Task[None]]) -> None:
        self._draining.set()
        self._wake_all()
        # Not cancelled: a claim that is on its way would leave jobs leased to nobody.
        await asyncio.wait(taking, timeout=LAST_CLAIM_S)
        running = {task: job for slots in self._slots.values() for task, job in slots.running.items()}
        if running:
            await asyncio.wait(running, timeout=self._drain_s)
        left: list[Claimed] = [job for task, job in running.items() if not task.done()]
        await _end([*running, *taking])
        with contextlib.suppress(*LOST):
            await self._executor.flush()
            for job in left:
                # Given back without counting: being shut down is not the job's failure.
                await self._pool.execute(queries.AGAIN, job.id, job.token, timedelta(0), 1, "given back at shutdown")
            for owner in self.owners.values():
                await owner.release()
        await _end(keeping)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def _opened(dsn: str, stop: asyncio.Event) -> AsyncIterator[asyncpg.Pool[asyncpg.Record] | None]:
    """The engine's own pool; waits for a database that is not there yet, and gives None when told to stop meanwhile.

    No transaction of the engine waits for application code, so one that stands still belongs to a process that was
    stopped, and the rows and locks it holds are freed within seconds.
    """
    pool = None
    while pool is None and not stop.is_set():
        try:
            pool = await raw_pool(dsn, "jobs", min_size=2, max_size=6, idle_in_transaction_ms=STUCK_TRANSACTION_MS)
        except LOST as error:
            log.warning("the database does not answer, trying again", error=repr(error))
            await until_set(stop, 1)
    if pool is None:
        yield None
        return
    try:
        yield pool
    finally:
        with contextlib.suppress(Exception):
            async with asyncio.timeout(5):
                await pool.close()
        pool.terminate()


__all__ = ["Pool", "Worker"]
