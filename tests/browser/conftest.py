"""Browsers for every suite of this folder that needs both."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Browser, async_playwright

import hatch_build
from leadsbot.testing.postgres import TestServer
from tests.browser.desk import Desk
from tests.browser.engines import FOUND, launched
from tests.browser.host import Place, place
from tests.product import PASSWORD, Product, running

Browsers = Callable[[str], Awaitable[Browser]]


@pytest.fixture(scope="module")
async def at(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    """One LeadsBot and one web site with its widget for a module. Tests tell their submissions apart by clearing."""
    if not hatch_build.fresh():
        hatch_build.build()
    hatch_build.install(tools=True)
    database = await postgres.database()
    async with place(database, tmp_path_factory.mktemp("place")) as made:
        yield made
    await postgres.drop(database)


@pytest.fixture(scope="session")
async def browsers(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browsers]:
    """Each browser once for the whole run, opened when it is first asked for: starting one costs a second or two."""
    async with contextlib.AsyncExitStack() as stack:
        playwright = await stack.enter_async_context(async_playwright())
        made: dict[str, Browser] = {}

        async def get(name: str) -> Browser:
            if name not in made:
                opening = launched(playwright, name, tmp_path_factory.mktemp(name))
                made[name] = await stack.enter_async_context(opening)
            return made[name]

        yield get


@pytest.fixture(params=["chromium", "firefox"])
async def engine(request: pytest.FixtureRequest, browsers: Browsers) -> Browser:
    """Both browsers."""
    name = str(request.param)
    if FOUND[name] is None:
        pytest.skip(f"{name} is not installed (.ci/run installs it): NOTHING was checked in it")
    return await browsers(name)


@pytest.fixture
async def chromium(browsers: Browsers) -> Browser:
    """Chromium alone."""
    return await browsers("chromium")


@pytest.fixture(scope="module")
async def product(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    """One product for the tests of a module; each makes a form of its own."""
    if not hatch_build.fresh():
        hatch_build.build()
    hatch_build.install(tools=True)
    database = await postgres.database()
    async with running(database, tmp_path_factory.mktemp("builder"), referee=False, rate_limits="off") as made:
        yield made
    await postgres.drop(database)


@pytest.fixture
async def desk(chromium: Browser, product: Product) -> AsyncIterator[Desk]:
    context = await chromium.new_context(base_url=product.address, reduced_motion="reduce")
    page = await context.new_page()
    await page.goto("/login")
    await page.get_by_label("E-mail address").fill("alice@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/leads")
    await page.close()
    made = Desk(product, context)
    yield made
    await context.close()
    assert [text for text in made.said if "ERR_INTERNET_DISCONNECTED" not in text and "status of 409" not in text] == []
