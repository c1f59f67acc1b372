"""What our HTTP protocol does on the wire: whole answers at once, streams piece by piece, nothing held back."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from leadsbot.infra.asgi import EXCHANGE
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
async def serving(
    arrived: asyncio.Event | None = None, app: Any = None
) -> AsyncIterator[tuple[asyncio.StreamReader, Any]]:
    async def answering(scope: dict[str, Any], receive: Any, send: Any) -> None:
        await application({**scope, "app_state": arrived}, receive, send)

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    server = uvicorn.Server(uvicorn.Config(app or answering, http=Protocol, lifespan="off", log_config=None))
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


POST = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s"


async def short(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Says whether the body was there in one piece, and which one, and answers in one piece where that is possible."""
    exchange, path = scope["extensions"][EXCHANGE], scope["path"]
    if path == "/read":
        await receive()
    if path in ("/wait", "/turn"):
        await asyncio.sleep(0.05)
    whole = exchange.body()
    if path == "/turn" and whole is None:
        whole = (await receive())["body"]
    body = repr(whole).encode()
    headers = {"content-length": str(len(body)), "x-told": "a\r\nset-cookie: b" if path == "/hostile" else "caf\xe9"}
    if path == "/close":
        headers["connection"] = "close"
    if exchange.answer(201, headers, body):
        return
    headers["x-told"] = "by ASGI"
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 201, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


async def told(reader: asyncio.StreamReader, *, empty: bool = False) -> tuple[bytes, bytes]:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    return head, b"" if empty else await reader.readexactly(length)


async def test_a_whole_body_and_a_whole_answer_take_the_short_way_on_a_connection_that_is_kept() -> None:
    async with serving(app=short) as (reader, writer):
        for body in (b"", b"name=Ada", b"x" * 200_000):
            writer.write(POST % (b"/", len(body), body))
            head, answer = await told(reader)
            assert head.startswith(b"HTTP/1.1 201 Created\r\ndate: ")
            assert b"\r\nx-told: caf\xe9\r\n" in head
            # A large one may come in pieces.
            assert answer in ({repr(body).encode(), b"None"} if len(body) > 65_536 else {repr(body).encode()})


async def test_what_is_unusual_is_answered_as_ever() -> None:
    async with serving(app=short) as (reader, writer):
        writer.write(POST % (b"/hostile", 2, b"hi"))
        head, _ = await told(reader)
        assert b"set-cookie" not in head
        assert b"x-told: by ASGI" in head
        writer.write(b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        head, _ = await told(reader, empty=True)
        assert b"x-told: by ASGI" in head
        writer.write(POST % (b"/close", 2, b"hi"))
        head, answer = await told(reader)
        assert (b"x-told: by ASGI" in head, answer) == (True, b"b'hi'")
        assert await reader.read() == b""


async def test_a_body_that_somebody_read_or_that_is_still_coming_is_not_taken_for_whole() -> None:
    async with serving(app=short) as (reader, writer):
        writer.write(POST % (b"/read", 2, b"hi"))
        assert (await told(reader))[1] == b"None"
        writer.write(POST % (b"/wait", 4, b"he"))
        assert (await told(reader))[1] == b"None"


async def test_whole_answers_to_requests_sent_in_one_go_come_in_turn() -> None:
    async with serving(app=short) as (reader, writer):
        writer.write(b"".join(POST % (b"/turn", 1, b"%d" % n) for n in range(6)))
        assert [(await told(reader))[1] for _ in range(6)] == [b"b'%d'" % n for n in range(6)]
