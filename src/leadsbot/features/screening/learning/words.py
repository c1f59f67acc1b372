"""A text as the filter reads it: pieces, and the numbers of hashed features that the model weighs.

Beside those of pieces there are features of neighbours and three of the whole text. A piece is taken apart once and
kept, so a usual text costs some tenths of a microsecond for each.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain
from typing import Final
from zlib import crc32

import msgspec

from leadsbot.features.screening.learning.pieces import (
    BEGIN,
    CAPITALS,
    COUNT,
    DIGITS,
    JUMPY,
    MASK,
    Piece,
    pieces,
)

MOST_CHARACTERS: Final = 4_000
MOST_PIECES: Final = 400
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A text, read. What speaks for or against it are places below :data:`PLACES`, at least four: those of its
    distinct pieces, which a filter may keep sums of, and ``places``."""

    pieces: list[Piece]
    """The distinct ones."""
    places: list[int]
    """Of pairs of neighbours and of the text as a whole."""
    counts: int
    """The sum over the distinct pieces."""

    def count(self, of: int) -> int:
        """How many there are of something, for example JUMPY."""
        return self.counts // of & COUNT

    def hosts(self) -> list[str]:
        """The hosts that its links lead to, in lower case, one for each link."""
        return list(chain.from_iterable([piece.hosts for piece in self.pieces]))

    @property
    def features(self) -> list[int]:
        """All places. One that belongs to two pieces is there twice."""
        return [*chain.from_iterable([piece.features for piece in self.pieces]), *self.places]


_LENGTHS, _NUMBERS, _SHOUTS = (
    [crc32(b"\x04" + letter + b"%d" % step) & MASK for step in range(21)] for letter in (b"L", b"D", b"U")
)


def jumps(text: str) -> bool:
    """Whether a short text has a word that jumps between small letters and capitals."""
    if text.istitle() or text.islower():
        return False
    return any(piece.counts // JUMPY & COUNT for piece in pieces(text.split()[:10]))


def plain(text: str) -> str:
    """The first 4,000 characters with compatibility forms folded and invisible characters taken out; safe to encode."""
    text = text[:MOST_CHARACTERS]
    if text.isascii():
        return text
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))[:MOST_CHARACTERS]
    return folded.encode("utf-8", "replace").decode()


def read(text: str) -> Reading:
    """Read a text that :func:`plain` has made. Deterministic over processes, machines and versions of Python."""
    split = text.split(None, MOST_PIECES)
    found = pieces(split if len(split) <= MOST_PIECES else split[:MOST_PIECES])
    last, places, counts, distinct = BEGIN.last, [], 0, found
    for piece in found:
        places.append(last + piece.first & MASK)
        last = piece.last
        counts += piece.counts
    if len(set(found)) < len(found):
        distinct = list(dict.fromkeys(found))
        counts = sum([piece.counts for piece in distinct])
    size, digits, capitals = len(text), counts // DIGITS & COUNT, counts // CAPITALS & COUNT
    places += (
        _LENGTHS[size // 20 if size < 400 else 20],
        _NUMBERS[digits // 3 if digits < 30 else 10],
        _SHOUTS[10 * capitals // (size + 1)],
    )
    return Reading(distinct, places, counts)
