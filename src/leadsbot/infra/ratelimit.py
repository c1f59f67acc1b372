"""Rate limits in memory: the generic cell rate algorithm, exact within one process, for capture and API alike.

A limit of ``quota`` per ``window`` seconds lets ``quota`` calls through at once and then one every window/quota
seconds. Every web process counts for itself and lets its share through (see ``infra/peers.py``). Answers carry the
fields of draft-ietf-httpapi-ratelimit-headers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address
from math import ceil

from leadsbot.kit.clock import monotonic
from leadsbot.kit.errors import TooMany

MAX_KEYS = 100_000
MOST_FILL = 4.0


@lru_cache(maxsize=8192)
def networks(ip: str | None) -> tuple[str, str]:
    """What counts as one sender, and as its neighbours: IPv4 /32 and /24, IPv6 /64 (a household has one) and /48."""
    if ip is None or ":" not in ip:
        return ip or "", ip.rpartition(".")[0] if ip else ""
    try:
        bits = int(IPv6Address(ip.partition("%")[0]))
    except ValueError:
        return ip, ""
    return f"{bits >> 64:x}/64", f"{bits >> 80:x}/48"


def sender(ip: str | None) -> str:
    """What limits by address count by: addresses of IPv6 change within a network that one household has."""
    return networks(ip)[0]


@dataclass(frozen=True, slots=True)
class Limit:
    """``quota`` calls per ``window`` seconds; ``name`` appears in the headers."""

    name: str
    quota: int
    window: float

    @property
    def policy(self) -> str:
        """The item of the RateLimit-Policy header."""
        return f'"{self.name}";q={self.quota};w={ceil(self.window)}'


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a call may pass, how many may follow at once, and the seconds until ``reset`` (all) or ``wait`` (one)."""

    limit: Limit
    allowed: bool
    remaining: int
    reset: int
    wait: int

    @property
    def headers(self) -> dict[str, str]:
        """RateLimit-Policy and RateLimit."""
        return {
            "RateLimit-Policy": self.limit.policy,
            "RateLimit": f'"{self.limit.name}";r={self.remaining};t={self.reset}',
        }

    def require(self) -> None:
        """Raise TooMany with all headers unless the call may pass."""
        if not self.allowed:
            error = TooMany(self.wait)
            error.headers.update(self.headers)
            raise error


class Limiter:
    """Counts calls per key. Bounded: when too many keys are live, further ones pass uncounted (it fails open)."""

    def __init__(
        self, *, enabled: bool = True, clock: Callable[[], float] = monotonic, max_keys: int = MAX_KEYS
    ) -> None:
        self._enabled = enabled
        self._clock = clock
        self._max_keys = max_keys
        self._full_at: dict[Hashable, float] = {}
        self._swept = clock()
        self._share = 1

    def share(self, processes: int) -> None:
        """From now on be one of so many that count: each lets that part of every limit through, one call at least."""
        self._share = max(1, processes)

    def take(self, limit: Limit, key: Hashable, cost: int = 1, *, force: bool = False) -> Verdict | None:
        """Count ``cost`` calls of ``key``; None when limits are off.

        A refused call costs nothing. With ``force`` it is counted even beyond the quota, as a debt that later calls
        wait for: for costs that are known only after the work.
        """
        if not self._enabled:
            return None
        now, step = self._clock(), min(limit.window, limit.window * self._share / limit.quota)
        full_at = max(self._full_at.get((limit, key), now), now)
        after = full_at + cost * step
        allowed = after - now <= limit.window + 1e-9
        if allowed or force:
            if len(self._full_at) < self._max_keys or (limit, key) in self._full_at or self._sweep(now):
                self._full_at[(limit, key)] = after
        else:
            after = full_at
        return Verdict(
            limit=limit,
            allowed=allowed,
            remaining=max(0, int((limit.window - (after - now)) / step + 1e-6)),
            reset=max(0, ceil(after - now)),
            wait=max(1, ceil(full_at + cost * step - now - limit.window)),
        )

    def fill(self, limit: Limit, key: Hashable) -> float:
        """Count one call that is not refused; how many quotas' worth is used up now, 1.0 being all of it.

        For those who judge by how often something happens and let it happen. A debt grows to MOST_FILL at most, so that
        a flood is forgotten as quickly as it may be. 0.0 when limits are off or no key more can be kept.
        """
        if not self._enabled:
            return 0.0
        # By name: hashing the limit itself would be half of the cost.
        now, window, kept = self._clock(), limit.window, (limit.name, key)
        ahead = self._full_at.get(kept, 0.0) - now
        after = min((ahead if ahead > 0 else 0.0) + window / limit.quota, MOST_FILL * window)
        if ahead <= 0 and len(self._full_at) >= self._max_keys and kept not in self._full_at and not self._sweep(now):
            return 0.0
        self._full_at[kept] = now + after
        return after / window

    def _sweep(self, now: float) -> bool:
        """Forget keys that are full again, at most once a second; whether there is room now."""
        if now - self._swept >= 1:
            self._swept = now
            self._full_at = {key: at for key, at in self._full_at.items() if at > now}
        return len(self._full_at) < self._max_keys
