"""uvicorn's HTTP protocol with one system call less for each answer, and a short way for whole bodies and answers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

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

    def whole(self, data: bytes) -> None:
        """Send what nothing follows, at once unless something is held."""
        if self._held:
            self._held.append(data)
        else:
            self._transport.write(data)

    def close(self) -> None:
        """Send what is held, then close."""
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._held:
            data, self._held = b"".join(self._held), []
            self._transport.write(data)


class Exchange:
    """One request and its answer, see :class:`leadsbot.infra.asgi.Exchange`."""

    __slots__ = ("_cycle", "_protocol", "_unread")

    def __init__(self, protocol: Protocol, cycle: RequestResponseCycle) -> None:
        self._protocol, self._cycle = protocol, cycle
        self._unread = cycle.body

    def body(self) -> bytes | None:
        """The whole body if it is there and nobody has read of it."""
        cycle = self._cycle
        # Whoever reads by ASGI leaves another buffer in its place.
        if cycle.more_body or cycle.disconnected or cycle.body is not self._unread:
            return None
        cycle.body = bytearray()
        cycle.message_event.clear()
        return bytes(self._unread)

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> bool:
        """Send a whole answer; False for what is unusual, which uvicorn's own way sends, or refuses, better."""
        cycle, protocol = self._cycle, self._protocol
        usual = cycle.keep_alive and not cycle.response_started and not cycle.disconnected
        if not usual or protocol.flow.write_paused or "connection" in headers or cycle.scope["method"] == "HEAD":
            return False
        # No value can end its line and begin another.
        if not "".join(headers.values()).isprintable():
            return False
        lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()]).encode("latin-1", "replace")
        cycle.response_started = cycle.response_complete = True
        head = STATUS_LINE[status] + protocol.every_answer(cycle.default_headers) + lines
        protocol.gathering.whole(head + b"\r\n" + body)
        cycle.message_event.set()
        cycle.on_response()
        return True


class Protocol(HttpToolsProtocol):
    """For ``uvicorn.Config(http=…)``."""

    _every: tuple[list[tuple[bytes, bytes]], bytes] = [], b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected."""
        self.gathering = Gathering(transport, self.loop)
        super().connection_made(cast("asyncio.Transport", self.gathering))

    def on_headers_complete(self) -> None:
        """A request begins."""
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            cast("dict[str, Any]", self.scope)["extensions"] = {EXCHANGE: Exchange(self, self.cycle)}

    def every_answer(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """The lines of the headers that uvicorn gives every answer, such as the date, which changes once a second."""
        known = self._every
        if known[0] is not headers:
            known = Protocol._every = headers, b"".join([b"%b: %b\r\n" % pair for pair in headers])
        return known[1]
