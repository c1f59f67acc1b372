"""Clock, cursors, retry policies and user agents."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.kit import clock, cursor, useragent
from leadsbot.kit.errors import Invalid
from leadsbot.kit.retry import RetryPolicy, exponential

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.5 Mobile/15E148 Safari/604.1"
)
TABLET = (
    "Mozilla/5.0 (Linux; Android 14; SM-X710) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


def test_the_clock_is_aware_and_in_utc() -> None:
    assert clock.utcnow().utcoffset() == timedelta(0)
    assert clock.SystemClock().now().tzinfo is UTC


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_gives_back_time_and_id(at: datetime, id: UUID) -> None:
    text = cursor.encode(at, id)
    assert cursor.decode(text) == (at, id)
    assert text.replace("-", "").replace("_", "").isalnum()


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: base64.b64encode(raw).decode()))
def test_garbage_is_a_cursor_that_is_not_valid(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        cursor.decode(text)
    assert caught.value.field == "cursor"
    assert caught.value.status == 400


def test_a_cursor_without_a_time_zone_is_refused() -> None:
    naive = cursor.encode(datetime(2026, 11, 24), UUID(int=1))  # the missing zone is the point
    with pytest.raises(Invalid):
        cursor.decode(naive)


def test_waits_follow_the_schedule_and_end() -> None:
    policy = RetryPolicy((1, 5, 30), jitter=0)
    waits = [policy.delay(attempt) for attempt in (1, 2, 3, 4)]
    assert waits == [timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30), None]
    assert policy.attempts == 4


@given(st.integers(1, 7), st.floats(0, 1, exclude_max=True))
def test_jitter_stays_within_its_share(attempt: int, chance: float) -> None:
    policy = exponential(base=2, factor=3, ceiling=100, attempts=8, jitter=0.25)
    wait = policy.delay(attempt, random=lambda: chance)
    plain = min(2 * 3 ** (attempt - 1), 100)
    assert wait is not None
    assert plain * 0.75 - 0.001 <= wait.total_seconds() <= plain * 1.25 + 0.001


def test_nobody_comes_back_before_the_moment_the_other_side_named() -> None:
    policy = RetryPolicy((1,), cap=600)
    for chance in (0.0, 0.5, 0.99):
        wait = policy.delay(1, retry_after=30, random=lambda chance=chance: chance)  # type: ignore[misc]
        assert wait is not None
        assert wait.total_seconds() >= 30
    bounded = policy.delay(1, retry_after=10**9, random=lambda: 0.0)
    assert bounded == timedelta(seconds=600)


def test_a_policy_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        RetryPolicy((-1,))
    with pytest.raises(ValueError, match="counted"):
        RetryPolicy((1,)).delay(0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHROME, ("Chrome", "Windows", "desktop")),
        (IPHONE, ("Mobile Safari", "iOS", "mobile")),
        (TABLET, ("Chrome", "Android", "tablet")),
        (GOOGLE, ("Googlebot", None, "bot")),
        ("", (None, None, None)),
        (None, (None, None, None)),
        ("\x00\ud800" * 9_000, (None, None, None)),
    ],
)
def test_user_agents_become_families(text: str | None, expected: tuple[str | None, ...]) -> None:
    assert tuple(useragent.parse(text)) == expected


@given(st.text(st.characters(exclude_categories=()), max_size=700))
def test_any_user_agent_is_read_without_failing(text: str) -> None:
    useragent.parse(text)
