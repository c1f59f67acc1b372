"""Live updates: hints of one's own workspace, an end when the process stops, and the fallback without streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from leadsbot.contracts.events import LeadCreated
from leadsbot.features.accounts.authenticate import Authentication
from leadsbot.features.accounts.feature import FEATURE as ACCOUNTS
from leadsbot.infra.db.base import QUEUE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.events.live import Live
from leadsbot.infra.events.log import emit
from leadsbot.infra.jobs.wake import Waker
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase
from leadsbot.web.actor import Actor, Connection
from leadsbot.web.app import build_app
from leadsbot.web.shell import Shell
from tests.cast import Cast, application, browser, services


@pytest.fixture
async def hints(database: TestDatabase) -> AsyncIterator[tuple[Live, Waker]]:
    live, waker = Live(database.of(QUEUE)), Waker(database.of(QUEUE))
    tasks = [asyncio.create_task(live.run()), asyncio.create_task(waker.run())]
    yield live, waker
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Stream:
    """What a browser's EventSource receives."""

    def __init__(self, app: Shell, cookie: str, *headers: tuple[bytes, bytes]) -> None:
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._gone = asyncio.Event()
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": "/live", "raw_path": b"/live", "root_path": "", "query_string": b"", "server": ("leads.test", 80),
            "client": ("203.0.113.9", 1), "headers": [(b"cookie", f"session={cookie}".encode()), *headers],
        }  # fmt: skip
        self.task = asyncio.create_task(app(scope, self._receive, self.messages.put))

    async def _receive(self) -> dict[str, Any]:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def until(self, wanted: bytes) -> None:
        """Return when this arrives."""
        async with asyncio.timeout(10):
            while wanted not in (await self.messages.get()).get("body", b""):
                pass

    async def close(self) -> None:
        """The browser goes away."""
        self._gone.set()
        await asyncio.wait({self.task}, timeout=10)


async def cookie_of(app: Shell, email: str) -> str:
    async with browser(app) as opened:
        await opened.sign_in(email)
        return str(opened.http.cookies["session"])


async def test_a_change_is_told_to_its_workspace_only(db: Database, cast: Cast, hints: tuple[Live, Waker]) -> None:
    live, waker = hints
    app = application(services(db, live=live))
    alice = Stream(app, await cookie_of(app, cast.alice.email))
    charlie = Stream(app, await cookie_of(app, cast.charlie.email))
    await alice.until(b"retry:")
    await charlie.until(b"retry:")
    told = asyncio.create_task(alice.until(b"data: lead.created"))
    while not told.done():
        # Until the listener is connected hints are lost; that is what refetching on `open` is for.
        waker.changed({f"{cast.workspace_id} lead.created"})
        await asyncio.sleep(0.05)
    waker.changed({f"{cast.charlie.workspace_id} lead.updated"})
    heard = b""
    async with asyncio.timeout(10):
        while b"lead.updated" not in heard:
            heard += (await charlie.messages.get()).get("body", b"")
    assert b"lead.created" not in heard
    for stream in (alice, charlie):
        await stream.close()


async def test_streams_end_at_once_when_the_process_stops(db: Database, cast: Cast, hints: tuple[Live, Waker]) -> None:
    app = application(services(db, live=hints[0]))
    cookie = await cookie_of(app, cast.alice.email)
    stream = Stream(app, cookie)
    await stream.until(b"retry:")
    app.drain()
    async with asyncio.timeout(5):
        while (await stream.messages.get()).get("more_body", True):
            pass
    await stream.close()
    late = Stream(app, cookie)
    assert (await late.messages.get())["status"] == 204
    await late.close()


async def test_a_browser_that_comes_back_is_told_to_look(db: Database, cast: Cast, hints: tuple[Live, Waker]) -> None:
    app = application(services(db, live=hints[0]))
    stream = Stream(app, await cookie_of(app, cast.alice.email), (b"last-event-id", b"7"))
    await stream.until(b"data: *")
    await stream.close()


