"""The only place that reads the time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def utcnow() -> datetime:
    """The present moment, aware, in UTC, with microseconds."""
    return datetime.now(UTC)


def unix_seconds() -> int:
    """The present moment in whole seconds since 1970, as signatures and tokens carry it."""
    return int(time.time())


def monotonic() -> float:
    """Seconds of a clock that never goes back; only differences mean anything."""
    return time.monotonic()


def in_zone(moment: datetime, zone: str) -> datetime:
    """The same moment on the clocks of a time zone (``Europe/Paris``); in UTC where the zone is not known."""
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment.astimezone(UTC)


def zone_name(moment: datetime) -> str:
    """The short name of the zone that a moment is told in: ``CET``; ``UTC+05:30`` where it has only a number."""
    name = moment.tzname() or "UTC"
    if name[0] not in "+-":
        return name
    offset = moment.strftime("%z")
    return f"UTC{offset[:3]}:{offset[3:5]}"


class Clock(Protocol):
    """What code that waits or compares times asks for, so that a test can hand it another clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return utcnow()
