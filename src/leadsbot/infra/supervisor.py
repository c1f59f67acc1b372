"""Run child processes, restart what dies, and take them down in order.

A child that keeps dying is restarted ever more slowly (up to half a minute), never given up: the one thing worse than
a crash loop is a lead capture that stays down because somebody counted to five.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from leadsbot.infra import logging

OWNER_DSN, ADDRESS = "LEADSBOT_SERVE_OWNER_DSN", "LEADSBOT_SERVE_ADDRESS"
"""How children learn of the embedded database that ``serve`` holds open, and of the address it listens on."""
LIFELINE = "LEADSBOT_SERVE_LIFELINE"
"""Names the descriptor that children watch: it closes when the supervisor is gone, however it went."""
log = logging.get(__name__)
SLOWEST_RESTART_S = 30.0
HEALTHY_AFTER_S = 20.0
DRAIN_S = 25.0


@dataclass(frozen=True, slots=True)
class Child:
    """One process to keep alive: a name for the log and the arguments of ``python -m leadsbot``."""

    name: str
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    inherit: tuple[int, ...] = ()
    """File descriptors the child keeps, e.g. the listening socket, which outlives any one web process."""


def restart_delay(failures: int) -> float:
    """Seconds to wait before start number ``failures`` + 1: 0.2, 0.4, 0.8 … 30."""
    return min(SLOWEST_RESTART_S, 0.2 * 2 ** max(0, failures - 1)) if failures else 0.0


class Supervisor:
    """Keeps children running until :meth:`stop`; then drains them and, after a grace, kills them."""

    def __init__(self, children: Sequence[Child], *, on_end: Callable[[int], None] = lambda pid: None) -> None:
        """``on_end`` is called with the process id of every child that ended."""
        self._children = children
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._on_end = on_end
        self._lifeline: tuple[int, int] | None = None

    async def run(self) -> None:
        """Return when every child has ended after :meth:`stop` was called."""
        self._lifeline = os.pipe()
        try:
            async with asyncio.TaskGroup() as group:
                for child in self._children:
                    group.create_task(self._keep(child))
                group.create_task(self._drain())
        finally:
            for end in self._lifeline:
                os.close(end)

    def stop(self) -> None:
        """Ask every child to drain; a second call changes nothing."""
        self._stopping.set()

    async def _keep(self, child: Child) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            process = await self._start(child)
            self._running[child.name] = process
            if self._stopping.is_set():
                process.terminate()
            code = await process.wait()
            self._running.pop(child.name, None)
            self._on_end(process.pid)
            if self._stopping.is_set():
                return
            failures = 1 if time.monotonic() - started > HEALTHY_AFTER_S else failures + 1
            log.warning("process ended, restarting", process=child.name, code=code, delay_s=restart_delay(failures))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), restart_delay(failures))

    async def _start(self, child: Child) -> asyncio.subprocess.Process:
        watched = self._lifeline[0] if self._lifeline else -1
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "leadsbot",
            *child.arguments,
            env={**os.environ, **child.environment, LIFELINE: str(watched)},
            pass_fds=(*child.inherit, watched),
            # Ctrl-C in the terminal is for us; the children are told by us, in order.
            start_new_session=True,
        )

    async def _drain(self) -> None:
        await self._stopping.wait()
        for process in list(self._running.values()):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + DRAIN_S
        while self._running and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        for name, process in list(self._running.items()):
            log.error("process did not drain in time, killing it", process=name)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
