"""Rate limits of the API, told in ``RateLimit`` headers; limits of sign-in live with the accounts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from leadsbot.infra.proxy import client_address
from leadsbot.infra.settings import Settings
from leadsbot.kit.errors import TooMany
from leadsbot.web.actor import Actor, Connection

PER_MINUTE, ANONYMOUS_PER_MINUTE = 600, 60
WINDOW_S = 60


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a limiter says about one request."""

    allowed: bool
    remaining: int
    reset_after: float
    retry_after: float


class Limiter(Protocol):
    """Counts requests per key."""

    def hit(self, key: str, *, limit: int, period: float) -> Any:
        """Count one request; the answer has the fields of :class:`Verdict`."""
        ...


class ApiLimit:
    """600 requests a minute for each API key or person, 60 for each address without one."""

    def __init__(self, limiter: Limiter, settings: Settings) -> None:
        self._limiter = limiter
        self._settings = settings

    async def check(self, connection: Connection, actor: Actor) -> None:
        """Count the request; TooMany when it is over. Puts the RateLimit headers on the answer either way."""
        if actor.kind == "anonymous":
            await self.anonymous(connection)
            return
        self._count(connection, f"api:{actor.key_id or actor.person_id}", PER_MINUTE)

    async def anonymous(self, connection: Connection) -> None:
        """Count a request that carries no valid credentials, by address."""
        address = client_address(connection.scope, self._settings.trusted_proxies)
        self._count(connection, f"api:ip:{address}", ANONYMOUS_PER_MINUTE)

    def _count(self, connection: Connection, key: str, limit: int) -> None:
        if self._settings.rate_limits == "off":
            return
        verdict = self._limiter.hit(key, limit=limit, period=WINDOW_S)
        scope: dict[str, Any] = connection.scope  # type: ignore[assignment]
        headers = scope.setdefault("extra_headers", {})
        headers["RateLimit-Policy"] = f'"api";q={limit};w={WINDOW_S}'
        headers["RateLimit"] = f'"api";r={max(0, int(verdict.remaining))};t={max(0, round(verdict.reset_after))}'
        if not verdict.allowed:
            raise TooMany(int(verdict.retry_after) + 1)
