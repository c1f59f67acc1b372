"""What the client promises when the other side misbehaves."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from leadsbot.infra.net.guard import Guard
from leadsbot.infra.net.http import Ambiguous, Exchange, HttpClient, Limits, NotSent, Refused

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Serve = Callable[[Peer], Awaitable[str]]
OK = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[asyncio.Server] = []

    async def start(peer: Peer) -> str:
        server = await asyncio.start_server(peer, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()


@pytest.fixture
async def http() -> AsyncIterator[HttpClient]:
    async with HttpClient(trusted=True, limits=Limits(total=0.5, connect=0.5, body=1000)) as client:
        yield client


def answering(answer: bytes, heard: list[bytes] | None = None) -> Peer:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        body = await reader.readexactly(length)
        if heard is not None:
            heard.append(head + body)
        writer.write(answer)
        await writer.drain()
        writer.close()

    return peer


async def test_json_form_and_exact_bytes_arrive_as_given(serve: Serve, http: HttpClient):
    heard: list[bytes] = []
    url = await serve(answering(OK, heard))
    assert (await http.post_json(url + "/a", {"x": "é"}, purpose="t")).status == 200
    assert (await http.post_form(url + "/b", {"x": "é &"}, purpose="t")).body == b"ok"
    assert (await http.post(url + "/c", b'{"exact" :1}', purpose="t", headers={"X-Sign": "1"})).complete
    assert (await http.get(url + "/d?q=1", purpose="t")).json() is None
    assert heard[0].endswith('{"x":"é"}'.encode())
    assert heard[1].endswith(b"x=%C3%A9+%26")
    assert heard[2].endswith(b'\r\n\r\n{"exact" :1}')
    assert b"X-Sign: 1" in heard[2]
    assert heard[3].startswith(b"GET /d?q=1 HTTP/1.1")


async def test_a_redirect_is_an_answer_and_is_not_followed(serve: Serve, http: HttpClient):
    heard: list[bytes] = []
    url = await serve(
        answering(b"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", heard)
    )
    answer = await http.post_json(url, {}, purpose="t")
    assert (answer.status, answer.headers["location"], len(heard)) == (302, "/other", 1)


async def test_a_refused_connection_was_not_sent(http: HttpClient):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NotSent) as caught:
        await http.post_json(f"http://127.0.0.1:{port}/secret", {}, purpose="t")
    assert caught.value.code == "connect"


async def test_an_unknown_name_was_not_sent(http: HttpClient):
    with pytest.raises(NotSent):
        await http.post_json("http://nothing.invalid/secret", {}, purpose="t")


async def test_a_peer_that_speaks_no_tls_was_not_sent(serve: Serve, http: HttpClient):
    url = await serve(answering(OK))
    with pytest.raises(NotSent):
        await http.post_json(url.replace("http:", "https:"), {}, purpose="t")


async def test_silence_after_the_request_is_ambiguous(serve: Serve, http: HttpClient):
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    with pytest.raises(Ambiguous) as caught:
        await http.post_json(await serve(silent), {}, purpose="t")
    assert caught.value.code == "timeout"


async def test_a_connection_closed_after_the_request_is_ambiguous(serve: Serve, http: HttpClient):
    with pytest.raises(Ambiguous) as caught:
        await http.post_json(await serve(answering(b"")), {}, purpose="t")
    assert caught.value.code == "disconnected"


async def test_an_answer_that_is_not_http_is_ambiguous(serve: Serve, http: HttpClient):
    with pytest.raises(Ambiguous):
        await http.post_json(await serve(answering(b"SSH-2.0-OpenSSH\r\n\r\n")), {}, purpose="t")


async def test_a_large_body_is_cut_and_the_status_kept(serve: Serve, http: HttpClient):
    url = await serve(answering(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000))
    answer = await http.get(url, purpose="t")
    assert (answer.status, len(answer.body), answer.complete) == (200, 1000, False)
    assert len((await http.get(url, purpose="t", max_bytes=5000)).body) == 5000


async def test_a_dripping_body_ends_at_the_deadline_with_the_status(serve: Serve, http: HttpClient):
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
        try:
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.05)
        except ConnectionError:
            writer.close()

    answer = await http.get(await serve(drip), purpose="t")
    assert (answer.status, answer.complete) == (200, False)


async def test_errors_never_tell_the_path(serve: Serve):
    seen: list[Exchange] = []
    async with HttpClient(trusted=True, limits=Limits(total=0.3), observe=seen.append) as http:
        url = await serve(answering(b""))
        for bad in (f"{url}/botSECRET/x", "http://nothing.invalid/botSECRET", "http://[bad/botSECRET", "botSECRET"):
            with pytest.raises((NotSent, Ambiguous)) as caught:
                await http.post_json(bad, {}, purpose="t")
            assert "SECRET" not in f"{caught.value!r}{caught.value.__context__!r}{caught.value.__cause__!r}"
    assert len(seen) == 4
    assert "SECRET" not in repr(seen)


async def test_the_guarded_client_refuses_private_targets_before_and_after_the_lookup(serve: Serve):
    url = await serve(answering(OK))
    async with HttpClient(guard=Guard()) as http:
        for target in (url, url.replace("127.0.0.1", "localhost"), "http://localhost/"):
            with pytest.raises(Refused) as caught:
                await http.get(target, purpose="t")
            assert "private" in caught.value.sentence or "port" in caught.value.sentence
    async with HttpClient(guard=Guard(allow=["127.0.0.0/8", "::1/128"])) as http:
        assert (await http.get(url.replace("127.0.0.1", "localhost"), purpose="t")).status == 200


async def test_the_environment_cannot_redirect_requests_to_a_proxy(
    serve: Serve, http: HttpClient, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert (await http.get(await serve(answering(OK)), purpose="t")).status == 200


def test_a_client_is_either_guarded_or_trusted():
    with pytest.raises(ValueError, match="guard"):
        HttpClient()
    with pytest.raises(ValueError, match="guard"):
        HttpClient(guard=Guard(), trusted=True)
