"""A drawn form is light or dark as the page around it is, whatever the visitor's system likes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page
from playwright.async_api import expect as shows

from tests.browser.conftest import Browsers
from tests.browser.engines import DARK_FIREFOX, FOUND
from tests.browser.host import Place, visiting
from tests.browser.test_widget_forms import SHORT

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("widget")]

LIGHT, DARK = "rgb(255, 255, 255)", "rgb(23, 25, 31)"
BODY = '<div id="outer"><div id="inner"><div id="here"></div><button id="ask">Ask</button></div></div>'
ROOT, PAGE, OUTER, INNER = "documentElement", "body", "querySelector('#outer')", "querySelector('#inner')"
SITES = {
    "nothing is said": ({}, "light"),
    "white": ({PAGE: "background: white"}, "light"),
    "black with white letters": ({PAGE: "background: #000; color: #fff"}, "dark"),
    "dark, letters coloured one by one": ({PAGE: "background: #1a1a1a"}, "dark"),
    "dark from the root": ({ROOT: "background: #0b1020"}, "dark"),
    "a colour that is written in a new way": ({PAGE: "background: oklch(0.21 0.03 264); color: oklch(1 0 0)"}, "dark"),
    "a light colour of that sort": ({PAGE: "background: oklch(0.97 0.03 264)"}, "light"),
    "a white card on a dark page": ({PAGE: "background: #111; color: #eee", INNER: "background: #fff"}, "light"),
    "a dark card on a white page": ({PAGE: "background: #fff", INNER: "background: #222; color: #fff"}, "dark"),
    "glass on a dark page": ({PAGE: "background: #111", INNER: "background: rgb(255 255 255 / 8%)"}, "dark"),
    "a picture with white letters": ({OUTER: "background: linear-gradient(#102, #013); color: #fff"}, "dark"),
    "as the system likes": ({ROOT: "color-scheme: light dark"}, "dark"),
    "always dark by its scheme": ({ROOT: "color-scheme: dark"}, "dark"),
    "always light by its scheme": ({ROOT: "color-scheme: light"}, "light"),
}
"""What the site's styles are, and how a form looks there."""


@pytest.fixture(autouse=True)
async def clean(at: Place) -> None:
    await at.clear()


@pytest.fixture(params=["chromium", DARK_FIREFOX])
async def page(request: pytest.FixtureRequest, browsers: Browsers, at: Place) -> AsyncIterator[Page]:
    """A tab of somebody whose system is dark, and whose console stays silent."""
    if FOUND[request.param] is None:
        pytest.skip(f"{request.param} is not installed (.ci/run installs it): NOTHING was checked in it")
    async with visiting(await browsers(request.param), at, color_scheme="dark") as (context, said):
        yield await context.new_page()
        assert said == []


def styled(styles: dict[str, str]) -> str:
    """The script by which the site gives itself these styles: no policy of ours allows it style sheets."""
    return "".join(f'document.{where}.style.cssText = "{what}";' for where, what in styles.items())


async def visit(at: Place, page: Page, styles: dict[str, str], mode: str = "inline", scheme: str = "auto") -> None:
    """Open a page of the site on which the form stands or is opened."""
    source = await at.design({**SHORT, "theme": {"scheme": scheme}})
    target = "#here" if mode == "inline" else "#ask"
    at.page(BODY, token=source.key, script=styled(styles), mode=mode, target=target)
    await page.goto("/")
    if mode != "inline":
        await page.locator("#ask").click()
    await shows(page.get_by_label("Name")).to_be_visible()


async def looks(page: Page, scheme: str) -> None:
    """The form is light, or dark: its paper, and what the browser draws in it."""
    form = page.locator("form")
    await shows(form).to_have_css("background-color", DARK if scheme == "dark" else LIGHT)
    await shows(form).to_have_css("color-scheme", scheme)


@pytest.mark.parametrize("site", SITES)
async def test_a_form_is_light_or_dark_as_the_site_is(at: Place, page: Page, site: str) -> None:
    styles, scheme = SITES[site]
    await visit(at, page, styles)
    await looks(page, scheme)


@pytest.mark.parametrize("mode", ["popup", "slide-in", "button"])
async def test_so_does_a_form_above_the_page(at: Place, page: Page, mode: str) -> None:
    await visit(at, page, {PAGE: "background: #fff"}, mode)
    await looks(page, "light")
    await page.evaluate(styled({PAGE: "background: #111; color: #eee"}))
    await looks(page, "dark")


@pytest.mark.parametrize(("scheme", "site"), [("dark", "background: #fff"), ("light", "background: #111; color: #eee")])
async def test_what_the_form_s_owner_chose_counts_on_every_site(at: Place, page: Page, scheme: str, site: str) -> None:
    await visit(at, page, {PAGE: site}, scheme=scheme)
    await looks(page, scheme)


async def test_a_site_that_follows_the_system_takes_the_form_along(at: Place, chromium: Browser) -> None:
    async with visiting(chromium, at, color_scheme="dark") as (context, _):
        page = await context.new_page()
        await visit(at, page, {ROOT: "color-scheme: light dark"})
        for scheme in ("dark", "light", "dark"):
            await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            await looks(page, scheme)


async def test_a_site_that_changes_its_scheme_takes_the_form_along(at: Place, page: Page) -> None:
    await visit(at, page, {ROOT: "color-scheme: light"})
    assert await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    for said, scheme in (("dark", "dark"), ("normal", "light"), ("light dark", "dark"), ("light", "light")):
        await page.evaluate(styled({ROOT: f"color-scheme: {said}"}))
        await looks(page, scheme)


@pytest.mark.parametrize("slowly", ["", "; transition: background .2s", "; transition: all .2s"])
async def test_a_site_that_is_switched_takes_the_form_along(at: Place, page: Page, slowly: str) -> None:
    await visit(at, page, {PAGE: "background: #fff; color: #000" + slowly})
    await looks(page, "light")
    for scheme, colours in (("dark", "background: #111; color: #eee"), ("light", "background: #fff; color: #111")):
        await page.evaluate(styled({PAGE: colours + slowly}))
        await looks(page, scheme)


async def test_a_form_on_a_page_that_is_drawn_anew_fits_its_new_place(at: Place, page: Page) -> None:
    await visit(at, page, {PAGE: "background: #fff", INNER: "background: #222; color: #fff"})
    await looks(page, "dark")
    await page.get_by_label("Name").fill("Ada")
    redraw = "made.id = 'here'; document.querySelector('#outer').remove(); document.body.append(made)"
    await page.evaluate(f"() => {{ const made = document.createElement('div'); {redraw} }}")
    await looks(page, "light")
    await shows(page.get_by_label("Name")).to_have_value("Ada")


async def test_a_form_whose_place_comes_later_fits_it(at: Place, page: Page) -> None:
    source = await at.design(SHORT)
    script = (
        styled({PAGE: "background: #111; color: #eee"})
        + """setTimeout(() => {
        const made = document.createElement("div");
        made.id = "late";
        document.body.append(made);
    }, 400)"""
    )
    at.page("<h1>Shop</h1>", token=source.key, script=script, mode="inline", target="#late")
    await page.goto("/")
    await shows(page.get_by_label("Name")).to_be_visible()
    await looks(page, "dark")


async def test_the_site_s_page_is_left_as_it_was(at: Place, page: Page) -> None:
    await visit(at, page, {PAGE: "background: #111; color: #eee"})
    host = await page.locator("leadsbot-form").evaluate("one => one.cloneNode().outerHTML")
    assert re.fullmatch("<leadsbot-form></leadsbot-form>", host)
