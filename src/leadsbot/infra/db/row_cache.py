"""Rows of a small table in memory: found without a query, fresh within a second, kept while the database is away."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, Generic, Protocol, TypeVar

import asyncpg

from leadsbot.infra.db.raw import LOST, Link
from leadsbot.kit.clock import monotonic
from leadsbot.kit.errors import Unavailable

POLL_S: Final = 0.4
OVERLAP_S: Final = 15
"""Changes are looked for again for this long: a transaction shows its rows later than the moment it wrote in them."""
FULL_EVERY: Final = 75
REMEMBERED: Final = 20_000
UNKNOWN_S: Final = 1.0
WAITING: Final = 500
_KEY: Final = re.compile(r"[0-9A-Za-z_-]{8,64}", re.ASCII)


class Changing(Protocol):
    """A row that tells when it was changed last."""

    @property
    def changed_at(self) -> datetime:
        """Moves on every change."""
        ...


Item = TypeVar("Item", bound=Changing)


class RowCache(Generic[Item]):
    """Items by key, made by ``make`` from the rows of ``select`` (a SELECT without WHERE over ``key``, ``changed_at``).

    Known items are served stale when the database is away; a question for an unknown one then raises Unavailable.
    Run :meth:`answer` and :meth:`watch` as tasks, on a link each.
    """

    def __init__(self, select: str, make: Callable[[asyncpg.Record], Item]) -> None:
        self._select, self._make = select, make
        self._known: dict[str, Item] = {}
        self._unknown: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[Exception | None]] = {}
        self._wanted = asyncio.Event()

    async def get(self, key: str) -> Item | None:
        """The item of a key, or None."""
        item = self._known.get(key)
        if item is None and _KEY.fullmatch(key) and self._unknown.get(key, 0) < monotonic():
            await self.refresh(key)
            item = self._known.get(key)
        return item

    async def refresh(self, key: str) -> None:
        """Read one item again, now. Concurrent questions share one query, so a flood of invented keys costs one at
        a time; too many of them raise Unavailable."""
        if key not in self._waiting:
            if len(self._waiting) >= WAITING:
                raise Unavailable(1)
            self._waiting[key] = asyncio.get_running_loop().create_future()
            self._wanted.set()
        failure = await asyncio.shield(self._waiting[key])
        if failure is not None:
            raise failure

    async def answer(self, link: Link) -> None:
        """Serve :meth:`refresh` until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            asked, self._waiting = self._waiting, {}
            failure: Exception | None = None
            try:
                await self._load(link, "key = ANY($1)", list(asked))
            except (*LOST, asyncpg.PostgresError):
                link.drop()
                failure = Unavailable(2)
            for future in asked.values():
                future.set_result(failure)

    async def watch(self, link: Link) -> None:
        """Follow changes until cancelled; a lost database is only a pause."""
        turn = 0
        while True:
            try:
                await self._load(link, f"changed_at > clock_timestamp() - interval '{OVERLAP_S} seconds'")
                turn += 1
                if turn % FULL_EVERY == 0:
                    await self._load(link, "key = ANY($1)", list(self._known))
            except (*LOST, asyncpg.PostgresError):
                link.drop()
            await asyncio.sleep(POLL_S)

    async def _load(self, link: Link, where: str, keys: list[str] | None = None) -> None:
        connection = await link.get()
        query = f"{self._select} WHERE {where} ORDER BY changed_at DESC LIMIT {REMEMBERED}"
        rows = await connection.fetch(query, *([] if keys is None else [keys]))
        for row in rows:
            before = self._known.get(row["key"])
            if before is None or before.changed_at != row["changed_at"]:
                self._known[row["key"]] = self._make(row)
                self._unknown.pop(row["key"], None)
        for key in set(keys or ()) - {row["key"] for row in rows}:
            self._known.pop(key, None)
            self._unknown[key] = monotonic() + UNKNOWN_S
        for memory in (self._known, self._unknown):
            while len(memory) > REMEMBERED:
                memory.pop(next(iter(memory)))
