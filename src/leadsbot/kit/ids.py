"""Record ids: time-ordered UUIDs inside, short prefixed text outside; and random tokens."""

from __future__ import annotations

import os
import secrets
import struct
import threading
import time
from typing import Final
from uuid import UUID

from leadsbot.kit.errors import NotFound

LEAD: Final = "lead"
SUBMISSION: Final = "sub"
SOURCE: Final = "src"
WORKSPACE: Final = "ws"
MEMBER: Final = "mem"
PERSON: Final = "usr"
KEY: Final = "key"
DELIVERY: Final = "dlv"
DESTINATION: Final = "dst"
EVENT: Final = "evt"
NOTE: Final = "note"
TELEGRAM_LINK: Final = "tgl"
JOB: Final = "job"
FORM: Final = "form"
SEEN: Final = "seen"
UPLOAD: Final = "upl"
PARTIAL: Final = "part"

_ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_VALUES: Final = {letter: value for value, letter in enumerate(_ALPHABET)}
_LENGTH: Final = 26
_NOISE: Final = struct.Struct("128Q")
_BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


class InvalidId(NotFound):
    """The text is not an id of the wanted kind. A subclass of `NotFound`: a wrong id never leads anywhere."""


class _Sequence:
    """Makes uuidv7 values that only grow within one process, from any thread (RFC 9562, 6.2, method 1).

    The 12 bits after the version and the first 30 after the variant are one 42-bit counter that is seeded at random
    in every new millisecond with its top bit clear, and counts up by a random step while the clock stands still or
    goes back. The last 32 bits are always random. A counter that runs over borrows the next millisecond.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._millisecond = 0
        self._counter = 0
        self._noise: list[int] = []

    def _random(self) -> int:
        """64 random bits. The system is asked for many at once: a call for each id costs more than the id."""
        if not self._noise:
            self._noise = list(_NOISE.unpack(os.urandom(_NOISE.size)))
        return self._noise.pop()

    def __call__(self) -> UUID:
        with self._lock:
            noise = self._random()
            now = time.time_ns() // 1_000_000
            if now > self._millisecond:
                self._millisecond = now
                self._counter = self._random() & 0x1FFFFFFFFFF
            else:
                self._counter += 1 + (noise >> 32 & 0xFF)
                if self._counter > 0x3FFFFFFFFFF:
                    self._millisecond += 1
                    self._counter = self._random() & 0x1FFFFFFFFFF
            high = (self._millisecond & 0xFFFFFFFFFFFF) << 16 | 0x7000 | self._counter >> 30
            low = 0b10 << 62 | (self._counter & 0x3FFFFFFF) << 32 | noise & 0xFFFFFFFF
        return UUID(int=high << 64 | low)


_sequence = _Sequence()
os.register_at_fork(after_in_child=_sequence.__init__)  # type: ignore[misc]  # a lock held by another thread at fork stays locked


def new_id() -> UUID:
    """A new record id: uuidv7, larger than every one this process made before."""
    return _sequence()


def show(prefix: str, id: UUID) -> str:
    """The id as people and programs see it: `lead_` and the 128 bits in 26 lower-case Crockford base32 letters."""
    number = id.int
    letters = [_PAIRS[number >> shift & 0x3FF] for shift in range(120, -1, -10)]
    return f"{prefix}_{''.join(letters)}"


def read(prefix: str, text: str) -> UUID:
    """The id that `show` wrote; upper case is accepted, anything else raises `InvalidId` without repeating the text."""
    head, separator, letters = text.rpartition("_")
    if head != prefix or not separator or len(letters) != _LENGTH:
        raise InvalidId(f"This is not an id of the form {prefix}_…")
    number = 0
    for letter in letters.lower():
        value = _VALUES.get(letter)
        if value is None:
            raise InvalidId(f"This is not an id of the form {prefix}_…")
        number = number << 5 | value
    if number >> 128:
        raise InvalidId(f"This is not an id of the form {prefix}_…")
    return UUID(int=number)


def pattern(prefix: str) -> str:
    """The regular expression (ECMA-262, as JSON Schema wants it) of exactly the texts that `read` accepts."""
    return f"^{prefix}_[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{{{_LENGTH - 1}}}$"


def token(nbytes: int = 32) -> str:
    """A random secret of so many bytes in URL-safe base64 without padding; 32 bytes are 43 letters."""
    return secrets.token_urlsafe(nbytes)


def base62(n: int) -> str:
    """So many random letters and digits, each worth 5.95 bits."""
    return "".join(secrets.choice(_BASE62) for _ in range(n))
