"""Outbound requests with promises: no redirects, deadlines, capped answers, failures that say if a retry is safe."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace, TracebackType
from typing import Self
from urllib.parse import urlencode

import aiohttp
import msgspec
from yarl import URL

from leadsbot.infra.net.guard import Forbidden, Guard, GuardedResolver

USER_AGENT = "LeadsBot"
READ_CHUNK = 16 * 1024


class HttpError(Exception):
    """No usable answer. `code` is a stable word for logs and metrics; the text names the host, never the path."""

    def __init__(self, code: str, host: str) -> None:
        self.code = code
        self.host = host
        super().__init__(f"{code} ({host})" if host else code)


class NotSent(HttpError):
    """The request certainly did not reach the other side (name, connection or TLS failed): safe to retry."""


class Refused(NotSent):
    """Our own guard refused the address: retrying the same URL is useless. `sentence` may be shown to its owner."""

    def __init__(self, code: str, host: str, sentence: str) -> None:
        super().__init__(code, host)
        self.sentence = sentence


class Ambiguous(HttpError):
    """The request was written and no answer came: it may or may not have been carried out."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `complete` is False when the body was cut at the limit or broke off; the status still counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    complete: bool
    seconds: float

    def json(self) -> object:
        """The decoded body, or None when it is not complete JSON."""
        try:
            value: object = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return value


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is told about every request for metrics and audit; holds no path, query, header or body."""

    purpose: str
    host: str
    outcome: str
    status: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for the whole exchange and for connecting, bytes of answer kept, connections to one host."""

    total: float = 15.0
    connect: float = 10.0
    body: int = 64 * 1024
    per_host: int = 10


def _ignore(_: Exchange) -> None:
    """The observer of those who observe nothing."""


class HttpClient:
    """Sends requests, either guarded (`guard`) for addresses that customers configure or `trusted` for operator's ones.

    Exactly one of the two must be given, so that leaving the guard out is always visible where it happens.
    """

    def __init__(
        self,
        *,
        guard: Guard | None = None,
        trusted: bool = False,
        limits: Limits | None = None,
        observe: Callable[[Exchange], None] = _ignore,
    ) -> None:
        if (guard is None) is not trusted:
            raise ValueError("give a guard, or trusted=True for addresses that only the operator can set")
        self._guard = guard
        self._limits = limits or Limits()
        self._observe = observe
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection; the next request would open a new session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def get(
        self,
        url: str,
        *,
        purpose: str,
        headers: Mapping[str, str] | None = None,
        total: float | None = None,
        max_bytes: int | None = None,
    ) -> Response:
        """GET; see `post` for what is raised."""
        return await self._send("GET", url, None, dict(headers or {}), purpose, total, max_bytes)

    async def post_json(
        self,
        url: str,
        payload: object,
        *,
        purpose: str,
        headers: Mapping[str, str] | None = None,
        total: float | None = None,
        max_bytes: int | None = None,
    ) -> Response:
        """POST `payload` as JSON; see `post`."""
        sent = {"Content-Type": "application/json", **(headers or {})}
        return await self._send("POST", url, msgspec.json.encode(payload), sent, purpose, total, max_bytes)

    async def post_form(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        purpose: str,
        headers: Mapping[str, str] | None = None,
        total: float | None = None,
        max_bytes: int | None = None,
    ) -> Response:
        """POST `fields` form-encoded; see `post`."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return await self._send("POST", url, urlencode(fields).encode(), sent, purpose, total, max_bytes)

    async def post(
        self,
        url: str,
        body: bytes,
        *,
        purpose: str,
        headers: Mapping[str, str] | None = None,
        total: float | None = None,
        max_bytes: int | None = None,
    ) -> Response:
        """POST exactly these bytes (what signatures need).

        `total` seconds and `max_bytes` replace the client's limits for this request. Returns whatever status came,
        redirects included; raises NotSent (Refused when the guard said no) or Ambiguous, nothing else.
        """
        return await self._send("POST", url, body, dict(headers or {}), purpose, total, max_bytes)

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

    async def _send(
        self,
        method: str,
        url: str,
        body: bytes | None,
        headers: dict[str, str],
        purpose: str,
        total: float | None,
        max_bytes: int | None,
    ) -> Response:
        started = time.perf_counter()
        progress = SimpleNamespace(written=False)
        host = ""
        failure: HttpError
        try:
            target = self._guard.check_url(url) if self._guard is not None else URL(url)
            host = target.host or ""
            response = await self._exchange(method, target, body, headers, progress, total, max_bytes, started)
        except Forbidden as error:
            failure = Refused(error.code, host, str(error))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            code = _code(error)
            failure = Ambiguous(code, host) if progress.written else NotSent(code, host)
        else:
            self._observe(Exchange(purpose, host, "answered", response.status, response.seconds))
            return response
        kind = type(failure).__name__.lower()
        self._observe(Exchange(purpose, host, f"{kind}:{failure.code}", None, time.perf_counter() - started))
        # Raised outside the handler: the library's error may quote the URL, and URLs of some services hold a token.
        raise failure

    async def _exchange(
        self,
        method: str,
        target: URL,
        body: bytes | None,
        headers: dict[str, str],
        progress: SimpleNamespace,
        total: float | None,
        max_bytes: int | None,
        started: float,
    ) -> Response:
        timeout = aiohttp.ClientTimeout(total=total or self._limits.total, sock_connect=self._limits.connect)
        async with self._open().request(
            method,
            target,
            data=body,
            headers=headers,
            allow_redirects=False,
            timeout=timeout,
            trace_request_ctx=progress,
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


def _code(error: Exception) -> str:
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
