"""Rate limits of the API, told in ``RateLimit`` headers; limits of sign-in live with the accounts."""

from __future__ import annotations

from typing import Any

from leadsbot.infra.proxy import client_address
from leadsbot.infra.ratelimit import Limit, Limiter, sender
from leadsbot.infra.settings import Settings
from leadsbot.web.actor import Actor, Connection

KNOWN = Limit("api", 600, 60)
ANONYMOUS = Limit("api-anonymous", 60, 60)


class ApiLimit:
    """600 requests a minute for each API key or person, 60 for each address without one."""

    def __init__(
        self, limiter: Limiter, settings: Settings, known: Limit = KNOWN, anonymous: Limit = ANONYMOUS
    ) -> None:
        self._limiter = limiter
        self._settings = settings
        self._known, self._unknown = known, anonymous

    async def check(self, connection: Connection, actor: Actor) -> None:
        """Count the request; TooMany when it is over. Puts the RateLimit headers on the answer either way."""
        if actor.kind == "anonymous":
            await self.anonymous(connection)
            return
        self._count(connection, self._known, actor.key_id or actor.person_id)

    async def anonymous(self, connection: Connection) -> None:
        """Count a request that carries no valid credentials, by address."""
        address = client_address(connection.scope, self._settings.trusted_proxies)
        self._count(connection, self._unknown, sender(address))

    def _count(self, connection: Connection, limit: Limit, key: object) -> None:
        verdict = self._limiter.take(limit, key)
        if verdict is None:
            return
        scope: dict[str, Any] = connection.scope  # type: ignore[assignment]
        scope.setdefault("extra_headers", {}).update(verdict.headers)
        verdict.require()
