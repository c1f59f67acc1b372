"""Group commit: work of concurrent requests shares one statement and one commit, each is told only after it."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

import asyncpg

from leadsbot.infra import logging
from leadsbot.infra.db.raw import LOST, Link
from leadsbot.kit.errors import AppError, Unavailable

MAX_ROWS: Final = 512
QUEUE_ROWS: Final = 10_000
QUEUE_BYTES: Final = 32 * 1024 * 1024
Work = TypeVar("Work")
Result = TypeVar("Result")
Outcomes = Sequence["Result | AppError"]
log = logging.get(__name__)


class _Entry(NamedTuple, Generic[Work, Result]):
    work: Work
    rows: int
    size: int
    done: asyncio.Future[Result]


class GroupCommit(Generic[Work, Result]):
    """A bounded queue in front of one committing task per connection.

    ``flush`` stores a list of works in one transaction and returns one outcome for each. It may be called again with
    the same works: after a lost connection, and, when the database refused one of many, for each work alone, so that
    nobody suffers from a neighbour. It must therefore be repeatable. ``refusal`` makes an answer of the database's no.
    """

    def __init__(
        self,
        flush: Callable[[Link, list[Work]], Awaitable[Outcomes[Result]]],
        refusal: Callable[[Exception], AppError],
        *,
        rows: int = QUEUE_ROWS,
        size: int = QUEUE_BYTES,
    ) -> None:
        self._flush, self._refusal = flush, refusal
        self._most, self._rows, self._bytes = rows, rows, size
        self._queue: deque[_Entry[Work, Result]] = deque()
        self._ready = asyncio.Event()

    async def store(self, work: Work, rows: int, size: int) -> Result:
        """Wait until the work, so many rows and bytes, is committed. Raises the AppError that ``flush`` gave it,
        Unavailable at once when the queue is full, and Unavailable when the database is away."""
        if self._rows < rows or self._bytes < size:
            raise Unavailable(1)
        entry = _Entry(work, rows, size, asyncio.get_running_loop().create_future())
        self._rows -= rows
        self._bytes -= size
        self._queue.append(entry)
        self._ready.set()
        result: Result = await entry.done
        return result

    async def drain(self, deadline: float = 5) -> None:
        """Wait until everything taken is settled, or the deadline in seconds is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                while self._rows < self._most:
                    await asyncio.sleep(0.01)

    async def run(self, link: Link) -> None:
        """Commit over this connection until cancelled."""
        while True:
            await self._ready.wait()
            entries: list[_Entry[Work, Result]] = []
            count = 0
            while self._queue and (not entries or count + self._queue[0].rows <= MAX_ROWS):
                entries.append(self._queue.popleft())
                count += entries[-1].rows
            if not self._queue:
                self._ready.clear()
            if entries:
                await self._settle(link, entries)

    async def _settle(self, link: Link, entries: list[_Entry[Work, Result]]) -> None:
        outcomes: Outcomes[Result]
        try:
            outcomes = await self._twice(link, [entry.work for entry in entries])
        except asyncio.CancelledError:
            self._finish(entries, [Unavailable(2)] * len(entries))
            raise
        except Exception as error:  # noqa: BLE001 - the committing task must outlive anything; nothing was acknowledged
            refused = isinstance(error, asyncpg.PostgresError) and not isinstance(error, LOST)
            if refused and len(entries) > 1:
                for entry in entries:
                    await self._settle(link, [entry])
                return
            if not refused:
                log.warning("group_commit.failed", error=type(error).__name__)
                link.drop()
            outcomes = [self._refusal(error) if refused else Unavailable(2)] * len(entries)
        self._finish(entries, outcomes)

    async def _twice(self, link: Link, works: list[Work]) -> Outcomes[Result]:
        try:
            return await self._flush(link, works)
        except LOST:
            # Perhaps only this connection is stale, after a restart of the server: try once on a new one.
            link.drop()
            return await self._flush(link, works)

    def _finish(self, entries: list[_Entry[Work, Result]], outcomes: Outcomes[Result]) -> None:
        for entry, outcome in zip(entries, outcomes, strict=True):
            self._rows += entry.rows
            self._bytes += entry.size
            if entry.done.done():
                continue
            if isinstance(outcome, AppError):
                entry.done.set_exception(outcome)
            else:
                entry.done.set_result(outcome)
