"""Every page in a real browser: axe, both themes, phone and desktop, no sideways scrolling, a quiet console."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page
from playwright.async_api import expect as shows

import hatch_build
from leadsbot.testing.postgres import TestServer
from tests.browser.axe import faults
from tests.browser.inventory import NOBODY, OWNER, STATES, State
from tests.browser.site import Site, opened
from tests.product import PASSWORD

CHROMIUM = shutil.which("chromium")
SIDEWAYS = """() => [...document.querySelectorAll("body *")].filter(one => {
    const box = one.getBoundingClientRect();
    return (box.right > innerWidth + 1 && document.scrollingElement.scrollWidth > innerWidth)
        || (one.matches(".grid-table:not(.scrolls)") && one.scrollWidth > one.clientWidth + 1);
}).map(one => one.outerHTML.slice(0, 120))"""
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("pages"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it"),
]


@pytest.fixture
async def browser(chromium: Browser) -> Browser:
    """One Chromium for all suites."""
    return chromium


@pytest.fixture(scope="module")
async def site(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """One product for all pages."""
    if not hatch_build.fresh():
        hatch_build.build()
    hatch_build.install(tools=True)
    database = await postgres.database()
    async with opened(database, tmp_path_factory.mktemp("site")) as made:
        yield made
    await postgres.drop(database)


class Watched:
    """A page whose console and requests are written down."""

    def __init__(self, page: Page, state: State) -> None:
        self.page, self.state = page, state
        self.said: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    def loud(self) -> list[str]:
        """What should not have been said: anything but the browser's own note of the refusal that was asked for."""
        return [text for text in self.said if not (self.state.refused and f"status of {self.state.refused} " in text)]


async def _open(site: Site, page: Page, state: State) -> None:
    answer = await page.goto(re.sub(r"\{(\w+)\}", lambda name: site.known[name.group(1)], state.path))
    assert answer is not None
    assert answer.status == (200 if state.act else state.refused or 200)
    if state.act:
        async with page.expect_navigation() as navigation:
            await state.act(page)
        answer = await navigation.value
        assert answer is not None
        assert answer.status == (state.refused or 200)
    await page.wait_for_load_state("load")


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.name)
async def test_the_page_is_fit_for_everybody(site: Site, browser: Browser, state: State) -> None:
    page = await (await site.profile(browser, state.who)).new_page()
    watched = Watched(page, state)
    await page.set_viewport_size({"width": 1280, "height": 900})
    await _open(site, page, state)

    heading = page.get_by_role("heading", level=1)
    await shows(heading).to_have_count(1)
    await shows(heading).to_contain_text(state.heading)
    assert len(await page.title()) > 3
    wrong: dict[str, Any] = {}
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme)
        for width in (1280, 390):
            await page.set_viewport_size({"width": width, "height": 900 if width > 400 else 844})
            wrong[f"{theme} {width}"] = await faults(page, colours=theme == "dark")
    for width in (390, 320):
        await page.set_viewport_size({"width": width, "height": 700})
        wrong[f"sideways {width}"] = await page.evaluate(SIDEWAYS)
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.evaluate("() => document.querySelectorAll('main details').forEach(one => { one.open = true; })")
    wrong["opened"] = await faults(page)

    assert {where: found for where, found in wrong.items() if found} == {}
    assert watched.loud() == []
    assert watched.hosts == {urlsplit(site.product.address).netloc}
    await page.close()


async def _keys(page: Page) -> None:
    await page.keyboard.press("?")


async def _merge(page: Page) -> None:
    await page.get_by_role("button", name="Merge…").click()


async def _workspaces(page: Page) -> None:
    await page.locator(".switch > summary").click()


@pytest.mark.parametrize("open_it", [_keys, _merge, _workspaces])
async def test_what_opens_above_a_page_is_fit_too(
    site: Site, browser: Browser, open_it: Callable[[Page], Awaitable[None]]
) -> None:
    page = await (await site.profile(browser, OWNER)).new_page()
    await page.goto(f"/leads/{site.known['lead']}")
    await open_it(page)
    await shows(page.locator("dialog[open], .switch[open] .menu")).to_be_visible()

    wrong: dict[str, Any] = {}
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme)
        for width in (1280, 390, 320):
            await page.set_viewport_size({"width": width, "height": 844})
            wrong[f"{theme} {width}"] = [*await faults(page), *await page.evaluate(SIDEWAYS)]

    assert {where: found for where, found in wrong.items() if found} == {}
    await page.close()


