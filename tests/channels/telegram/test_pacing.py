"""The published limits hold over any stretch of time, whoever waits keeps their turn, one chat's trouble is its own."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from leadsbot.channels.telegram.pacing import ABSENT_S, Pacer, Rate, Rates


@dataclass
class Clock:
    """Time that passes only when somebody says so."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass(order=True, frozen=True)
class Message:
    """Something to be sent from a moment on."""

    at: float
    name: str
    chat: int = 1
    urgent: bool = field(default=True, compare=False)
    late: float = field(default=0.0, compare=False)
    """By how much it is late whenever its turn has come, as a busy worker is."""


@dataclass
class Street:
    """Messages that ask, go away for as long as they are told, and ask again."""

    rates: Rates = field(default_factory=Rates)
    clock: Clock = field(default_factory=Clock)
    sent: list[tuple[float, Message]] = field(default_factory=list)
    asked: int = 0

    def __post_init__(self) -> None:
        self.pace = Pacer(self.rates, now=self.clock, jitter=lambda: 0.5)

    def play(self, messages: Iterable[Message]) -> None:
        """Let time pass until everything is sent."""
        waiting = [(message.at, number, message) for number, message in enumerate(messages)]
        heapq.heapify(waiting)
        begin = self.clock.at
        while waiting:
            at, number, message = heapq.heappop(waiting)
            self.clock.at = max(self.clock.at, begin + at)
            self.asked += 1
            delay = self.pace.try_acquire(message.name, message.chat, message.chat < 0, urgent=message.urgent)
            if delay:
                heapq.heappush(waiting, (self.clock.at - begin + delay + message.late, number, message))
            else:
                self.sent.append((self.clock.at - begin, message))

    def times(self, *chats: int) -> list[float]:
        return [at for at, message in self.sent if not chats or message.chat in chats]

    @property
    def names(self) -> list[str]:
        return [message.name for _, message in self.sent]


def most_in(times: list[float], seconds: float) -> int:
    return max((sum(1 for t in times if start <= t < start + seconds - 1e-5) for start in times), default=0)


def crowd(count: int, chat: int = 1, prefix: str = "m", at: float = 0.0, **more: bool) -> list[Message]:
    return [Message(at + n / 1e6, f"{prefix}{n}", chat, **more) for n in range(count)]


def test_a_group_gets_eighteen_in_any_minute() -> None:
    street = Street()
    street.play(crowd(60, chat=-1))
    assert most_in(street.times(), 60) == 18
    assert street.times()[59] < 200


def test_a_private_chat_gets_a_short_burst_and_then_one_a_second() -> None:
    street = Street()
    street.play(crowd(30))
    assert street.times()[2] < 0.001
    assert most_in(street.times(), 3) == 3
    assert 27 <= street.times()[29] < 28


def test_all_chats_together_stay_under_the_bots_limit_and_use_it() -> None:
    street = Street()
    street.play(Message(0, f"m{chat}", chat) for chat in range(200))
    assert most_in(street.times(), 1) == 25
    assert 7 <= street.times()[-1] < 7.1


def test_who_waits_has_its_turn_in_order_and_asks_about_once() -> None:
    street = Street()
    street.play(crowd(100, chat=-1))
    assert street.names == [f"m{n}" for n in range(100)]
    assert street.asked <= 2 * 100


def test_a_newcomer_does_not_overtake_those_who_wait() -> None:
    street = Street()
    street.play([*crowd(6), Message(3.1, "late", 1)])
    assert street.names == [*(f"m{n}" for n in range(6)), "late"]


def test_a_thousand_that_wait_for_the_bot_are_not_asked_again_and_again() -> None:
    street = Street()
    street.play(Message(chat / 500, f"m{chat}", chat) for chat in range(1000))
    assert street.asked < 3 * 1000
    assert street.times()[-1] < 1000 / 25 + 1


def test_news_go_before_edits_that_wait_and_the_edits_come_afterwards() -> None:
    street = Street()
    edits = crowd(30, chat=-1, prefix="edit", urgent=False)
    street.play([*edits, Message(10, "news", -1)])
    ((told, _),) = [each for each in street.sent if each[1].name == "news"]
    assert 10 <= told < 12.5
    assert [name for name in street.names if name != "news"] == [f"edit{n}" for n in range(30)]


def test_somebody_who_never_comes_back_holds_the_others_up_for_a_moment_only() -> None:
    street = Street()
    street.play(crowd(3))
    gone = street.pace.try_acquire("gone", 1, False)
    street.clock.at += gone + ABSENT_S + 0.01
    assert street.pace.try_acquire("other", 1, False) == 0


def test_a_place_that_is_given_up_is_free_at_once() -> None:
    street = Street()
    street.play(crowd(3))
    first, second = street.pace.try_acquire("a", 1, False), street.pace.try_acquire("b", 1, False)
    street.pace.leave("a")
    street.pace.leave("never heard of")
    assert street.pace.try_acquire("b", 1, False) == first < second


def test_time_is_counted_from_the_arrival_of_the_last_message() -> None:
    street = Street(Rates(chat=Rate(1, 10)))
    street.play(crowd(1))
    street.clock.at += 4
    street.pace.done(1)
    assert street.pace.try_acquire("next", 1, False) == 10


@given(
    st.lists(
        st.builds(
            Message,
            at=st.floats(0, 20),
            name=st.uuids().map(str),
            chat=st.integers(-2, 2),
            urgent=st.booleans(),
            late=st.floats(0, 0.5),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_no_order_of_requests_breaks_a_limit_or_loses_one(messages: list[Message]) -> None:
    street = Street(Rates(bot=Rate(4, 1), chat=Rate(2, 2), group=Rate(5, 60)))
    street.play(messages)
    assert len(street.sent) == len(messages)
    assert most_in(street.times(), 1) <= 4
    assert all(most_in(street.times(chat), 2) <= 2 for chat in range(-2, 3))
    assert all(most_in(street.times(chat), 60) <= 5 for chat in (-2, -1))


def test_a_429_of_a_chat_holds_that_chat_only() -> None:
    street = Street()
    street.pace.back_off(40, chat_id=1)
    assert street.pace.try_acquire("a", 2, False) == 0
    assert street.pace.try_acquire("b", 1, False) == 42
    street.play([Message(0, "c", 1), Message(0, "d", 2)])
    assert [(name, at) for name, at in zip(street.names, street.times(), strict=True) if at < 1] == [("d", 0)]


def test_those_who_waited_when_a_429_came_keep_their_order() -> None:
    street = Street()
    street.play(crowd(3))
    waiting = [Message(0, f"w{n}", 1) for n in range(6)]
    for message in waiting:
        street.pace.try_acquire(message.name, 1, False)
    street.pace.back_off(20, chat_id=1)
    street.play(waiting)
    assert street.names[3:] == [f"w{n}" for n in range(6)]
    assert street.times()[3] >= 20


def test_a_429_of_the_bot_holds_everybody_and_a_shorter_one_does_not_shorten_it() -> None:
    street = Street()
    street.pace.back_off(40)
    street.pace.back_off(1)
    assert street.pace.try_acquire("a", 2, False) == 42


def test_quiet_chats_are_forgotten() -> None:
    street = Street()
    for chat in range(5000):
        street.clock.at += 1
        assert street.pace.try_acquire(chat, chat, False) == 0
    assert len(street.pace) < 1100
