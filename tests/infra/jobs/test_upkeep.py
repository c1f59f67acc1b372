"""What keeps the queue in order: schedules, owners, the dead, wake-ups, crash points, the cost of waiting."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from leadsbot.contracts.events import LeadNoteAdded
from leadsbot.infra.db.base import QUEUE
from leadsbot.infra.db.pool import raw_pool
from leadsbot.infra.events.log import emit
from leadsbot.infra.jobs import admin, cron, queries
from leadsbot.infra.jobs.kinds import Cron, Dead, JobContext
from leadsbot.infra.jobs.owner import SingleOwner
from leadsbot.infra.jobs.wake import WORK, Waker, listen
from leadsbot.kit.ids import new_id
from tests.infra.jobs.lab import Lab, Number, until


async def nothing(_context: JobContext, _payload: Number) -> None:
    pass


async def test_a_slot_fires_once_over_all_processes_and_missed_ones_once_together(lab: Lab) -> None:
    kind = lab.kind(nothing)
    schedule = (Cron(name="purge", every=timedelta(days=1), kind=kind, payload=Number(4)),)
    pool = await raw_pool(lab.database.of(QUEUE), "test", max_size=8)
    fired = await asyncio.gather(*(cron.fire(pool, schedule) for _ in range(8)))
    await lab.owner.execute("UPDATE cron_slot SET slot = slot - interval '5 days'")
    await lab.owner.execute("DELETE FROM job")
    seen: dict[str, datetime] = {}
    again = [await cron.fire(pool, schedule, seen) for _ in range(3)]
    await pool.close()

    assert sum(fired) == 1
    assert again == [1, 0, 0]
    assert len(await lab.jobs()) == 1
    assert list(seen) == ["purge"]


def test_a_slot_begins_at_its_offset() -> None:
    daily = Cron(
        name="x",
        every=timedelta(days=1),
        kind=None,
        payload=Number(),
        offset=timedelta(hours=3),  # type: ignore[arg-type]
    )

    assert cron.slot_of(daily, datetime(2026, 5, 2, 2, 59, tzinfo=UTC)) == datetime(2026, 5, 1, 3, tzinfo=UTC)
    assert cron.slot_of(daily, datetime(2026, 5, 2, 3, 0, tzinfo=UTC)) == datetime(2026, 5, 2, 3, tzinfo=UTC)


async def test_one_owner_at_a_time_and_a_release_hands_over(lab: Lab) -> None:
    pool = await raw_pool(lab.database.of(QUEUE), "test")
    one, two = SingleOwner(pool, "bot"), SingleOwner(pool, "bot")
    first = asyncio.create_task(one.run())
    await until(lambda: one.held)
    second = asyncio.create_task(two.run())
    await asyncio.sleep(0.2)
    assert not two.held

    first.cancel()
    await one.release()
    assert not one.held
    await until(lambda: two.held)
    second.cancel()
    await pool.close()


async def test_a_dead_job_is_shown_replayed_or_dismissed_in_its_workspace_only(lab: Lab) -> None:
    fail = [True]

    async def run(_context: JobContext, _payload: Number) -> None:
        if fail:
            raise Dead("the chat is gone")

    kind = lab.kind(run)
    first = await lab.add(kind, 1)
    second = await lab.add(kind, 2)
    assert first is not None
    assert second is not None
    async with lab.worker():
        await until(lambda: _dead(lab, 2))
        fail.clear()
        async with lab.db.tenant(lab.workspace) as tx:
            shown = await admin.dead(tx, lab.workspace)
            stranger = await admin.replay(tx, first, new_id())
            replayed, dismissed = await admin.replay(tx, first, lab.workspace), await admin.dismiss(tx, second, None)
        await until(lambda: _dead(lab, 0))
        await lab.empty()

    assert {job.reason for job in shown} == {"Dead: the chat is gone"}
    assert (stranger, replayed, dismissed) == (False, True, True)
    assert await lab.jobs() == []


async def _dead(lab: Lab, count: int) -> bool:
    return len(await lab.jobs("state = 2")) == count


async def test_the_lag_is_the_age_of_the_oldest_due_job_or_undispatched_event(lab: Lab) -> None:
    kind = lab.kind(nothing)
    queue = await asyncpg.connect(lab.database.of(QUEUE))
    assert await admin.lag(queue) == 0
    await lab.add(kind, lane="a lane")
    await lab.owner.execute("UPDATE job SET due_at = due_at - interval '1 minute'")
    await lab.add(kind)
    assert 59 < await admin.lag(queue) < 90

    async with lab.db.tenant(lab.workspace) as tx:
        await emit(tx, LeadNoteAdded(lead_id=new_id(), note_id=new_id()))
    await lab.owner.execute("UPDATE outbox SET occurred_at = occurred_at - interval '5 minutes'")
    assert 299 < await admin.lag(queue) < 330
    await queue.close()


async def test_future_jobs_cost_neither_a_claim_nor_a_promotion_anything(lab: Lab) -> None:
    await lab.owner.execute(
        "INSERT INTO job (kind, payload, state, due_at) SELECT 'x', '{}', 3, clock_timestamp() + interval '3 days' "
        "FROM generate_series(1, 50000)"
    )
    await lab.owner.execute("ANALYZE job")

    async def pages(query: str, *values: str) -> int:
        for number, value in enumerate(values, 1):
            query = query.replace(f"${number}", value)
        (row,) = await lab.owner.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}")
        plan: dict[str, Any] = json.loads(row[0])[0]["Plan"]
        return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])

    claim = ("'default'", "100", "'me'", "'60 s'::interval", "10")
    assert await pages(queries.PROMOTE, "1000") < 50
    assert await pages(queries.CLAIM, *claim) < 50
    assert await pages(queries.CLAIM_LANES, *claim) < 50
    assert await pages(queries.RESCUE, "3") < 50
    assert await pages(queries.LAG) < 50


async def test_wake_ups_are_gathered_and_the_last_one_is_never_lost(lab: Lab) -> None:
    heard: list[str] = []
    connected: list[bool] = []
    waker = Waker(lab.database.of(QUEUE))
    tasks = [
        asyncio.create_task(waker.run()),
        asyncio.create_task(listen(lab.database.of(QUEUE), WORK, heard.append, lambda: connected.append(True))),
    ]
    await until(lambda: connected)
    for _ in range(1000):
        waker.work()
        await asyncio.sleep(0)
    await until(lambda: heard)
    few = len(heard)
    await lab.owner.fetch(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
        "AND pid <> pg_backend_pid()"
    )
    await until(lambda: len(connected) == 2)
    waker.work()
    await until(lambda: len(heard) > few)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)

    assert few < 100
