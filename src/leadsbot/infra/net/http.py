"""Outbound requests with promises: no redirects, deadlines, capped answers, failures that say if a retry is safe."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Self
from urllib.parse import urlencode, urlsplit

import msgspec

from leadsbot.infra.net.guard import Forbidden, Guard
from leadsbot.infra.net.outcome import Ambiguous, Exchange, HttpError, Limits, NotSent, Refused, Response

if TYPE_CHECKING:
    from leadsbot.infra.net.session import Session


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
        self._session: Session | None = None

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
        from leadsbot.infra.net import session

        started = time.perf_counter()
        progress = SimpleNamespace(written=False)
        host = ""
        failure: HttpError
        try:
            target = self._guard.check_url(url) if self._guard is not None else url
            host = urlsplit(str(target)).hostname or ""
            self._session = self._session or session.Session(self._guard, self._limits)
            response = await self._session.exchange(
                method, target, body, headers, written=progress, total=total, max_bytes=max_bytes
            )
        except Forbidden as error:
            failure = Refused(error.code, host, str(error))
        except session.ERRORS as error:
            code = session.code_of(error)
            failure = Ambiguous(code, host) if progress.written else NotSent(code, host)
        else:
            self._observe(Exchange(purpose, host, "answered", response.status, response.seconds))
            return response
        kind = type(failure).__name__.lower()
        self._observe(Exchange(purpose, host, f"{kind}:{failure.code}", None, time.perf_counter() - started))
        # Raised outside the handler: the library's error may quote the URL, and URLs of some services hold a token.
        raise failure


__all__ = ["Ambiguous", "Exchange", "HttpClient", "HttpError", "Limits", "NotSent", "Refused", "Response"]
