"""The real product to be killed: PostgreSQL, ``leadsbot web``, ``leadsbot worker`` twice and a fake Telegram, each a
process of its own. Whoever dies is started again at once, as a supervisor does, perhaps with a crash point armed."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle
from pathlib import Path

import asyncpg
import httpx

from leadsbot.infra.crash import POINTS
from leadsbot.infra.db import embedded
from leadsbot.infra.db.base import APP
from leadsbot.infra.db.migrate import dsn_as, migrate
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.raw import LOST
from leadsbot.infra.jobs import admin

ROOT = Path(__file__).resolve().parents[2]
LEASE_S = 2
"""Short, so that a round is; the product's own is a minute."""
WORKERS = 2
TOKEN = "7000000001:AAFakeTokenOfTheFakeTelegram0000000"
IN_WEB = "capture_committed"
IN_WORKER = tuple(point for point in POINTS if point != IN_WEB)


@dataclass
class Actor:
    """One of our processes."""

    role: str
    process: subprocess.Popen[bytes]
    armed: str
    frozen: bool = False

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def listens(self) -> bool:
        """Whether it has a handler for SIGTERM, which it sets up when it begins to work."""
        with suppress(OSError):
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
            return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)
        return False

    def kill(self) -> None:
        if self.alive:
            self.armed = "kill"
            self.process.kill()


