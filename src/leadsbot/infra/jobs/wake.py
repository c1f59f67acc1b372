"""Wake-ups between processes: a hint, never needed for correctness, because every loop also polls.

NOTIFY takes a lock over the whole server at commit, which would serialise the capture path. So it is never part of a
capture or application transaction: each process sends at most one per 50 ms, after its commits, on a connection of
its own, and a lost one costs a poll interval.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import asyncpg

from leadsbot.infra import logging

WORK, LIVE = "leadsbot_work", "leadsbot_live"
PAUSE_S = 0.05
PAYLOAD_LIMIT = 7_500
log = logging.get(__name__)


class Waker:
    """Sends wake-ups: the first at once, later ones gathered into one per 50 ms."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._work = False
        self._changes: set[str] = set()
        self._wanted = asyncio.Event()

    def work(self) -> None:
        """There is something to dispatch or to run. Cheap; may be called for every commit."""
        self._work = True
        self._wanted.set()

    def changed(self, changes: set[str]) -> None:
        """Dashboards may want to look: items are ``<workspace id> <event type>``."""
        self._changes |= changes
        self._wanted.set()

    async def run(self) -> None:
        """Send until cancelled; survives every loss of the connection."""
        while True:
            try:
                connection = await asyncpg.connect(self._dsn)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                await asyncio.sleep(1)
                continue
            try:
                while True:
                    await self._wanted.wait()
                    await self._send(connection)
                    await asyncio.sleep(PAUSE_S)
            except Exception as error:  # noqa: BLE001 - whatever it was, a new connection is the answer
                log.debug("the wake-up connection was lost", error=repr(error))
                self._wanted.set()
                await asyncio.sleep(0.2)
            finally:
                connection.terminate()

    async def _send(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        self._wanted.clear()
        if self._work:
            self._work = False
            try:
                await connection.execute("SELECT pg_notify($1, '')", WORK)
            except BaseException:
                self._work = True
                raise
        changes = sorted(self._changes)
        while changes:
            batch, size = [], 0
            while changes and size + len(changes[-1]) < PAYLOAD_LIMIT:
                batch.append(changes.pop())
                size += len(batch[-1]) + 1
            await connection.execute("SELECT pg_notify($1, $2)", LIVE, ",".join(batch))
            # Forgotten only now: what could not be sent is sent on the next connection.
            self._changes.difference_update(batch)


async def listen(dsn: str, channel: str, heard: Callable[[str], None], lost: Callable[[], None] = lambda: None) -> None:
    """Call ``heard`` with every payload of a channel until cancelled; ``lost`` after each gap in listening."""
    while True:
        try:
            connection = await asyncpg.connect(dsn)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await asyncio.sleep(0.5)
            continue
        ended = asyncio.Event()
        try:
            connection.add_termination_listener(lambda _connection, ended=ended: ended.set())
            await connection.add_listener(channel, lambda _c, _pid, _channel, payload: heard(str(payload)))
            lost()
            await ended.wait()
        except Exception as error:  # noqa: BLE001 - whatever it was, a new connection is the answer
            log.debug("the listening connection was lost", error=repr(error))
            await asyncio.sleep(0.2)
        finally:
            with contextlib.suppress(Exception):
                connection.terminate()
