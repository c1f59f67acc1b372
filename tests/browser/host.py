"""Somebody else's web site with the widget on it, and a road to LeadsBot on which things can go wrong."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import uvicorn
from aiohttp import ClientSession, TCPConnector, web
from playwright.async_api import Browser, BrowserContext, Page
from pydantic import SecretStr
from sqlalchemy import text

from leadsbot.asgi import Application
from leadsbot.cli.people import provision
from leadsbot.features.capture.public import Source, create_source, list_sources
from leadsbot.features.forms.definition import decode
from leadsbot.features.forms.public import create_form
from leadsbot.infra.db.addresses import Addresses
from leadsbot.infra.settings import Settings
from leadsbot.infra.wire import Protocol
from leadsbot.kit import ids
from leadsbot.testing.postgres import TestDatabase
from leadsbot.wiring import Process, process
from tests.product import PASSWORD

NONCE = "r4nd0m"
POLICY = (
    "default-src 'none'; script-src {api} 'nonce-{nonce}'; connect-src {api}; style-src 'none'; frame-src 'self'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
WATCH = """
window.longTasks = [];
if (window.PerformanceObserver && PerformanceObserver.supportedEntryTypes.includes("longtask"))
    new PerformanceObserver(found => found.getEntries().forEach(each => longTasks.push(each.duration)))
        .observe({type: "longtask", buffered: true});
"""


@dataclass
class Road:
    """Passes requests on to LeadsBot, counts them, and misbehaves when told to."""

    target: str
    address: str = ""
    fails: int = 0
    """How many posts to /api/capture are answered 503 from now on, without reaching LeadsBot."""
    slow: float = 0
    """Seconds that a post waits before it is passed on."""
    down: bool = False
    """Whether connections are cut."""
    lost_answers: int = 0
    """How many posts are passed on while their answers are lost."""
    asked: list[str] = field(default_factory=list)
    """Paths, in order."""
    sent: list[dict[str, Any]] = field(default_factory=list)
    """Bodies that were posted to /api/capture, whether they arrived or not."""
    told: list[dict[str, Any]] = field(default_factory=list)
    """Bodies that were posted to /api/widget/seen."""
    runner: web.AppRunner | None = None

    async def begin(self) -> None:
        """Be there, under a new address and as quiet as on the first day.

        What a browser sends while a page is closed comes after the end of a test. It finds the old address gone, and
        what was on its way already has arrived when this returns: nothing of one test is seen by the next.
        """
        await self.end()
        vars(self).update(vars(Road(self.target)))
        self.runner, self.address = await _serve(self.handle)

    async def end(self) -> None:
        """Take nothing more, and let what is on its way arrive."""
        if self.runner is not None:
            await self.runner.cleanup()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request."""
        body = await request.read()
        self.asked.append(f"{request.method} {request.path}")
        if self.down:
            assert request.transport is not None
            request.transport.abort()
            raise ConnectionResetError
        capture = request.path == "/api/capture"
        if capture:
            # Posts with files are not JSON.
            self.sent.append({} if request.content_type == "multipart/form-data" else json.loads(body))
            if self.fails:
                self.fails -= 1
                return web.Response(status=503, headers={"Access-Control-Allow-Origin": "*", "Retry-After": "0"})
            await asyncio.sleep(self.slow)
        if request.path == "/api/widget/seen":
            self.told.append(json.loads(body))
        answer = await self._pass(request, body)
        if capture and self.lost_answers:
            self.lost_answers -= 1
            assert request.transport is not None
            request.transport.abort()
            raise ConnectionResetError
        return answer

    async def _pass(self, request: web.Request, body: bytes) -> web.Response:
        hop = {"host", "connection", "content-length", "accept-encoding"}
        headers = {name: value for name, value in request.headers.items() if name.lower() not in hop}
        url = self.target + request.path_qs
        async with (
            ClientSession(connector=TCPConnector(force_close=True), auto_decompress=False) as session,
            session.request(request.method, url, headers=headers, data=body, allow_redirects=False) as answer,
        ):
            hop = {"content-length", "connection", "date"}
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in hop}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())


@dataclass
class Host:
    """The web site: pages by path, and what was posted to it."""

    address: str = ""
    pages: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Body and policy by path."""
    posted: list[tuple[str, str]] = field(default_factory=list)
    slow: float = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Show a page; a post is noted and leads on to /thanks."""
        if request.method == "POST":
            self.posted.append((request.path, (await request.read()).decode()))
            await asyncio.sleep(self.slow)
            raise web.HTTPSeeOther("/thanks")
        if request.path not in self.pages:
            return web.Response(status=404, text="nothing")
        body, policy = self.pages[request.path]
        return web.Response(text=body, content_type="text/html", headers={"Content-Security-Policy": policy})


