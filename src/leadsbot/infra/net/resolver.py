"""The resolver that hands the HTTP client only addresses which the guard has vetted."""

from __future__ import annotations

import asyncio
import socket

from aiohttp.abc import AbstractResolver, ResolveResult

from leadsbot.infra.net.guard import LOOKUP_SECONDS, Guard, Lookup, system_lookup


class GuardedResolver(AbstractResolver):
    """Resolves once, vets every answer and hands aiohttp only vetted addresses, which it connects to as they are.

    The URL stays unchanged, so Host header, SNI and certificate check keep the name.
    """

    def __init__(self, guard: Guard, lookup: Lookup = system_lookup) -> None:
        self._guard = guard
        self._lookup = lookup

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The vetted addresses of `host`; raises Forbidden, or OSError when the name is unknown or too slow."""
        try:
            async with asyncio.timeout(LOOKUP_SECONDS):
                answers = await self._lookup(host, port)
        except TimeoutError:
            raise OSError("the name was not resolved in time") from None
        return [
            ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET if address.version == 4 else socket.AF_INET6,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in self._guard.vet(host, port, answers)
        ]

    async def close(self) -> None:
        """Nothing is held."""
