"""Weights to judge with: those of places, and sums of them for each piece that was met, so that a text
costs its words and not their letters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from leadsbot.features.screening.learning.pieces import COUNT, FEATURES, PIECES, Piece
from leadsbot.features.screening.learning.words import Reading

KEPT_SUMS: Final = 1_000


class _Sums(dict[Piece, float]):
    """What the features of a piece weigh together, added up when it is asked for the first time."""

    def __init__(self, places: Sequence[float], most: int) -> None:
        super().__init__()
        self._places, self._most, self._cleared = places, most, PIECES.cleared

    def __missing__(self, piece: Piece) -> float:
        weight = sum([self._places[place] for place in piece.features])
        if len(self) >= self._most or self._cleared != PIECES.cleared:
            # Also when the pieces were forgotten: they would be kept alive here.
            self.clear()
            self._cleared = PIECES.cleared
        self[piece] = weight
        return weight


class Weights:
    """Weights that do not change any more. ``places`` has one for each place; ``kept`` is how many sums to keep."""

    __slots__ = ("_of_piece", "_of_place")

    def __init__(self, places: Sequence[float], kept: int = KEPT_SUMS) -> None:
        self._of_place = places.__getitem__
        self._of_piece = _Sums(places, kept).__getitem__

    def logit(self, reading: Reading) -> float:
        """What they say about a text: the log-odds that it is spam, 0 where they know nothing of it."""
        weight = sum(map(self._of_piece, reading.pieces)) + sum(map(self._of_place, reading.places))
        return weight / math.sqrt((reading.counts // FEATURES & COUNT) + len(reading.places))
