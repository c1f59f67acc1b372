"""Wait for an event, but not for ever."""

from __future__ import annotations

import asyncio


async def until_set(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set or the time is over.

    Not ``asyncio.wait_for``: before Python 3.12 that loses a cancellation that comes in the same turn of the loop as
    the event, and a task that waits in a loop then never ends.
    """
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
