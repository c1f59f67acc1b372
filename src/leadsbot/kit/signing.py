"""Everything that is signed with a shared secret: links, webhooks in both directions, API keys' checksums.

How a signed source proves itself (public contract): the sender puts the lower- or upper-case hexadecimal HMAC-SHA256
of the raw request body, keyed with the source's secret as it is shown, into

    X-LeadsBot-Signature: sha256=<hex>

If it also sends `X-LeadsBot-Timestamp: <unix seconds>`, the signed bytes are `<timestamp>.<body>` and the timestamp
must be within five minutes of our clock, which makes replaying a captured request useless. Several signatures may
be sent, separated by commas, while a secret is being exchanged; one right one is enough.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import zlib
from collections.abc import Iterable, Sequence
from typing import Final

from leadsbot.kit import clock, ids
from leadsbot.kit.errors import Invalid, Unsigned

SIGNATURE_HEADER: Final = "X-LeadsBot-Signature"
TIMESTAMP_HEADER: Final = "X-LeadsBot-Timestamp"
TOLERANCE_SECONDS: Final = 300

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KEY: Final = re.compile(r"lb_[a-z0-9]{2,12}_([0-9A-Za-z]{30})([0-9A-Za-z]{6})", re.ASCII)
_WHSEC: Final = "whsec_"


def _bytes(value: str | bytes) -> bytes:
    # `surrogatepass`: a header may hold anything, and comparing must answer "no" rather than fail.
    return value.encode("utf-8", "surrogatepass") if isinstance(value, str) else value


def hmac_sha256(secret: str | bytes, body: str | bytes) -> str:
    """The lower-case hexadecimal HMAC-SHA256 of the body (RFC 2104)."""
    return hmac.new(_bytes(secret), _bytes(body), hashlib.sha256).hexdigest()


def constant_time_equal(one: str | bytes, other: str | bytes) -> bool:
    """Whether both are the same, in a time that tells nothing about where they differ."""
    return hmac.compare_digest(_bytes(one), _bytes(other))


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """The bytes of canonical unpadded base64url; raises ValueError on anything else, so a link has one spelling."""
    raw = base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    if _encode(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


class Signer:
    """Makes and checks tokens that carry a payload and an end of validity, for links that need no stored row.

    The payload is readable by whoever holds the link. A token made for one purpose is worth nothing for another,
    because every purpose has its own key, derived from the secret.
    """

    def __init__(self, secret: str | bytes) -> None:
        self._secret = _bytes(secret)
        if len(self._secret) < 16:
            raise ValueError("a signing secret needs at least 16 bytes")

    def key(self, purpose: str) -> bytes:
        """The purpose's own key of 32 bytes, for code that signs so often that it keeps the key."""
        return hmac.digest(self._secret, b"leadsbot.signer.v1:" + purpose.encode(), "sha256")

    def mac(self, purpose: str, message: bytes) -> bytes:
        """A keyed hash of 32 bytes that only this installation can make; purposes do not share keys."""
        return hmac.digest(self.key(purpose), message, "sha256")

    def sign(self, purpose: str, payload: str | bytes, ttl: int) -> str:
        """A URL-safe token that carries the payload and ends after `ttl` seconds."""
        message = (clock.unix_seconds() + ttl).to_bytes(8, "big") + _bytes(payload)
        return f"{_encode(message)}.{_encode(self.mac(purpose, message))}"

    def verify(self, purpose: str, token: str) -> bytes:
        """The payload of a token that `sign` made for this purpose; `Invalid` when forged or broken or too old."""
        try:
            body, _, mac = token.partition(".")
            message, sent = _decode(body), _decode(mac)
        except (ValueError, binascii.Error):
            message, sent = b"", b""
        if len(message) < 8 or not hmac.compare_digest(self.mac(purpose, message), sent):
            raise Invalid("token", "This link is not valid. Ask for a new one.", code="bad_token")
        if int.from_bytes(message[:8], "big") < clock.unix_seconds():
            raise Invalid("token", "This link has expired. Ask for a new one.", code="expired_token")
        return message[8:]


