"""What is checked before a body is understood: route, origin, limits, size, signature."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final, Self

from leadsbot.features.capture.source_cache import Source
from leadsbot.infra.ratelimit import Limit, Limiter, Verdict
from leadsbot.kit.errors import AppError, Forbidden, Gone, NotFound, TooLarge, Unavailable
from leadsbot.kit.signing import verify_source_signature

BODY_DEADLINE_S: Final = 10.0
TOKENLESS_BODY: Final = 262_144
MAX_REQUESTS: Final = 1_000
MAX_BYTES: Final = 64 * 1024 * 1024
WEBHOOK, FORM, WIDGET = "webhook", "form", "widget"
KINDS: Final = {WEBHOOK: {"webhook"}, FORM: {"form"}, WIDGET: {"widget", "form"}}
PER_ADDRESS: Final = {
    WEBHOOK: Limit("address", 1000, 10),
    FORM: Limit("address", 60, 60),
    WIDGET: Limit("address", 60, 60),
}
PER_SOURCE: Final = {
    WEBHOOK: Limit("source", 5000, 10),
    FORM: Limit("source", 2000, 60),
    WIDGET: Limit("source", 2000, 60),
}


class MethodNotAllowed(AppError):
    """405."""

    code, status, title = "method_not_allowed", 405, "This address takes POST"


class TooSlow(AppError):
    """408."""

    code, status, title = "too_slow", 408, "The body did not arrive in time"


def admit(source: Source, route: str, origin: str | None) -> None:
    """Raise NotFound for a source of another route, Forbidden for a foreign origin, Gone for a closed source."""
    if source.kind not in KINDS[route]:
        raise NotFound("There is no such form or webhook address. Copy it again from the Sources page.")
    if origin is not None and source.origins and origin.lower() not in source.origins:
        raise Forbidden("This source does not take submissions from this web site. Add its origin on the Sources page.")
    if not source.open:
        raise Gone("This source is closed.")


def limit(
    limiter: Limiter,
    limits: tuple[Mapping[str, Limit], Mapping[str, Limit]],
    source: Source | None,
    route: str,
    ip: str | None,
) -> Verdict | None:
    """Count one request; raises TooMany. The verdict per address is returned for the headers."""
    verdict = limiter.take(limits[0][route], (source and source.id, ip))
    if verdict:
        verdict.require()
    total = limiter.take(limits[1][route], source.id) if source else None
    if total:
        total.require()
    return verdict


class Room:
    """How many requests and body bytes may be held at once; beyond it: 503, never more memory."""

    def __init__(self, requests: int = MAX_REQUESTS, size: int = MAX_BYTES, deadline: float = BODY_DEADLINE_S) -> None:
        self._requests, self._bytes, self._deadline = requests, size, deadline

    def __enter__(self) -> Self:
        if self._requests <= 0:
            raise Unavailable(1)
        self._requests -= 1
        return self

    def __exit__(self, *_: object) -> None:
        self._requests += 1

    async def read(self, receive: Any, declared: str | None, most: int) -> bytes:
        """The whole body. Raises TooLarge beyond ``most`` bytes, TooSlow after the deadline, Unavailable when full."""
        if declared and (not declared.isdigit() or len(declared) > 15 or int(declared) > most):
            raise too_large(most)
        size, chunks = 0, []
        try:
            async with asyncio.timeout(self._deadline):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise TooSlow("The connection was closed before the body had arrived.")
                    chunk, more = message.get("body", b""), message.get("more_body", False)
                    size += len(chunk)
                    self._bytes -= len(chunk)
                    chunks.append(chunk)
                    if size > most:
                        raise too_large(most)
                    if self._bytes < 0:
                        raise Unavailable(1)
        except TimeoutError:
            raise TooSlow(f"The body did not arrive within {self._deadline:g} s.") from None
        finally:
            self._bytes += size
        return b"".join(chunks)


def too_large(most: int) -> TooLarge:
    """413, naming the limit in bytes. The connection is closed: the rest of the body is not worth reading."""
    return TooLarge(f"The body is larger than this source's limit of {most} bytes.", headers={"Connection": "close"})


def signed(source: Source, headers: Mapping[bytes, bytes], body: bytes) -> None:
    """Raise Unauthorised unless the source takes unsigned requests or the signature fits the body."""
    if source.secret is None:
        return
    if not source.secret:
        raise Unavailable(60, "The signing secret of this source cannot be read. Set a new one.")
    names = (b"x-leadsbot-signature", b"x-leadsbot-timestamp")
    signature, stamp = (headers[name].decode("latin-1") if name in headers else None for name in names)
    verify_source_signature([source.secret], body, signature, stamp)
