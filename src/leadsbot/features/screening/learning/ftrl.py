"""An online logistic model: FTRL-proximal (McMahan et al. 2013) over hashed features, in plain Python.

A text's features all weigh 1/√k, so one lesson moves the text it is about by the same amount however long it is. One
lesson costs a fraction of a millisecond, one opinion some microseconds.
"""

from __future__ import annotations

import math
import struct
import zlib
from array import array
from collections.abc import Sequence
from typing import Final

from leadsbot.features.screening.learning.pieces import PLACES

ALPHA: Final = 1.5
BETA: Final = 0.2
FORMAT: Final = b"F1"
_HEAD: Final = struct.Struct("<2sI")
_FURTHEST: Final = 30.0


class BadState(ValueError):
    """These bytes are not a model of ours."""


def probability(logit: float) -> float:
    """The logistic function, without overflow."""
    return 1 / (1 + math.exp(-max(-_FURTHEST, min(_FURTHEST, logit))))


class Model:
    """Weights that learn from one example at a time. ``logit`` is 0 for what it knows nothing of."""

    def __init__(self) -> None:
        self._z = array("d", bytes(8 * PLACES))
        self._n = array("d", bytes(8 * PLACES))
        self.weights = array("f", bytes(4 * PLACES))

    def logit(self, features: Sequence[int]) -> float:
        """The log-odds that a text with these features is spam."""
        return sum([self.weights[place] for place in features]) / math.sqrt(len(features))

    def learn(self, features: Sequence[int], *, spam: bool, offset: float = 0.0) -> None:
        """Learn one example. ``offset`` is what is known without this model (a logit)."""
        rate = 1 / math.sqrt(len(features))
        gradient = (probability(offset + self.logit(features)) - spam) * rate
        square, z, n, weights = gradient * gradient, self._z, self._n, self.weights
        for place in features:
            before = math.sqrt(n[place])
            n[place] += square
            after = math.sqrt(n[place])
            z[place] += gradient - (after - before) / ALPHA * weights[place]
            weights[place] = -z[place] * ALPHA / (BETA + after)

    def dump(self) -> bytes:
        """The state: what was learned of every place that was ever touched, at most about 400 KB."""
        touched = array("H", [place for place, square in enumerate(self._n) if square])
        z, n = array("f", [self._z[place] for place in touched]), array("f", [self._n[place] for place in touched])
        body = b"".join(_little(part) for part in (touched, z, n))
        return _HEAD.pack(FORMAT, len(touched)) + zlib.compress(body, 6)

    @classmethod
    def load(cls, state: bytes) -> Model:
        """A model from its state. Raises BadState for anything that ``dump`` did not write."""
        model = cls()
        for place, z, n in zip(*_parts(state), strict=True):
            model._z[place], model._n[place] = z, n
            model.weights[place] = -z * ALPHA / (BETA + math.sqrt(n))
        return model


def _little(part: array[int] | array[float]) -> bytes:
    if struct.pack("=H", 1) != struct.pack("<H", 1):
        part.byteswap()
    return part.tobytes()


def _parts(state: bytes) -> tuple[array[int], array[float], array[float]]:
    try:
        mark, count = _HEAD.unpack_from(state)
        unzip = zlib.decompressobj()
        body = unzip.decompress(state[_HEAD.size :], 10 * PLACES + 1)
        if mark != FORMAT or not unzip.eof or len(body) != 10 * count or count > PLACES:
            raise BadState("not the state of a model")
        places = array("H", body[: 2 * count])
        z, n = array("f", body[2 * count : 6 * count]), array("f", body[6 * count :])
    except (struct.error, zlib.error) as error:
        raise BadState("not the state of a model") from error
    if struct.pack("=H", 1) != struct.pack("<H", 1):
        for part in (places, z, n):
            part.byteswap()
    if not all(map(math.isfinite, (*z, *n))) or min(n, default=1) < 0:
        raise BadState("the state of a model is damaged")
    return places, z, n
