"""Lanes keep order and caps over all processes, and never stand still behind a job that waits."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

from leadsbot.infra.jobs.kinds import JobContext, Retry
from leadsbot.infra.jobs.pools import Pool
from leadsbot.kit.clock import utcnow
from tests.infra.jobs.lab import Lab, Number, until


async def test_a_lane_runs_in_order_and_one_at_a_time_over_three_workers(lab: Lab) -> None:
    order: dict[int, list[int]] = {0: [], 1: [], 2: []}
    running = {0: 0, 1: 0, 2: 0}
    most = 0

    async def run(_context: JobContext, payload: Number) -> None:
        nonlocal most
        lane = payload.n % 3
        running[lane] += 1
        most = max(most, running[lane])
        await asyncio.sleep(0.002)
        order[lane].append(payload.n)
        running[lane] -= 1

    kind = lab.kind(run)
    for n in range(60):
        await lab.add(kind, n, lane=f"chat {n % 3}")
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(lab.worker())
        await lab.empty()

    assert most == 1
    assert order == {lane: list(range(lane, 60, 3)) for lane in range(3)}


async def test_a_cap_is_reached_and_never_passed(lab: Lab) -> None:
    running = most = 0
    gate = asyncio.Event()

    async def run(_context: JobContext, _payload: Number) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await gate.wait()
        running -= 1

    kind = lab.kind(run)
    for n in range(12):
        await lab.add(kind, n, lane="endpoint", lane_cap=3)
    async with lab.worker(), lab.worker():
        await until(lambda: running == 3)
        await asyncio.sleep(0.3)
        assert running == 3
        gate.set()
        await lab.empty()

    assert most == 3


async def test_neither_a_future_job_nor_a_retry_blocks_its_lane(lab: Lab) -> None:
    ran: list[int] = []

    async def run(_context: JobContext, payload: Number) -> None:
        ran.append(payload.n)
        if payload.n == 1 and ran.count(1) == 1:
            raise Retry("the other side is busy", timedelta(seconds=1))

    kind = lab.kind(run)
    await lab.add(kind, 0, lane="chat", due_at=utcnow() + timedelta(days=3))
    await lab.add(kind, 1, lane="chat")
    await lab.add(kind, 2, lane="chat")
    async with lab.worker():
        await until(lambda: ran == [1, 2, 1])

    (job,) = await lab.jobs()
    assert job["state"] == 3


async def test_full_lanes_with_long_queues_do_not_hide_the_others(lab: Lab) -> None:
    gate, ran = asyncio.Event(), []

    async def run(_context: JobContext, payload: Number) -> None:
        ran.append(payload.n)
        if payload.n < 1000:
            await gate.wait()

    kind = lab.kind(run)
    await lab.owner.execute(
        "INSERT INTO job (workspace_id, kind, payload, lane) "
        "SELECT $1, 'test.job', jsonb_build_object('n', n), 'a full one' FROM generate_series(0, 799) n",
        lab.workspace,
    )
    await lab.add(kind, 1000, lane="another")
    async with lab.worker(pools={"default": Pool(slots=4)}):
        await until(lambda: 1000 in ran)
        assert ran.count(0) == 1
        gate.set()
        await lab.owner.execute("DELETE FROM job WHERE state = 0")
        await lab.empty()


async def test_laned_and_plain_jobs_of_one_pool_do_not_starve_each_other(lab: Lab) -> None:
    ran: list[int] = []

    async def run(_context: JobContext, payload: Number) -> None:
        ran.append(payload.n)
        await asyncio.sleep(0.03)

    kind = lab.kind(run)
    for n in range(40):
        await lab.add(kind, n, lane=f"lane {n}")
    await lab.add(kind, 100)
    async with lab.worker(pools={"default": Pool(slots=2)}):
        await until(lambda: 100 in ran)
        assert len(ran) < 20
        await lab.empty()
