"""The same text again: fingerprints of texts (SimHash) by workspace, kept in memory for a day."""

from __future__ import annotations

from array import array
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
_BITS: Final = [bytes(48 + (count * 2 > words) for count in range(256)) for words in range(256)]
_GROUP: Final = (1 << 16) - 1


def fingerprint(reading: Reading) -> int:
    """64 bits of which similar texts share most."""
    pieces = reading.pieces if len(reading.pieces) <= MOST_PIECES else reading.pieces[:MOST_PIECES]
    lanes = sum([piece.lanes for piece in pieces])
    return int(lanes.to_bytes(LANES, "big").translate(_BITS[len(pieces)]), 2)


class Repeats:
    """Remembers the last ``most`` different texts, at most 65,536. Each web process has its own memory: what comes in
    here is what can be compared. Workspaces are named by the number of their id.

    Arrays of a fixed size: a text is a line of them, the oldest line is written over, and for each quarter of
    a fingerprint a table says in which line the newest text with these 16 bits stands. Where two workspaces or two
    texts want one place of a table, the newer one has it: a text may be forgotten early, but never taken for another.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most, self._next = most, 0
        self._marks, self._owners = array("Q", bytes(8 * most)), array("q", bytes(8 * most))
        self._times, self._seen = array("B", bytes(most)), array("d", bytes(8 * most))
        self._lines = [array("H", bytes(2 << 16)) for _ in range(4)]

    def look(self, workspace: int, reading: Reading, now: float) -> Evidence | None:
        """Whether this text, or one nearly like it, came in within a day; it is remembered. ``now`` is monotonic."""
        if len(reading.pieces) < FEWEST:
            return None
        mark, owner = fingerprint(reading), hash(workspace)
        mixed = mark ^ (owner & _GROUP) * 0x1000100010001
        one, two, three, four = self._lines
        a, b, c, d = mixed & _GROUP, mixed >> 16 & _GROUP, mixed >> 32 & _GROUP, mixed >> 48
        line = self._like(owner, mark, (one[a], two[b], three[c], four[d]))
        times = self._times[line] if line >= 0 and now - self._seen[line] <= KEPT_S else 0
        if line < 0:
            line, self._next = self._next, (self._next + 1) % self._most
            self._marks[line], self._owners[line] = mark, owner
        self._times[line] = times + 1 if times < 255 else 255
        self._seen[line] = now
        one[a] = two[b] = three[c] = four[d] = line
        return Evidence(WEIGHTS[min(times, len(WEIGHTS)) - 1], "repeated_text", "repeat") if times else None

    def _like(self, owner: int, mark: int, lines: tuple[int, ...]) -> int:
        """Which of these lines is a text of the same workspace that is like this one, else -1."""
        marks = self._marks
        for line in lines:
            if (marks[line] ^ mark).bit_count() <= NEAR and self._owners[line] == owner and self._times[line]:
                return line
        return -1
