"""The builder for everybody: by keyboard, on a phone, without scripts, under axe, and with hostile words."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Locator, Page
from playwright.async_api import expect as shows

from tests.browser.axe import faults
from tests.browser.desk import ATTACK, DESKTOP, MARKS, Desk, card, kinds, label, preview, saved, settings
from tests.browser.test_pages import SIDEWAYS
from tests.features.forms.conftest import contact, one_step
from tests.features.forms.conftest import field as make_field

pytestmark = MARKS


async def test_a_form_is_made_and_published_with_nothing_but_the_keyboard(desk: Desk) -> None:
    page = await desk.context.new_page()
    await page.set_viewport_size(DESKTOP)
    await page.goto("/forms")
    await page.keyboard.press("c")
    await page.wait_for_url("**/forms/new")
    await _tab_to(page, page.get_by_role("radio", checked=True))
    await _tab_to(page, page.get_by_role("radio", name="Start from nothing"), by="ArrowDown")
    await _tab_to(page, page.get_by_role("textbox", name="Name"))
    await page.keyboard.type("By keyboard")
    await page.keyboard.press("Enter")
    await shows(page.locator(".builder-bar")).to_be_visible()
    await _tab_to(page, page.get_by_label("Title of the form"))
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Ask us")
    await _tab_to(page, label(page, "email"))
    await page.keyboard.press("Enter")
    await page.keyboard.type("long")
    await page.keyboard.press("Enter")
    await page.keyboard.type("Question")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Alt+ArrowUp")
    await _tab_to(page, card(page, "question").get_by_role("button", name="More for Question"))
    await page.keyboard.press("Enter")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await shows(settings(page).get_by_role("heading", name="Long text")).to_be_focused()
    await _tab_to(page, settings(page).get_by_label("Help"))
    await page.keyboard.type("One sentence is enough.")
    await page.keyboard.press("Escape")
    await shows(label(page, "question")).to_be_focused()
    await saved(page)
    await _tab_to(page, page.get_by_role("link", name="Review and publish"), by="Shift+Tab")
    await page.keyboard.press("Enter")
    await shows(page.get_by_role("dialog").get_by_label("Note")).to_be_focused()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/share?done=published")
    listed = (await desk.api("GET", "?limit=200"))["data"]
    made = next(each for each in listed if each["name"] == "By keyboard")
    fields = (await desk.api("GET", f"/{made['id']}"))["draft"]["steps"][0]["fields"]
    assert [(each["key"], each.get("required", False), each.get("help")) for each in fields] == [
        ("question", True, "One sentence is enough."), ("email", True, None),
    ]  # fmt: skip


async def _tab_to(page: Page, wanted: Locator, by: str = "Tab") -> None:
    """Press a key until the focus is there; a hundred presses are too many."""
    for _ in range(100):
        if await wanted.evaluate("each => each === document.activeElement"):
            return
        await page.keyboard.press(by)
    raise AssertionError(f"The focus never came to {wanted}")


async def _menu(page: Page) -> None:
    await card(page, "name").get_by_role("button", name="More for Name").click()
    await shows(page.get_by_role("button", name="Duplicate")).to_be_visible()


async def _types(page: Page) -> None:
    await page.keyboard.press("/")
    await shows(kinds(page).first).to_be_visible()


async def _places(page: Page) -> None:
    await card(page, "name").locator(".grip").click()
    await shows(page.get_by_role("dialog", name="Move “Name”")).to_be_visible()


async def _language(page: Page) -> None:
    await page.goto(page.url + "#languages.de")
    await page.reload()
    await shows(page.get_by_role("dialog", name="Translate into German")).to_be_visible()


async def _review(page: Page) -> None:
    await page.get_by_label("Title of the form").fill("Another title")
    await page.get_by_role("link", name="Review and publish").click()
    await shows(page.get_by_role("dialog")).to_be_visible()


async def _conditions(page: Page) -> None:
    await page.goto(page.url + "#steps[0].fields[2].show_if")
    await page.reload()
    await shows(settings(page).get_by_label("Question")).to_be_visible()


async def _checks(page: Page) -> None:
    await page.get_by_role("button", name=re.compile("to check|to mend")).click()
    await shows(settings(page).get_by_role("heading", name="Checks")).to_be_visible()


async def _ending(page: Page) -> None:
    await page.goto(page.url + "#endings[0].text")
    await page.reload()
    await shows(settings(page).get_by_role("heading", name="Ending")).to_be_visible()


async def _trial(page: Page) -> None:
    await page.goto(f"{page.url.partition('#')[0]}/preview?as=widget")
    await shows(page.get_by_label("Email")).to_be_visible()


OPENED = (_menu, _types, _places, _language, _review, _conditions, _checks, _ending, _trial)


@pytest.mark.parametrize("act", OPENED, ids=lambda act: act.__name__)
async def test_whatever_is_opened_is_fit_for_everybody(desk: Desk, act: Callable[[Page], Awaitable[None]]) -> None:
    german = {"de": {"title": "Kontakt"}}
    last = make_field("message", "textarea", show_if=[[{"field": "name", "op": "filled"}]])
    form = one_step(make_field("name"), make_field("email", "email"), last, languages=german,
                    endings=[{"id": "end", "title": "Thank you"}])  # fmt: skip
    page = await desk.open(form)
    await act(page)

    wrong: dict[str, Any] = {}
    for theme in ("light", "dark"):
        await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for width in (1440, 1100, 390, 320):
            await page.set_viewport_size({"width": width, "height": 844})
            wrong[f"{theme} {width}"] = [*await faults(page), *await page.evaluate(SIDEWAYS)]
    assert {where: found for where, found in wrong.items() if found} == {}


async def test_the_tabs_of_a_form_stay_where_they_are_from_page_to_page(desk: Desk) -> None:
    page = await desk.open()
    for width in (1440, 390):
        await page.set_viewport_size({"width": width, "height": 844})
        seen = set()
        for tab in ("", "/share", "/results", "/versions", "/versions/1", "/settings", "/publish"):
            await page.goto(f"/forms/{desk.form['id']}{tab}")
            box = await page.get_by_role("navigation", name="This form").bounding_box()
            assert box
            seen.add((box["x"], box["width"]))
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), tab
        assert len(seen) == 1


async def test_on_a_phone_form_settings_and_preview_take_turns(desk: Desk) -> None:
    page = await desk.open()
    await page.set_viewport_size({"width": 390, "height": 844})
    await shows(settings(page)).to_be_hidden()
    await card(page, "email").get_by_role("button", name="More for").click()
    await page.get_by_role("button", name="Settings", exact=True).last.click()
    await shows(settings(page).get_by_role("heading", name="E-mail")).to_be_focused()
    await shows(card(page, "email")).to_be_hidden()
    await settings(page).get_by_label("Help").fill("Never shared.")
    await settings(page).get_by_role("button", name="Done").click()
    await shows(label(page, "email")).to_be_focused()
    await page.get_by_role("button", name="Preview", exact=True).click()
    await shows(preview(page).get_by_text("Never shared.")).to_be_visible()
    await shows(card(page, "email")).to_be_hidden()


async def test_hostile_words_are_only_words(desk: Desk) -> None:
    options = [{"value": "a", "label": ATTACK}]
    fields = [make_field("one", "radio", label=ATTACK, options=options), make_field("email", "email", help=ATTACK)]
    form = one_step(
        *fields, title=ATTACK, intro=ATTACK, button=ATTACK, endings=[{"id": "e", "title": ATTACK}],
        languages={"de": {"title": ATTACK}},
    )  # fmt: skip
    page = await desk.open(form)
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    await shows(page.get_by_label("Title of the form")).to_have_value(ATTACK)
    await label(page, "one").click()
    await page.get_by_role("button", name="Form settings").click()
    await page.locator(".ending-card .words").click()
    await page.get_by_label("Title of the form").fill(f"2 {ATTACK}")
    await page.get_by_role("link", name="Review and publish").click()
    await shows(page.get_by_role("dialog")).to_contain_text(f"The title is “2 {ATTACK}” now")
    await page.keyboard.press("Escape")
    await page.get_by_label("Drawn as").select_option("widget")
    await shows(preview(page).get_by_role("heading", level=2)).to_have_text(f"2 {ATTACK}")
    assert await page.locator("main img, main script:not([type])").count() == 0
    assert asked == []


async def test_without_a_script_the_plain_page_edits_and_publishes(desk: Desk, chromium: Browser) -> None:
    await desk.open(publish=False)
    cookies = await desk.context.cookies()
    context = await chromium.new_context(base_url=desk.product.address, java_script_enabled=False)
    await context.add_cookies(cookies)  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"/forms/{desk.form['id']}")
    await page.get_by_label("Title", exact=True).fill("Plain")
    await page.get_by_label("New field").fill("Your town")
    await page.get_by_label("Kind").select_option("text")
    await page.get_by_role("button", name="Add", exact=True).click()
    await page.get_by_role("button", name="Up: Your town").click()
    await page.get_by_role("button", name="Save and review").first.click()
    await page.get_by_label("Note for your team").fill("By hand")
    await page.get_by_role("button", name="Publish").click()
    await shows(page.get_by_text("Waiting for your first submission")).to_be_visible()
    assert await desk.keys() == [["name", "email", "your_town", "message"]]
    assert (await desk.api("GET", f"/{desk.form['id']}"))["state"] == "open"
    await context.close()


async def test_the_builder_talks_to_nobody_else_and_carries_no_value_of_the_page_in_markup(desk: Desk) -> None:
    hosts: set[str] = set()
    desk.context.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page = await desk.open(contact(title="</script><script>alert(1)</script>"))
    await page.get_by_label("Drawn as").select_option("widget")
    await shows(preview(page).get_by_label("Email")).to_be_visible()
    data = await page.evaluate("document.getElementById('builder-data').textContent")
    assert json.loads(data)["form"]["draft"]["title"] == "</script><script>alert(1)</script>"
    assert hosts == {urlsplit(desk.product.address).netloc}
