"""The exchange itself, on aiohttp. Loaded by the first request: 8 MB that a process without one does not need."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import SimpleNamespace

import aiohttp
from yarl import URL

from leadsbot.infra.net.guard import Guard
from leadsbot.infra.net.outcome import Limits, Response
from leadsbot.infra.net.resolver import GuardedResolver

USER_AGENT = "LeadsBot"
READ_CHUNK = 16 * 1024
ERRORS = (aiohttp.ClientError, TimeoutError, OSError, ValueError)


class Session:
    """Connections of one client, opened when first needed."""

    def __init__(self, guard: Guard | None, limits: Limits) -> None:
        self._guard = guard
        self._limits = limits
        self._session: aiohttp.ClientSession | None = None

    async def close(self) -> None:
        """Close every connection; the next request would open new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_mark_written)
            connector = aiohttp.TCPConnector(
                limit=0,
                limit_per_host=self._limits.per_host,
                resolver=GuardedResolver(self._guard) if self._guard is not None else None,
                ttl_dns_cache=30,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                trace_configs=[trace],
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                # Answers stay as they are sent, so a compressed bomb is cut by its compressed size.
                auto_decompress=False,
                headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
            )
        return self._session

    async def exchange(
        self,
        method: str,
        target: URL | str,
        body: bytes | None,
        headers: Mapping[str, str],
        *,
        written: SimpleNamespace,
        total: float | None,
        max_bytes: int | None,
    ) -> Response:
        """Send and read. Raises one of ERRORS; ``written.written`` is true once the head of the request was sent."""
        started = time.perf_counter()
        timeout = aiohttp.ClientTimeout(total=total or self._limits.total, sock_connect=self._limits.connect)
        async with self._open().request(
            method,
            target,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=timeout,
            trace_request_ctx=written,
        ) as answer:
            kept, complete = await _read(answer.content, max_bytes or self._limits.body)
            if not complete:
                # The rest would have to be read before the connection could serve again.
                answer.close()
            return Response(answer.status, answer.headers, kept, complete, time.perf_counter() - started)


async def _mark_written(
    _: aiohttp.ClientSession, context: SimpleNamespace, __: aiohttp.TraceRequestHeadersSentParams
) -> None:
    context.trace_request_ctx.written = True


async def _read(content: aiohttp.StreamReader, limit: int) -> tuple[bytes, bool]:
    kept = bytearray()
    try:
        while chunk := await content.read(READ_CHUNK):
            kept += chunk
            if len(kept) > limit:
                return bytes(kept[:limit]), False
    except (aiohttp.ClientError, TimeoutError, OSError):
        return bytes(kept), False
    return bytes(kept), True


def code_of(error: Exception) -> str:
    """A stable word for what went wrong."""
    kinds: tuple[tuple[type[Exception], str], ...] = (
        (aiohttp.ClientConnectorDNSError, "dns"),
        (aiohttp.ClientSSLError, "tls"),
        (aiohttp.ClientConnectorError, "connect"),
        (aiohttp.ConnectionTimeoutError, "connect_timeout"),
        (TimeoutError, "timeout"),
        (aiohttp.ServerDisconnectedError, "disconnected"),
        (aiohttp.InvalidURL, "bad_url"),
        (aiohttp.ClientPayloadError, "broken_answer"),
        (aiohttp.ClientResponseError, "broken_answer"),
        (OSError, "reset"),
    )
    return next((code for kind, code in kinds if isinstance(error, kind)), "failed")
