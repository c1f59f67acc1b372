"""``leadsbot serve`` as its user runs it: a process with an environment, what it prints, what it leaves behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

ROOT = Path(__file__).resolve().parents[2]


def environment(data: Path, **settings: str) -> dict[str, str]:
    """The environment of a user with these settings (names without the prefix) and none of ours."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEADSBOT_", "PYTHONDONTWRITE"))}
    return kept | {"LEADSBOT_DATA_DIR": str(data)} | {f"LEADSBOT_{name}": value for name, value in settings.items()}


@dataclass
class Serving:
    """A running ``serve`` (or one that has ended)."""

    process: subprocess.Popen[str]
    data: Path
    lines: list[str] = field(default_factory=list)
    family: list[psutil.Process] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it said that it listens."""
        ready = next(line for line in self.lines if line.startswith("LeadsBot is ready at "))
        return ready.removeprefix("LeadsBot is ready at ")

    def said(self, words: str) -> bool:
        return any(words in line for line in self.lines)

    async def ready(self) -> str:
        """Wait for the ready line; the address in it."""
        await until(lambda: self.said("LeadsBot is ready at ") or self.process.poll() is not None, self.lines)
        return self.url

    def children(self, title: str) -> list[psutil.Process]:
        """Its live processes called so, e.g. ``leadsbot web``."""
        found = []
        with suppress(psutil.NoSuchProcess):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    if " ".join(process.cmdline()).strip() == title:
                        found.append(process)
        return found

    def remember(self) -> None:
        """Note which processes there are, to see later which are left."""
        self.family = psutil.Process(self.process.pid).children(recursive=True)

    def left(self, name: str = "") -> list[str]:
        """Remembered processes that still live, by name."""
        return [p.name() for p in self.family if p.is_running() and p.status() != "zombie" and name in p.name()]

    async def stop(self, sign: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.remember()
        self.process.send_signal(sign)
        return await asyncio.to_thread(self.process.wait, 60)


async def until(true: Callable[[], object], lines: list[str], seconds: float = 60) -> None:
    """Wait until something is so; AssertionError with what was printed."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen; printed so far:\n" + "\n".join(lines)
        await asyncio.sleep(0.02)


def start(data: Path, *options: str, prefix: Sequence[str] = (), command: str = "serve", **settings: str) -> Serving:
    """Run ``leadsbot serve`` with these options, perhaps behind other programs. Ends with the test's ``everything``."""
    process = subprocess.Popen(
        [*prefix, sys.executable, "-m", "leadsbot", command, *options],
        env=environment(data, **settings), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
    )  # fmt: skip
    made = Serving(process, data)

    def read() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            made.lines.append(line.rstrip("\n"))

    threading.Thread(target=read, daemon=True).start()
    return made


async def refused(data: Path, *options: str, prefix: Sequence[str] = (), **settings: str) -> str:
    """What a ``serve`` says that cannot run; it must end with code 2 and without a stack trace."""
    made = start(data, *options, prefix=prefix, **settings)
    try:
        code = await asyncio.to_thread(made.process.wait, 60)
    finally:
        made.process.kill()
    await asyncio.sleep(0.05)
    said = "\n".join(made.lines)
    assert code == 2, said
    assert "Traceback" not in said
    assert said.startswith("LeadsBot cannot start.") or "\nLeadsBot cannot start." in said
    return said


async def said(data: Path, *words: str, **settings: str) -> str:
    """What another command prints; it must succeed."""
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "leadsbot", *words],
        env=environment(data, **settings), cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


async def workspace(data: Path, **settings: str) -> dict[str, str]:
    """A workspace made by the command line, as ``workspace create --json`` prints it."""
    import msgspec

    printed = await said(
        data, "workspace", "create", "--name", "W", "--owner-email", "o@example.com",
        "--owner-password", "a long enough sentence", "--json", **settings,
    )  # fmt: skip
    found: dict[str, str] = msgspec.json.decode(printed)
    return found


async def submit(http: httpx.AsyncClient, home: dict[str, str], number: int) -> httpx.Response:
    """Post an enquiry."""
    return await http.post(
        f"/api/inbound/w/{home['webhook_id']}/leads",
        json={"name": f"Visitor {number}", "email": f"visitor{number}@example.com"},
        headers={"Idempotency-Key": f"key-{number}"},
    )


async def stored(http: httpx.AsyncClient, home: dict[str, str]) -> list[str]:
    """The addresses of all leads, by the API."""
    found: list[str] = []
    cursor = ""
    while True:
        answer = await http.get(
            f"/api/v1/leads?limit=100&cursor={cursor}", headers={"Authorization": f"Bearer {home['api_key']}"}
        )
        assert answer.status_code == 200, answer.text
        found += [lead["email"] for lead in answer.json()["data"]]
        cursor = answer.json()["next_cursor"]
        if not cursor:
            return found
