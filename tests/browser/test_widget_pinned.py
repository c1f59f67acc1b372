"""Pages that pinned a build of the widget by its integrity value: today's, and those that were served before."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from playwright.async_api import Browser
from playwright.async_api import expect as shows

from leadsbot.features.widget.builds import Builds
from leadsbot.web import static
from tests.browser.host import POLICY, Place, visiting
from tests.browser.test_widget_forms import EVERYTHING, SHORT

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("widget")]

EARLIER = sorted((Path(__file__).parent / "earlier").glob("widget.v1.*.js"))
"""Builds that pages may have pinned; each must go on working as long as builds are called v1."""


@pytest.fixture(autouse=True)
async def clean(at: Place) -> None:
    await at.clear()


def site(at: Place, name: str, body: bytes, **attributes: str) -> None:
    """A page with the tag of a build, its integrity value, and nothing else of ours."""
    told = " ".join(f'data-{key}="{value}"' for key, value in attributes.items())
    value = base64.b64encode(hashlib.sha384(body).digest()).decode()
    source = f'src="{at.road.address}/{name}" integrity="sha384-{value}" crossorigin="anonymous"'
    policy = POLICY.format(api=at.road.address, nonce="none")
    at.host.pages["/"] = (
        f'<!doctype html><title>Shop</title><div id="here"></div><script {source} {told}></script>',
        policy,
    )


async def test_a_pinned_script_passes_the_integrity_check(at: Place, engine: Browser) -> None:
    source = await at.design(SHORT)
    name, build = static.file_name("widget.js"), static.built("widget.js")
    site(at, name, build.body, token=source.key, mode="inline", target="#here")
    async with visiting(engine, at) as (context, said):
        page = await context.new_page()
        await page.goto("/")
        await shows(page.get_by_label("Name")).to_be_visible()
        assert said == []


async def test_what_is_not_what_was_pinned_does_not_run(at: Place, engine: Browser) -> None:
    source = await at.design(SHORT)
    site(at, static.file_name("widget.js"), b"another", token=source.key, mode="inline", target="#here")
    async with visiting(engine, at) as (context, said):
        page = await context.new_page()
        await page.goto("/")
        assert await page.locator("leadsbot-form").count() == 0
        assert any("integrity" in text for text in said)


@pytest.mark.parametrize("build", EARLIER, ids=lambda path: path.stem)
async def test_an_earlier_build_draws_and_sends_the_newest_forms(at: Place, engine: Browser, build: Path) -> None:
    body = build.read_bytes()
    assert build.name != static.file_name("widget.js")
    await Builds(at.process.services.db).keep(build.name, body)
    source = await at.design(EVERYTHING)
    site(at, build.name, body, token=source.key, mode="button")
    async with visiting(engine, at) as (context, said):
        page = await context.new_page()
        await page.goto("/?who=Ada")
        await page.get_by_role("button", name="Contact").click()
        await page.get_by_label("Email").fill("ada@example.org")
        await page.get_by_role("button", name="Next").click()
        await page.get_by_label("Kind").select_option("roof")
        for label in ("Later", "I agree that you call me."):
            await page.get_by_label(label, exact=True).check()
        await page.get_by_role("button", name="Send").click()
        await shows(page.get_by_role("heading", name="Thank you, Ada")).to_be_focused()
        assert said == []
    (row,) = await at.arrived(source="designed")
    assert row["context"]["form"] == {"id": source.key, "version": 1}
