"""The product's own application around a test database, with the widget's source of Alice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

import hatch_build
from leadsbot.asgi import Application
from leadsbot.features.capture.public import Source, create_source
from leadsbot.features.widget.public import LOADS, Loads
from leadsbot.features.widget.store import list_seen
from leadsbot.infra.db.addresses import Addresses
from leadsbot.infra.db.pool import Database
from leadsbot.infra.ratelimit import Limiter
from leadsbot.infra.settings import Settings
from leadsbot.testing.postgres import TestDatabase
from leadsbot.wiring import process
from tests.cast import BASE, Browser, Cast, browser

SECRET = "a secret key that is long enough for tests"
SITE = "https://shop.example"


@dataclass
class Widget:
    """Visitors of Alice's site, and what LeadsBot makes of what their browsers tell."""

    web: Browser
    db: Database
    workspace: UUID
    source: Source
    loads: Loads
    limiter: Limiter

    async def tell(self, *, origin: str | None = SITE, **more: Any) -> httpx.Response:
        """Send a report as the widget does."""
        body = {"token": self.source.key, "page": f"{SITE}/contact?a=1", "mode": "listener", "forms": [], **more}
        headers = {"content-type": "text/plain;charset=UTF-8"} | ({"origin": origin} if origin else {})
        return await self.web.http.post("/api/widget/seen", headers=headers, json=body)

    async def seen(self) -> list[Any]:
        async with self.db.tenant(self.workspace) as tx:
            return await list_seen(tx)


@pytest.fixture(scope="session")
async def app(database: TestDatabase) -> AsyncIterator[Application]:
    if not hatch_build.fresh():
        hatch_build.build()
    settings = Settings(secret_key=SecretStr(SECRET))
    where = Addresses(database.owner, {})
    async with process(settings, where, name="widget", address=BASE, background=False) as running:
        made = Application(running)
        made.loads = running.services.extra[LOADS]  # type: ignore[attr-defined]
        made.limiter = running.services.limiter  # type: ignore[attr-defined]
        await made.capture.startup()
        yield made
        await made.capture.shutdown()


@pytest.fixture
async def web(app: Application) -> AsyncIterator[Browser]:
    """Somebody who is not signed in."""
    async with browser(app) as opened:
        yield opened


@pytest.fixture
async def widget(app: Application, web: Browser, db: Database, cast: Cast) -> Widget:
    async with db.tenant(cast.workspace_id) as tx:
        source = await create_source(tx, "widget", "Website widget")
    return Widget(web, db, cast.workspace_id, source, app.loads, app.limiter)  # type: ignore[attr-defined]
