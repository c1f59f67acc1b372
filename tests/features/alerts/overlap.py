"""Two transactions that overlap in every possible way: what a race does by chance, it does always."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import Executable, text
from sqlalchemy.engine import Result

from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx

Work = Callable[[TenantTx], Awaitable[object]]


class Halting(TenantTx):
    """A transaction that waits before one of its statements until it is let go."""

    def __init__(self, tx: TenantTx, halt_before: int) -> None:
        super().__init__(tx._connection, tx._raw, tx.workspace_id)
        self.left = halt_before
        self.halted, self.go = asyncio.Event(), asyncio.Event()

    async def _next(self) -> None:
        if self.left == 0:
            self.halted.set()
            await self.go.wait()
        self.left -= 1

    async def execute(self, statement: Executable, parameters: Any = None) -> Result[Any]:
        await self._next()
        return await super().execute(statement, parameters)

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        await self._next()
        return await super().scalar(statement, parameters)

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        await self._next()
        return await super().fetch(sql, arguments)


async def every_overlap(db: Database, workspace: UUID, first: Work, second: Work) -> AsyncIterator[int]:
    """Run both, again and again; yields after each time, for the caller to look and to prepare the next.

    The first has done all of its work and not committed when the second begins. The second gets as far as its n-th
    statement (or waits for a lock of the first), then the first commits, then the second goes on: for every n.
    """
    halt_before = 0
    while await _overlap(db, workspace, first, second, halt_before):
        yield halt_before
        halt_before += 1
    # The last time nothing halted it: it ran as far as locks let it.
    yield halt_before


async def _overlap(db: Database, workspace: UUID, first: Work, second: Work, halt_before: int) -> bool:
    async with db.tenant(workspace) as waiting:
        later = Halting(waiting, halt_before)
        pid = int(await waiting.scalar(text("SELECT pg_backend_pid()")))
        async with db.tenant(workspace) as earlier:
            await first(earlier)
            task = asyncio.ensure_future(second(later))
            while not (later.halted.is_set() or task.done() or await _waits(db, pid)):
                await asyncio.sleep(0.005)
        later.go.set()
        await task
        return later.halted.is_set()


async def _waits(db: Database, pid: int) -> bool:
    async with db.system() as tx:
        return bool(await tx.scalar(text("SELECT cardinality(pg_blocking_pids(:pid)) > 0"), {"pid": pid}))