@dataclass
class Stage:
    """Everything that runs, and what was done to it."""

    folder: Path
    server: embedded.Server
    dice: random.Random
    listener: socket.socket
    telegram: subprocess.Popen[bytes]
    telegram_url: str
    actors: list[Actor] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    """How many died of what: a crash point, ``kill``, ``freeze``, ``postgres``; and by role: ``web``, ``worker``."""
    faults: list[str] = field(default_factory=list)
    """Processes that ended although nobody had killed them."""
    deaths: list[float] = field(default_factory=list)
    """When a worker was killed, or had stood still for longer than its lease (seconds of the wall clock)."""
    troubles: list[float] = field(default_factory=list)
    """When the database, or connections to it, were taken away."""
    thaws: list[float] = field(default_factory=list)
    """When a frozen worker went on."""
    replayed: int = 0
    """How many jobs were poison, because three processes in a row died over them, and were replayed."""
    points: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        deck = list(IN_WORKER)
        self.dice.shuffle(deck)
        self.points = cycle(deck)
        self.db = Database(dsn_as(self.server.dsn(), APP, None), name="test")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def workers(self) -> list[Actor]:
        return [actor for actor in self.actors if actor.role == "worker" and actor.alive and not actor.frozen]

    def web(self) -> Actor:
        return next(actor for actor in self.actors if actor.role == "web")

    def start(self, role: str, armed: str = "") -> Actor:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("LEADSBOT_", "PYTHONDONTWRITE"))}
        environment |= {
            "LEADSBOT_DATA_DIR": str(self.folder / "home"),
            "LEADSBOT_DATABASE_URL": self.server.dsn(),
            "LEADSBOT_BASE_URL": self.url,
            "LEADSBOT_SECRET_KEY": "chaos " * 8,
            "LEADSBOT_TELEGRAM_BOT_TOKEN": TOKEN,
            "LEADSBOT_TELEGRAM_API_URL": self.telegram_url,
            "LEADSBOT_LEASE_SECONDS": str(LEASE_S),
            "LEADSBOT_RATE_LIMITS": "off",
            "LEADSBOT_LOG_FORMAT": "json",
            "LEADSBOT_CRASH_AT": armed,
        }
        command, keep = [sys.executable, "-m", "leadsbot", role], ()
        if role == "web":
            command, keep = [*command, "--inherit-socket", str(self.listener.fileno())], (self.listener.fileno(),)
        with (self.folder / f"{role}.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=environment, cwd=ROOT, pass_fds=keep, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.actors.append(Actor(role, process, armed))
        return self.actors[-1]

    def start_armed(self, role: str) -> Actor:
        """Start a process that will die at a point in the middle of its work, unless another one of its kind will."""
        if any(actor.armed for actor in self.actors if actor.role == role and not actor.frozen):
            return self.start(role)
        if role == "web":
            return self.start(role, self.dice.choice(("", f"{IN_WEB}:0.1")))
        return self.start(role, f"{next(self.points)}:{self.dice.choice((0.1, 0.3, 1))}")

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Meanwhile whoever dies is started again."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping

    async def _keep(self) -> None:
        while True:
            self.reap()
            for role, wanted in (("web", 1), ("worker", WORKERS)):
                alive = [actor for actor in self.actors if actor.role == role and not actor.frozen]
                for _ in range(wanted - len(alive)):
                    self.start_armed(role)
            await asyncio.sleep(0.02)

    def reap(self) -> None:
        """Write down who died of what."""
        for actor in [actor for actor in self.actors if not actor.alive]:
            self.actors.remove(actor)
            if actor.process.returncode == -signal.SIGKILL:
                self.kills[actor.armed.partition(":")[0] or "kill"] += 1
                self.kills[actor.role] += 1
                self.deaths += [time.time()] if actor.role == "worker" else []
            elif actor.process.returncode != 0:
                self.faults.append(f"{actor.role} ended with {actor.process.returncode}")

    async def freeze(self) -> None:
        """Stop a worker until its leases are somebody else's, then let it go on, and at last ask it to end."""
        while not (working := [actor for actor in self.workers() if actor.listens]):
            await asyncio.sleep(0.05)
        actor = self.dice.choice(working)
        self.stop(actor)
        await asyncio.sleep(LEASE_S * 2.5)
        self.go_on(actor)
        await asyncio.sleep(1)
        actor.process.terminate()

    def stop(self, actor: Actor) -> None:
        """SIGSTOP: it holds its connections and leases, and does nothing."""
        actor.frozen, actor.armed = True, ""
        self.kills["freeze"] += 1
        self.deaths.append(time.time())
        actor.process.send_signal(signal.SIGSTOP)

    def go_on(self, actor: Actor) -> None:
        """SIGCONT."""
        self.thaws.append(time.time())
        actor.process.send_signal(signal.SIGCONT)

    async def stop_postgres(self) -> None:
        """An immediate shutdown: no session is told. Whoever holds the embedded server starts it again."""
        self.kills["postgres"] += 1
        self.troubles.append(time.time())
        os.kill(self.server.pid, signal.SIGQUIT)
        await asyncio.sleep(0.5)
        while True:
            with suppress(*LOST):
                await (await self.connect()).close()
                break
            await asyncio.sleep(0.05)
        self.troubles.append(time.time())

    async def terminate_backends(self) -> None:
        """End some of our sessions, as an administrator or a failing proxy does."""
        self.troubles.append(time.time())
        with suppress(*LOST):
            connection = await self.connect()
            ended = await connection.fetch(
                "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE application_name "
                "LIKE 'leadsbot-%' AND application_name <> 'leadsbot-test' ORDER BY random() LIMIT $1) AS chosen",
                self.dice.randint(1, 8),
            )
            self.kills["session"] += len(ended)
            await connection.close()

    def stalls(self) -> list[float]:
        """When workers found that a message they had sent was no longer theirs to send (seconds of the wall clock)."""
        found = []
        for line in (self.folder / "worker.log").read_text().splitlines():
            if "a stale worker's result was refused" in line and line.startswith("{"):
                told = json.loads(line)
                if told["kind"] in ("alerts.send", "alerts.digest", "alerts.say"):
                    found.append(datetime.fromisoformat(told["timestamp"]).timestamp())
        return found

    async def connect(self) -> asyncpg.Connection[asyncpg.Record]:
        """The superuser's connection, for auditors."""
        return await asyncpg.connect(self.server.dsn(embedded.SUPERUSER, embedded.DATABASE), timeout=5)

    async def left(self) -> int:
        """How many updates, events, jobs and messages are under way; what is dead is replayed, as in the dashboard."""
        async with httpx.AsyncClient(base_url=self.telegram_url, trust_env=False) as http:
            updates = int((await http.get("/control/state")).json()["waiting_updates"])
        async with self.db.system() as tx:
            for job in await admin.dead(tx, None):
                assert job.reason.startswith("poison"), f"{job.kind} died of something else: {job.reason}"
                self.replayed += await admin.replay(tx, job.id, job.workspace_id)
        connection = await self.connect()
        try:
            return updates + int(
                await connection.fetchval(
                    "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM job)"
                    " + (SELECT count(*) FROM delivery WHERE state IN ('due', 'sending'))"
                )
            )
        finally:
            await connection.close()

    async def quiet(self, most: int = 0, seconds: float = 90) -> None:
        """Wait until at most so much is under way; AssertionError with the stuck rows when that takes too long."""
        end = time.monotonic() + seconds
        while True:
            with suppress(*LOST):
                if await self.left() <= most:
                    return
            if time.monotonic() > end:
                connection = await self.connect()
                rows = [dict(row) for row in await connection.fetch("SELECT * FROM job ORDER BY id LIMIT 5")]
                stuck = await connection.fetch("SELECT * FROM delivery WHERE state IN ('due', 'sending') LIMIT 5")
                raise AssertionError(f"work stands still: jobs {rows}, deliveries {[dict(row) for row in stuck]}")
            await asyncio.sleep(0.1)

    async def end(self) -> None:
        """Ask everybody to stop, and see that they do it in order."""
        end = time.monotonic() + 30
        while not all(actor.listens or not actor.alive for actor in self.actors):
            assert time.monotonic() < end, "a process does not begin to work"
            await asyncio.sleep(0.05)
        for actor in self.actors:
            actor.process.terminate()
        codes = [await asyncio.to_thread(actor.process.wait, 40) for actor in self.actors]
        assert [code for code in codes if code not in (0, -signal.SIGKILL)] == []
        self.reap()
        assert self.faults == []


@asynccontextmanager
async def stage(folder: Path, dice: random.Random) -> AsyncIterator[Stage]:
    """Database, fake and listening socket; the caller starts processes. Whatever is left at the end is killed."""
    telegram = subprocess.Popen(
        [sys.executable, "-m", "leadsbot.testing.telegram", "--print-port", "--no-referee", "--token", TOKEN],
        stdout=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    server = await embedded.start(folder / "home")
    listener = socket.socket()
    made: Stage | None = None
    try:
        await migrate(server.dsn())
        listener.bind(("127.0.0.1", 0))
        listener.listen(512)
        assert telegram.stdout is not None
        port = int(await asyncio.to_thread(telegram.stdout.readline))
        made = Stage(folder, server, dice, listener, telegram, f"http://127.0.0.1:{port}")
        yield made
    finally:
        for process in [telegram, *(actor.process for actor in (made.actors if made else []))]:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        listener.close()
        if made is not None:
            await made.db.close()
        await server.stop()


async def control(stage: Stage, action: str, **arguments: object) -> object:
    """Steer the fake Telegram."""
    async with httpx.AsyncClient(base_url=stage.telegram_url, trust_env=False) as http:
        answer = await http.post(f"/control/{action}", json=arguments)
    assert answer.status_code in (200, 400), answer.text
    return answer.json().get("result")
