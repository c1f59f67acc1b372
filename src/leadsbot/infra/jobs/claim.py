"""Take due jobs on lease, within the room of a pool, the caps of lanes and the share of retries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

import asyncpg

from leadsbot.infra.jobs import queries
from leadsbot.infra.jobs.pools import Claimed, Slots

LANES_PER_TURN = 500
LANES_TAKEN_S = 0.01


class Claimer:
    """Claims for one worker process."""

    def __init__(self, pool: asyncpg.Pool[asyncpg.Record], worker: str, lease: timedelta) -> None:
        self._pool = pool
        self._worker = worker
        self._lease = lease
        self._unsure: set[str] = set()

    async def claim(self, slots: Slots, held: Callable[[], list[Claimed]]) -> list[Claimed]:
        """As many due jobs as the pool has room for; empty when nothing is due. ``held`` tells which jobs we hold."""
        if slots.name in self._unsure:
            # The last claim's answer was lost with its connection: what it took nobody would run until the lease ends.
            await self._pool.execute(queries.UNCLAIM, self._worker, slots.name, [job.id for job in held()])
        self._unsure.add(slots.name)
        found = await self._claim(slots)
        self._unsure.discard(slots.name)
        return [Claimed.of(row) for row in found]

    async def _claim(self, slots: Slots) -> list[asyncpg.Record]:
        found: list[asyncpg.Record] = []
        async with self._pool.acquire() as connection:
            ways = [self._from_lanes, self._plain]
            # Neither kind may starve the other in a pool that holds both, so they take turns at going first.
            for way in ways if slots.lanes_first else reversed(ways):
                room = slots.room - len(found)
                retries = max(0, slots.room_for_retries - sum(row["attempt"] > 1 for row in found))
                if room > 0:
                    found += await way(connection, slots, room, retries)
            slots.lanes_first = not slots.lanes_first
        return found

    async def _plain(
        self, connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], slots: Slots, room: int, retries: int
    ) -> list[asyncpg.Record]:
        found: list[asyncpg.Record] = []
        if retries:
            found = await connection.fetch(queries.CLAIM, slots.name, retries, self._worker, self._lease)
        if len(found) == retries and room > retries:
            # What was found may all be retries; the rest of the room is for jobs that were never tried.
            found += await connection.fetch(queries.CLAIM_FIRST, slots.name, room - retries, self._worker, self._lease)
        return found

    async def _from_lanes(
        self, connection: asyncpg.pool.PoolConnectionProxy[asyncpg.Record], slots: Slots, room: int, retries: int
    ) -> list[asyncpg.Record]:
        waiting = await connection.fetchval(queries.LANES_WAIT, slots.name)
        if not waiting:
            return []
        async with connection.transaction():
            if not await connection.fetchval(queries.LANE_LOCK, slots.name):
                asyncio.get_running_loop().call_later(LANES_TAKEN_S, slots.wake.set)
                return []
            arguments = (slots.name, room, self._worker, self._lease, retries)
            found: list[asyncpg.Record] = await connection.fetch(queries.CLAIM_LANES, *arguments)
            if found or waiting <= queries.LANE_WINDOW:
                return found
            rows = await connection.fetch(queries.NEXT_LANES, slots.name, slots.scanned, LANES_PER_TURN)
            lanes = [row["lane"] for row in rows]
            slots.scanned = lanes[-1] if len(lanes) == LANES_PER_TURN else ""
            return await connection.fetch(queries.CLAIM_NAMED_LANES, *arguments, lanes)


__all__ = ["Claimer"]