async def test_polling_answers_304_until_something_happens(db: Database, cast: Cast) -> None:
    app = application(services(db))
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        etag = (await alice.get("/live/poll")).headers["etag"]
        assert (await alice.get("/live/poll", headers={"if-none-match": etag})).status_code == 304
        async with db.tenant(cast.charlie.workspace_id) as tx:
            await emit(tx, LeadCreated(lead_id=new_id(), submission_id=None, source_id=None))
        assert (await alice.get("/live/poll", headers={"if-none-match": etag})).status_code == 304
        async with db.tenant(cast.workspace_id) as tx:
            await emit(tx, LeadCreated(lead_id=new_id(), submission_id=None, source_id=None))
        assert (await alice.get("/live/poll", headers={"if-none-match": etag})).status_code == 200


async def test_a_stream_ends_when_its_session_does(db: Database, cast: Cast, hints: tuple[Live, Waker]) -> None:
    live, waker = hints
    app = application(services(db, live=live))
    app.app.state.streams.heartbeat_s = 0.1  # type: ignore[attr-defined]
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        stream = Stream(app, str(alice.http.cookies["session"]))
        await stream.until(b"still here")
        await stream.until(b"still here")
        await alice.post("/logout")
    async with asyncio.timeout(20):
        while (await stream.messages.get()).get("more_body", True):
            # Something happens all the time, so that there is no quiet moment.
            waker.changed({f"{cast.workspace_id} lead.created"})
    await stream.close()
    assert app.app.state.streams.open == {}  # type: ignore[attr-defined]


async def test_a_stream_ends_when_another_workspace_is_looked_at(
    db: Database, cast: Cast, hints: tuple[Live, Waker]
) -> None:
    app = application(services(db, live=hints[0]))
    app.app.state.streams.heartbeat_s = 0.1  # type: ignore[attr-defined]
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        stream = Stream(app, str(alice.http.cookies["session"]))
        await stream.until(b"still here")
        await alice.post("/workspaces/new", {"workspace": "Birch", "country": "FR"}, on="/workspaces/new")
        async with asyncio.timeout(20):
            while (await stream.messages.get()).get("more_body", True):
                pass
        await stream.close()


async def test_a_browser_that_goes_away_leaves_nothing_behind(
    db: Database, cast: Cast, hints: tuple[Live, Waker]
) -> None:
    app = application(services(db, live=hints[0]))
    cookie = await cookie_of(app, cast.alice.email)
    before = asyncio.all_tasks()
    stream = Stream(app, cookie)
    await stream.until(b"retry:")
    await stream.close()
    async with asyncio.timeout(10):
        while asyncio.all_tasks() - before:
            await asyncio.sleep(0.01)
    assert app.app.state.streams.open == {}  # type: ignore[attr-defined]


async def test_a_stream_ends_quietly_when_the_database_is_away(
    db: Database, cast: Cast, hints: tuple[Live, Waker], capsys: pytest.CaptureFixture[str]
) -> None:
    given, away = services(db, live=hints[0]), Database("postgresql://nobody@127.0.0.1:1/none")
    here, gone = Authentication(given), Authentication(services(away))
    fallen = asyncio.Event()

    async def authenticate(connection: Connection) -> Actor:
        return await (gone if fallen.is_set() else here)(connection)

    app = build_app((ACCOUNTS,), given, authenticate=authenticate)
    app.app.state.streams.heartbeat_s = 0.1  # type: ignore[attr-defined]
    stream = Stream(app, await cookie_of(app, cast.alice.email))
    await stream.until(b"still here")
    fallen.set()
    async with asyncio.timeout(20):
        while (await stream.messages.get()).get("more_body", True):
            pass
    await stream.close()
    assert stream.task.exception() is None
    said = capsys.readouterr()
    assert "Traceback" not in said.out + said.err
    await away.close()
