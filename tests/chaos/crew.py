"""Starts, kills and audits the processes of :mod:`tests.chaos.program`."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import asyncpg

from leadsbot.kit.ids import new_id

ROOT = Path(__file__).resolve().parent.parent.parent
LEASE_S, SWEEP_S = 2.0, 2.0


@dataclass
class Crew:
    """Processes over one database, and what they did to the world."""

    dsn: str
    superuser: str
    folder: Path
    workspace: UUID = field(default_factory=new_id)
    kills: int = 0
    replayed: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, role: str, crash_at: str = "") -> subprocess.Popen[bytes]:
        environment = {
            **os.environ, "LEADSBOT_CRASH_AT": crash_at, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}",
        }
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.program", role, self.dsn, str(self.workspace), str(self.folder)],
                env=environment, cwd=ROOT, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )
        self.processes.append(process)
        return process

    async def ready(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until a worker works."""
        await self.until(lambda: str(process.pid) in self.lines("started"))

    async def ended(self, process: subprocess.Popen[bytes], seconds: float) -> bool:
        """Whether the process ended within so many seconds; a death by SIGKILL is counted."""
        end = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < end:
            await asyncio.sleep(0.02)
        if process.returncode == -signal.SIGKILL:
            self.kills += 1
        return process.returncode is not None

    async def kill(self, process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            process.kill()
            await self.ended(process, 5)

    async def stop(self, process: subprocess.Popen[bytes]) -> int | None:
        """Ask politely and wait."""
        process.send_signal(signal.SIGTERM)
        await self.ended(process, 30)
        return process.returncode

    def lines(self, name: str) -> list[str]:
        path = self.folder / name
        return path.read_text().splitlines() if path.exists() else []

    async def until(self, met: Callable[[], object], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not met():
            assert time.monotonic() < end, f"it did not happen in time; log:\n{chr(10).join(self.lines('log')[-20:])}"
            await asyncio.sleep(0.02)

    async def connect(self) -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(self.superuser)

    async def quiet(self, seconds: float = 40) -> float:
        """Wait until nothing is left to do, replaying what ended as poison; returns how long it took."""
        started = time.monotonic()
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                connection = await self.connect()
                try:
                    again = await connection.fetch(
                        "UPDATE job SET state = 0, attempt = 0, expiries = 0 WHERE state = 2 "
                        "AND last_error LIKE 'poison%' RETURNING id"
                    )
                    self.replayed += len(again)
                    left = await connection.fetchval(
                        "SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM outbox)"
                    )
                    if not left:
                        return time.monotonic() - started
                finally:
                    await connection.close()
            if time.monotonic() - started > seconds:
                raise AssertionError(f"work was left over; log:\n{chr(10).join(self.lines('log')[-20:])}")
            await asyncio.sleep(0.1)

    async def audit(self) -> None:
        """The invariants that must hold whatever was killed."""
        connection = await self.connect()
        try:
            received = await connection.fetch("SELECT subject_id FROM event_log WHERE type = 'submission.received'")
            created = await connection.fetch(
                "SELECT payload->>'submission_id' AS submission, subject_id AS lead FROM event_log "
                "WHERE type = 'lead.created'"
            )
            planned = await connection.fetch("SELECT id, lead_id, state, attempts FROM delivery")
            recorded = await connection.fetchval("SELECT count(*) FROM event_log WHERE type = 'delivery.sent'")
        finally:
            await connection.close()
        acknowledged, stored = set(self.lines("acknowledged")), [str(row["subject_id"]) for row in received]
        assert acknowledged <= set(stored), "an acknowledged submission was lost"
        assert len(stored) == len(set(stored)), "a submission was logged twice"
        assert Counter(row["submission"] for row in created) == Counter(stored), "not one lead for each submission"
        assert Counter(row["lead_id"] for row in planned) == Counter(row["lead"] for row in created)
        assert {row["state"] for row in planned} <= {"sent"}, "a delivery was left behind"
        assert recorded == len(planned), "a delivery was recorded more or less than once"
        sent = Counter(line.split()[0] for line in self.lines("sent"))
        assert set(sent) == {str(row["id"]) for row in planned}, "a message was not sent, or sent without a plan"
        duplicates = sum(sent.values()) - len(sent)
        assert duplicates <= self.kills, f"{duplicates} duplicates by {self.kills} kills"
        attempts = {str(row["id"]): row["attempts"] for row in planned}
        assert all(count <= attempts[delivery] for delivery, count in sent.items()), "sent without an intent"


@asynccontextmanager
async def crew(dsn: str, superuser: str, folder: Path) -> AsyncIterator[Crew]:
    made = Crew(dsn, superuser, folder)
    try:
        yield made
    finally:
        for process in made.processes:
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGCONT)
                process.kill()
            process.wait()
