"""Scheduled jobs: every slot fires once, over all processes and restarts."""

from __future__ import annotations

from datetime import datetime, timedelta

import asyncpg
import msgspec

from leadsbot.infra.jobs import queries
from leadsbot.infra.jobs.kinds import Cron


def slot_of(cron: Cron, now: datetime) -> datetime:
    """The start of the slot that ``now`` lies in."""
    epoch = datetime(1970, 1, 1, tzinfo=now.tzinfo) + cron.offset
    return epoch + (now - epoch) // cron.every * cron.every


async def fire(
    pool: asyncpg.Pool[asyncpg.Record], schedule: tuple[Cron, ...], seen: dict[str, datetime] | None = None
) -> int:
    """Turn every slot that has begun and was not fired into a job; slots missed while we were down fire once, not
    once each, and a slot that begins while the job of the last one is unfinished makes no second job. ``seen``
    remembers slots known to be fired, which spares the database a write per look. Returns how many jobs were made."""
    seen = {} if seen is None else seen
    if not schedule:
        return 0
    fired = 0
    async with pool.acquire() as connection:
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        for cron in schedule:
            slot = slot_of(cron, now)
            if seen.get(cron.name) == slot:
                continue
            async with connection.transaction():
                if await connection.fetchval(queries.CRON_SLOT, cron.name, slot) is None:
                    seen[cron.name] = slot
                    continue
                payload = msgspec.json.encode(cron.payload).decode()
                kind = cron.kind
                await connection.execute(
                    queries.CRON_JOB,
                    kind.pool,
                    kind.name,
                    payload,
                    kind.priority,
                    kind.policy.attempts,
                    f"cron {cron.name}",
                )
                fired += 1
    return fired


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
