"""Builds of the widget that pages have pinned: served over updates, by every process, and never another one's bytes."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from sqlalchemy import text

import hatch_build
from leadsbot.asgi import Application
from leadsbot.features.widget.builds import Builds
from leadsbot.features.widget.store import KEPT_BUILDS
from leadsbot.infra.db.addresses import Addresses
from leadsbot.infra.db.pool import Database
from leadsbot.infra.settings import Settings
from leadsbot.testing.postgres import TestDatabase
from leadsbot.wiring import process
from tests.cast import BASE, Browser, browser
from tests.features.widget.conftest import SECRET


@pytest.fixture(autouse=True)
async def forgotten(db: Database) -> AsyncIterator[None]:
    """No builds but those that a test keeps; the application of the module remembers what it has answered."""
    yield
    async with db.system() as tx:
        await tx.execute(text("DELETE FROM widget_build"))


def earlier(number: int = 0) -> tuple[str, bytes]:
    """A build as another version would bring it."""
    body = b"// an earlier build, number %d\n" % number * 40
    return f"widget.v1.{hashlib.sha256(body).hexdigest()[:10]}.js", body


async def names(db: Database) -> list[str]:
    async with db.system() as tx:
        return list((await tx.execute(text("SELECT name FROM widget_build ORDER BY served_at"))).scalars())


async def test_a_build_of_an_earlier_version_is_answered_for_ever_by_every_process(
    database: TestDatabase, db: Database, web: Browser
) -> None:
    name, body = earlier()
    await Builds(db).keep(name, body)
    answer = await web.get(f"/{name}", headers={"origin": "https://shop.example"})

    assert (answer.status_code, answer.content) == (200, body)
    assert answer.headers["content-type"].startswith("text/javascript; charset=utf-8")
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in answer.headers
    again = await web.get(f"/{name}", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    settings = Settings(secret_key=SecretStr(SECRET))
    async with (
        process(settings, Addresses(database.owner, {}), name="other", address=BASE, background=False) as another,
        browser(Application(another)) as elsewhere,
    ):
        assert (await elsewhere.get(f"/{name}")).content == body


async def test_a_web_process_keeps_the_build_that_it_brings(database: TestDatabase, db: Database) -> None:
    current = json.loads((hatch_build.BUILT / "manifest.json").read_text())["widget.js"]["file"]
    settings = Settings(secret_key=SecretStr(SECRET))
    async with process(settings, Addresses(database.owner, {}), name="web", address=BASE), asyncio.timeout(10):
        while await names(db) != [current]:
            await asyncio.sleep(0.05)


async def test_bytes_that_are_not_what_their_name_says_are_neither_kept_nor_answered(
    db: Database, web: Browser
) -> None:
    name, _ = earlier(1)
    await Builds(db).keep(name, b"alert(1)")
    assert await names(db) == []
    async with db.system() as tx:
        await tx.execute(text("INSERT INTO widget_build (name, body) VALUES (:n, :b)"), {"n": name, "b": b"alert(1)"})

    answer = await web.get(f"/{name}", headers={"accept": "*/*"})
    assert answer.status_code == 404
    assert "/widget.js" in answer.json()["detail"]


async def test_only_the_builds_that_were_served_last_are_kept(db: Database) -> None:
    builds = Builds(db)
    for number in range(KEPT_BUILDS):
        await builds.keep(*earlier(number))
    await builds.keep(*earlier(0))  # a version that somebody went back to
    await builds.keep(*earlier(KEPT_BUILDS))

    kept = await names(db)
    assert len(kept) == KEPT_BUILDS
    assert kept[-2:] == [earlier(0)[0], earlier(KEPT_BUILDS)[0]]
    assert earlier(1)[0] not in kept
    assert earlier(2)[0] in kept


async def test_looking_for_builds_that_never_were_is_limited(app: Application) -> None:
    async with browser(app, "203.0.113.79") as hasty:
        found = [await hasty.get(f"/widget.v1.{number:010x}.js", headers={"accept": "*/*"}) for number in range(70)]
        current = json.loads((hatch_build.BUILT / "manifest.json").read_text())["widget.js"]["file"]
        assert (await hasty.get(f"/{current}")).status_code == 200
    assert {answer.status_code for answer in found[:60]} == {404}
    assert found[-1].status_code == 429
    assert found[-1].headers["access-control-allow-origin"] == "*"