def webhook_secret() -> str:
    """A new secret of an outbound webhook: `whsec_` and 32 random bytes in base64, as Standard Webhooks asks."""
    return _WHSEC + base64.b64encode(_decode(ids.token(32))).decode()


def _standard_key(secret: str) -> bytes:
    """The key inside a `whsec_` secret; any other text is used as it is."""
    if not secret.startswith(_WHSEC):
        return _bytes(secret)
    try:
        return base64.b64decode(secret[len(_WHSEC) :], validate=True)
    except binascii.Error:
        return _bytes(secret)


def webhook_headers(id: str, ts: int, body: bytes, secrets: Sequence[str]) -> dict[str, str]:
    """The headers that sign an outbound webhook in both ways; the body must be sent byte for byte.

    `webhook-id`, `webhook-timestamp` and `webhook-signature` are those of Standard Webhooks, with one `v1,` signature
    for every secret (the newest first, two while a secret is being exchanged). `X-LeadsBot-Signature` is signed with
    the newest one only, over the body alone, with the secret as it is shown. `id` stays the same over all attempts.
    """
    if not secrets:
        raise ValueError("a webhook is signed with at least one secret")
    content = f"{id}.{ts}.".encode() + body
    signatures = (base64.b64encode(hmac.digest(_standard_key(each), content, "sha256")).decode() for each in secrets)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(ts),
        "webhook-signature": " ".join(f"v1,{each}" for each in signatures),
        SIGNATURE_HEADER: f"sha256={hmac_sha256(secrets[0], body)}",
    }


def source_signature(secret: str, body: bytes, timestamp: int | None = None) -> str:
    """What a sender puts into `X-LeadsBot-Signature`; with a timestamp it must send `X-LeadsBot-Timestamp` too."""
    signed = body if timestamp is None else f"{timestamp}.".encode() + body
    return f"sha256={hmac_sha256(secret, signed)}"


def verify_source_signature(
    secrets: Iterable[str], body: bytes, signature: str | None, timestamp: str | None = None, *, now: int | None = None
) -> None:
    """Checks an inbound signature as the module describes it; raises `Unsigned` with the reason, never the value.

    `signature` and `timestamp` are the two headers as received or None, `now` the clock in unix seconds.
    """
    if not signature:
        raise Unsigned(f"This source wants signed requests. Send {SIGNATURE_HEADER}: sha256=<hex>.")
    signed = body
    if timestamp is not None:
        stamp = timestamp.strip()
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
            raise Unsigned(f"{TIMESTAMP_HEADER} must be unix seconds.")
        if abs((clock.unix_seconds() if now is None else now) - int(stamp)) > TOLERANCE_SECONDS:
            raise Unsigned(f"{TIMESTAMP_HEADER} is more than {TOLERANCE_SECONDS} s away. Set your clock.")
        signed = f"{stamp}.".encode() + body
    sent = [part.strip().removeprefix("sha256=").lower() for part in signature.split(",")[:4]]
    wanted = [hmac_sha256(secret, signed) for secret in secrets]
    # Every pair is compared, whatever the first ones gave, so that the time says nothing.
    if not sum([constant_time_equal(one, other) for one in sent for other in wanted]):
        raise Unsigned("The signature does not fit the body.")


def _crc62(payload: str) -> str:
    number = zlib.crc32(payload.encode("ascii"))
    letters = ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        letters = _DIGITS[rest] + letters
    return letters


def mint_api_key(env: str) -> str:
    """A new API key, `lb_<env>_`, 30 random letters and digits (178 bits) and their CRC32 in six base62 digits."""
    payload = ids.base62(30)
    return f"lb_{env}_{payload}{_crc62(payload)}"


def looks_like_api_key(text: str) -> bool:
    """Whether the text has the form of one of our API keys and its checksum fits: no look-up for mistyped ones."""
    found = _KEY.fullmatch(text) if len(text) < 64 else None
    return found is not None and _crc62(found.group(1)) == found.group(2)
