"""Drawn forms before axe: every mode, both themes, phone and desktop, with errors and at the end."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page
from playwright.async_api import expect as shows

from tests.browser.axe import faults
from tests.browser.engines import CHROMIUM
from tests.browser.host import Place, visiting
from tests.browser.test_widget_forms import EVERYTHING, SHORT, field

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("widget"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it"),
]
INLINE = '<h1>Shop</h1><div id="here"></div>'
SIZES = {"desktop": (1280, 900), "phone": (390, 844), "small phone": (320, 640)}


@pytest.fixture(autouse=True)
async def clean(at: Place) -> None:
    await at.clear()


async def judged(page: Page) -> dict[str, Any]:
    """What axe finds in both themes and at three widths; and whether anything is wider than the window."""
    found: dict[str, Any] = {}
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme)
        for size, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            found[f"{theme} {size}"] = await faults(page)
            if not await page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"):
                found[f"{theme} {size}"] += ["wider than the window"]
    return {where: what for where, what in found.items() if what}


@pytest.mark.parametrize("mode", ["inline", "popup", "slide-in", "button"])
async def test_a_form_is_fit_for_everybody_in_every_mode(at: Place, chromium: Browser, mode: str) -> None:
    source = await at.design({**EVERYTHING, "notice_url": "https://shop.example/privacy"})
    target = {"inline": "#here", "button": ""}.get(mode, "#ask")
    at.page(
        '<h1>Shop</h1><div id="here"></div><button id="ask">Ask a question</button>',
        token=source.key, mode=mode, target=target, policy="img-src 'self'",
    )  # fmt: skip
    async with visiting(chromium, at, bypass_csp=True) as (context, _):
        page = await context.new_page()
        await page.goto("/")
        if mode == "button":
            assert await judged(page) == {}
            await page.get_by_role("button", name="Contact").click()
        elif mode != "inline":
            await page.locator("#ask").click()
        await shows(page.get_by_label("Name")).to_be_visible()
        assert await judged(page) == {}

        await page.get_by_role("button", name="Next").click()
        await shows(page.get_by_role("alert")).to_contain_text("Name")
        assert await judged(page) == {}

        await page.get_by_label("Name").fill("Ada")
        await page.get_by_label("Email").fill("ada@example.org")
        await page.get_by_role("button", name="Next").click()
        await shows(page.get_by_role("heading", name="The job")).to_be_visible()
        assert await judged(page) == {}


async def test_a_field_for_files_is_fit_for_everybody(at: Place, chromium: Browser) -> None:
    files = [
        field("email", "email"), field("plan", "file", required=True, max_bytes=1_000),
        field("more", "file", max=3, half=True, help="Up to three."),
    ]  # fmt: skip
    source = await at.design({"title": "Send us your plan", "steps": [{"id": "one", "fields": files}]})
    at.page(INLINE, token=source.key, mode="inline", target="#here", policy="img-src 'self'")
    async with visiting(chromium, at, bypass_csp=True) as (context, _):
        page = await context.new_page()
        await page.goto("/")
        plan = page.get_by_label("Plan", exact=True)
        await shows(plan).to_be_visible()
        assert await judged(page) == {}

        await page.get_by_role("button", name="Send").click()
        await shows(page.get_by_role("alert")).to_contain_text("Please add a file.")
        assert await judged(page) == {}

        await plan.set_input_files([{"name": "a.txt", "mimeType": "text/plain", "buffer": b"x" * 2_000}])  # type: ignore[list-item]
        await page.get_by_role("button", name="Send").click()
        await shows(page.get_by_role("alert")).to_contain_text("is too large")
        assert await judged(page) == {}


@pytest.mark.parametrize("accent", ["#2f5bea", "#ffd54a", "#0a7d45", "#777777", "#111111"])
async def test_the_end_and_every_accent_are_readable(at: Place, chromium: Browser, accent: str) -> None:
    theme = {"accent": accent, "corners": "round", "density": "compact", "font": "serif"}
    source = await at.design({**SHORT, "theme": theme})
    at.page(INLINE, token=source.key, mode="inline", target="#here", policy="img-src 'self'")
    async with visiting(chromium, at, bypass_csp=True) as (context, _):
        page = await context.new_page()
        await page.goto("/")
        await shows(page.get_by_label("Name")).to_be_visible()
        assert await judged(page) == {}
        await page.get_by_label("Name").fill("Ada")
        await page.get_by_label("Email").fill("ada@example.org")
        await page.get_by_role("button", name="Send").click()
        await shows(page.get_by_role("heading", name="Thank you")).to_be_visible()
        assert await judged(page) == {}


async def test_the_judge_sees_into_the_form(at: Place, chromium: Browser) -> None:
    source = await at.design(SHORT)
    at.page(INLINE, token=source.key, mode="inline", target="#here", policy="img-src 'self'")
    async with visiting(chromium, at, bypass_csp=True) as (context, _):
        page = await context.new_page()
        await page.goto("/")
        await shows(page.get_by_label("Name")).to_be_visible()
        await page.evaluate("""() => {
            const root = document.querySelector("leadsbot-form").shadowRoot;
            root.querySelector("label.name").remove();
            root.querySelector(".go").style.color = "#5566ff";
        }""")
        named = {fault.split(" ")[0] for fault in await faults(page)}
    assert {"label", "color-contrast"} <= named
