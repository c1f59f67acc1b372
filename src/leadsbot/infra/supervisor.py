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
from leadsbot.infra.waiting import until_set

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
    """One process to keep alive: a name for the log and the arguments of Python, e.g. ``-m leadsbot web``."""

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

    def __init__(
        self,
        children: Sequence[Child],
        *,
        on_end: Callable[[int], None] = lambda pid: None,
        drain_s: float = DRAIN_S,
        healthy_after_s: float = HEALTHY_AFTER_S,
    ) -> None:
        """``on_end`` is called with the process id of every child that ended; ``drain_s`` is the grace. A child that
        lived for ``healthy_after_s`` seconds has not died at once, so the next restart is quick again."""
        self._children = children
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._stopping = asyncio.Event()
        self._on_end = on_end
        self._drain_s = drain_s
        self._healthy_after_s = healthy_after_s
        self._lifeline = (-1, -1)

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
            ended = await self._live(child)
            if self._stopping.is_set():
                return
            failures = 1 if time.monotonic() - started > self._healthy_after_s else failures + 1
            delay = restart_delay(failures)
            log.warning("process ended, restarting", process=child.name, ended=ended, delay_s=delay)
            await until_set(self._stopping, delay)

    async def _live(self, child: Child) -> str:
        """Start a child and wait for its end; how it ended."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *child.arguments,
                env={**os.environ, **child.environment, LIFELINE: str(self._lifeline[0])},
                pass_fds=(*child.inherit, self._lifeline[0]),
                # Ctrl-C in the terminal is for us; the children are told by us, in order.
                start_new_session=True,
            )
        except OSError as error:
            return f"could not be started: {error.strerror}"
        self._running[child.name] = process
        if self._stopping.is_set():
            process.terminate()
        code = await process.wait()
        self._running.pop(child.name, None)
        self._on_end(process.pid)
        return f"code {code}"

    async def _drain(self) -> None:
        await self._stopping.wait()
        for process in list(self._running.values()):
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + self._drain_s
        while self._running and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        for name, process in list(self._running.items()):
            log.error("process did not drain in time, killing it", process=name)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
