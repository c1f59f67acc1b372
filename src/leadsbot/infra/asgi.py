"""HTTP without a framework, for what must answer before any framework: reading with limits, answering, failing."""

from __future__ import annotations

import asyncio
import itertools
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, Self, TypeVar
from urllib.parse import parse_qsl

import msgspec

from leadsbot.infra import logging
from leadsbot.infra.refused_page import POLICY, refused_page
from leadsbot.kit import useragent
from leadsbot.kit.clock import monotonic
from leadsbot.kit.errors import AppError, TooLarge, Unavailable, problem
from leadsbot.kit.proxy import Network, client_ip
from leadsbot.kit.redact import mask_pans

_PROCESS: Final = secrets.token_hex(8)
_NUMBERS: Final = itertools.count(1)
log = logging.get(__name__)
Scope = Mapping[str, Any]
Reply = tuple[int, dict[str, str], bytes]
BODY_DEADLINE_S: Final = 10.0
MAX_REQUESTS: Final = 1_000
MAX_BYTES: Final = 64 * 1024 * 1024
HEADER_LIMIT: Final = 1000
_SHOW: Final = "retry-after, ratelimit, ratelimit-policy, x-request-id"


class MethodNotAllowed(AppError):
    """405."""

    code, status, title = "method_not_allowed", 405, "This address takes POST"


class TooSlow(AppError):
    """408."""

    code, status, title = "too_slow", 408, "The body did not arrive in time"


T = TypeVar("T")


class Observer(Protocol):
    """Counts answers."""

    def observe(self, outcome: str, seconds: float, about: Any) -> None:
        """One request ended as ``outcome``: a word of the handler's, or the code of an error. ``about`` is what the
        handler remembered of it."""
        ...


EXCHANGE: Final = "leadsbot.exchange"
"""The ASGI extension under which a server of ours (``infra/wire.py``) gives an :class:`Exchange`."""


class Exchange(Protocol):
    """A short way for a request that came in one piece, and for an answer in one piece."""

    def body(self) -> bytes | None:
        """The whole body if it is there and nobody has read of it; None: read it as ASGI says."""
        ...

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Send an answer. False when it was not possible: send it as ASGI says."""
        ...


def _cut(value: bytes) -> str:
    return value[: 4 * HEADER_LIMIT].decode("utf-8", "replace")[:HEADER_LIMIT]


class Request:
    """Headers of one request as text, its own id, and who sent it."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.exchange: Exchange | None = (scope.get("extensions") or {}).get(EXCHANGE)
        self.id = f"req_{_PROCESS}{next(_NUMBERS):08x}"
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.origin = self.header(b"origin") or None
        self.content_type = self.header(b"content-type")
        self.extra: dict[str, str] = {}
        """Headers that the answer must carry whatever it is."""
        self.wants_page = False
        """Whether a person reads the answer."""
        self.about: Any = None
        """What the handler found out of whom the request is about, for the observer."""

    def remember(self, about: T) -> T:
        """Keep for the observer what the request is about, and hand it back."""
        self.about = about
        return about

    def header(self, name: bytes) -> str:
        """A header's value, cut at HEADER_LIMIT characters and without NUL; empty when it was not sent."""
        value = self.headers.get(name)
        if not value:
            return ""
        text = value.decode("utf-8", "replace") if len(value) <= HEADER_LIMIT else _cut(value)
        return text.replace("\x00", "") if "\x00" in text else text

    def raw(self, name: bytes) -> str | None:
        """A header's value with one character per byte, for comparing; None when it was not sent."""
        value: bytes | None = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    def query(self, name: str) -> str:
        """A parameter of the address, empty when it was not sent."""
        try:
            pairs = parse_qsl(self.scope["query_string"].decode("latin-1"), max_num_fields=50)
        except ValueError:
            return ""
        return next((value for found, value in pairs if found == name), "")

    def ip(self, trusted: Sequence[Network]) -> str | None:
        """The sender's address, see :func:`client_ip`."""
        peer = self.scope.get("client")
        forwarded = [value.decode("latin-1") for name, value in self.scope["headers"] if name == b"x-forwarded-for"]
        return client_ip(peer[0] if peer else None, forwarded, trusted)

    def circumstances(self) -> dict[str, str]:
        """What the request says about the visit: families of the user agent, language, page, origin; card numbers
        masked."""
        told = {
            "language": self.header(b"accept-language")[:100],
            "origin": self.origin and mask_pans(self.origin),
            "referer": mask_pans(self.header(b"referer")),
            "content_type": self.content_type.partition(";")[0][:100],
        }
        seen = {name: value for name, value in told.items() if value}
        seen["request_id"] = self.id
        return useragent.families(self.header(b"user-agent")) | seen


