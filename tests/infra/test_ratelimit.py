"""Rate limits: exact, fair over time, bounded, open on failure."""

from __future__ import annotations

import pytest

from leadsbot.infra.ratelimit import Limit, Limiter, networks, sender
from leadsbot.kit.errors import TooMany


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


LIMIT = Limit("address", quota=10, window=60)


def passed(limiter: Limiter, calls: int, key: str = "a") -> int:
    return sum(verdict.allowed for _ in range(calls) if (verdict := limiter.take(LIMIT, key)))


def test_exactly_the_quota_passes_at_once_and_then_one_per_interval() -> None:
    clock = Hand()
    limiter = Limiter(clock=clock)
    assert passed(limiter, 200) == 10
    clock.now += 6
    assert passed(limiter, 200) == 1
    clock.now += 3600
    assert passed(limiter, 200) == 10
    assert passed(limiter, 200, key="another") == 10


def test_the_refused_caller_learns_when_to_come_back() -> None:
    clock = Hand()
    limiter = Limiter(clock=clock)
    passed(limiter, 10)
    clock.now += 2.5
    verdict = limiter.take(LIMIT, "a")
    assert verdict is not None
    assert (verdict.remaining, verdict.wait) == (0, 4)
    with pytest.raises(TooMany) as refused:
        verdict.require()
    assert refused.value.headers["Retry-After"] == "4"
    assert refused.value.headers["RateLimit-Policy"] == '"address";q=10;w=60'
    clock.now += verdict.wait
    assert passed(limiter, 1) == 1


def test_the_headers_count_down() -> None:
    limiter = Limiter(clock=Hand())
    seen = [limiter.take(LIMIT, "a") for _ in range(3)]
    assert [verdict.headers["RateLimit"] for verdict in seen if verdict] == [
        '"address";r=9;t=6',
        '"address";r=8;t=12',
        '"address";r=7;t=18',
    ]


def test_a_cost_known_afterwards_becomes_a_debt() -> None:
    clock = Hand()
    limiter = Limiter(clock=clock)
    assert limiter.take(LIMIT, "a", 15, force=True)
    clock.now += 24
    assert passed(limiter, 1) == 0
    clock.now += 12
    assert passed(limiter, 1) == 1


def test_calls_that_are_never_refused_fill_the_quota_and_drain() -> None:
    clock = Hand()
    limiter = Limiter(clock=clock, max_keys=100)
    assert [round(limiter.fill(LIMIT, "a"), 1) for _ in range(12)] == [n / 10 for n in range(1, 13)]
    assert [limiter.fill(LIMIT, "a") for _ in range(50)][-1] == 4.0
    clock.now += 60
    assert round(limiter.fill(LIMIT, "a"), 1) == 3.1
    clock.now += 600
    assert round(limiter.fill(LIMIT, "a"), 1) == 0.1
    for n in range(99):
        limiter.fill(LIMIT, n)
    assert limiter.fill(LIMIT, "one too many") == 0.0
    assert Limiter(enabled=False).fill(LIMIT, "a") == 0.0


def test_too_many_keys_pass_uncounted_until_old_ones_are_forgotten() -> None:
    clock = Hand()
    limiter = Limiter(clock=clock, max_keys=100)
    for n in range(100):
        passed(limiter, 1, key=str(n))
    assert passed(limiter, 50, key="new") == 50
    clock.now += 60
    assert passed(limiter, 50, key="new") == 10


def test_switched_off_nothing_is_counted() -> None:
    assert Limiter(enabled=False).take(LIMIT, "a") is None


def test_a_sender_is_an_address_or_the_network_of_a_household() -> None:
    assert networks("203.0.113.9") == ("203.0.113.9", "203.0.113")
    one, other = sender("2001:db8:1:2:3:4:5:6"), sender("2001:db8:1:2::9")
    assert one == other != sender("2001:db8:1:3::9")
    assert networks("2001:db8:1:2::9")[1] == networks("2001:db8:1:ffff::9")[1] != networks("2001:db8:2::9")[1]
    assert (sender(None), sender("no address"), sender(":::")) == ("", "no address", ":::")
