"""The supervisor starts again what dies, ever more slowly when it dies at once, and takes everything down in order."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from leadsbot.infra.supervisor import LIFELINE, Child, Supervisor, restart_delay

STAND = """
import os, signal, sys, time
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
signal.signal(signal.SIGTERM, signal.SIG_IGN if "deaf" in sys.argv else lambda *_: sys.exit(0))
while True: time.sleep(0.05)
"""
DIE = 'import os, sys; open(sys.argv[1], "a").write(f"{os.getpid()}\\n"); sys.exit(3)'


def child(program: str, book: Path, *words: str) -> Child:
    """A process that writes its number into the book."""
    return Child("child", ("-c", program, str(book), *words))


def pids(book: Path) -> list[int]:
    return [int(line) for line in book.read_text().splitlines()] if book.exists() else []


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.02)


@asynccontextmanager
async def supervised(*children: Child, **options: Any) -> AsyncIterator[list[int]]:
    """Run until the end of the block, then stop; yields the process ids of those that ended."""
    ended: list[int] = []
    supervisor = Supervisor(children, on_end=ended.append, **options)
    running = asyncio.create_task(supervisor.run())
    try:
        yield ended
    finally:
        supervisor.stop()
        async with asyncio.timeout(30):
            await running


async def test_a_child_that_is_killed_is_started_again_and_the_end_is_told(tmp_path: Path) -> None:
    book = tmp_path / "book"
    async with supervised(child(STAND, book)) as ended:
        await until(lambda: pids(book))
        os.kill(pids(book)[0], signal.SIGKILL)
        await until(lambda: len(pids(book)) == 2)
        assert ended == pids(book)[:1]
    assert ended == pids(book)


async def test_a_child_that_dies_at_once_is_started_ever_more_slowly(tmp_path: Path) -> None:
    book = tmp_path / "book"
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with supervised(child(DIE, book)):
        await until(lambda: len(pids(book)) == 4)
        assert loop.time() - began >= restart_delay(1) + restart_delay(2) + restart_delay(3)
    assert [restart_delay(n) for n in (0, 1, 2, 3)] == [0.0, 0.2, 0.4, 0.8]
    assert restart_delay(100) == 30


async def test_stopping_does_not_wait_for_a_restart_that_is_far_away(tmp_path: Path) -> None:
    book = tmp_path / "book"
    async with supervised(child(DIE, book)) as ended:
        await until(lambda: len(ended) == 4)
    assert len(pids(book)) == 4


async def test_a_child_that_lived_for_long_is_started_again_quickly(tmp_path: Path) -> None:
    book = tmp_path / "book"
    async with supervised(child(DIE, book), healthy_after_s=0):
        await until(lambda: len(pids(book)) == 11)  # Doubled each time, that would take minutes.


async def test_a_child_that_does_not_drain_is_killed_after_its_grace(tmp_path: Path) -> None:
    book = tmp_path / "book"
    async with supervised(child(STAND, book, "deaf"), drain_s=0.3) as ended:
        await until(lambda: pids(book))
    assert ended == pids(book)


async def test_a_child_that_cannot_be_started_is_tried_again(tmp_path: Path) -> None:
    book = tmp_path / "book"
    too_long = Child("huge", ("-c", "pass", "x" * 3_000_000))
    async with supervised(too_long, child(STAND, book)):
        await until(lambda: pids(book))


async def test_children_see_a_pipe_close_when_the_supervisor_is_gone(tmp_path: Path) -> None:
    book = tmp_path / "book"
    watch = f"""
import os, sys
book = open(sys.argv[1], "a", buffering=1)
print(os.getpid(), file=book)
os.read(int(os.environ["{LIFELINE}"]), 1)
print(0, file=book)
"""
    parent = f"""
import asyncio, sys
from leadsbot.infra.supervisor import Child, Supervisor
asyncio.run(Supervisor([Child("child", ("-c", {watch!r}, sys.argv[1]))]).run())
"""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", parent, str(book))
    await until(lambda: pids(book))
    process.kill()
    await process.wait()

    await until(lambda: pids(book)[1:] == [0])
