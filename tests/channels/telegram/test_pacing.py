"""The published limits hold over any stretch of time, and one chat's trouble is not another's."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from leadsbot.channels.telegram.pacing import Pacer, Rate, Rates


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.at += seconds
        await asyncio.sleep(0)


def pacer(clock: Clock, rates: Rates | None = None) -> Pacer:
    return Pacer(rates, now=clock, sleep=clock.sleep, jitter=lambda: 0.5)


def most_in(times: list[float], seconds: float) -> int:
    return max(sum(1 for t in times if start <= t < start + seconds - 1e-5) for start in times)


async def test_a_group_gets_eighteen_in_any_minute():
    clock = Clock()
    pace, times = pacer(clock), []
    for _ in range(60):
        await pace.acquire(-1, True)
        times.append(clock.at)
    assert most_in(times, 60) == 18
    assert times[59] - times[0] < 200


async def test_a_private_chat_gets_a_short_burst_and_then_one_a_second():
    clock = Clock()
    pace, times = pacer(clock), []
    for _ in range(30):
        await pace.acquire(1, False)
        times.append(clock.at)
    assert times[2] == times[0]
    assert most_in(times, 3) == 3
    assert times[29] - times[0] == 27


async def test_all_chats_together_stay_under_the_bots_limit():
    clock = Clock()
    pace, times = pacer(clock), []
    for chat in range(200):
        await pace.acquire(chat, False)
        times.append(clock.at)
    assert most_in(times, 1) == 25
    assert times[-1] - times[0] == 7


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(0, 20)), min_size=1, max_size=80))
def test_no_order_of_requests_breaks_a_limit(steps: list[tuple[int, float]]):
    clock = Clock()
    pace = pacer(clock, Rates(bot=Rate(4, 1), chat=Rate(2, 2), group=Rate(5, 60)))
    times: dict[int, list[float]] = {}
    for chat, pause in steps:
        clock.at += pause
        delay = pace.try_acquire(chat, chat > 1)
        if delay == 0:
            times.setdefault(chat, []).append(clock.at)
    assert most_in([t for found in times.values() for t in found], 1) <= 4
    assert all(most_in(found, 2) <= 2 for found in times.values())
    assert all(most_in(found, 60) <= 5 for chat, found in times.items() if chat > 1)


async def test_a_429_of_a_chat_holds_that_chat_only():
    clock = Clock()
    pace = pacer(clock)
    pace.back_off(40, chat_id=1)
    assert pace.try_acquire(2, False) == 0
    assert pace.try_acquire(1, False) == 42
    assert await pace.acquire(1, False) == 42


async def test_a_429_of_the_bot_holds_everybody_and_a_shorter_one_does_not_shorten_it():
    clock = Clock()
    pace = pacer(clock)
    pace.back_off(40)
    pace.back_off(1)
    assert pace.try_acquire(2, False) == 42


async def test_a_waiting_chat_keeps_its_order_and_does_not_hold_up_others():
    clock, order = Clock(), []
    pace = pacer(clock)

    async def send(name: str, chat: int) -> None:
        await pace.acquire(chat, False)
        order.append(name)

    await asyncio.gather(*(send(f"a{n}", 1) for n in range(6)), send("b", 2))
    assert [name for name in order if name != "b"] == [f"a{n}" for n in range(6)]
    assert order.index("b") <= 3


def test_quiet_chats_are_forgotten():
    clock = Clock()
    pace = pacer(clock)
    for chat in range(5000):
        clock.at += 1
        assert pace.try_acquire(chat, False) == 0
    assert len(pace) < 1100
