"""A text as the filter reads it: tokens, and the numbers of hashed features that the model weighs.

Features are words, pairs of neighbours, groups of four letters inside words (two where a script writes without blanks),
shapes (capitals, lengths of numbers), hosts of links and three properties of the whole text. They are hashed with
CRC-32, which is the same everywhere and for ever, into 65,536 places. What is known of a word is kept, so a text of
usual words costs less than a microsecond for each. The rest of a link is not read: its words are not the visitor's.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple
from zlib import crc32

BITS: Final = 16
PLACES: Final = 1 << BITS
MOST_CHARACTERS: Final = 4_000
MOST_TOKENS: Final = 400
LONGEST_WORD: Final = 40
KEPT_WORDS: Final = 20_000
LANES: Final = 64

COUNTABLE, ODD, MIXED, JUMPY = 1, 1 << 10, 1 << 20, 1 << 30
"""Traits of words, summed over a text: a Latin word of some length; one that nobody can say; one whose letters come
from two scripts (a Cyrillic "а" among Latin letters); one that jumps between small letters and capitals."""
TRAIT_MASK: Final = (1 << 10) - 1

_MASK: Final = PLACES - 1
_START: Final = 0x5BD1E9
_TOKEN: Final = re.compile(r"[^\W\d_]+|\d+|[^\w\s]")
_ASCII_TOKEN: Final = re.compile(r"[A-Za-z]+|[0-9]+|[^\w\s]", re.ASCII)
"""The same for ASCII texts, in two thirds of the time."""
_LINK: Final = re.compile(r"(?:https?://|www\.)([\w.-]{1,100})[^\s<>\[\]\"']*", re.IGNORECASE)
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_VOWELS: Final = re.compile("[aeiouy]")
_SWITCH: Final = re.compile("[a-z][A-Z]")
_LATIN: Final = re.compile("[A-Za-zÀ-ɏ]")
_LOOKALIKE: Final = re.compile("[\u0370-\u03ff\u0400-\u052f\uff21-\uff5a]")
_DIGITS: Final = b"0123456789"
_CAPITALS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Word:
    """What is known of one token; one object for each, so that comparing them is comparing addresses."""

    __slots__ = ("features", "hash", "lanes", "traits")

    def __init__(self, hash: int, features: tuple[int, ...], traits: int, lanes: int) -> None:
        self.hash, self.features, self.traits = hash, features, traits
        self.lanes = lanes
        """64 numbers of one byte each, 1 or 0: sums of them make a fingerprint of a text."""


class Reading(NamedTuple):
    """A text, read. ``features`` are distinct places below :data:`PLACES`, at least one."""

    tokens: list[str]
    features: list[int]
    hosts: list[str]
    """The hosts that its links lead to, in lower case, one for each link."""
    traits: int
    lanes: int
    """The sum over distinct tokens, at most 255 of them."""
    distinct: int


_words: dict[str, Word] = {}
_LENGTHS, _NUMBERS, _SHOUTS = (
    [crc32(b"\x04" + letter + b"%d" % step) & _MASK for step in range(21)] for letter in (b"L", b"D", b"U")
)


def _shape(raw: str, lower: str) -> list[bytes]:
    if len(raw) < 2:
        return []
    if raw.isupper():
        return [b"\x03U", b"\x03U" + lower.encode()]
    return [b"\x03C" + lower.encode()] if raw[0].isupper() else []


def _parts(raw: str) -> list[bytes]:
    """The features of one token, its identity first."""
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


def _traits(raw: str) -> int:
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


def _learn_word(raw: str) -> Word:
    cut = raw[:LONGEST_WORD]
    parts = _parts(cut)
    places = tuple({crc32(part) & _MASK for part in parts})
    word = Word(crc32(parts[0]) & 0xFFFFFF, places, _traits(cut), _lanes(parts[0]))
    if len(_words) >= KEPT_WORDS:
        _words.clear()
    _words[raw] = word
    return word


def traits(text: str) -> int:
    """The summed traits of a short text."""
    return sum([(_words.get(raw) or _learn_word(raw)).traits for raw in text.split()[:10]])


def plain(text: str) -> str:
    """The first 4,000 characters with compatibility forms folded and invisible characters taken out; safe to encode."""
    text = text[:MOST_CHARACTERS]
    if text.isascii():
        return text
    folded = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))[:MOST_CHARACTERS]
    return folded.encode("utf-8", "replace").decode()


def read(text: str) -> Reading:
    """Read a text that :func:`plain` has made. Deterministic over processes, machines and versions of Python."""
    hosts: list[str] = []
    if "://" in text or "www." in text:
        hosts = [host.lower() for host in _LINK.findall(text)]
        text = _LINK.sub(" ", text)
    tokens = (_ASCII_TOKEN if text.isascii() else _TOKEN).findall(text)
    if len(tokens) > MOST_TOKENS:
        tokens = tokens[:MOST_TOKENS]
    known = _words.get
    words = [known(raw) or _learn_word(raw) for raw in tokens]
    hashes = [word.hash for word in words]
    distinct = list(set(words)) if len(words) < 256 else list(dict.fromkeys(words))[:255]
    places = {before * 31 + hash & _MASK for before, hash in zip((_START, *hashes), hashes, strict=False)}
    places.update(*[word.features for word in (distinct if len(words) < 256 else set(words))])
    places.update([crc32(b"\x06" + host.encode()) & _MASK for host in hosts[:20]])
    encoded = text.encode()
    size = len(encoded)
    digits = size - len(encoded.translate(None, _DIGITS))
    capitals = size - len(encoded.translate(None, _CAPITALS))
    places.add(_LENGTHS[min(len(text) // 20, 20)])
    places.add(_NUMBERS[min(digits // 3, 10)])
    places.add(_SHOUTS[10 * capitals // (size + 1)])
    traits = sum([word.traits for word in distinct])
    lanes = sum([word.lanes for word in distinct])
    return Reading(tokens, list(places), hosts, traits, lanes, len(distinct))
