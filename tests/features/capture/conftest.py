"""A real HTTP server with the hot path, as the capture role, on the worker's database."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
import asyncpg
import pytest
import uvicorn

from leadsbot.features.capture.endpoint import CaptureApp
from leadsbot.features.capture.public import Source, create_source
from leadsbot.infra.db.base import APP, CAPTURE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.ratelimit import Limiter
from leadsbot.kit.ids import SUBMISSION, new_id, read
from leadsbot.testing.postgres import TestDatabase
from tests.intake import taking_part


def open_secret(_workspace: UUID, _source: UUID, sealed: bytes) -> str:
    """The seal of these tests: the reverse."""
    return sealed[::-1].decode()


class Outcomes:
    """Counts what the application reports."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def observe(self, outcome: str, seconds: float, about: object) -> None:
        assert seconds >= 0
        self.seen.append(outcome)


@dataclass
class Door:
    """A running capture server and the means to look at what it stored."""

    base: str
    http: aiohttp.ClientSession
    db: Database
    owner: str
    workspace_id: UUID
    outcomes: Outcomes
    wakes: list[int]
    app: CaptureApp

    async def source(self, kind: str = "webhook", name: str = "Web site", **options: Any) -> Source:
        async with self.db.tenant(self.workspace_id) as tx:
            return await create_source(tx, kind, name, **options)

    def url(self, source: Source) -> str:
        path = {"webhook": f"/api/inbound/w/{source.key}/leads", "form": f"/f/{source.key}", "widget": "/api/capture"}
        return self.base + path[source.kind]

    async def post(self, source: Source, **request: Any) -> Answer:
        if source.kind == "widget":
            request["headers"] = {"X-LeadsBot-Token": source.key, **request.get("headers", {})}
        return await self.send("POST", self.url(source), **request)

    async def send(self, method: str, url: str, **request: Any) -> Answer:
        async with self.http.request(method, url, allow_redirects=False, **request) as response:
            text = await response.text()
            is_json = "json" in response.headers.get("Content-Type", "")
            body = await response.json(content_type=None) if is_json else None
            return Answer(response.status, response.headers, text, body)

    async def rows(self, source: Source) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.owner)
        try:
            await connection.set_type_codec("jsonb", encoder=str, decoder=__import__("json").loads, schema="pg_catalog")
            return await connection.fetch("SELECT * FROM submission WHERE source_id = $1 ORDER BY id", source.id)
        finally:
            await connection.close()

    async def fields(self, source: Source) -> dict[str, Any]:
        return (await self.rows(source))[-1]["fields"]

    async def query(self, statement: str, *arguments: Any) -> list[asyncpg.Record]:
        connection = await asyncpg.connect(self.owner)
        try:
            return await connection.fetch(statement, *arguments)
        finally:
            await connection.close()


@dataclass
class Answer:
    status: int
    headers: Any
    text: str
    json: Any

    @property
    def id(self) -> UUID:
        return read(SUBMISSION, self.json["id"])


@asynccontextmanager
async def serve(app: CaptureApp) -> AsyncIterator[str]:
    """Run the application under uvicorn on a free port of the loopback interface; yields its address."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", log_level="error", proxy_headers=False, timeout_keep_alive=60)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[method-assign]
    await app.startup()
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        await app.shutdown()
        listener.close()


Opener = Callable[..., Awaitable[Door]]


@asynccontextmanager
async def open_door(database: TestDatabase, db: Database, **options: Any) -> AsyncIterator[Door]:
    outcomes, wakes = Outcomes(), []
    options.setdefault("limiter", Limiter(enabled=False))
    app = CaptureApp(
        options.pop("dsn", database.of(CAPTURE)),
        open_secret=open_secret,
        observer=outcomes,
        wake=lambda: wakes.append(1),
        **{**taking_part(), **options},
    )
    async with serve(app) as base, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        yield Door(base, http, db, database.superuser, new_id(), outcomes, wakes, app)


@pytest.fixture(scope="session")
async def _door(database: TestDatabase, db: Database) -> AsyncIterator[Door]:
    async with open_door(database, db) as door:
        yield door


@pytest.fixture
def door(_door: Door) -> Door:
    """The server of this worker, seen by a workspace of one's own."""
    return Door(_door.base, _door.http, _door.db, _door.owner, new_id(), _door.outcomes, _door.wakes, _door.app)


@pytest.fixture
async def fresh_door(fresh_database: TestDatabase) -> AsyncIterator[Door]:
    """A server on a database of its own."""
    db = Database(fresh_database.of(APP))
    async with open_door(fresh_database, db) as door:
        yield door
    await db.close()
