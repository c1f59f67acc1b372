"""What the filter knows before anybody taught it: weights learned from examples that were written for this project.

``prior.bin`` is made from ``tests/fixtures/screening/submissions.tsv`` by ``make prior``; a test makes it again.
"""

from __future__ import annotations

import random
import struct
import sys
import zlib
from array import array
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Final

from leadsbot.features.screening.learning import words
from leadsbot.features.screening.learning.ftrl import Model
from leadsbot.features.screening.learning.pieces import KEPT_PIECES
from leadsbot.features.screening.learning.weights import Weights

FILE: Final = Path(__file__).with_name("prior.bin")
EPOCHS: Final = 4
Example = tuple[str, bool]


def examples(path: Path) -> list[Example]:
    """Text and whether it is spam, from lines of ``spam|ham <tab> kind <tab> language <tab> text``."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(text, label == "spam") for label, _kind, _language, text in rows]


def train(known: Iterable[Example]) -> Model:
    """A model that saw every example twice, in an order that depends on nothing but their number."""
    read = [(words.read(words.plain(text)).features, spam) for text, spam in known]
    order, model = random.Random(7), Model()  # noqa: S311 - an order of lessons, no secret
    for _ in range(EPOCHS):
        order.shuffle(read)
        for features, spam in read:
            model.learn(features, spam=spam)
    return model


def pack(model: Model) -> bytes:
    """Weights in steps of 1/127 of the largest, packed."""
    step = max(map(abs, model.weights)) / 127
    return struct.pack("<f", step) + zlib.compress(array("b", [round(w / step) for w in model.weights]).tobytes(), 9)


def unpack(packed: bytes) -> list[float]:
    """The weights again. A list of few numbers, each of which is there once: what is read at random should be small."""
    (step,) = struct.unpack_from("<f", packed)
    of_level = {level: level * step for level in range(-128, 128)}
    return [of_level[level] for level in array("b", zlib.decompress(packed[4:]))]


@lru_cache(maxsize=1)
def prior() -> Weights:
    """The shipped weights."""
    return Weights(places(), KEPT_PIECES)


@lru_cache(maxsize=1)
def places() -> list[float]:
    """The shipped weight of each place."""
    return unpack(FILE.read_bytes())


if __name__ == "__main__":
    FILE.write_bytes(pack(train(examples(Path(sys.argv[1])))))
