"""What stands between two blanks, taken apart once and kept: the numbers of its features, what is counted in it.

Features are words, pairs of neighbours, groups of four letters inside words (two where a script writes without blanks),
shapes (capitals, lengths of numbers) and hosts of links. They are hashed with CRC-32, which is the same everywhere and
for ever, into 65,536 places. The rest of a link is not read: its words are not the visitor's.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable
from itertools import chain, pairwise
from typing import Final
from zlib import crc32

BITS: Final = 16
PLACES: Final = 1 << BITS
LONGEST_WORD: Final = 40
KEPT_PIECES: Final = 10_000
"""Of some 500 bytes each."""
LONGEST_KEPT: Final = 60
LANES: Final = 64

COUNTABLE, ODD, MIXED, JUMPY, LINKED, TOKENS, DIGITS, CAPITALS, FEATURES = (1 << 16 * place for place in range(9))
"""What is counted in pieces and summed over a text, 16 bits each: Latin words of some length; those that nobody can
say; those whose letters come from two scripts (a Cyrillic "а" among Latin letters); those that jump between small
letters and capitals; links; words, numbers and signs; digits; capitals; features."""
COUNT: Final = (1 << 16) - 1

MASK: Final = PLACES - 1
_START: Final = 0x5BD1E9
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_LINK: Final = re.compile(r"(?:https?://|www\.)([\w.-]{1,100})[^\s<>\[\]\"']*", re.IGNORECASE)
_VOWELS: Final = re.compile("[aeiouy]")
_SWITCH: Final = re.compile("[a-z][A-Z]")
_LATIN: Final = re.compile("[A-Za-zÀ-ɏ]")
_LOOKALIKE: Final = re.compile("[\u0370-\u03ff\u0400-\u052f\uff21-\uff5a]")
_DIGIT: Final = re.compile("[0-9]")
_CAPITAL: Final = re.compile("[A-Z]")


def _shape(raw: str, lower: str) -> list[bytes]:
    if len(raw) < 2:
        return []
    if raw.isupper():
        return [b"\x03U", b"\x03U" + lower.encode()]
    return [b"\x03C" + lower.encode()] if raw[0].isupper() else []


def _named(raw: str) -> list[bytes]:
    """The names of the features of one token, its identity first."""
    if raw[0].isdigit():
        size = min(len(raw), 16)
        exact = [b"\x01" + raw.encode()] if len(raw) <= 6 else []
        return [b"\x01d%d" % size, b"\x01p%d " % size + raw[:2].encode(), *exact]
    lower = raw.lower()
    found = [b"\x01" + lower.encode()]
    if raw[0].isalpha():
        padded = f" {lower} "
        found += [b"\x02" + padded[at : at + 4].encode() for at in range(len(padded) - 3)]
        if not raw.isascii():
            found += [b"\x02" + padded[at : at + 2].encode() for at in range(len(padded) - 1)]
        found += _shape(raw, lower)
    return found


def _traits(token: str) -> int:
    raw = token[:LONGEST_WORD]
    if not raw.isascii():
        return MIXED if _LATIN.search(raw) and _LOOKALIKE.search(raw) else 0
    if len(raw) < 5 or not raw.isalpha():
        return 0
    if len(_SWITCH.findall(raw)) > 1:
        return COUNTABLE + ODD + JUMPY
    # Names such as Schwartz have one vowel in eight letters.
    odd = not raw.isupper() and len(_VOWELS.findall(raw.lower())) < len(raw) * 0.12
    return COUNTABLE + ODD if odd else COUNTABLE


def _lanes(seed: bytes) -> int:
    bits = crc32(seed) << 32 | crc32(seed[::-1] + b"\x05")
    return int.from_bytes(bytes(bits >> place & 1 for place in range(LANES)), "big")


class Piece:
    """What is known of what stands between two blanks: a word and the signs around it, a number, a link."""

    __slots__ = ("counts", "features", "first", "hosts", "lanes", "last")

    def __init__(self, tokens: list[str], hosts: list[str]) -> None:
        named = [_named(raw[:LONGEST_WORD]) for raw in tokens]
        marks = [crc32(parts[0]) & 0xFFFFFF for parts in named]
        places = {crc32(part) & MASK for part in chain.from_iterable(named)}
        places.update([before * 31 + mark & MASK for before, mark in pairwise(marks)])
        places.update([crc32(b"\x06" + host.encode()) & MASK for host in hosts])
        self.features = array("H", sorted(places))
        self.hosts = tuple(hosts)
        """The hosts that links lead to, in lower case."""
        self.first, self.last = (marks[0], marks[-1] * 31) if marks else (_START, _START * 31)
        """Parts of the features that pairs of pieces have."""
        letters = "".join(tokens)
        self.counts = (
            sum(map(_traits, tokens))
            + len(hosts) * LINKED
            + len(tokens) * TOKENS
            + len(_DIGIT.findall(letters)) * DIGITS
            + len(_CAPITAL.findall(letters)) * CAPITALS
            + len(places) * FEATURES
        )
        self.lanes = _lanes(letters.lower().encode())
        """64 numbers of one byte each, 1 or 0: sums of them make a fingerprint of a text."""


class Pieces(dict[str, Piece]):
    """Pieces by their letters, taken apart when they are asked for, so that a text is looked up by one ``map``."""

    cleared = 0
    """How often all were forgotten: pieces that were known before are others now."""

    def __missing__(self, raw: str) -> Piece:
        hosts = [host.lower() for host in _LINK.findall(raw)]
        piece = Piece(_TOKEN.findall(_LINK.sub(" ", raw) if hosts else raw), hosts)
        if len(raw) <= LONGEST_KEPT:
            self[raw] = piece
        return piece


PIECES: Final = Pieces()
_piece: Final = PIECES.__getitem__
BEGIN: Final = Piece([], [])
"""What stands before the first piece of a text."""


def pieces(raws: Iterable[str]) -> list[Piece]:
    """The pieces with these letters; the same letters twice, up to LONGEST_KEPT, are one object twice."""
    if len(PIECES) >= KEPT_PIECES:
        # Never in the middle of a text, where a word would become two.
        PIECES.clear()
        PIECES.cleared += 1
    return list(map(_piece, raws))
