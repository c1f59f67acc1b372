"""The outermost layer of the application: request id, size limit, security headers, request log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import msgspec

from leadsbot.infra.correlation import request_id
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import AppError, TooLarge, problem
from leadsbot.kit.ids import new_id, show
from leadsbot.web.problem import MEDIA_TYPE

Scope = dict[str, Any]
Message = dict[str, Any]

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
PINNED = re.compile(r"/widget\.v[0-9]+\.[0-9a-f]{10}\.js")
"""A build of the widget, at the top of the site, where a router that knows whole segments only cannot find it."""
HSTS = "max-age=63072000; includeSubDomains"
MAX_BODY = 1 << 20


def new_request_id() -> str:
    """A fresh request id, ``req_`` and 26 letters."""
    return show("req", new_id())


class Shell:
    """ASGI middleware around the whole application. ``log`` is told of every answered request."""

    def __init__(
        self,
        app: Callable[..., Any],
        *,
        https: bool,
        max_body: int = MAX_BODY,
        log: Callable[[Scope, int, float], None] | None = None,
        drain: Callable[[], None] = lambda: None,
    ) -> None:
        self.app = app
        self.drain = drain
        """Ends live streams. Call it when the process is told to stop: the server waits for open answers first."""
        self.max_body = max_body
        self._log = log
        fixed = {**HEADERS, "strict-transport-security": HSTS} if https else HEADERS
        self._headers = [(name.encode(), value.encode()) for name, value in fixed.items()]

    async def __call__(self, scope: Scope, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if PINNED.fullmatch(scope["path"]):
            scope = {**scope, "path": f"/widget/builds{scope['path']}"}
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _headless(send)
        rid = request_id.get() or new_request_id()
        token = request_id.set(rid)
        scope["request_started"] = utcnow()
        started, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": self._complete(scope, message["headers"], rid)}
            await send(message)

        try:
            declared = _content_length(scope)
            if declared is not None and declared > self.max_body:
                await _refuse(answer, TooLarge(f"The body may have {self.max_body} bytes."), rid)
            else:
                await self.app(scope, _limited(receive, self.max_body), answer)
        finally:
            if self._log is not None and status:
                self._log(scope, status, time.perf_counter() - started)
            request_id.reset(token)

    def _complete(self, scope: Scope, given: Any, rid: str) -> list[tuple[bytes, bytes]]:
        headers = [(bytes(name).lower(), bytes(value)) for name, value in given]
        present = {name for name, _ in headers}
        extra = [*self._headers, (b"x-request-id", rid.encode())]
        # What is answered to somebody who is known must not be kept by any cache.
        if b"cache-control" not in present:
            extra.append((b"cache-control", b"no-store"))
        for name, value in scope.get("extra_headers", {}).items():
            extra.append((name.lower().encode(), str(value).encode()))
        return headers + [(name, value) for name, value in extra if name not in present]


def _headless(send: Callable[..., Any]) -> Callable[..., Any]:
    """What answers HEAD: the status and headers that GET would have, and the end."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            await send(message)
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return sent


def _content_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else None
    return None


def _limited(receive: Callable[..., Any], limit: int) -> Callable[..., Any]:
    """The body, cut off with TooLarge when more than ``limit`` bytes come in chunks without a declared length."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message: Message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > limit:
                raise TooLarge(f"The body may have {limit} bytes.")
        return message

    return counted


async def _refuse(send: Callable[..., Any], error: AppError, rid: str) -> None:
    body = msgspec.json.encode(problem(error, rid))
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
