"""How a source does: what it refused, and what its owner can do about that."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

PERIOD: Final = timedelta(days=7)
"""How far back refusals are shown."""
TAKEN: Final = frozenset({"accepted", "repeated", "preflight", "blocked"})
"""How answers of capture end that are no refusal; what screening blocks is kept, and shown in the quarantine."""

SLIPS: Final = frozenset({"invalid", "invalid_answers"})
"""The codes of a visitor's own slips. They were told and mended them, so they count as no refusal of the source."""
NOT_REDIRECTED: Final = "not_redirected"
"""Counted beside refusals: what was taken, and asked for a page that its source may not lead visitors to."""
NO_REFUSAL: Final = SLIPS | {NOT_REDIRECTED}
MEANING: Final = {
    "forbidden": "from a web site that may not post here: add its address below, if it is yours",
    "gone": "while the source was closed",
    "too_large": "too large for this source: raise the limit below, if it was real",
    "unauthorised": "without a valid signature: compare the secret of the program that sends",
    "too_many_requests": "faster than one sender may",
    "unavailable": "while nothing could be stored; who sends again loses nothing",
    "not_found": "in a way that this kind of source does not have",
}
OTHERS: Final = "that could not be read as a submission"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How often one thing was refused, and when it was the last time."""

    code: str
    times: int
    last_at: datetime

    @property
    def meaning(self) -> str:
        """What to tell the owner, after the number."""
        return MEANING.get(self.code, OTHERS)


def times(counted: Iterable[Refusal], codes: Collection[str]) -> int:
    """How often something with one of these codes was counted."""
    return sum(each.times for each in counted if each.code in codes)


def refused(counted: Iterable[Refusal]) -> list[Refusal]:
    """What the source refused: refusals with the same meaning as one, the commonest first."""
    found: dict[str, Refusal] = {}
    for each in counted:
        if each.code in NO_REFUSAL:
            continue
        known = found.get(each.meaning)
        found[each.meaning] = each if known is None else Refusal(
            code=known.code, times=known.times + each.times, last_at=max(known.last_at, each.last_at)
        )  # fmt: skip
    return sorted(found.values(), key=lambda each: -each.times)
