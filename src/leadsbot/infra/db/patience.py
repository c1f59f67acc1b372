"""Write down what has happened in the world, also when the database is away at that moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from leadsbot.infra.db.raw import LOST
from leadsbot.kit.clock import monotonic

PATIENCE_S: Final = 120.0
PAUSE_S: Final = 0.2
T = TypeVar("T")


def lost(error: BaseException) -> bool:
    """Whether the database is away, as opposed to a statement that is wrong. SQLAlchemy wraps the driver's error."""
    seen: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in seen:
        if isinstance(current, (*LOST, PoolTimeout)):
            return True
        if isinstance(current, DBAPIError) and current.connection_invalidated:
            return True
        seen.append(current)
        current = (current.orig if isinstance(current, DBAPIError) else None) or current.__cause__
    return False


async def insist(work: Callable[[], Awaitable[T]], *, seconds: float = PATIENCE_S) -> T:
    """Run ``work``, which opens a transaction of its own, again and again while the database is away.

    For outcomes that cannot be found out a second time: a message that was sent. The commit may have succeeded and only
    its answer was lost, so ``work`` must bear being run twice. Raises what the last try raised when time is over.
    """
    until = monotonic() + seconds
    while True:
        try:
            return await work()
        except Exception as error:
            if not lost(error) or monotonic() > until:
                raise
        await asyncio.sleep(PAUSE_S)


__all__ = ["insist", "lost"]
