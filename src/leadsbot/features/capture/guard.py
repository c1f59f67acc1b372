"""What is checked before a body is understood: route, origin, limits, size, signature."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from leadsbot.features.capture.source_cache import Source
from leadsbot.infra.asgi import Request
from leadsbot.infra.ratelimit import Limit, Limiter, sender
from leadsbot.kit.errors import Forbidden, Gone, Invalid, NotFound, Unavailable
from leadsbot.kit.redact import mask_pans
from leadsbot.kit.signing import verify_source_signature

TOKENLESS_BODY: Final = 262_144
WEBHOOK, FORM, WIDGET = "webhook", "form", "widget"
KINDS: Final = {WEBHOOK: {"webhook"}, FORM: {"form"}, WIDGET: {"widget", "form"}}
Limits = tuple[Mapping[str, Limit], Mapping[str, Limit]]
LIMITS: Final[Limits] = (
    {WEBHOOK: Limit("address", 1000, 10), FORM: Limit("address", 60, 60), WIDGET: Limit("address", 60, 60)},
    {WEBHOOK: Limit("source", 5000, 10), FORM: Limit("source", 2000, 60), WIDGET: Limit("source", 2000, 60)},
)
"""Calls per source and address, and per source: generous to programs, which have few addresses, strict to browsers."""


def admit(source: Source | None, route: str, origin: str | None) -> Source:
    """The source, if it takes this request.

    Raises NotFound for none or one of another route, Forbidden for a foreign origin, Gone for a closed one.
    """
    if source is None or source.kind not in KINDS[route]:
        raise NotFound("There is no such form or webhook address. Copy it again from the Sources page.")
    if origin is not None and source.origins and origin.lower() not in source.origins:
        raise Forbidden("This source does not take submissions from this web site. Add its origin on the Sources page.")
    if not source.open:
        raise Gone("This source is closed.")
    return source


def limit(limiter: Limiter, limits: Limits, source: Source | None, route: str, ip: str | None) -> dict[str, str]:
    """Count one request; raises TooMany. Returns the headers that tell how many more may follow."""
    verdict = limiter.take(limits[0][route], (source and source.id, sender(ip)))
    if verdict:
        verdict.require()
    total = limiter.take(limits[1][route], source.id) if source else None
    if total:
        total.require()
    return verdict.headers if verdict else {}


def signed(source: Source, request: Request, body: bytes) -> None:
    """Raise Unauthorised unless the source takes unsigned requests or the signature fits the body."""
    if source.secret == "":
        raise Unavailable(60, "The signing secret of this source cannot be read. Set a new one.")
    if source.secret is not None:
        signature, stamp = request.raw(b"x-leadsbot-signature"), request.raw(b"x-leadsbot-timestamp")
        verify_source_signature([source.secret], body, signature, stamp)


def idempotency_key(request: Request, held: str = "") -> str:
    """The Idempotency-Key, or the one that a body holds; empty when there is none. Raises Invalid for one that is too
    long or not plain ASCII."""
    key = mask_pans(request.header(b"idempotency-key") or held)
    if len(key) > 255 or not key.isascii() or not key.isprintable():
        raise Invalid("Idempotency-Key", "Send at most 255 visible ASCII characters.", code="bad_key")
    return key