async def test_a_name_without_a_gap_breaks_no_page(site: Site, browser: Browser) -> None:
    await site.product.submit(name="W" * 200, email=f"{'w' * 60}@{'x' * 60}.example.org", message="M" * 400)
    page = await (await site.profile(browser, OWNER)).new_page()
    await page.set_viewport_size({"width": 390, "height": 844})
    link = page.get_by_role("link", name="WWWWW").first
    for _ in range(50):
        await page.goto("/leads?q=WWWWW")
        if await link.count():
            break
        await asyncio.sleep(0.1)
    wrong = {"list": await page.evaluate(SIDEWAYS)}
    await link.click()
    await shows(page.get_by_role("heading", level=1)).to_contain_text("WWWWW")
    for width in (390, 1280):
        await page.set_viewport_size({"width": width, "height": 844})
        wrong[f"lead {width}"] = await page.evaluate(SIDEWAYS)
    await page.set_viewport_size({"width": 1280, "height": 844})
    await page.goto("/leads?q=WWWWW")
    wrong["list 1280"] = await page.evaluate(SIDEWAYS)
    assert {where: found for where, found in wrong.items() if found} == {}
    await page.close()


async def test_the_caption_of_a_table_is_a_line_or_two_on_a_phone(site: Site, browser: Browser) -> None:
    page = await (await site.profile(browser, OWNER)).new_page()
    await page.goto("/widget/forms")
    caption = page.locator("caption", has_text="Pages with the widget")
    for width in (1280, 390):
        await page.set_viewport_size({"width": width, "height": 844})
        box = await caption.bounding_box()
        assert box is not None
        assert (box["height"] < 80, box["width"] > min(width, 600) / 2) == (True, True), box
    await page.close()


