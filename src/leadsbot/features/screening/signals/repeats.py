"""The same text again: fingerprints of texts (SimHash) by workspace, kept in memory for a day."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from leadsbot.features.screening.learning.pieces import LANES
from leadsbot.features.screening.learning.words import Reading
from leadsbot.features.screening.model import Evidence

FEWEST: Final = 8
"""Distinct tokens; shorter texts ("please call me") are alike without being copies."""
KEPT_S: Final = 24 * 3600
MOST: Final = 20_000
NEAR: Final = 3
"""Bits in which two fingerprints of 64 may differ. One of four groups of 16 is then the same in both."""
WEIGHTS: Final = (0.3, 0.6, *[1.2] * 7, 1.8)
"""By how often it came in before. Whoever tries a form some times is no bot; who goes on is."""
MOST_PIECES: Final = 255
"""A lane is one byte, in which every word counts one."""
_BITS: Final = [bytes(int(count * 2 > words) for count in range(256)) for words in range(256)]
_ONES: Final = bytes(48 + (byte > 0) for byte in range(256))
_GROUP: Final = (1 << 16) - 1


def fingerprint(reading: Reading) -> int:
    """64 bits of which similar texts share most."""
    pieces = reading.pieces[:MOST_PIECES]
    lanes = sum([piece.lanes for piece in pieces])
    return int(lanes.to_bytes(LANES, "big").translate(_BITS[len(pieces)]).translate(_ONES), 2)


def _groups(workspace: int, mark: int) -> tuple[int, ...]:
    """Keys for the four quarters of a fingerprint, as numbers: 18 bits below the workspace's."""
    base = workspace << 18
    return (
        base | mark & _GROUP,
        base | 1 << 16 | mark >> 16 & _GROUP,
        base | 2 << 16 | mark >> 32 & _GROUP,
        base | 3 << 16 | mark >> 48,
    )


class Repeats:
    """Remembers texts. Bounded, and each web process has its own memory: what comes in here is what can be compared.

    Workspaces are named by the number of their id.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._texts: OrderedDict[tuple[int, int], list[float]] = OrderedDict()
        """Times seen and the last moment, by workspace and fingerprint; the oldest first."""
        self._groups: dict[int, int] = {}
        """The newest fingerprint by workspace and each of its four groups."""

    def look(self, workspace: int, reading: Reading, now: float) -> Evidence | None:
        """Whether this text, or one nearly like it, came in within a day; it is remembered. ``now`` is monotonic."""
        if len(reading.pieces) < FEWEST:
            return None
        mark = fingerprint(reading)
        groups = _groups(workspace, mark)
        known = self._like(workspace, mark, groups)
        entry = self._texts.pop((workspace, known), None) if known is not None else None
        if known is None or entry is None or now - entry[1] > KEPT_S:
            known, entry = mark, [0.0, now]
        times = int(entry[0])
        self._texts[workspace, known] = [entry[0] + 1, now]
        for group in groups:
            self._groups[group] = known
        if len(self._texts) > self._most:
            self._forget()
        if not times:
            return None
        return Evidence(WEIGHTS[min(times, len(WEIGHTS)) - 1], "repeated_text", "repeat")

    def _like(self, workspace: int, mark: int, groups: tuple[int, ...]) -> int | None:
        if (workspace, mark) in self._texts:
            return mark
        for group in groups:
            known = self._groups.get(group)
            if known is not None and (known ^ mark).bit_count() <= NEAR and (workspace, known) in self._texts:
                return known
        return None

    def _forget(self) -> None:
        """The oldest text."""
        (workspace, mark), _ = self._texts.popitem(last=False)
        for group in _groups(workspace, mark):
            if self._groups.get(group) == mark:
                del self._groups[group]
