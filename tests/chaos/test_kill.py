"""Real processes are killed at named points, frozen, and lose their database; then the books must balance."""

from __future__ import annotations

import os
import random
import signal
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from leadsbot.infra.db import embedded
from leadsbot.infra.db.base import APP
from leadsbot.infra.db.migrate import migrate
from leadsbot.infra.db.pool import Database
from leadsbot.infra.events.log import history
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.testing.postgres import QUICK, TestDatabase
from tests.chaos.crew import LEASE_S, SWEEP_S, Crew, crew
from tests.chaos.program import SLOW, Slow

pytestmark = [pytest.mark.chaos, pytest.mark.xdist_group("chaos")]

ROUNDS = int(os.environ.get("LEADSBOT_CHAOS_ROUNDS", "5"))
AUDIT_EVERY = 25
POINTS = ("claimed", "dispatching", "committing", "finishing", "intent", "sent", "before_record", "capture_committed")


async def test_nothing_acknowledged_is_lost_whatever_is_killed(fresh_database: TestDatabase, tmp_path: Path) -> None:
    dice = random.Random()
    async with crew(fresh_database.owner, fresh_database.superuser, tmp_path) as it:
        other = it.start("worker")
        for n in range(ROUNDS):
            point = POINTS[n % len(POINTS)] if n < len(POINTS) else dice.choice(POINTS)
            await _round(it, f"{point}:{dice.choice([0.02, 0.1, 0.5, 1])}", dice)
            if n % 10 == 9:
                # The worker that helps out dies, too, at no point in particular.
                await it.kill(other)
                other = it.start("worker")
            if n % AUDIT_EVERY == AUDIT_EVERY - 1:
                await it.quiet()
                await it.audit()
        # The last kill's leases run out, somebody's sweep finds them, and the work is done: that is the bound.
        assert await it.quiet() <= 2 * (LEASE_S + SWEEP_S) + 10
        await it.audit()
        assert await it.stop(other) == 0
        assert it.kills >= min(ROUNDS, 3)
        sent = it.lines("sent")
        print(  # noqa: T201 - the line that a chaos run is made for
            f"\n{ROUNDS} rounds, {it.kills} kills, {len(it.lines('acknowledged'))} acknowledged, {len(sent)} sends, "
            f"{len(sent) - len(set(sent))} duplicates, {it.replayed} replayed as poison"
        )
        assert len(it.lines("acknowledged")) >= 10 * ROUNDS / 2


async def _round(it: Crew, crash_at: str, dice: random.Random) -> None:
    capture = it.start("capture", crash_at)
    victim = it.start("worker", crash_at)
    await it.ended(capture, 20)
    if not await it.ended(victim, dice.uniform(0.3, 1.5)):
        await it.kill(victim)


async def test_a_frozen_worker_that_wakes_up_changes_nothing(fresh_database: TestDatabase, tmp_path: Path) -> None:
    db = Database(fresh_database.of(APP))
    async with crew(fresh_database.owner, fresh_database.superuser, tmp_path) as it:
        zombie = it.start("worker")
        await it.ready(zombie)
        async with db.tenant(it.workspace) as tx:
            await enqueue(tx, SLOW, Slow(1.0))
        await it.until(lambda: it.lines("slow") == [str(zombie.pid)])
        zombie.send_signal(signal.SIGSTOP)

        heir = it.start("worker")
        await it.until(lambda: str(heir.pid) in it.lines("slow"))
        await it.quiet()
        zombie.send_signal(signal.SIGCONT)
        await it.until(lambda: any("stale" in line for line in it.lines("log")))

        async with db.tenant(it.workspace) as tx:
            assert len(await history(tx, it.workspace)) == 1
        assert await it.stop(zombie) == 0
        assert await it.stop(heir) == 0
    await db.close()


async def test_a_restart_of_the_database_needs_no_restart_of_a_worker(tmp_path: Path) -> None:
    with TemporaryDirectory(prefix="leadsbot-chaos-") as folder:
        root = Path(folder)
        root.chmod(0o711)
        servers = [await embedded.start(root, QUICK)]
        try:
            dsn = servers[0].dsn()
            await migrate(dsn)
            superuser = servers[0].dsn(embedded.SUPERUSER, embedded.DATABASE)
            async with crew(dsn, superuser, tmp_path) as it:
                worker = it.start("worker")
                await it.ready(worker)
                for _ in range(2):
                    before = len(it.lines("acknowledged"))
                    capture = it.start("capture")
                    await it.until(lambda before=before: len(it.lines("acknowledged")) > before + 5)
                    postmaster = int((root / "postgres" / "postmaster.pid").read_text().split()[0])
                    os.kill(postmaster, signal.SIGQUIT)  # an immediate shutdown: nobody says goodbye
                    await it.until(lambda pid=postmaster: not Path(f"/proc/{pid}").exists())
                    await it.ended(capture, 30)
                    servers.append(await embedded.start(root, QUICK))
                    assert timedelta(seconds=await it.quiet()) < timedelta(seconds=20)
                it.kills += 2 * 2  # each shutdown may cut off one send per worker before its record
                await it.audit()
                assert worker.poll() is None
                assert await it.stop(worker) == 0
        finally:
            for server in servers:
                await server.stop()
