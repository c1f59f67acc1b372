"""Keeps one bot inside Telegram's limits, in memory, in the single process that owns the bot."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from leadsbot.kit.clock import monotonic

_ROUNDING = 1e-6
_PRUNE_EVERY = 1024


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


@dataclass(slots=True)
class _Lane:
    """What was sent lately, and until when nothing may be."""

    rates: tuple[Rate, ...]
    sent: deque[float] = field(default_factory=deque)
    not_before: float = 0.0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def delay(self, now: float) -> float:
        """Seconds until one more fits."""
        ready = self.not_before
        for rate in self.rates:
            if len(self.sent) >= rate.count:
                ready = max(ready, self.sent[-rate.count] + rate.seconds)
        left = ready - now
        return left if left > _ROUNDING else 0.0

    def take(self, now: float) -> None:
        """Count one."""
        self.sent.append(now)
        while len(self.sent) > max(rate.count for rate in self.rates):
            self.sent.popleft()

    def idle(self, now: float) -> bool:
        """True when forgetting this lane changes nothing."""
        longest = max(rate.seconds for rate in self.rates)
        quiet = not self.sent or self.sent[-1] + longest <= now
        return quiet and self.not_before <= now and not self.lock.locked()


class Pacer:
    """Says when a message or an edit may go. `now` is a monotonic clock; `sleep` and `jitter` are for tests."""

    def __init__(
        self,
        rates: Rates | None = None,
        *,
        now: Callable[[], float] = monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._rates = rates or Rates()
        self._now = now
        self._sleep = sleep
        self._jitter = jitter
        self._bot = _Lane((self._rates.bot,))
        self._chats: dict[int, _Lane] = {}
        self._taken = 0

    def try_acquire(self, chat_id: int, is_group: bool) -> float:
        """Take a slot and return 0.0, or take nothing and return the seconds after which to ask again."""
        now = self._now()
        lane = self._lane(chat_id, is_group)
        delay = max(self._bot.delay(now), lane.delay(now))
        if delay == 0.0:
            self._bot.take(now)
            lane.take(now)
            self._prune(now)
        return delay

    async def acquire(self, chat_id: int, is_group: bool) -> float:
        """Wait for a slot, first come first served within a chat, and return the seconds that were waited."""
        started = self._now()
        lane = self._lane(chat_id, is_group)
        async with lane.lock:
            while delay := self.try_acquire(chat_id, is_group):
                await self._sleep(delay)
        return self._now() - started

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
            lane = self._chats[chat_id] = _Lane(rates)
        elif is_group and len(lane.rates) < len(rates):
            lane.rates = rates
        return lane

    def _prune(self, now: float) -> None:
        self._taken += 1
        if self._taken % _PRUNE_EVERY == 0:
            self._chats = {chat: lane for chat, lane in self._chats.items() if not lane.idle(now)}
