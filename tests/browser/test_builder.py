"""The builder of forms in a real browser, on the whole product: what an owner does there."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, FrameLocator, Locator, Page, async_playwright
from playwright.async_api import expect as shows

import hatch_build
from leadsbot.testing.postgres import TestServer
from tests.browser.test_pages import CHROMIUM, SIDEWAYS, faults
from tests.features.forms.conftest import contact, one_step
from tests.features.forms.conftest import field as make_field
from tests.product import PASSWORD, Product, running, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("builder"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it"),
]
ATTACK = "<img src=x onerror=alert(1)>\"'<script>alert(2)</script>"
DESKTOP = {"width": 1440, "height": 900}


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-quic"])
        yield made
        await made.close()


@pytest.fixture(scope="module")
async def product(postgres: TestServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Product]:
    """One product for all of these tests; each makes a form of its own."""
    if not hatch_build.fresh():
        hatch_build.build()
    hatch_build.install(tools=True)
    database = await postgres.database()
    async with running(database, tmp_path_factory.mktemp("builder"), referee=False, rate_limits="off") as made:
        yield made
    await postgres.drop(database)


@dataclass
class Desk:
    """Alice at her browser, with one form open. What the console says is written down."""

    product: Product
    context: BrowserContext
    said: list[str] = field(default_factory=list)
    form: dict[str, Any] = field(default_factory=dict)

    async def api(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        options = {} if body is None else {"json": body}
        answer = await self.product.http.request(method, f"/api/v1/forms{path}", headers=self.product.key, **options)
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def open(self, definition: dict[str, Any] | None = None, *, at: str = "", **more: Any) -> Page:
        """A new form, open in the builder."""
        self.form = await self.api("POST", "", {"definition": definition or contact(), "name": "Web site", **more})
        return await self.again(at)

    async def again(self, at: str = "") -> Page:
        """The same form in another tab."""
        page = await self.context.new_page()
        await page.set_viewport_size(DESKTOP)
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        await page.goto(f"/forms/{self.form['id']}{at}")
        await shows(page.locator(".builder-bar")).to_be_visible()
        return page

    async def draft(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.api("GET", f"/{self.form['id']}"))["draft"]
        return found

    async def keys(self) -> list[list[str]]:
        return [[each["key"] for each in step["fields"]] for step in (await self.draft())["steps"]]

    async def first(self) -> dict[str, Any]:
        """The first field of the draft."""
        found: dict[str, Any] = (await self.draft())["steps"][0]["fields"][0]
        return found


@pytest.fixture
async def desk(browser: Browser, product: Product) -> AsyncIterator[Desk]:
    context = await browser.new_context(base_url=product.address, reduced_motion="reduce")
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


async def saved(page: Page) -> None:
    """Wait until the server has what is on the page."""
    await shows(page.locator(".saving.saved")).to_be_visible()


def card(page: Page, key: str) -> Locator:
    return page.locator(f'[data-card="{key}"]')


def label(page: Page, key: str) -> Locator:
    return card(page, key).locator(".label-input")


def settings(page: Page) -> Locator:
    return page.get_by_role("region", name="Settings")


def preview(page: Page) -> FrameLocator:
    return page.frame_locator("iframe")


async def order(page: Page) -> list[str]:
    return await page.eval_on_selector_all("[data-card]", "cards => cards.map(each => each.dataset.card)")


async def test_a_field_is_found_by_a_word_inserted_named_and_saved_under_its_name(desk: Desk) -> None:
    page = await desk.open()
    await label(page, "email").click()
    await page.keyboard.press("Enter")
    await page.keyboard.type("upload")
    await shows(page.get_by_role("option")).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.keyboard.type("Your drawings!")
    await page.keyboard.press("Tab")
    await saved(page)

    assert await desk.keys() == [["name", "email", "your_drawings", "message"]]
    assert (await desk.draft())["steps"][0]["fields"][2] == {
        "key": "your_drawings", "type": "file", "label": "Your drawings!",
    }  # fmt: skip


async def test_every_kind_of_field_can_be_inserted_and_published(desk: Desk) -> None:
    page = await desk.open()
    await page.keyboard.press("/")
    kinds = await page.get_by_role("option").count()
    await page.keyboard.press("Escape")
    for number in range(kinds):
        await page.keyboard.press("/")
        await page.get_by_role("option").nth(number).click()
        await page.keyboard.press("Escape")
    await saved(page)
    form = await desk.api("GET", f"/{desk.form['id']}")

    assert kinds == 16
    assert len({each["type"] for each in form["draft"]["steps"][0]["fields"]}) == 16
    assert form["errors"] == []


async def test_cards_move_by_keys_by_the_list_of_places_and_by_the_pointer(desk: Desk) -> None:
    steps = [
        {"id": "a", "title": "First", "fields": [make_field("one"), make_field("two"), make_field("email", "email")]},
        {"id": "b", "title": "Second", "fields": [make_field("four")]},
    ]
    page = await desk.open({"title": "T", "steps": steps})
    await label(page, "two").click()
    await page.keyboard.press("Alt+ArrowUp")
    await shows(page.get_by_role("status").filter(has_text="is number 1 of 3 in step 1")).to_be_visible()
    await shows(label(page, "two")).to_be_focused()
    await saved(page)
    assert await desk.keys() == [["two", "one", "email"], ["four"]]

    for _ in range(3):
        await page.keyboard.press("Alt+ArrowDown")
    await shows(label(page, "two")).to_be_focused()
    await saved(page)
    assert await desk.keys() == [["one", "email"], ["two", "four"]]

    await card(page, "two").get_by_role("button", name="More for Two").click()
    await page.get_by_role("button", name="Move to …").click()
    await page.get_by_role("dialog").get_by_role("button", name="After “One”").click()
    await saved(page)
    assert await desk.keys() == [["one", "two", "email"], ["four"]]

    grip, target = card(page, "one").locator(".grip"), await card(page, "four").bounding_box()
    box = await grip.bounding_box()
    assert box
    assert target
    await page.mouse.move(box["x"] + 8, box["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 10, box["y"] + 60, steps=4)
    await page.mouse.move(target["x"] + 20, target["y"] + target["height"] - 2, steps=8)
    await shows(page.locator(".drop-line")).to_be_visible()
    await page.mouse.up()
    await shows(page.locator(".drop-line")).to_have_count(0)
    await saved(page)
    assert await desk.keys() == [["two", "email"], ["four", "one"]]


async def test_a_drag_that_is_given_up_moves_nothing_and_a_press_opens_the_places(desk: Desk) -> None:
    page = await desk.open()
    box = await card(page, "name").locator(".grip").bounding_box()
    assert box
    await page.mouse.move(box["x"] + 8, box["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 8, box["y"] + 200, steps=4)
    await page.keyboard.press("Escape")
    await page.mouse.up()
    assert await order(page) == ["name", "email", "message"]

    await card(page, "name").locator(".grip").click()
    await page.get_by_role("dialog").get_by_role("button", name="After “Message”").click()
    assert await order(page) == ["email", "message", "name"]
    await saved(page)


async def test_everything_is_taken_back_and_done_again(desk: Desk) -> None:
    page = await desk.open()
    before = await desk.draft()
    await page.get_by_label("Title of the form").fill("Write to us")
    await label(page, "name").click()
    await page.keyboard.press("End")
    await page.keyboard.type(" and company")
    await card(page, "email").get_by_role("button", name="must be filled in").click()
    await page.keyboard.press("Alt+ArrowUp")
    await card(page, "message").get_by_role("button", name="More for").click()
    await page.get_by_role("button", name="Delete").click()
    await shows(page.get_by_role("status").filter(has_text="Deleted “Message”")).to_be_visible()
    await page.get_by_role("button", name="Undo", exact=True).click()
    await shows(card(page, "message")).to_be_visible()
    await card(page, "message").get_by_role("button", name="More for").click()
    await page.get_by_role("button", name="Duplicate").click()
    await saved(page)
    after = await desk.draft()
    assert [len(step) for step in await desk.keys()] == [4]

    for _ in range(5):
        await page.keyboard.press("Control+z")
    await shows(page.get_by_label("Title of the form")).to_have_value("Contact us")
    await shows(page.get_by_role("button", name="Undo (Ctrl+Z)")).to_be_disabled()
    await saved(page)
    assert await desk.draft() == before

    for _ in range(5):
        await page.keyboard.press("Control+Shift+z")
    await shows(page.get_by_role("button", name="Redo")).to_be_disabled()
    await saved(page)
    assert await desk.draft() == after


async def test_the_preview_is_the_page_that_visitors_will_get(desk: Desk) -> None:
    german = {"de": {"title": "Schreiben Sie uns"}, "he": {"title": "כתבו לנו"}}
    page = await desk.open(contact(languages=german))
    frame = preview(page)
    await shows(frame.get_by_role("heading", level=1)).to_have_text("Contact us")
    await page.get_by_label("Title of the form").fill(f"Write {ATTACK}")
    await shows(frame.get_by_role("heading", level=1)).to_have_text(f"Write {ATTACK}")
    await label(page, "name").fill(ATTACK)
    await shows(frame.get_by_label(ATTACK)).to_be_visible()

    width = "() => [innerWidth, document.documentElement.dir, getComputedStyle(document.body).backgroundColor]"
    inside = page.frames[1]
    assert (await inside.evaluate(width))[0] == 390
    await page.get_by_role("button", name="Desktop").click()
    await until(lambda: _is(inside, width, 0, 1280))
    light = (await inside.evaluate("() => getComputedStyle(document.documentElement).backgroundColor"))
    await page.get_by_role("button", name="Dark", exact=True).click()
    assert await inside.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") != light
    await page.get_by_role("button", name="Right to left").click()
    assert (await inside.evaluate(width))[1] == "rtl"
    await page.get_by_role("button", name="Right to left").click()
    await page.get_by_label("Language of the preview").select_option("he")
    await shows(frame.get_by_role("heading", level=1)).to_have_text("כתבו לנו")
    assert (await inside.evaluate(width))[1] == "rtl"
    await frame.get_by_role("link", name="Deutsch").click()
    await shows(frame.get_by_role("heading", level=1)).to_have_text("Schreiben Sie uns")
    await shows(page.get_by_label("Language of the preview")).to_have_value("de")
    await frame.get_by_role("button").last.click()
    await saved(page)
    hosted = await desk.product.http.get(f"/f/{desk.form['key']}")
    assert "Contact us" in hosted.text
    assert (await desk.api("GET", f"/{desk.form['id']}"))["submissions"] == 0


async def _is(inside: Any, expression: str, place: int, wanted: object) -> bool:
    return bool((await inside.evaluate(expression))[place] == wanted)


async def test_the_widgets_preview_lets_conditions_steps_and_endings_be_tried_and_stores_nothing(desk: Desk) -> None:
    rich = [[{"field": "budget", "op": "gte", "value": 5000}]]
    steps = [
        {"id": "a", "fields": [make_field("budget", "number"), make_field("start", "date", show_if=rich)]},
        {"id": "b", "title": "You", "fields": [make_field("email", "email", required=True)]},
    ]
    endings = [
        {"id": "rich", "title": "We call {email}", "show_if": rich},
        {"id": "there", "kind": "redirect", "url": "https://shop.example/thanks"},
    ]
    page = await desk.open(
        {"title": "T", "steps": steps, "endings": endings}, redirect_allow=["https://shop.example/thanks"]
    )
    await page.get_by_label("Drawn as").select_option("widget")
    frame = preview(page)
    await shows(frame.get_by_label("Start")).to_be_hidden()
    await frame.get_by_label("Budget").fill("5000")
    await shows(frame.get_by_label("Start")).to_be_visible()
    await frame.get_by_role("button", name="Next").click()
    await frame.get_by_role("button", name="Send").click()
    await shows(frame.get_by_role("alert")).to_contain_text("Email")
    await frame.get_by_label("Email").fill("ada@example.com")
    await frame.get_by_role("button", name="Send").click()
    await shows(frame.get_by_role("heading", name="We call ada@example.com")).to_be_visible()

    await page.get_by_role("button", name="Dark", exact=True).click()
    await frame.get_by_label("Budget").fill("1")
    await frame.get_by_role("button", name="Next").click()
    await frame.get_by_label("Email").fill("ada@example.com")
    await frame.get_by_role("button", name="Send").click()
    await shows(frame.get_by_text("https://shop.example/thanks")).to_be_visible()
    assert (await desk.api("GET", f"/{desk.form['id']}"))["submissions"] == 0


async def test_conditions_are_written_as_sentences(desk: Desk) -> None:
    topic = make_field("topic", "select", options=[{"value": "roof", "label": "A roof"}, {"value": "x", "label": "X"}])
    fields = [make_field("budget", "number"), topic, make_field("news", "checkbox"), make_field("email", "email")]
    page = await desk.open(one_step(*fields))
    await label(page, "budget").click()
    await settings(page).get_by_text("When it is shown").click()
    await shows(settings(page)).to_contain_text("There is no field before this one")

    await label(page, "email").click()
    await settings(page).get_by_text("When it is shown").click()
    await settings(page).get_by_role("button", name="Show only when …").click()
    await settings(page).get_by_label("Field").select_option("budget")
    await settings(page).get_by_label("Question").select_option("gte")
    await settings(page).get_by_label("Answer").fill("1000")
    await settings(page).get_by_role("button", name="and …").click()
    await settings(page).get_by_label("Field").nth(1).select_option("news")
    await settings(page).get_by_label("Question").nth(1).select_option("false")
    await settings(page).get_by_role("button", name="or when …").click()
    await settings(page).get_by_label("Field").nth(2).select_option("topic")
    await shows(card(page, "email")).to_contain_text(
        "Shown when “Budget” is at least 1000 and “News” is not ticked, or “Topic” is “A roof”"
    )
    await saved(page)
    assert (await desk.draft())["steps"][0]["fields"][3]["show_if"] == [
        [{"field": "budget", "op": "gte", "value": 1000}, {"field": "news", "op": "is", "value": False}],
        [{"field": "topic", "op": "is", "value": "roof"}],
    ]
    for _ in range(3):
        await settings(page).get_by_role("button", name="Remove this condition").first.click()
    await saved(page)
    assert "show_if" not in (await desk.draft())["steps"][0]["fields"][3]


async def test_options_are_pasted_renamed_and_moved_with_conditions_and_translations_following(desk: Desk) -> None:
    size = make_field("size", "radio", options=[{"value": "S", "label": "S"}])
    more = make_field("more", show_if=[[{"field": "size", "op": "is", "value": "S"}]])
    german = {"de": {"fields": {"size": {"options": {"S": "Klein"}}}}}
    page = await desk.open(one_step(size, more, make_field("email", "email"), languages=german), publish=False)
    await label(page, "size").click()
    await settings(page).get_by_label("Option 1").fill("Small")
    await settings(page).get_by_role("button", name="Paste many").click()
    lines = settings(page).get_by_label("One option a line")
    await lines.fill("Small\nmedium | Medium\n\n  Large  ")
    await settings(page).get_by_role("button", name="Back to the list").click()
    await settings(page).get_by_role("button", name="Option Large up").click()
    await saved(page)
    draft = await desk.draft()
    first, second, _ = draft["steps"][0]["fields"]
    assert first["options"] == [
        {"value": "Small", "label": "Small"},
        {"value": "Large", "label": "Large"},
        {"value": "medium", "label": "Medium"},
    ]
    assert second["show_if"] == [[{"field": "size", "op": "is", "value": "Small"}]]
    assert draft["languages"]["de"]["fields"]["size"]["options"] == {"Small": "Klein"}


async def test_what_visitors_know_keeps_its_key_and_its_values(desk: Desk) -> None:
    size = make_field("size", "radio", options=[{"value": "S", "label": "S"}])
    page = await desk.open(one_step(size, make_field("email", "email"), endings=[{"id": "end", "title": "Hi {fresh}"}]))
    await label(page, "size").click()
    await settings(page).get_by_label("Option 1").fill("Small")
    await settings(page).get_by_text("Filling in, key and width").click()
    await shows(settings(page).get_by_label("Key")).to_have_attribute("readonly", "")
    await page.keyboard.press("Escape")
    await card(page, "size").get_by_role("button", name="Add a field below").click()
    await page.keyboard.press("Enter")
    await settings(page).get_by_text("Filling in, key and width").click()
    await settings(page).get_by_label("Key").fill("Fresh!")
    await settings(page).get_by_label("Key").press("Tab")
    await saved(page)
    assert await desk.keys() == [["size", "fresh", "email"]]
    assert (await desk.first())["options"] == [{"value": "S", "label": "Small"}]
    assert (await desk.api("GET", f"/{desk.form['id']}"))["errors"] == []


async def test_a_pattern_is_tried_out_where_it_is_written(desk: Desk) -> None:
    page = await desk.open(one_step(make_field("code"), make_field("email", "email")))
    await label(page, "code").click()
    await settings(page).get_by_text("Pattern", exact=True).first.click()
    await settings(page).get_by_label("Pattern", exact=True).fill("[0-9]{5}")
    await settings(page).get_by_label("Try it").fill("1011")
    await shows(settings(page).get_by_text("This does not fit.")).to_be_visible()
    await settings(page).get_by_label("Try it").fill("10115")
    await shows(settings(page).get_by_text("This fits.")).to_be_visible()
    await settings(page).get_by_label("Pattern", exact=True).fill("[0-9]{5")
    await shows(settings(page).get_by_text("This pattern has")).to_be_visible()
    assert (await desk.api("GET", f"/{desk.form['id']}"))["errors"][0]["path"] == "steps[0].fields[0].pattern"


async def test_a_second_tab_is_told_and_either_draft_can_stay(desk: Desk) -> None:
    mine = await desk.open()
    theirs = await desk.again()
    await theirs.get_by_label("Title of the form").fill("Theirs")
    await saved(theirs)
    await mine.get_by_label("Title of the form").fill("Mine")
    await shows(mine.get_by_role("alert")).to_contain_text("newer draft")
    assert (await desk.draft())["title"] == "Theirs"
    await mine.get_by_role("button", name="Keep mine").click()
    await saved(mine)
    assert (await desk.draft())["title"] == "Mine"

    await theirs.get_by_label("Title of the form").fill("Theirs again")
    await shows(theirs.get_by_role("alert")).to_contain_text("newer draft")
    await theirs.get_by_role("button", name="Load theirs").click()
    await shows(theirs.get_by_label("Title of the form")).to_have_value("Mine")
    await theirs.keyboard.press("Control+z")
    await shows(theirs.get_by_label("Title of the form")).to_have_value("Theirs again")
    await saved(theirs)
    assert (await desk.draft())["title"] == "Theirs again"


async def test_without_a_connection_nothing_is_lost(desk: Desk) -> None:
    page = await desk.open()
    await desk.context.set_offline(True)
    await page.get_by_label("Title of the form").fill("Written in a tunnel")
    await shows(page.locator(".saving")).to_contain_text("when the connection is back")
    await label(page, "name").fill("And a label")
    await desk.context.set_offline(False)
    await saved(page)
    draft = await desk.draft()
    assert (draft["title"], draft["steps"][0]["fields"][0]["label"]) == ("Written in a tunnel", "And a label")
    assert await page.evaluate("Object.keys(localStorage).filter(each => each.includes('builder')).length") == 0


async def test_what_was_not_saved_is_there_when_the_page_is_opened_again(desk: Desk) -> None:
    page = await desk.open()
    await page.route("**/api/v1/forms/**", lambda route: route.abort())
    await page.get_by_label("Title of the form").fill("Kept on the shelf")
    await shows(page.locator(".saving.offline")).to_be_visible()
    desk.said.clear()
    await page.close()
    page = await desk.again()
    await shows(page.get_by_label("Title of the form")).to_have_value("Kept on the shelf")
    await saved(page)
    assert (await desk.draft())["title"] == "Kept on the shelf"


async def test_what_is_typed_just_before_leaving_is_saved(desk: Desk) -> None:
    page = await desk.open()
    await page.get_by_label("Title of the form").fill("The last word")
    await page.get_by_role("link", name="Versions").click()
    await page.wait_for_url("**/versions")

    async def arrived() -> bool:
        return bool((await desk.draft())["title"] == "The last word")

    await until(arrived)
    again = await desk.again()
    await shows(again.get_by_label("Title of the form")).to_have_value("The last word")
    await shows(again.get_by_role("alert")).to_have_count(0)


async def test_the_checks_lead_to_the_places_that_they_are_about(desk: Desk) -> None:
    bad = [
        make_field("topic", "select"),
        make_field("more", show_if=[[{"field": "nothing", "op": "filled"}]]),
        make_field("email", "email", label=""),
    ]
    page = await desk.open(one_step(*bad, title="", confirmation={"enabled": True}))
    found = len((await desk.api("GET", f"/{desk.form['id']}"))["errors"])
    button = page.get_by_role("button", name=f"{found} to mend")
    for text, wanted in {
        "Give the form a title": "title",
        "has no options": "steps[0].fields[0].options",
        "There is no field nothing": "steps[0].fields[1].show_if[0][0]",
        "Give the field a label": "steps[0].fields[2].label",
        "needs a subject": "confirmation.subject",
    }.items():
        await button.click()
        await settings(page).get_by_role("button", name=text).click()
        await shows(page.locator(f'[data-path="{wanted}"]:focus')).to_be_visible()
    await page.locator('[data-path="title"]').fill("Ask us")
    await shows(page.get_by_role("button", name=f"{found - 1} to mend")).to_be_visible()
    await page.goto(f"/forms/{desk.form['id']}#steps[0].fields[2].label")
    await page.reload()
    await shows(page.locator('[data-path="steps[0].fields[2].label"]:focus')).to_be_visible()


async def test_publishing_shows_what_changes_and_takes_a_note(desk: Desk) -> None:
    page = await desk.open()
    review = page.get_by_role("link", name="Review and publish")
    await shows(review).to_be_hidden()
    await page.get_by_label("Title of the form").fill("Write to us")
    await review.click()
    dialog = page.get_by_role("dialog")
    await shows(dialog).to_contain_text("The title is “Write to us” now; it was “Contact us”.")
    await dialog.get_by_label("Note for your team").fill("A kinder title")
    await dialog.get_by_role("button", name="Publish version 2").click()
    await page.wait_for_url("**done=published")
    await shows(page.get_by_text("visitors see it within a second")).to_be_visible()
    await shows(page.get_by_role("link", name="Review and publish")).to_be_hidden()
    versions = await desk.api("GET", f"/{desk.form['id']}/versions")
    assert (versions["data"][0]["version"], versions["data"][0]["note"]) == (2, "A kinder title")


async def test_the_table_of_translations_shows_what_is_missing(desk: Desk) -> None:
    page = await desk.open()
    await page.get_by_role("button", name="Form settings").click()
    await settings(page).get_by_text("Languages").click()
    await settings(page).get_by_role("button", name="Add a language").click()
    await page.get_by_role("dialog").get_by_role("button", name=re.compile("العربية")).click()
    dialog = page.get_by_role("dialog")
    await shows(dialog).to_contain_text("0 of 4 texts translated")
    await dialog.get_by_label("Contact us").fill("اتصل بنا")
    await shows(dialog.get_by_label("Contact us")).to_have_attribute("dir", "rtl")
    await dialog.get_by_label("Missing only").check()
    await shows(dialog.get_by_label("Contact us")).to_have_count(0)
    await dialog.get_by_label("Name").fill("الاسم")
    await page.keyboard.press("Escape")
    await shows(settings(page)).to_contain_text("2 missing")
    await saved(page)
    arabic = (await desk.draft())["languages"]["ar"]
    assert (arabic["title"], arabic["fields"]["name"]["label"]) == ("اتصل بنا", "الاسم")
    await page.get_by_label("Language of the preview").select_option("ar")
    await shows(preview(page).get_by_role("heading", level=1)).to_have_text("اتصل بنا")


async def test_an_ending_leads_to_a_page_that_is_allowed_on_the_way(desk: Desk) -> None:
    page = await desk.open()
    await page.get_by_role("button", name="Write your own").click()
    await settings(page).get_by_label("What happens").select_option("redirect")
    await settings(page).get_by_label("Address").fill("https://shop.example/thanks?who=")
    await settings(page).get_by_label("Address").press("End")
    await settings(page).get_by_role("button", name="Name", exact=True).click()
    await shows(settings(page).get_by_text("not among the thank-you pages")).to_be_visible()
    await settings(page).get_by_role("button", name="Allow this page").click()
    await shows(settings(page).get_by_text("not among the thank-you pages")).to_have_count(0)
    await saved(page)
    form = await desk.api("GET", f"/{desk.form['id']}")
    assert (form["errors"], form["draft"]["endings"][0]["url"]) == ([], "https://shop.example/thanks?who={name}")


async def test_the_look_the_limits_and_the_notice_are_set_and_default_values_are_left_out(desk: Desk) -> None:
    page = await desk.open()
    await page.get_by_role("button", name="Form settings").click()
    await settings(page).get_by_label("Colour").fill("#ffee00")
    await shows(settings(page)).to_contain_text("Button: black letters")
    await shows(settings(page)).to_contain_text("they get a darker shade")
    await settings(page).get_by_label("Corners").select_option("round")
    await settings(page).get_by_label("Corners").select_option("soft")
    await settings(page).get_by_text("Closing", exact=True).click()
    await settings(page).get_by_label("Closes on").fill("2031-05-06T07:08")
    await settings(page).get_by_label("At most so many").fill("50")
    await settings(page).get_by_text("Privacy", exact=True).click()
    await settings(page).get_by_label("Lawful basis").select_option("contract")
    await settings(page).get_by_label("Address of your privacy notice").fill("https://shop.example/privacy")
    await saved(page)
    draft = await desk.draft()
    assert draft["theme"] == {"accent": "#ffee00"}
    assert (draft["max_submissions"], draft["lawful_basis"]) == (50, "contract")
    assert draft["closes_at"].startswith("2031-05-06T")


async def test_a_form_is_made_and_published_with_nothing_but_the_keyboard(desk: Desk) -> None:
    page = await desk.context.new_page()
    await page.set_viewport_size(DESKTOP)
    await page.goto("/forms")
    await page.keyboard.press("c")
    await page.wait_for_url("**/forms/new")
    await _tab_to(page, page.get_by_role("radio", name="Start from nothing"), by="ArrowDown")
    await _tab_to(page, page.get_by_label("Name"))
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
        ("question", True, "One sentence is enough."), ("email", False, None),
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


async def _types(page: Page) -> None:
    await page.keyboard.press("/")


async def _places(page: Page) -> None:
    await card(page, "name").locator(".grip").click()


async def _language(page: Page) -> None:
    await page.goto(page.url + "#languages.de")
    await page.reload()


async def _review(page: Page) -> None:
    await page.get_by_label("Title of the form").fill("Another title")
    await page.get_by_role("link", name="Review and publish").click()
    await shows(page.get_by_role("dialog")).to_be_visible()


async def _conditions(page: Page) -> None:
    await page.goto(page.url + "#steps[0].fields[2].show_if")
    await page.reload()


async def _checks(page: Page) -> None:
    await page.get_by_role("button", name=re.compile("to check|to mend")).click()


async def _ending(page: Page) -> None:
    await page.goto(page.url + "#endings[0].text")
    await page.reload()


async def _trial(page: Page) -> None:
    await page.goto(f"{page.url.partition('#')[0]}/preview?as=widget")


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
    await shows(preview(page).get_by_role("heading").first).to_have_text(f"2 {ATTACK}")
    assert await page.locator("main img, main script:not([type])").count() == 0
    assert asked == []


async def test_without_a_script_the_plain_page_edits_and_publishes(desk: Desk, browser: Browser) -> None:
    await desk.open(publish=False)
    cookies = await desk.context.cookies()
    context = await browser.new_context(base_url=desk.product.address, java_script_enabled=False)
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
    page = await desk.open(contact(title="</script><script>alert(1)</script>"))
    data = await page.evaluate("document.getElementById('builder-data').textContent")
    assert json.loads(data)["form"]["draft"]["title"] == "</script><script>alert(1)</script>"
    assert shutil.which("chromium")
