"""When to try again: pure backoff policies, with the randomness handed in."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

Random = Callable[[], float]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits before the second, third, … attempt, in seconds; after the last one it is over.

    `jitter` is the share by which a wait is stretched or shortened at random, so that what failed together does not
    come back together. `cap` bounds what a server may ask for with `Retry-After`.
    """

    schedule: tuple[float, ...]
    jitter: float = 0.2
    cap: float = 86_400.0

    def __post_init__(self) -> None:
        if any(wait < 0 for wait in self.schedule) or not 0 <= self.jitter < 1:
            raise ValueError("waits must not be negative and jitter must be in [0, 1)")

    @property
    def attempts(self) -> int:
        """How many attempts there are in all."""
        return len(self.schedule) + 1

    def delay(
        self, attempt: int, *, retry_after: float | None = None, random: Random = random.random
    ) -> timedelta | None:
        """How long to wait after the failed attempt of this number (the first is 1); None when it was the last.

        `retry_after` (seconds) is what the other side asked for: never sooner, at most `cap`.
        """
        if attempt < 1:
            raise ValueError("attempts are counted from 1")
        if attempt > len(self.schedule):
            return None
        wait = self.schedule[attempt - 1] * (1 + self.jitter * (2 * random() - 1))
        if retry_after is not None and retry_after > 0:
            # Jitter upwards only: coming back before the named moment would be refused again.
            wait = max(wait, min(retry_after, self.cap) * (1 + self.jitter * random() / 4))
        return timedelta(seconds=wait)


def exponential(
    *, base: float = 1.0, factor: float = 2.0, ceiling: float = 3_600.0, attempts: int = 8, jitter: float = 0.2
) -> RetryPolicy:
    """A policy of so many attempts whose waits grow by `factor` from `base` to `ceiling` seconds."""
    waits = []
    wait = base
    for _ in range(attempts - 1):
        waits.append(min(wait, ceiling))
        wait = min(wait * factor, ceiling)
    return RetryPolicy(tuple(waits), jitter)
