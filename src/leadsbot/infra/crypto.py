"""Secrets at rest: AES-256-GCM envelopes bound to the row they belong to, keyed hashes, and tokens for addresses whose
payload nobody can read.

An envelope is ``1`` (format) ``key id (4 bytes)`` ``nonce (12)`` ``ciphertext and tag``. Keys are derived from the
installation's secret key by HKDF-SHA-256; the key id is a hash of the derived key, so after a rotation old envelopes
name the old key and :meth:`Crypto.is_current` says which ones to seal again. A feature that stores envelopes names in
its manifest how to do that (``reseal``), and ``leadsbot rotate-secrets`` does it for all of them.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID

from leadsbot.kit.clock import unix_seconds

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = b"1"
ID_BYTES, NONCE_BYTES = 4, 12


class CannotOpen(ValueError):
    """The envelope was made with another key, for another row, or was changed. Never says which."""


@dataclass(frozen=True, slots=True)
class Resealed:
    """What a rotation did: secrets sealed anew, those that were current already, and what no known key opens."""

    anew: int = 0
    current: int = 0
    lost: tuple[str, ...] = ()

    def __add__(self, other: Resealed) -> Resealed:
        return Resealed(self.anew + other.anew, self.current + other.current, (*self.lost, *other.lost))


def seal_token(key: bytes, plain: bytes, ttl: int) -> str:
    """A URL-safe token for ``ttl`` seconds, sealed with a key of 32 bytes that has one purpose: histories, logs and
    whoever looks over a shoulder see an address, and not what it carries."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = os.urandom(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, (unix_seconds() + ttl).to_bytes(8, "big") + plain, None)
    return base64.urlsafe_b64encode(nonce + sealed).rstrip(b"=").decode()


def open_token(key: bytes, token: str) -> bytes:
    """What such a token carries; raises CannotOpen for what this key did not seal, and when its time is over."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
        plain = AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], None)
    except (InvalidTag, ValueError, binascii.Error):
        raise CannotOpen("This address was not made here.") from None
    if int.from_bytes(plain[:8], "big") < unix_seconds():
        raise CannotOpen("This address is too old.")
    return plain[8:]


def _derive(secret: str, purpose: bytes) -> bytes:
    # Loaded by the first secret: 7 MB that most processes of most installations never need.
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"leadsbot " + purpose).derive(secret.encode())


class Crypto:
    """Seals with the current secret key, opens with it and with earlier ones."""

    def __init__(self, secret_key: str, earlier: Sequence[str] = ()) -> None:
        self._secrets = (secret_key, *earlier)

    @cached_property
    def _derived(self) -> list[bytes]:
        return [_derive(secret, b"envelope") for secret in self._secrets]

    @cached_property
    def _current(self) -> bytes:
        return sha256(self._derived[0]).digest()[:ID_BYTES]

    @cached_property
    def _keys(self) -> dict[bytes, AESGCM]:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return {sha256(key).digest()[:ID_BYTES]: AESGCM(key) for key in reversed(self._derived)}

    @cached_property
    def _hash_key(self) -> bytes:
        return _derive(self._secrets[0], b"keyed hash")

    @staticmethod
    def _bound(workspace: UUID, kind: str, id: UUID | str) -> bytes:
        return f"{workspace}|{kind}|{id}".encode()

    def seal(self, plain: str | bytes, *, workspace: UUID, kind: str, id: UUID | str) -> bytes:
        """The envelope of a secret, which opens only for the same workspace, kind and id."""
        raw = plain.encode() if isinstance(plain, str) else plain
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._keys[self._current].encrypt(nonce, raw, self._bound(workspace, kind, id))
        return FORMAT + self._current + nonce + sealed

    def open(self, envelope: bytes, *, workspace: UUID, kind: str, id: UUID | str) -> bytes:
        """The secret; raises CannotOpen for anything that ``seal`` did not make for exactly this row."""
        from cryptography.exceptions import InvalidTag

        start = 1 + ID_BYTES
        key = self._keys.get(envelope[1:start])
        if envelope[:1] != FORMAT or key is None:
            raise CannotOpen("This secret was sealed with another key; restore LEADSBOT_SECRET_KEY.")
        try:
            body = envelope[start + NONCE_BYTES :]
            return key.decrypt(envelope[start : start + NONCE_BYTES], body, self._bound(workspace, kind, id))
        except (InvalidTag, ValueError):
            raise CannotOpen("This secret cannot be opened here.") from None

    def is_current(self, envelope: bytes) -> bool:
        """Whether the envelope is sealed with the current key; if not, a rotation should seal it again."""
        return envelope[1 : 1 + ID_BYTES] == self._current

    def keyed_hash(self, purpose: str, value: str | bytes) -> bytes:
        """A 32-byte HMAC by which a value can be found again but not guessed from a copy of the database."""
        raw = value.encode() if isinstance(value, str) else value
        return hmac.digest(self._hash_key, purpose.encode() + b"\0" + raw, "sha256")
