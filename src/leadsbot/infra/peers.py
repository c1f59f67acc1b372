"""How many web processes there are on one database, wherever they run: what each of them may let through depends on it.

Every web process holds one shared advisory lock for as long as it lives, and counts the holders now and then. There is
nothing to configure and nothing to clean up: a process that is gone, however it went, holds no lock.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import asyncpg

from leadsbot.infra import logging
from leadsbot.infra.db.raw import LOST, server_settings

log = logging.get(__name__)
LOCK = (0x1EAD, 0x0EB)
EVERY_S = 10.0
_HOLD = "SELECT pg_advisory_lock_shared($1, $2)"
_COUNT = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 "
    "AND classid = $1::int8::oid AND objid = $2::int8::oid "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


class Peers:
    """Tells ``told`` how many web processes there are, this one included, about every ``every_s`` seconds.

    While the database is away the last number stands.
    """

    def __init__(self, dsn: str, told: Callable[[int], None], every_s: float = EVERY_S) -> None:
        self._dsn = dsn
        self._told = told
        self._every_s = every_s

    async def run(self) -> None:
        """Hold the lock and count until cancelled."""
        while True:
            try:
                await self._count()
            except (*LOST, asyncpg.PostgresError) as error:
                log.debug("the other web processes cannot be counted", error=repr(error))
            await asyncio.sleep(self._every_s)

    async def _count(self) -> None:
        connection = await asyncpg.connect(self._dsn, timeout=5, server_settings=server_settings("peers"))
        try:
            await connection.execute(_HOLD, *LOCK)
            while True:
                self._told(await connection.fetchval(_COUNT, *LOCK, timeout=5))
                await asyncio.sleep(self._every_s)
        finally:
            connection.terminate()