@dataclass
class Place:
    """Everything: LeadsBot, the road to it, the web site, and who owns what."""

    process: Process
    road: Road
    host: Host
    workspace: UUID
    outsider: UUID
    sources: dict[str, Source]

    def page(self, body: str, *, path: str = "/", policy: str = POLICY, script: str = "", **attributes: str) -> None:
        """Put a page on the site: the widget's tag with these attributes, the body, and a script of the site itself."""
        given = {"token": self.sources["widget"].key, "api": self.road.address, "mode": "listener", **attributes}
        tag = " ".join(f'data-{name}="{value}"' for name, value in given.items() if value)
        whole = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Corner &amp; Sons</title>'
            f'<script nonce="{NONCE}">{WATCH}</script></head><body><main>{body}</main>'
            f'<script src="{self.road.address}/widget.js" {tag}></script>'
            f'<script nonce="{NONCE}">{script}</script></body></html>'
        )
        self.host.pages[path] = whole, policy.format(api=self.road.address, nonce=NONCE)

    async def design(self, definition: dict[str, Any], name: str = "designed", **options: Any) -> Source:
        """Publish a form; it is the source of this name from here on."""
        async with self.process.services.db.tenant(self.workspace) as tx:
            made = await create_form(tx, decode(definition), name=name, **options)
        assert made.live_version == 1
        self.sources[name] = made.source
        return made.source

    async def query(self, statement: str, source: str = "widget", **values: Any) -> list[dict[str, Any]]:
        """Rows, as the application sees them in the workspace of a source."""
        where = self.outsider if source.startswith("outsider") else self.workspace
        async with self.process.services.db.tenant(where) as tx:
            found = await tx.execute(text(statement), {"source": self.sources[source].id, **values})
            return [dict(row) for row in found.mappings()] if found.returns_rows else []

    async def rows(self, source: str = "widget") -> list[dict[str, Any]]:
        """The submissions of a source, oldest first."""
        return await self.query("SELECT * FROM submission WHERE source_id = :source ORDER BY received_at, id", source)

    async def clear(self) -> None:
        """A new road, an empty site, no submissions and no forms that were seen."""
        await self.road.begin()
        vars(self.host).update({**vars(Host()), "address": self.host.address})
        for source in ("widget", "outsider"):
            for table in ("submission", "seen_form"):
                await self.query(f"DELETE FROM {table}", source)

    async def arrived(self, count: int = 1, source: str = "widget", within: float = 15) -> list[dict[str, Any]]:
        """The submissions, as soon as there are so many."""
        async with asyncio.timeout(within):
            while len(found := await self.rows(source)) < count:
                await asyncio.sleep(0.05)
        assert len(found) == count
        return found

    async def settled(self, count: int, source: str = "widget") -> list[dict[str, Any]]:
        """The submissions after everything that could still come had its time: no more than so many."""
        await asyncio.sleep(0.9)
        found = await self.rows(source)
        assert len(found) == count
        return found


def values(row: dict[str, Any]) -> dict[str, Any]:
    """What the listener sent, by the fields' names."""
    return {each["name"]: each["value"] for each in row["fields"]["fields"]}


async def _serve(handle: Callable[[web.Request], Any]) -> tuple[web.AppRunner, str]:
    app = web.Application(client_max_size=1 << 22)
    app.router.add_route("*", "/{path:.*}", handle)
    # Longer than anything that a test makes slow.
    runner = web.AppRunner(app, shutdown_timeout=10)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


@contextlib.asynccontextmanager
async def place(database: TestDatabase, data_dir: Any) -> AsyncIterator[Place]:
    """Start everything, with one workspace and an outsider's."""
    settings = Settings(
        data_dir=data_dir, secret_key=SecretStr("a secret key for tests that is long enough"), rate_limits="off"
    )
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with process(settings, Addresses(database.owner, {}), name="test", address=address) as running:
        config = uvicorn.Config(
            Application(running), http=Protocol, lifespan="on", log_config=None, timeout_graceful_shutdown=2
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        db = running.services.db
        made = await provision(db, name="Corner & Sons", owner_email="alice@example.com", owner_password=PASSWORD)
        other = await provision(db, name="Other", owner_email="charlie@example.com", owner_password=PASSWORD)
        workspace, outsider = (ids.read(ids.WORKSPACE, each["workspace_id"]) for each in (made, other))
        road, host = Road(address), Host()
        await road.begin()
        site, host.address = await _serve(host.handle)
        async with db.tenant(workspace) as tx:
            sources = {each.kind: each for each in await list_sources(tx)}
        async with db.tenant(outsider) as tx:
            sources["outsider"] = await create_source(tx, "widget", "Theirs", allowed_origins=["https://other.example"])
            sources["outsider-form"] = next(each for each in await list_sources(tx) if each.kind == "form")
        while not server.started:
            await asyncio.sleep(0.02)
        yield Place(running, road, host, workspace, outsider, sources)
        await road.end()
        await site.cleanup()
        server.should_exit = True
        await serving


@contextlib.asynccontextmanager
async def visiting(browser: Browser, at: Place, **options: Any) -> AsyncIterator[tuple[BrowserContext, list[str]]]:
    """A fresh profile on the site, and everything that its console says."""
    said: list[str] = []
    context = await browser.new_context(base_url=at.host.address, **options)

    def note(text: str, about: str = "") -> None:
        # The browser looks for an icon by itself: there is none, or the policy forbids pictures.
        if "favicon.ico" not in text + about:
            said.append(text)

    context.on("console", lambda message: note(message.text, message.location["url"]))
    context.on("weberror", lambda error: note(str(error.error)))
    yield context, said
    await context.close()


async def kept(page: Page) -> list[Any]:
    """Cookies, and what is in the storages."""
    return list(await page.evaluate("[document.cookie, Object.keys(localStorage), Object.keys(sessionStorage)]"))
