"""A worker runs jobs, records how they ended, and loses none of them."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from leadsbot.contracts.events import LeadNoteAdded
from leadsbot.infra.db.tx import Tx
from leadsbot.infra.events.log import emit, history
from leadsbot.infra.jobs import queries
from leadsbot.infra.jobs.kinds import Dead, JobContext, Retry
from leadsbot.infra.jobs.pools import Pool
from leadsbot.infra.jobs.queue import cancel, enqueue
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id
from leadsbot.kit.retry import RetryPolicy
from tests.infra.jobs.lab import SECOND, Lab, Number, until


class Recorder:
    """An effect: remembers what ran, most at once, and does what it is told."""

    def __init__(self, pause: float = 0) -> None:
        self.ran: list[int] = []
        self.contexts: list[JobContext] = []
        self.running = self.most = 0
        self.pause = pause
        self.gate: asyncio.Event | None = None
        self.fail: list[BaseException] = []

    async def __call__(self, context: JobContext, payload: Number) -> None:
        self.ran.append(payload.n)
        self.contexts.append(context)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self.gate:
                await self.gate.wait()
            await asyncio.sleep(self.pause)
            if self.fail:
                raise self.fail.pop(0)
        finally:
            self.running -= 1


async def test_a_job_runs_once_and_leaves_the_table(lab: Lab) -> None:
    effect = Recorder()
    kind = lab.kind(effect)
    for n in range(200):
        await lab.add(kind, n)

    async with lab.worker():
        await lab.empty()

    assert sorted(effect.ran) == list(range(200))
    assert await lab.jobs() == []
    assert {c.attempt for c in effect.contexts} == {1}


async def test_a_job_of_a_rolled_back_transaction_never_exists(lab: Lab) -> None:
    kind = lab.kind(Recorder())

    async def half_way() -> None:
        async with lab.db.tenant(lab.workspace) as tx:
            await enqueue(tx, kind, Number(1))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await half_way()

    assert await lab.jobs() == []


async def test_a_failing_job_is_tried_again_and_then_stays_as_dead_with_its_reason(lab: Lab) -> None:
    effect = Recorder()
    effect.fail = [ValueError("no luck with \x00 and \ud800")] * 9
    await lab.add(lab.kind(effect))

    async with lab.worker():
        await until(lambda: lab.jobs("state = 2"))

    assert [c.attempt for c in effect.contexts] == [1, 2, 3, 4]
    assert [c.last_attempt for c in effect.contexts] == [False, False, False, True]
    (job,) = await lab.jobs()
    assert job["last_error"].startswith("ValueError: no luck")
    assert len(lab.errors) == 4


async def test_a_job_may_ask_for_a_delay_without_losing_an_attempt_or_give_up(lab: Lab) -> None:
    effect = Recorder()
    effect.fail = [Retry("not now", timedelta(seconds=0.05), counted=False)] * 6 + [Dead("never")]
    await lab.add(lab.kind(effect))

    async with lab.worker():
        await until(lambda: lab.jobs("state = 2"))

    assert {c.attempt for c in effect.contexts} == {1}
    assert len(effect.ran) == 7
    (job,) = await lab.jobs()
    assert job["last_error"] == "Dead: never"


async def test_a_transaction_job_commits_its_effect_and_its_end_together(lab: Lab) -> None:
    lead = new_id()
    fail = [True]

    async def run(tx: Any, _context: JobContext, _payload: Number) -> None:
        await emit(tx, LeadNoteAdded(lead_id=lead, note_id=new_id()))
        if fail:
            fail.pop()
            raise ValueError

    await lab.add(lab.kind(run, mode="transaction"))
    async with lab.worker():
        await until(lambda: not fail)
        await until(lambda: _gone(lab))

    async with lab.db.tenant(lab.workspace) as tx:
        assert len(await history(tx, lead)) == 1


async def _gone(lab: Lab) -> bool:
    return not await lab.jobs()


@pytest.mark.parametrize("mode", ["transaction", "effect"])
async def test_a_worker_whose_lease_was_taken_over_changes_nothing(lab: Lab, mode: str) -> None:
    lead, thief = new_id(), new_id()

    async def steal() -> None:
        await lab.owner.execute("UPDATE job SET lease_token = $1", thief)

    async def in_transaction(tx: Any, _context: JobContext, _payload: Number) -> None:
        await emit(tx, LeadNoteAdded(lead_id=lead, note_id=new_id()))
        await steal()

    async def effect(_context: JobContext, _payload: Number) -> None:
        await steal()

    await lab.add(lab.kind(in_transaction if mode == "transaction" else effect, mode=mode))
    async with lab.worker() as worker:
        await until(lambda: worker.fenced == 1)

    (job,) = await lab.jobs()
    assert (job["state"], job["lease_token"]) == (1, thief)
    async with lab.db.tenant(lab.workspace) as tx:
        assert await history(tx, lead) == []


async def test_an_expired_lease_goes_to_another_worker(lab: Lab) -> None:
    effect = Recorder()
    kind = lab.kind(effect)
    await lab.add(kind, 7)
    await lab.owner.fetch(queries.CLAIM, "default", 5, "gone", SECOND)
    await lab.expire()

    async with lab.worker():
        await lab.empty()

    assert effect.ran == [7]
    assert effect.contexts[0].attempt == 2


async def test_a_job_that_kills_its_processes_ends_as_poison_and_can_be_replayed(lab: Lab) -> None:
    effect = Recorder()
    kind = lab.kind(effect)
    await lab.add(kind)
    await until(lambda: lab.owner.fetchval("SELECT clock_timestamp() > pg_postmaster_start_time() + interval '5 s'"))
    for _ in range(3):
        await lab.owner.fetch(queries.CLAIM, "default", 5, "gone", SECOND)
        await lab.expire()
        await lab.owner.fetch(queries.RESCUE, 3)

    (job,) = await lab.jobs()
    assert job["state"] == 2
    assert job["last_error"].startswith("poison")


async def test_a_long_job_keeps_its_lease(lab: Lab) -> None:
    effect = Recorder(pause=2.5)
    await lab.add(lab.kind(effect))
    async with lab.worker(lease=SECOND), lab.worker(lease=SECOND):
        await lab.empty()

    assert effect.ran == [0]


async def test_a_job_that_hangs_is_ended_at_its_deadline(lab: Lab) -> None:
    effect = Recorder()
    effect.gate = asyncio.Event()
    kind = lab.kind(effect, deadline=timedelta(seconds=0.1), policy=RetryPolicy(()))
    await lab.add(kind)
    async with lab.worker():
        await until(lambda: lab.jobs("state = 2"))

    (job,) = await lab.jobs()
    assert job["last_error"].startswith("TimeoutError")


async def test_a_kind_of_a_newer_version_waits_for_that_version(lab: Lab) -> None:
    await lab.add(lab.kind(Recorder()))
    lab.kinds.clear()
    async with lab.worker():
        await until(lambda: lab.jobs("state = 3"))

    (job,) = await lab.jobs()
    assert job["attempt"] == 0


async def test_a_job_for_later_waits_and_can_be_cancelled(lab: Lab) -> None:
    effect = Recorder()
    kind = lab.kind(effect)
    await lab.add(kind, 1, due_at=utcnow() + timedelta(seconds=0.4))
    await lab.add(kind, 2, due_at=utcnow() + timedelta(days=3), unique="reminder")
    async with lab.worker():
        await until(lambda: effect.ran)
        await lab.empty()
    async with lab.db.tenant(lab.workspace) as tx:
        first, second = await cancel(tx, "reminder"), await cancel(tx, "reminder")

    assert effect.ran == [1]
    assert (first, second) == (True, False)


async def test_a_unique_job_exists_once_until_it_is_finished(lab: Lab) -> None:
    effect = Recorder()
    effect.gate = asyncio.Event()
    kind = lab.kind(effect)
    assert await lab.add(kind, unique="one") is not None
    assert await lab.add(kind, unique="one") is None
    async with lab.worker():
        await until(lambda: effect.ran)
        assert await lab.add(kind, unique="one") is None
        effect.gate.set()
        await until(lambda: _gone(lab))
        assert await lab.add(kind, unique="one") is not None
        await lab.empty()

    assert len(effect.ran) == 2


async def test_draining_lets_running_jobs_finish_and_starts_none(lab: Lab) -> None:
    effect = Recorder(pause=0.5)
    kind = lab.kind(effect)
    for n in range(10):
        await lab.add(kind, n)
    async with lab.worker(pools={"default": Pool(slots=2)}):
        await until(lambda: effect.running)

    jobs = await lab.jobs()
    assert len(jobs) + len(effect.ran) == 10
    assert {job["state"] for job in jobs} == {0}


async def test_a_job_that_outlasts_the_drain_is_given_back_uncounted(lab: Lab) -> None:
    effect = Recorder()
    effect.gate = asyncio.Event()
    await lab.add(lab.kind(effect))
    async with lab.worker(drain_s=0.1):
        await until(lambda: effect.running)

    (job,) = await lab.jobs()
    assert (job["state"], job["attempt"]) == (0, 0)


async def test_retries_leave_slots_for_first_attempts(lab: Lab) -> None:
    effect = Recorder()
    effect.gate = asyncio.Event()
    kind = lab.kind(effect)
    for n in range(20):
        await lab.add(kind, n)
    await lab.owner.execute("UPDATE job SET attempt = 1, due_at = due_at - interval '1 hour'")
    async with lab.worker(pools={"default": Pool(slots=8)}):
        await until(lambda: effect.running >= 6)
        await asyncio.sleep(0.3)
        assert effect.running == 6
        await lab.add(kind, 100)
        await until(lambda: 100 in effect.ran)
        effect.gate.set()
        await lab.empty()

    assert len(effect.ran) == 21


async def test_urgent_jobs_go_first(lab: Lab) -> None:
    effect = Recorder()
    kind = lab.kind(effect)
    for n, priority in enumerate([9, 5, 1]):
        await lab.add(kind, n, priority=priority)
    async with lab.worker(pools={"default": Pool(slots=1)}):
        await lab.empty()

    assert effect.ran == [2, 1, 0]


async def test_an_exclusive_pool_is_worked_by_one_process_and_taken_over(lab: Lab) -> None:
    effect = Recorder()
    kind = lab.kind(effect, pool="bot")
    pools = {"bot": Pool(exclusive=True)}
    async with lab.worker(pools=pools) as first:
        await lab.add(kind, 1)
        await until(lambda: effect.ran == [1])
        async with lab.worker(pools=pools) as second:
            await lab.add(kind, 2)
            await until(lambda: effect.ran == [1, 2])
            assert first.owners["bot"].held
            assert not second.owners["bot"].held
    async with lab.worker(pools=pools):
        await lab.add(kind, 3)
        await until(lambda: effect.ran == [1, 2, 3])


async def test_a_lost_connection_costs_no_job_and_no_restart(lab: Lab) -> None:
    done: list[int] = []

    async def run(tx: Tx, _context: JobContext, payload: Number) -> None:
        await asyncio.sleep(0.01)
        await emit(tx, LeadNoteAdded(lead_id=lab.workspace, note_id=new_id()))  # type: ignore[arg-type]
        done.append(payload.n)

    kind = lab.kind(run, mode="transaction", policy=RetryPolicy((0.05,) * 20, jitter=0))
    for n in range(100):
        await lab.add(kind, n)
    async with lab.worker():
        for _ in range(5):
            await asyncio.sleep(0.1)
            await lab.owner.fetch(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid()"
            )
        await lab.empty()
        await until(lambda: _gone(lab))

    await lab.db.engine.dispose()
    async with lab.db.tenant(lab.workspace) as tx:
        assert len(await history(tx, lab.workspace, limit=500)) == 100


async def test_the_owner_role_is_not_needed(lab: Lab) -> None:
    connection = await asyncpg.connect(lab.database.of("leadsbot_queue"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT * FROM event_log")
    finally:
        await connection.close()
