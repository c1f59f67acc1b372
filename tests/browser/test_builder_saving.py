"""Saving, checks, preview and publishing in the builder, in a real browser."""

from __future__ import annotations

from typing import Any

from playwright.async_api import expect as shows

from tests.browser.desk import ATTACK, MARKS, Desk, label, preview, saved, settings
from tests.features.forms.conftest import contact, one_step
from tests.features.forms.conftest import field as make_field
from tests.product import until

pytestmark = MARKS


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
    await page.get_by_label("Title of the form").fill("Ask us")
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
    await shows(page.locator(".stage iframe")).to_have_count(1)
    inside = page.frames[-1]
    assert (await inside.evaluate(width))[0] == 390
    await page.get_by_role("button", name="Desktop").click()
    await until(lambda: _is(inside, width, 0, 1280))
    light = await inside.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    await page.get_by_role("button", name="Dark", exact=True).click()
    assert await inside.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") != light
    await page.get_by_role("button", name="Right to left").click()
    assert (await inside.evaluate(width))[1] == "rtl"
    await page.get_by_role("button", name="Right to left").click()
    await page.get_by_label("Language of the preview").select_option("he")
    await shows(frame.get_by_role("heading", level=1)).to_have_text("כתבו לנו")
    assert (await page.frames[-1].evaluate(width))[1] == "rtl"
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


BIG = [[{"field": "budget", "op": "gte", "value": 5000}]]
STEPS = [
    {"id": "a", "fields": [make_field("budget", "number"), make_field("start", "date", show_if=BIG)]},
    {"id": "b", "title": "You", "fields": [make_field("email", "email", required=True),
                                           make_field("plan", "file", required=True)]},
]  # fmt: skip


async def test_the_pages_preview_shows_steps_conditions_and_the_ending_and_stores_nothing(desk: Desk) -> None:
    endings = [{"id": "rich", "title": "We call {email} about {plan}", "show_if": BIG}]
    page = await desk.open({"title": "T", "steps": STEPS, "endings": endings})
    frame = preview(page)
    await shows(frame.get_by_text("Step 1 of 2")).to_be_visible()
    await shows(frame.get_by_label("Email")).to_be_hidden()
    await shows(frame.get_by_label("Start")).to_be_hidden()
    await frame.get_by_label("Budget").fill("5000")
    await shows(frame.get_by_label("Start")).to_be_visible()

    await label(page, "budget").fill("What it may cost")
    await shows(frame.get_by_label("What it may cost")).to_have_value("5000")
    await shows(frame.get_by_label("Start")).to_be_visible()
    await label(page, "email").click()
    await shows(frame.get_by_text("Step 2 of 2")).to_be_visible()
    await page.keyboard.press("End")
    await page.keyboard.type(" address")
    await shows(frame.get_by_label("Email address")).to_be_visible()
    await shows(label(page, "email")).to_be_focused()
    await shows(label(page, "email")).to_have_value("Email address")

    await frame.get_by_role("button", name="Send").click()
    await shows(frame.get_by_role("alert", name="Please check")).to_contain_text("Please fill this in.")
    await frame.get_by_label("Email address").fill("ada@example.com")
    plan = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    await frame.get_by_label("Plan").set_input_files(plan)  # type: ignore[arg-type]
    await frame.get_by_role("button", name="Send").click()
    await shows(frame.get_by_role("heading", name="We call ada@example.com about a.pdf")).to_be_visible()
    await frame.get_by_role("button", name="Start again").click()
    await shows(frame.get_by_text("Step 1 of 2")).to_be_visible()
    assert (await desk.api("GET", f"/{desk.form['id']}"))["submissions"] == 0
    await page.go_back()
    assert "/forms/" not in page.url, "steps of the preview are none of the tab's"


async def test_what_only_the_server_finds_wrong_is_said_in_the_pages_preview(desk: Desk) -> None:
    page = await desk.open(one_step(make_field("phone", "phone"), make_field("email", "email", required=True)))
    frame = preview(page)
    await frame.get_by_label("Phone").fill("+49 1")
    await frame.get_by_label("Email").fill("ada@nowhere")
    await frame.get_by_role("button", name="Send").click()
    await shows(frame.get_by_role("alert").get_by_role("link")).to_have_count(2)
    await shows(frame.get_by_label("Phone")).to_have_attribute("aria-invalid", "true")
    await frame.get_by_label("Phone").fill("+49 30 901820")
    await frame.get_by_label("Email").fill("ada@example.com")
    await frame.get_by_role("button", name="Send").click()
    await shows(frame.get_by_role("heading", name="Thank you")).to_be_visible()


async def test_a_version_is_looked_at_as_a_page_that_sends_nothing(desk: Desk) -> None:
    page = await desk.open({"title": "T", "steps": STEPS[:1]})
    await page.goto(f"/forms/{desk.form['id']}/versions/1")
    frame = preview(page)
    await shows(frame.get_by_label("Start")).to_be_hidden()
    await frame.get_by_label("Budget").fill("1")
    for _ in range(2):
        await frame.get_by_role("button", name="Send").click()
        await shows(frame.get_by_text("This is a preview: nothing is sent.")).to_be_visible()
    assert (await desk.api("GET", f"/{desk.form['id']}"))["submissions"] == 0


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
    # The page that was seen before goes when the widget is ready.
    await shows(frame.locator("leadsbot-form")).to_be_attached()
    await shows(frame.get_by_label("Start")).to_be_hidden()
    await frame.get_by_label("Budget").fill("5000")
    await shows(frame.get_by_label("Start")).to_be_visible()
    await frame.get_by_role("button", name="Next").click()
    await frame.get_by_role("button", name="Send").click()
    await shows(frame.get_by_role("alert")).to_contain_text("Email")
    await frame.get_by_label("Email").fill("ada@example.com")
    await frame.get_by_role("button", name="Send").click()
    await shows(frame.get_by_role("heading", name="We call ada@example.com")).to_be_visible()
    await shows(frame.get_by_text("This is a preview: nothing was stored.")).to_be_visible()
    await frame.get_by_role("button", name="Start again").click()
    await shows(frame.get_by_label("Budget")).to_have_value("")

    await page.get_by_role("button", name="Dark", exact=True).click()
    await shows(frame.locator("body[data-scheme=dark]")).to_be_attached()
    await frame.get_by_label("Budget").fill("1")
    await frame.get_by_role("button", name="Next").click()
    await frame.get_by_label("Email").fill("ada@example.com")
    await frame.get_by_role("button", name="Send").click()
    await shows(frame.get_by_text("https://shop.example/thanks")).to_be_visible()
    assert (await desk.api("GET", f"/{desk.form['id']}"))["submissions"] == 0
