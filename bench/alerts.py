"""From the answer to a submission until Telegram receives its card, with the real processes and many chats.

Web and worker run as ``leadsbot serve`` starts them, on an embedded PostgreSQL with fsync on; the fake Telegram is a
process of its own and notes when a request arrives. Submissions come at a fixed pace, whatever the answers do.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import uvloop

from bench.jobs import machine
from leadsbot.cli.database import ready
from leadsbot.cli.people import provision
from leadsbot.infra.db.base import APP
from leadsbot.infra.db.pool import Database
from leadsbot.infra.settings import load

CHATS = int(os.environ.get("BENCH_CHATS", "200"))
PER_SECOND = float(os.environ.get("BENCH_RATE", "50"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "30"))
WARM_UP_S = 3.0
WITHIN_S = 60.0
P50_MS, P99_MS = 60, 300
TOKEN = "7000000001:AAFakeTokenOfTheBenchmark00000000000"
MARK = re.compile(r"Lead (\d{6})")


PROCESSES = ("web", "worker", "postgres")


def used(process: subprocess.Popen[str], folder: Path) -> dict[str, float]:
    """Processor seconds so far of the product's processes, by kind."""
    seconds = dict.fromkeys(PROCESSES, 0.0)
    children = psutil.Process(process.pid).children(recursive=True)
    servers = [each for each in psutil.process_iter(["name", "cwd"]) if each.info["cwd"] == str(folder / "postgres")]
    for each in {*children, *servers}:
        with contextlib.suppress(psutil.Error):
            kind = next((name for name in PROCESSES if name in " ".join(each.cmdline()[:2])), "postgres")
            seconds[kind] += sum(each.cpu_times()[:2])
    return seconds


@dataclass
class Run:
    """What was submitted, answered and received, by the lead's number; moments of the machine's monotonic clock."""

    answered: dict[int, float] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    received: dict[int, list[float]] = field(default_factory=dict)
    used: dict[str, float] = field(default_factory=dict)
    """Processor seconds while the submissions came and their alerts went out."""


@contextlib.contextmanager
def child(*arguments: str, environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process of its own, told to stop at the end."""
    given = {**os.environ, **(environment or {})}
    process = subprocess.Popen([sys.executable, "-m", *arguments], env=given, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()


def line_of(process: subprocess.Popen[str], word: str) -> str:
    """The first line that it prints with this word in it."""
    for line in process.stdout or ():
        if word in line:
            return line.strip()
    raise RuntimeError("the process ended before it was ready")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Telegram:
    """The fake, steered over HTTP."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self.http, self.address = http, address
        self.seen = 0

    async def act(self, action: str, **arguments: object) -> Any:
        async with self.http.post(f"{self.address}/control/{action}", json=arguments) as answer:
            return (await answer.json())["result"]

    async def sent(self) -> list[dict[str, Any]]:
        """The messages that it was asked to send since the last time."""
        query = {"since": self.seen, "method": "sendMessage"}
        async with self.http.get(f"{self.address}/control/calls", params=query) as answer:
            found = await answer.json()
        self.seen = found["total"]
        return list(found["calls"])


async def workspaces(environment: dict[str, str]) -> list[dict[str, str]]:
    """As many workspaces as chats, made by the code that makes real ones."""
    settings = load({**os.environ, **environment})
    async with ready(settings, make=True) as addresses:
        db = Database(addresses.of(APP), name="bench")
        made = [
            await provision(db, name=f"Firm {n}", owner_email=f"owner{n}@example.com", owner_password=None)
            for n in range(CHATS)
        ]
        await db.close()
    return made


async def connect(http: aiohttp.ClientSession, telegram: Telegram, base: str, spaces: list[dict[str, str]]) -> None:
    """Connect one private chat to each workspace, by a link that its owner opens."""
    for space in spaces:
        key = {"Authorization": f"Bearer {space['api_key']}"}
        async with http.post(f"{base}/api/v1/telegram/links", headers=key) as answer:
            code = (await answer.json())["code"]
        person = await telegram.act("add_user", first_name=space["workspace_id"])
        await telegram.act("start", chat=person["id"], user=person["id"], code=code)
    connected = 0
    async with asyncio.timeout(WITHIN_S):
        while connected < len(spaces):
            connected += sum("connected" in str(call["params"].get("text")) for call in await telegram.sent())
            await asyncio.sleep(0.2)


async def submit(http: aiohttp.ClientSession, base: str, spaces: list[dict[str, str]], number: int, run: Run) -> None:
    space = spaces[number % len(spaces)]
    body = {
        "name": f"Lead {number:06}",
        "email": f"lead{number}@example.com",
        "phone": f"+44 20 7946 {number % 10000:04}",
        "message": "We would like an offer for two machines, please.",
        "Budget": "5000",
    }
    started = time.monotonic()
    async with http.post(f"{base}/api/inbound/w/{space['webhook_id']}/leads", json=body) as answer:
        await answer.read()
    now = time.monotonic()
    run.took.append(now - started)
    if answer.status == 201:
        run.answered[number] = now
    else:
        run.refused.append(answer.status)


async def load_at_pace(http: aiohttp.ClientSession, base: str, spaces: list[dict[str, str]], run: Run) -> None:
    """Submit at a fixed pace; one that is answered late delays no other one."""
    async with asyncio.TaskGroup() as group:
        begin = time.monotonic()
        for number in range(int(PER_SECOND * (WARM_UP_S + SECONDS))):
            await asyncio.sleep(max(0.0, begin + number / PER_SECOND - time.monotonic()))
            group.create_task(submit(http, base, spaces, number, run))


async def collect(telegram: Telegram, run: Run) -> None:
    """Wait until every answered submission has its card, and note when each request arrived."""
    until = time.monotonic() + WITHIN_S
    while True:
        for call in await telegram.sent():
            for number in MARK.findall(str(call["params"].get("text"))):
                run.received.setdefault(int(number), []).append(call["at"])
        if run.answered.keys() <= run.received.keys() or time.monotonic() > until:
            return
        await asyncio.sleep(0.2)


@contextlib.asynccontextmanager
async def product(folder: Path) -> AsyncIterator[tuple[str, Telegram, aiohttp.ClientSession, dict[str, str]]]:
    """The fake and the product, running."""
    with child("leadsbot.testing.telegram", "--port", "0", "--print-port", "--no-referee", "--token", TOKEN) as fake:
        telegram_address = f"http://127.0.0.1:{line_of(fake, '')}"
        environment = {
            "LEADSBOT_DATA_DIR": str(folder),
            "LEADSBOT_TELEGRAM_BOT_TOKEN": TOKEN,
            "LEADSBOT_TELEGRAM_API_URL": telegram_address,
            "LEADSBOT_TELEGRAM_RATE": "1000",
            "LEADSBOT_RATE_LIMITS": "off",
            "LEADSBOT_LOG_LEVEL": "warning",
        }
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as http:
            yield telegram_address, Telegram(http, telegram_address), http, environment


async def measure(folder: Path) -> Run:
    """One run on a fresh database."""
    async with product(folder) as (_, telegram, http, environment):
        spaces = await workspaces(environment)
        port = free_port()
        with child("leadsbot", "serve", "--port", str(port), environment=environment) as serve:
            await asyncio.to_thread(line_of, serve, "is ready at")
            base, run = f"http://127.0.0.1:{port}", Run()
            await connect(http, telegram, base, spaces)
            before = used(serve, folder)
            await load_at_pace(http, base, spaces, run)
            await collect(telegram, run)
            run.used = {kind: seconds - before[kind] for kind, seconds in used(serve, folder).items()}
            return run


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, math.ceil(len(values) * share) - 1)]


