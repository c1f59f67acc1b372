"""Browsers for every suite of this folder that needs both."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, async_playwright

import hatch_build
from leadsbot.testing.postgres import TestServer
from tests.browser.engines import FOUND, launched
from tests.browser.host import Place, place


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


@pytest.fixture(scope="module", params=["chromium", "firefox"])
async def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """Both browsers, one after the other."""
    name = str(request.param)
    if FOUND[name] is None:
        pytest.skip(f"{name} is not installed (.ci/run installs it): NOTHING was checked in it")
    async with async_playwright() as playwright, launched(playwright, name, tmp_path_factory.mktemp(name)) as browser:
        yield browser