class Room:
    """How many requests and body bytes may be held at once; beyond it: 503, never more memory."""

    def __init__(self, requests: int = MAX_REQUESTS, size: int = MAX_BYTES, deadline: float = BODY_DEADLINE_S) -> None:
        self._requests, self._bytes, self._deadline = requests, size, deadline
        # Who reads a body, oldest first: all have the same time, so one timer for everybody does, and the usual body,
        # which is there already, costs no timer at all.
        self._reading: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._watching = False

    def __enter__(self) -> Self:
        if self._requests <= 0:
            raise Unavailable(1)
        self._requests -= 1
        return self

    def __exit__(self, *_: object) -> None:
        self._requests += 1

    async def read(self, request: Request, receive: Any, most: int) -> bytes:
        """The whole body. Raises TooLarge beyond ``most`` bytes, TooSlow after the deadline, Unavailable when full."""
        declared = request.header(b"content-length")
        if declared and (not declared.isdigit() or len(declared) > 15 or int(declared) > most):
            raise too_large(most)
        whole = request.exchange.body() if request.exchange is not None else None
        if whole is None:
            return await self._read(receive, most)
        if len(whole) > most:
            raise too_large(most)
        return whole

    async def _read(self, receive: Any, most: int) -> bytes:
        size, chunks, task = 0, [], asyncio.current_task()
        if task is None:
            raise RuntimeError("a body is read by a task")
        self._reading[task] = monotonic()
        if not self._watching:
            self._watch()
        try:
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
        except asyncio.CancelledError:
            if task not in self._late or task.uncancel() > 0:
                raise
            raise TooSlow(f"The body did not arrive within {self._deadline:g} s.") from None
        finally:
            self._bytes += size
            self._reading.pop(task, None)
            self._late.discard(task)
        return b"".join(chunks)

    def _watch(self) -> None:
        """End what reads for longer than the deadline, and come back while anybody reads."""
        now = monotonic()
        for task, since in self._reading.items():
            if now - since < self._deadline:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        self._watching = bool(self._reading)
        if self._watching:
            asyncio.get_running_loop().call_later(self._deadline / 10, self._watch)


def too_large(most: int) -> TooLarge:
    """413, naming the limit in bytes. The connection is closed: the rest of the body is not worth reading."""
    return TooLarge(f"The body is larger than the limit of {most} bytes.", headers={"Connection": "close"})


def as_json(status: int, value: Any) -> Reply:
    """A JSON answer."""
    return status, {"Content-Type": "application/json"}, msgspec.json.encode(value)


def failure(error: AppError, request_id: str, *, page: bool, referer: str) -> Reply:
    """An error as application/problem+json, or as a page for whoever filled in a form."""
    if not page:
        body = msgspec.json.encode(problem(error, request_id))
        return error.status, {"Content-Type": "application/problem+json", **error.headers}, body
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": POLICY}
    return error.status, {**headers, **error.headers}, refused_page(error, request_id, referer)


def _headers(request: Request, reply: Reply, *, readable: bool) -> dict[str, str]:
    """All headers. ``readable`` lets scripts of the request's origin see the answer; cookies are never allowed."""
    status, given, body = reply
    headers = {name.lower(): value for name, value in given.items()}
    headers.update(request.extra)
    headers["x-request-id"] = request.id
    headers["vary"] = "Origin, Accept"
    headers["cache-control"] = "no-store"
    headers["x-content-type-options"] = "nosniff"
    if status != 204:
        headers["content-length"] = str(len(body))
    if request.origin is not None and readable:
        headers["access-control-allow-origin"] = request.origin
        headers["access-control-expose-headers"] = _SHOW
    return headers


async def _send(request: Request, reply: Reply, send: Any, *, readable: bool) -> None:
    headers, (status, _, body) = _headers(request, reply, readable=readable), reply
    if request.exchange is not None and request.exchange.answer(status, headers, body):
        return
    pairs = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def respond(
    request: Request,
    work: Callable[[], Awaitable[tuple[str, Reply]]],
    send: Any,
    room: Room,
    observer: Observer | None = None,
) -> None:
    """Send what the work answers, or its failure as an answer: nothing gets out. Then count it."""
    started, readable = monotonic(), True
    try:
        with room:
            outcome, reply = await work()
    except Exception as error:
        told = error if isinstance(error, AppError) else AppError("Nothing was stored. Try again.")
        if told is not error:
            log.exception("request.failed")
        outcome, readable = told.code, told.code != "forbidden"
        reply = failure(told, request.id, page=request.wants_page, referer=request.header(b"referer"))
    await _send(request, reply, send, readable=readable)
    if observer is not None:
        observer.observe(outcome, monotonic() - started, request.about)
