"""Only one process at a time: a lease by name, renewed while its holder lives."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import asyncpg

from leadsbot.infra.jobs import queries

TTL = timedelta(seconds=10)
MARGIN_S = 1.0


class SingleOwner:
    """Tries to hold a name; ``held`` turns false by itself when the lease could not be renewed in time."""

    def __init__(
        self,
        pool: asyncpg.Pool[asyncpg.Record],
        name: str,
        on_won: Callable[[], None] = lambda: None,
        *,
        ttl: timedelta = TTL,
    ) -> None:
        """``ttl`` is how long the others wait for an owner that died."""
        self._pool = pool
        self._name = name
        self._me = uuid4()
        self._until = 0.0
        self._on_won = on_won
        self._ttl = ttl
        # The margin covers the way to the database and back.
        self._margin = min(MARGIN_S, ttl.total_seconds() / 4)

    @property
    def held(self) -> bool:
        """Whether we are the owner right now."""
        return time.monotonic() < self._until - self._margin

    async def run(self) -> None:
        """Acquire and renew until cancelled."""
        while True:
            asked = time.monotonic()
            try:
                won = await self._pool.fetchval(queries.OWN, self._name, self._me, self._ttl)
            except Exception:  # noqa: BLE001 - whatever it was: not won, and the lease runs out by itself
                won = None
            if won is not None:
                fresh = not self.held
                self._until = asked + self._ttl.total_seconds()
                if fresh:
                    self._on_won()
            await asyncio.sleep(self._ttl.total_seconds() / 4)

    async def release(self) -> None:
        """Give the name up, so that the next process need not wait for the lease to end."""
        self._until = 0.0
        await self._pool.execute(queries.DISOWN, self._name, self._me)
