"""What our HTTP protocol does on the wire: whole answers at once, streams piece by piece, nothing held back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from leadsbot.infra.wire import Protocol

REQUEST = b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n"
LARGE = 3_000_000


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answers at once, in pieces that wait for each other, with a large body, or closes."""
    head: list[tuple[bytes, bytes]] = [(b"content-type", b"text/plain")]
    if scope["path"] == "/close":
        head.append((b"connection", b"close"))
    if scope["path"] != "/stream":
        body = b"x" * LARGE if scope["path"] == "/large" else b"hello"
        head.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body})
        return
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b"first", "more_body": True})
    # The rest comes only after the client has said that the first piece arrived.
    await scope["app_state"].wait()
    await send({"type": "http.response.body", "body": b"second", "more_body": False})


@asynccontextmanager
async def serving(arrived: asyncio.Event | None = None) -> AsyncIterator[tuple[asyncio.StreamReader, Any]]:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await application({**scope, "app_state": arrived}, receive, send)

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app, http=Protocol, lifespan="off", log_config=None))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    reader, writer = await asyncio.open_connection("127.0.0.1", listener.getsockname()[1])
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await task


async def test_head_and_body_of_an_answer_arrive_together_and_the_connection_is_kept() -> None:
    async with serving() as (reader, writer):
        for _ in range(20):
            writer.write(REQUEST % b"/")
            packet = await reader.read(65536)
            assert packet.startswith(b"HTTP/1.1 200")
            assert packet.endswith(b"\r\n\r\nhello")


async def test_a_piece_of_a_stream_is_not_held_back_until_the_next() -> None:
    arrived = asyncio.Event()
    async with serving(arrived) as (reader, writer):
        writer.write(REQUEST % b"/stream")
        async with asyncio.timeout(10):
            assert b"first" in await reader.readuntil(b"first")
            arrived.set()
            assert b"second" in await reader.readuntil(b"0\r\n\r\n")


async def test_a_large_body_arrives_whole() -> None:
    async with serving() as (reader, writer):
        writer.write(REQUEST % b"/large")
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(LARGE) == b"x" * LARGE


async def test_an_answer_that_ends_the_connection_is_sent_before_the_end() -> None:
    async with serving() as (reader, writer):
        writer.write(REQUEST % b"/close")
        assert (await reader.read()).endswith(b"hello")


async def test_requests_sent_in_one_go_are_answered_in_turn() -> None:
    async with serving() as (reader, writer):
        writer.write((REQUEST % b"/") * 5)
        for _ in range(5):
            await reader.readuntil(b"\r\n\r\n")
            assert await reader.readexactly(5) == b"hello"
