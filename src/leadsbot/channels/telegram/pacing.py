"""Keeps one bot inside Telegram's limits, in memory, in the single process that owns the bot.

Nobody waits in here. Whoever may not send yet gets a place in the queue and the seconds until its turn, goes away, and
asks again by the same key. So a thousand waiting messages cost nothing, and each is asked about once or twice.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Self

from leadsbot.kit.clock import monotonic

_ROUNDING = 1e-6
_PRUNE_EVERY = 1024
CHAT_BURST = 3
ABSENT_S = 2.0
"""Somebody whose turn came and who has not asked again for so long is not waited for any more."""
APART_S = 0.25
"""Turns in one chat are at least so far apart (less where the chat's rate is higher), so that those who wait come back
in their order."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` in any stretch of `seconds`."""

    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Rates:
    """The published limits (30/s, 1/s per chat with short bursts, 20/min per group) less a margin for our own clock."""

    bot: Rate = Rate(25, 1.0)
    chat: Rate = Rate(3, 3.0)
    group: Rate = Rate(18, 60.0)

    @classmethod
    def of(cls, *, per_second: int, chat_per_minute: int, group_per_minute: int) -> Self:
        """The operator's limits; a chat may get three at once, so that a card and its edits are not kept apart."""
        return cls(
            Rate(per_second, 1.0), Rate(CHAT_BURST, CHAT_BURST * 60 / chat_per_minute), Rate(group_per_minute, 60.0)
        )


@dataclass(slots=True)
class _Place:
    """Somebody who waits: since when in the order of asking, and until when."""

    order: int
    turn: float
    urgent: bool


@dataclass(slots=True)
class _Lane:
    """What was sent lately, who waits, and until when nothing may be sent."""

    rates: tuple[Rate, ...]
    apart: float = 0.0
    sent: deque[float] = field(default_factory=deque)
    places: dict[Hashable, _Place] = field(default_factory=dict)
    next_order: int = 0
    not_before: float = 0.0

    def turn(self, key: Hashable, urgent: bool, now: float) -> float:
        """When it is this one's turn: after all who are more urgent, and those as urgent who were here before."""
        own = self.places.get(key)
        for absent in [other for other, place in self.places.items() if place.turn + ABSENT_S < now]:
            del self.places[absent]
        mine = (not urgent, own.order if own else self.next_order)
        ahead = sorted(
            max(place.turn, now)
            for other, place in self.places.items()
            if other != key and (not place.urgent, place.order) < mine
        )
        times = [*self.sent, *ahead]
        turn = max(now, self.not_before, ahead[-1] + self.apart if ahead else now)
        for rate in self.rates:
            if len(times) >= rate.count:
                turn = max(turn, times[-rate.count] + rate.seconds)
        return turn if turn - now > _ROUNDING else now

    def keep(self, key: Hashable, turn: float, urgent: bool) -> None:
        """Keep a place, the same one as before if there was one."""
        own = self.places.get(key)
        self.places[key] = _Place(own.order if own else self.next_order, turn, urgent)
        self.next_order += own is None

    def take(self, key: Hashable, now: float) -> None:
        """Count one."""
        self.places.pop(key, None)
        self.sent.append(now)
        while len(self.sent) > max(rate.count for rate in self.rates):
            self.sent.popleft()

    def idle(self, now: float) -> bool:
        """True when forgetting this lane changes nothing."""
        longest = max(rate.seconds for rate in self.rates)
        quiet = not self.sent or self.sent[-1] + longest <= now
        return quiet and self.not_before <= now and not self.places


class Pacer:
    """Says when a message or an edit may go. `now` is a monotonic clock; `jitter` is for tests."""

    def __init__(
        self,
        rates: Rates | None = None,
        *,
        now: Callable[[], float] = monotonic,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._rates = rates or Rates()
        self._now = now
        self._jitter = jitter
        self._bot = _Lane((self._rates.bot,))
        self._chats: dict[int, _Lane] = {}
        self._waiting: dict[Hashable, int] = {}
        self._taken = 0

    def try_acquire(self, key: Hashable, chat_id: int, is_group: bool, *, urgent: bool = True) -> float:
        """Take a slot and return 0.0, or keep a place for `key` and return the seconds after which to ask again.

        In a chat those who wait have their turns in the order in which they first asked; what is urgent goes before
        what is not.
        """
        now, lane = self._now(), self._lane(chat_id, is_group)
        in_chat = lane.turn(key, urgent, now)
        # Who waits for the chat keeps no place in the bot's queue: it would hold up other chats for nothing.
        overall = self._bot.turn(key, urgent, now) if in_chat == now else now
        if in_chat == now and overall == now:
            self._waiting.pop(key, None)
            self._bot.take(key, now)
            lane.take(key, now)
            self._prune(now)
            return 0.0
        turn = max(in_chat, overall)
        lane.keep(key, turn, urgent)
        if overall > now:
            self._bot.keep(key, turn, urgent)
        self._waiting[key] = chat_id
        return turn - now

    def done(self, chat_id: int) -> None:
        """What was sent last to this chat has arrived by now: time is counted from here, however long it took."""
        lane = self._chats.get(chat_id)
        if lane is not None and lane.sent:
            lane.sent[-1] = self._now()

    def leave(self, key: Hashable) -> None:
        """Give a place up: this one will not be sent."""
        chat_id = self._waiting.pop(key, None)
        if chat_id is not None:
            self._bot.places.pop(key, None)
            self._lane(chat_id, False).places.pop(key, None)

    def back_off(self, seconds: float, chat_id: int | None = None) -> None:
        """Obey a 429: nothing for this chat (for the whole bot without one) for `seconds` and up to a tenth more."""
        lane = self._bot if chat_id is None else self._lane(chat_id, False)
        until = self._now() + seconds * (1 + self._jitter() / 10)
        lane.not_before = max(lane.not_before, until)

    def __len__(self) -> int:
        return len(self._chats)

    def _lane(self, chat_id: int, is_group: bool) -> _Lane:
        lane = self._chats.get(chat_id)
        rates = (self._rates.chat, self._rates.group) if is_group else (self._rates.chat,)
        if lane is None:
            chat = self._rates.chat
            lane = self._chats[chat_id] = _Lane(rates, min(APART_S, chat.seconds / chat.count))
        elif is_group and len(lane.rates) < len(rates):
            lane.rates = rates
        return lane

    def _prune(self, now: float) -> None:
        self._taken += 1
        if self._taken % _PRUNE_EVERY == 0:
            self._chats = {chat: lane for chat, lane in self._chats.items() if not lane.idle(now)}
            lanes = self._chats
            self._waiting = {k: chat for k, chat in self._waiting.items() if chat in lanes and k in lanes[chat].places}
