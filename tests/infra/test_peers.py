"""Web processes count each other, so that a limit is one limit however many there are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from leadsbot.infra.db.base import APP
from leadsbot.infra.peers import Peers
from leadsbot.infra.ratelimit import Limit, Limiter
from leadsbot.testing.postgres import TestDatabase

LIMIT = Limit("tests", 12, 60)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.01)


async def test_the_processes_of_one_database_share_a_limit_and_a_dead_one_gives_its_share_back(
    fresh_database: TestDatabase, database: TestDatabase
) -> None:
    counts: dict[int, int] = {}
    limiters = [Limiter(clock=lambda: 0.0) for _ in range(3)]

    def start(number: int, at: TestDatabase) -> asyncio.Task[None]:
        def told(count: int) -> None:
            counts[number] = count
            limiters[number].share(count)

        return asyncio.create_task(Peers(at.of(APP), told, 0.02).run())

    # One of another database on the same server counts for itself.
    first, second, other = (start(n, at) for n, at in enumerate((fresh_database, fresh_database, database)))
    await until(lambda: counts == {0: 2, 1: 2, 2: 1})

    def passed(number: int, key: str) -> int:
        return sum(bool((verdict := limiters[number].take(LIMIT, key)) and verdict.allowed) for _ in range(20))

    assert [passed(number, "a") for number in range(3)] == [6, 6, 12]
    second.cancel()
    await until(lambda: counts[0] == 1)
    assert passed(0, "b") == 12
    for task in (first, other):
        task.cancel()
    await asyncio.gather(first, second, other, return_exceptions=True)


def test_a_share_of_less_than_one_still_lets_one_through() -> None:
    limiter = Limiter(clock=lambda: 0.0)
    limiter.share(50)
    verdicts = [limiter.take(LIMIT, "a") for _ in range(3)]
    assert [bool(verdict and verdict.allowed) for verdict in verdicts] == [True, False, False]
