"""A wait ends with its event, with its time, and with a cancellation, even when two of them come at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import leadsbot
from leadsbot.infra.waiting import until_set

SOURCE = Path(leadsbot.__file__).parent


async def test_it_ends_with_the_event_or_with_the_time() -> None:
    event = asyncio.Event()
    await until_set(event, 0.01)
    event.set()
    await until_set(event, 3600)


async def test_a_cancellation_that_comes_together_with_the_event_is_not_lost() -> None:
    event = asyncio.Event()

    async def work() -> None:
        while True:
            event.clear()
            await until_set(event, 3600)

    working = asyncio.create_task(work())
    await asyncio.sleep(0.01)
    event.set()
    working.cancel()
    await asyncio.wait([working], timeout=10)
    lost = not working.cancelled()
    working.cancel()
    assert not lost


def test_nothing_of_ours_waits_in_the_way_that_loses_cancellations() -> None:
    ours = [path for path in SOURCE.rglob("*.py") if "testing" not in path.relative_to(SOURCE).parts]

    assert [path.name for path in ours if "asyncio.wait_for(" in path.read_text()] == []
