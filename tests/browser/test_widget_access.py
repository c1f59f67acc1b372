"""Drawn forms before axe: every mode, both themes, phone and desktop, with errors and at the end."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page
from playwright.async_api import expect as shows

from tests.browser.axe import faults
from tests.browser.engines import CHROMIUM
from tests.browser.host import Place, visiting
from tests.browser.test_widget_forms import APPLY, CV, EVERYTHING, SHORT

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


SITES = {"light": "", "dark": "background: #14161b; color: #eee"}
FOLLOWED = """theme => {
    const drawn = document.querySelector("leadsbot-form").shadowRoot.querySelector("form, .end");
    return !drawn || getComputedStyle(drawn).colorScheme === theme;
}"""


async def judged(page: Page) -> dict[str, Any]:
    """What axe finds on a light and a dark site and at three widths; and whether anything is wider than the window."""
    found: dict[str, Any] = {}
    for theme, style in SITES.items():
        await page.evaluate("style => { document.body.style.cssText = style; }", style)
        await page.wait_for_function(FOLLOWED, arg=theme)
        for size, (width, height) in SIZES.items():
            await page.set_viewport_size({"width": width, "height": height})
            found[f"{theme} {size}"] = await faults(page, colours=theme == "dark")
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


@pytest.mark.parametrize("mode", ["inline", "popup", "slide-in", "button"])
async def test_a_form_that_takes_files_is_fit_for_everybody(at: Place, chromium: Browser, mode: str) -> None:
    source = await at.design(APPLY)
    target = {"inline": "#here", "button": ""}.get(mode, "#ask")
    at.page(
        '<h1>Shop</h1><div id="here"></div><button id="ask">Apply</button>',
        token=source.key, mode=mode, target=target, policy="img-src 'self'",
    )  # fmt: skip
    long = "a-life-in-one-single-word-without-any-place-where-it-could-be-broken-to-fit-a-phone.pdf"
    async with visiting(chromium, at, bypass_csp=True) as (context, _):
        page = await context.new_page()
        await page.goto("/")
        if mode != "inline":
            await page.get_by_role("button", name="Contact" if mode == "button" else "Apply").click()
        box = page.get_by_label("Cv")
        await shows(box).to_be_visible()
        assert await judged(page) == {}

        await page.get_by_role("button", name="Send").click()
        await shows(page.get_by_role("button", name="Cv: Please add a file.")).to_be_visible()
        assert await judged(page) == {}

        await page.get_by_label("Name").fill("Ada")
        await box.set_input_files({"name": long, "mimeType": "application/pdf", "buffer": CV + bytes(1_000_001)})
        await page.get_by_role("button", name="Send").click()
        await shows(page.get_by_text("is too large").first).to_be_visible()
        assert await judged(page) == {}

        await box.set_input_files({"name": long, "mimeType": "application/pdf", "buffer": CV})
        at.road.slow = 3
        await page.get_by_role("button", name="Send").click()
        await shows(page.locator("form")).to_have_attribute("aria-busy", "true")
        assert await faults(page) == []
        await shows(page.get_by_role("heading", name="Thank you")).to_be_focused(timeout=15_000)
        assert await judged(page) == {}


@pytest.mark.parametrize("mode", ["inline", "popup"])
async def test_a_form_from_right_to_left_is_fit_for_everybody(at: Place, chromium: Browser, mode: str) -> None:
    texts = {"ar": {"title": "راسلنا", "fields": {"name": {"label": "الاسم"}}}}
    source = await at.design({**EVERYTHING, "languages": texts})
    target = "#here" if mode == "inline" else "#ask"
    body = '<h1>Shop</h1><div id="here"></div><button id="ask">Ask</button>'
    at.page(body, token=source.key, mode=mode, target=target, lang="ar", policy="img-src 'self'")
    async with visiting(chromium, at, bypass_csp=True) as (context, _):
        page = await context.new_page()
        await page.goto("/")
        if mode == "popup":
            await page.locator("#ask").click()
        await shows(page.get_by_label("الاسم")).to_be_visible()
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


@pytest.mark.parametrize("colour", ["", "#ffd54a", "#0a7d45", "#777777", "#757575", "tomato"])
async def test_every_colour_of_the_button_is_readable(at: Place, chromium: Browser, colour: str) -> None:
    source = await at.design(SHORT)
    at.page("<h1>Shop</h1>", token=source.key, mode="button", colour=colour, policy="img-src 'self'")
    async with visiting(chromium, at, bypass_csp=True) as (context, _):
        page = await context.new_page()
        await page.goto("/")
        await shows(page.get_by_role("button", name="Contact")).to_be_visible()
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