@pytest.mark.parametrize("width", [1440, 390])
async def test_results_with_many_columns_scroll_in_a_window_that_shows_it(
    site: Site, browser: Browser, width: int
) -> None:
    page = await (await site.profile(browser, OWNER)).new_page()
    await page.set_viewport_size({"width": width, "height": 844})
    await page.goto(f"/forms/{site.known['answered']}/results")
    window = page.get_by_role("region", name="Results, a table that scrolls sideways")
    first, last = window.get_by_role("columnheader").first, window.get_by_role("columnheader").last
    await window.focus()
    place = "one => Math.round(one.getBoundingClientRect().x)"
    before = await first.evaluate(place)
    shadow, end = await window.evaluate(
        "one => [getComputedStyle(one).backgroundImage, one.scrollWidth - one.clientWidth]"
    )
    assert ("gradient" in shadow, end > 100) == (True, True)
    await shows(last).not_to_be_in_viewport()
    for _ in range(end // 30 + 2):
        await page.keyboard.press("ArrowRight")
    await shows(last).to_be_in_viewport(ratio=0.9)
    assert await first.evaluate(place) == before, "the first column stays"
    rows = [await row.bounding_box() for row in await window.locator("tbody tr").all()]
    assert {round(box["height"]) < 80 for box in rows if box} == {True}, "a row is a line, on a phone too"
    assert await page.evaluate(SIDEWAYS) == []
    await page.close()


async def test_the_mark_of_a_folded_line_stands_beside_it(site: Site, browser: Browser) -> None:
    page = await (await site.profile(browser, OWNER)).new_page()
    await page.goto("/quarantine?state=blocked")
    line = page.locator("summary:has(> .cut)").first
    for width, most in ((1280, 30), (390, 60)):
        await page.set_viewport_size({"width": width, "height": 844})
        box, text = await line.bounding_box(), await line.locator(".cut").bounding_box()
        assert box is not None
        assert text is not None
        assert (box["height"] < most, abs(box["y"] - text["y"]) < 4) == (True, True), (width, box, text)
    await page.close()


async def test_removing_a_chat_says_what_happens_and_is_asked_first(site: Site, browser: Browser) -> None:
    page = await (await site.profile(browser, OWNER)).new_page()
    await page.goto("/telegram")
    chats = page.locator("#destinations [data-row]")
    before = await chats.count()
    await page.get_by_role("button", name="Remove…").first.click()
    dialog = page.get_by_role("dialog")
    await shows(dialog).to_contain_text("No alert goes there any more")
    for width in (1280, 320):
        await page.set_viewport_size({"width": width, "height": 844})
        assert [*await faults(page), *await page.evaluate(SIDEWAYS)] == []
    await dialog.get_by_role("button", name="Cancel").click()
    await shows(dialog).to_have_count(0)
    await page.reload()
    assert await chats.count() == before >= 1
    await page.close()


async def test_back_after_a_filter_shows_the_list_with_its_own_filters(site: Site, browser: Browser) -> None:
    page = await (await site.profile(browser, OWNER)).new_page()
    await page.goto("/leads")
    rows = page.locator("[data-row]")
    all_rows = await rows.count()
    await page.get_by_label("Owner").select_option("me")
    await page.wait_for_url("**/leads?**owner=me**")
    assert await rows.count() < all_rows
    await page.go_back()
    await shows(page.get_by_label("Owner")).to_have_value("")
    assert await rows.count() == all_rows
    await page.go_forward()
    await shows(page.get_by_label("Owner")).to_have_value("me")
    await page.close()


async def test_a_note_survives_the_end_of_the_session(site: Site, browser: Browser) -> None:
    context = await browser.new_context(base_url=site.product.address)
    page = await context.new_page()

    async def sign_in() -> None:
        await page.get_by_label("E-mail address").fill(site.people[OWNER])
        await page.get_by_label("Password").fill(PASSWORD)
        await page.get_by_role("button", name="Sign in").click()

    await page.goto(f"/login?next=/leads/{site.known['lead']}")
    await sign_in()
    note = page.get_by_label("Note", exact=True)
    await note.fill("Called twice.\nShe is in on Friday.")
    await context.clear_cookies()
    await page.get_by_role("button", name="Add note").click()
    await shows(page.get_by_role("heading", level=1)).to_have_text("You are signed out")
    await page.get_by_role("link", name="Sign in").click()
    await sign_in()

    await shows(note).to_have_value("Called twice.\nShe is in on Friday.")
    await shows(page.get_by_text("What you wrote was not stored. It is here again.")).to_be_visible()
    await page.get_by_role("button", name="Add note").click()
    await shows(page.locator(".note", has_text="She is in on Friday.")).to_have_count(1)
    await shows(note).to_have_value("")
    await page.reload()
    await shows(page.locator(".note", has_text="She is in on Friday.")).to_have_count(1)
    await shows(note).to_have_value("")
    await context.close()


async def test_the_keyboard_alone_goes_from_the_list_to_a_note_and_back(site: Site, browser: Browser) -> None:
    page = await (await site.profile(browser, OWNER)).new_page()
    await page.set_viewport_size({"width": 1280, "height": 900})
    await page.goto("/leads?q=visitor 1")
    press = page.keyboard.press
    await press("Tab")
    await shows(page.get_by_role("link", name="Skip to content")).to_be_focused()
    await press("j")
    await press("j")
    second = page.locator("[data-row]").nth(1).get_by_role("link")
    await shows(second).to_be_focused()
    assert await second.evaluate("one => getComputedStyle(one).outlineStyle !== 'none'")
    name = await second.inner_text()
    await press("Enter")
    await shows(page.get_by_role("heading", level=1)).to_have_text(name)

    await press("n")
    await page.keyboard.type("Rang twice.")
    await press("Tab")
    await press("Enter")
    await shows(page.locator("#timeline")).to_contain_text("Rang twice.")

    await press("e")
    await shows(page.get_by_label("Name")).to_be_focused()
    await page.keyboard.type("changed my mind")
    await press("Escape")
    await shows(page.locator("#edit > summary")).to_be_focused()
    await shows(page.get_by_label("Name")).to_be_hidden()
    assert await page.get_by_label("Name").input_value() == name

    await press("]")
    await shows(page.get_by_role("heading", level=1)).not_to_have_text(name)
    await press("u")
    await shows(page.get_by_role("heading", level=1)).to_have_text("Leads")
    assert await page.get_by_role("searchbox").input_value() == "visitor 1"
    for keys, heading in (("g s", "Sources"), ("g ,", "Settings"), ("g a", "Your account"), ("g l", "Leads")):
        for key in keys.split():
            await press(key)
        await shows(page.get_by_role("heading", level=1)).to_have_text(heading)
    await page.close()


async def test_a_stage_and_an_owner_are_taken_back_with_one_key(site: Site, browser: Browser) -> None:
    page = await (await site.profile(browser, OWNER)).new_page()
    await page.goto("/leads?q=visitor 30")
    await page.locator("[data-row]").first.get_by_role("link").click()
    stage = page.get_by_role("group", name="Stage")
    await stage.get_by_role("button", name="Won").click()
    await shows(page.get_by_role("status").filter(has_text="The stage was changed.")).to_be_visible()
    await page.keyboard.press("z")
    await shows(stage.get_by_role("button", name="New")).to_have_attribute("aria-pressed", "true")

    await page.get_by_role("button", name="Claim this lead").click()
    await shows(page.get_by_role("button", name="Claim this lead")).to_have_count(0)
    await page.get_by_role("button", name="Undo").click()
    await shows(page.get_by_role("button", name="Claim this lead")).to_be_visible()
    await page.close()


async def test_the_judge_sees_what_is_wrong(site: Site, browser: Browser) -> None:
    page = await (await site.profile(browser, NOBODY)).new_page()
    await page.set_viewport_size({"width": 320, "height": 700})
    await page.set_content(
        '<!doctype html><html lang="en"><title>Bad</title><main><h1>Bad</h1><p>Text</p><img src="data:,">'
        '<button style="width:9px;height:9px;padding:0;border:0" aria-label="a"></button>'
        '<button style="width:9px;height:9px;padding:0;border:0" aria-label="b"></button>'
        '<p style="color:#ccc;background:#fff;width:900px">pale</p><ul><li><a href="#x">one</a></li></ul></main></html>'
    )

    named = {fault.split(" ")[0] for fault in await faults(page)}

    assert {"image-alt", "target-size", "color-contrast"} <= named
    assert await page.evaluate(SIDEWAYS)
    await page.close()
