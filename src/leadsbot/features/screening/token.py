"""The signed token of a form's page: for which form, when and for which web site it was made. Nothing is stored.

A token is 48 characters of base64url: the moment (4 bytes), a nonce (8), the origin's tag (8) and 16 bytes of keyed
BLAKE2b (RFC 7693, half the cost of HMAC-SHA256) over the form's key and these. The key of the form is not inside: a
token for another form looks like a forged one, and both are treated alike.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from functools import lru_cache
from hmac import compare_digest
from typing import Final, Literal

import msgspec

from leadsbot.features.screening.remembered import Remembered
from leadsbot.kit import clock
from leadsbot.kit.signing import Signer

PURPOSE: Final = "screening.form_token"
MIN_AGE_S: Final = 2
MAX_AGE_S: Final = 24 * 3600
"""Pages stay open for a long time; after a day a token says nothing any more."""
AHEAD_S: Final = 60
"""How far the clock of another machine of ours may be ahead."""
REMEMBERED: Final = 50_000
LENGTH: Final = 48
_SIGNED: Final = 20
_MAC: Final = 16
_FROM_URL: Final = bytes.maketrans(b"-_+/", b"+/!!")
_UNKNOWN: Final = bytes(8)

State = Literal["ok", "absent", "forged", "too_fast", "expired", "reused"]


class Found(msgspec.Struct, frozen=True, gc=False):
    """What a token says. ``state`` is ``ok`` for one that is right, of a sensible age and used for the first time."""

    state: State
    age: int
    """Seconds since it was made; 0 unless it is ours."""
    foreign: bool = False
    """Whether it was made for the page of another web site."""


ABSENT: Final = Found("absent", 0)
FORGED: Final = Found("forged", 0)


@lru_cache(maxsize=4096)
def _tag(origin: str) -> bytes:
    return hashlib.blake2b(origin.lower().encode("utf-8", "surrogatepass"), digest_size=8).digest()


@lru_cache(maxsize=4096)
def _begun(key: bytes, form_key: str) -> hashlib.blake2b:
    """What has read the keys already; a copy of it reads the rest."""
    return hashlib.blake2b(form_key.encode("utf-8", "surrogatepass"), key=key, digest_size=_MAC)


def _mac(key: bytes, said: bytes, form_key: str) -> bytes:
    hashing = _begun(key, form_key).copy()
    hashing.update(said)
    return hashing.digest()


def mint_token(signer: Signer, form_key: str, origin: str | None = None, now: int | None = None) -> str:
    """A token for the page of the form with this public key.

    ``origin`` is that of the page that will post it (``https://shop.example``; for our own page that of our base
    URL), or None when it is not known, in which case it fits every web site. ``now`` is in unix seconds.
    """
    moment = clock.unix_seconds() if now is None else now
    said = moment.to_bytes(4, "big") + os.urandom(8) + (_tag(origin) if origin else _UNKNOWN)
    return base64.urlsafe_b64encode(said + _mac(signer.key(PURPOSE), said, form_key)).decode()


class Tokens:
    """Reads tokens, and remembers the nonces that this process has seen.

    The memory is bounded and each web process has its own: a token that is used twice is noticed when both posts
    reach the same process within some 25,000 tokens. A repeat only lowers trust, so that is enough. What must be
    exact, a solved challenge, is kept in the database.
    """

    def __init__(self, signer: Signer) -> None:
        self._key = signer.key(PURPOSE)
        self._seen = Remembered(REMEMBERED)

    def read(self, token: str, form_key: str, origin: str | None, now: int) -> Found:
        """What the token says about a post to the form with this key, made by ``origin`` at ``now`` (unix seconds).
        Never raises."""
        if not token:
            return ABSENT
        try:
            plain = token.encode("ascii").translate(_FROM_URL) if len(token) == LENGTH else b""
            raw = binascii.a2b_base64(plain, strict_mode=True)
        except ValueError:
            raw = b""
        said = raw[:_SIGNED]
        if not compare_digest(_mac(self._key, said, form_key), raw[_SIGNED:]):
            return FORGED
        age, tag = now - int.from_bytes(said[:4], "big"), said[12:]
        if age < -AHEAD_S:
            return FORGED
        foreign = origin is not None and tag != _UNKNOWN and tag != _tag(origin)
        state: State = "ok" if self._seen.first(said[4:12]) else "reused"
        if age > MAX_AGE_S:
            state = "expired"
        elif age < MIN_AGE_S:
            state = "too_fast"
        return Found(state, max(0, age), foreign)