def report(run: Run) -> int:
    """Print the table; 1 when a goal is missed."""
    first = int(PER_SECOND * WARM_UP_S)
    measured = [number for number in run.answered if number >= first]
    took = [(run.received[n][0] - run.answered[n]) * 1000 for n in measured if n in run.received]
    lost = sum(number not in run.received for number in run.answered)
    twice = sum(len(times) > 1 for times in run.received.values())
    p50, p99 = statistics.median(took), percentile(took, 0.99)
    print(
        f"Alerts: {PER_SECOND:g} submissions a second for {SECONDS:g} s into {CHATS} workspaces with a chat each, "
        f"bot paced at 1000/s"
    )
    print(f"Machine: {machine()}, load at the end {os.getloadavg()[0]:.1f}")
    print(f"{'what':<52}{'measured':>12}{'goal':>10}")
    print(f"{'submission answered -> sendMessage received, p50':<52}{p50:>9.1f} ms{P50_MS:>7} ms")
    print(f"{'  p90':<52}{percentile(took, 0.9):>9.1f} ms")
    print(f"{'  p99':<52}{p99:>9.1f} ms{P99_MS:>7} ms")
    print(f"{'  the slowest':<52}{max(took):>9.1f} ms")
    print(f"{'submission sent -> answered, p50':<52}{statistics.median(run.took) * 1000:>9.1f} ms")
    for kind, seconds in run.used.items():
        print(f"{f'processor time per lead, {kind}':<52}{seconds / len(run.answered) * 1000:>9.1f} ms")
    print(f"{'submissions answered / refused':<52}{len(run.answered):>7,} / {len(run.refused)}")
    print(f"{'alerts missing / sent twice':<52}{lost:>7} / {twice}{'0 / 0':>11}")
    return int(p50 > P50_MS or p99 > P99_MS or lost > 0 or twice > 0 or bool(run.refused))


def main() -> int:
    """Measure and report."""
    with tempfile.TemporaryDirectory(prefix="leadsbot-bench-") as folder:
        Path(folder).chmod(0o711)
        return report(uvloop.run(measure(Path(folder))))


if __name__ == "__main__":
    sys.exit(main())
