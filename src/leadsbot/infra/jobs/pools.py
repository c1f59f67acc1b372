"""Pools of slots: how many jobs of one class run at once, and how many of them may be retries."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self
from uuid import UUID

import asyncpg

AT_HAND_S = 0.02
MOST_SLOTFULS = 32


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
        """From a row that a claim returned, whose columns come in the order of the fields."""
        return cls(*row.values())


class Slots:
    """The run-time state of one pool in this process."""

    def __init__(self, name: str, pool: Pool) -> None:
        self.name = name
        self.pool = pool
        self.wake = asyncio.Event()
        self.running: dict[asyncio.Task[None], Claimed] = {}
        self.scanned = ""
        """The last lane that had its turn, see ``NEXT_LANES``."""
        self.lanes_first = True
        self._retrying = 0
        self._typical_s = AT_HAND_S
        self._slot = asyncio.Semaphore(pool.slots)
        self._retry_slot = asyncio.Semaphore(pool.slots - pool.reserve)

    @property
    def capacity(self) -> int:
        """How many jobs to hold. More than there are slots while jobs take no time, so that the next are at hand when
        the quick ones end; no more than take ``AT_HAND_S`` together, so that other processes are not kept from them."""
        slotfuls = int(AT_HAND_S / max(self._typical_s, 1e-5))
        return self.pool.slots * max(1, min(MOST_SLOTFULS, slotfuls))

    @property
    def room(self) -> int:
        """How many more jobs to claim."""
        return max(0, self.capacity - len(self.running))

    @property
    def room_for_retries(self) -> int:
        """How many of them may have been tried before."""
        kept = self.capacity * self.pool.reserve // self.pool.slots
        return max(0, min(self.room, self.capacity - kept - self._retrying))

    def add(self, task: asyncio.Task[None], job: Claimed) -> None:
        """Count a started job; the dictionary is the strong reference, for the event loop keeps only weak ones."""
        self.running[task] = job
        self._retrying += job.attempt > 1
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        job = self.running.pop(task)
        self._retrying -= job.attempt > 1
        capacity = self.capacity
        # With many at hand the next claim waits until half are gone: few large claims beat many small ones.
        if capacity == self.pool.slots or len(self.running) <= capacity // 2 or job.lane is not None:
            self.wake.set()

    @asynccontextmanager
    async def slot(self, job: Claimed) -> AsyncIterator[None]:
        """Wait for a slot, hold it, and learn how long jobs take. A retry also needs one of the retries' share."""
        if job.attempt > 1:
            async with self._retry_slot, self._slot:
                yield
            return
        async with self._slot:
            started = time.perf_counter()
            yield
            self._typical_s += 0.05 * (time.perf_counter() - started - self._typical_s)


__all__ = ["Claimed", "Pool", "Slots"]
