"""uvicorn's HTTP protocol with one system call less for each answer, and a short way for whole bodies and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from leadsbot.infra.asgi import EXCHANGE


class Gathering:
    """A transport that sends what is written in one turn of the event loop with one system call.

    uvicorn writes the head of an answer and its body one after the other, and uvloop sends each at once: two packets
    to send and, for the other side, two to read. What nothing follows is sent at the end of the turn.
    """

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held: list[bytes] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send, now or at the end of this turn."""
        if not self._held:
            self._loop.call_soon(self._flush)
        self._held.append(data)

    def close(self) -> None:
        """Send what is held, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            data, self._held = b"".join(self._held), []
            self._transport.write(data)


class Protocol(HttpToolsProtocol):
    """For ``uvicorn.Config(http=…)``. To the request at hand it is a :class:`leadsbot.infra.asgi.Exchange`."""

    _every: tuple[list[tuple[bytes, bytes]], bytes] = [], b""
    _unread: bytearray | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        super().connection_made(cast("asyncio.Transport", Gathering(transport, self.loop)))

    def on_headers_complete(self) -> None:
        """A request begins."""
        super().on_headers_complete()
        # Not an object for each request: it and the request would know each other, and only the collector of garbage
        # would end that, which costs more than all that is saved here.
        cast("dict[str, Any]", self.scope)["extensions"] = {EXCHANGE: self}
        self._unread = self.cycle.body

    def body(self) -> bytes | None:
        """The whole body if it is there and nobody has read of it."""
        cycle = self.cycle
        # While others wait behind it, the request at hand is not the last one. Whoever reads by ASGI leaves another
        # buffer in its place.
        if self.pipeline or cycle.more_body or cycle.disconnected or cycle.body is not self._unread:
            return None
        whole, cycle.body = bytes(cycle.body), bytearray()
        cycle.message_event.clear()
        return whole

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Send a whole answer; False for what is unusual, which uvicorn's own way sends, or refuses, better."""
        cycle = self.cycle
        usual = cycle.keep_alive and not (self.pipeline or cycle.response_started or cycle.disconnected)
        if not usual or self.flow.write_paused or "connection" in headers or cycle.scope["method"] == "HEAD":
            return False
        # No value can end its line and begin another.
        if not "".join(headers.values()).isprintable():
            return False
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode("latin-1", "replace")
        cycle.response_started = cycle.response_complete = True
        self.transport.write(b"".join((STATUS_LINE[status], self._all(cycle.default_headers), lines, b"\r\n", body)))
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _all(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """The lines that uvicorn gives every answer, such as the date, which changes once a second."""
        known = self._every
        if known[0] is not headers:
            known = Protocol._every = headers, b"".join([b"%b: %b\r\n" % pair for pair in headers])
        return known[1]
