"""The document of the builder in a real browser: fields, their order, options, keys, conditions, and the way back."""

from __future__ import annotations

import contextlib
import re

from playwright.async_api import Error, Page
from playwright.async_api import expect as shows

from leadsbot.features.forms.definition import Field
from leadsbot.features.forms.reading import amount_of
from tests.browser.axe import faults
from tests.browser.desk import MARKS, Desk, card, kinds, label, order, preview, saved, settings
from tests.features.forms.conftest import field as make_field
from tests.features.forms.conftest import one_step
from tests.product import until

pytestmark = MARKS


async def test_a_field_is_found_by_a_word_inserted_named_and_saved_under_its_name(desk: Desk) -> None:
    page = await desk.open()
    await label(page, "email").click()
    await page.keyboard.press("Enter")
    await page.keyboard.type("upload")
    await shows(kinds(page)).to_have_count(1)
    await page.keyboard.press("Enter")
    await page.keyboard.type("Your drawings!")
    await page.keyboard.press("Tab")
    await saved(page)

    assert await desk.keys() == [["name", "email", "your_drawings", "message"]]
    assert (await desk.draft())["steps"][0]["fields"][2] == {
        "key": "your_drawings", "type": "file", "label": "Your drawings!",
    }  # fmt: skip


async def _listed(page: Page) -> bool:
    """Leave the field that was made last and open the list. On a busy machine the key may come before the field lets go
    of the focus, and is typed into it: then it is pressed once more."""
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    with contextlib.suppress(Error):
        await kinds(page).first.wait_for(timeout=2000)
    return await kinds(page).count() > 0


async def test_every_kind_of_field_can_be_inserted_and_published(desk: Desk) -> None:
    page = await desk.open()
    await page.keyboard.press("/")
    known = await kinds(page).count()
    await page.keyboard.press("Escape")
    for number in range(known):
        await until(lambda: _listed(page))
        await kinds(page).nth(number).click()
    await saved(page)
    form = await desk.api("GET", f"/{desk.form['id']}")

    assert known == 16
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


async def test_a_card_is_dragged_further_than_the_window_reaches(desk: Desk) -> None:
    fields = [make_field(f"field_{n}") for n in range(20)]
    page = await desk.open(one_step(*fields, make_field("email", "email")))
    await page.set_viewport_size({"width": 1440, "height": 500})
    box = await card(page, "field_0").locator(".grip").bounding_box()
    end = await page.evaluate("document.documentElement.scrollHeight - innerHeight")
    assert box
    await page.mouse.move(box["x"] + 8, box["y"] + 8)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 8, 480, steps=4)
    # The pointer rests at the edge, and the page goes on to its end by itself.

    async def at_the_end() -> bool:
        return bool(await page.evaluate("scrollY") >= end - 1)

    await until(at_the_end)
    await page.wait_for_timeout(200)
    assert await page.evaluate("scrollY") <= end + 1
    await page.mouse.up()
    await saved(page)
    assert (await desk.keys())[0][-1] == "field_0"


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


async def test_conditions_are_written_as_sentences(desk: Desk) -> None:
    topic = make_field("topic", "select", options=[{"value": "roof", "label": "A roof"}, {"value": "x", "label": "X"}])
    fields = [make_field("budget", "number"), topic, make_field("news", "checkbox"), make_field("email", "email")]
    page = await desk.open(one_step(*fields))
    await label(page, "budget").click()
    await settings(page).get_by_text("When it is shown").click()
    await shows(settings(page)).to_contain_text("There is no field before this one")

    await label(page, "email").click()
    await settings(page).get_by_text("When it is shown").click()
    await shows(settings(page).get_by_text("Where scripts are off")).to_be_visible()
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


async def test_options_are_typed_one_after_the_other_and_their_values_follow(desk: Desk) -> None:
    size = make_field("size", "radio", options=[{"value": "S", "label": "S"}])
    page = await desk.open(one_step(size, make_field("email", "email")))
    await label(page, "size").click()
    await settings(page).get_by_label("Option 1").press("Enter")
    await page.keyboard.type("Something else")
    await page.keyboard.press("Enter")
    await page.keyboard.press("Delete")
    await page.keyboard.type("S")
    await page.keyboard.type("mall and blue")
    await saved(page)

    assert (await desk.first())["options"] == [
        {"value": "S", "label": "S"}, {"value": "Something else", "label": "Something else"},
        {"value": "Small and blue", "label": "Small and blue"},
    ]  # fmt: skip


async def test_what_visitors_know_keeps_its_key_and_its_values(desk: Desk) -> None:
    size = make_field("size", "radio", options=[{"value": "S", "label": "S"}])
    page = await desk.open(one_step(size, make_field("email", "email")))
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
    await dialog.get_by_role("textbox", name="Label Name").fill("الاسم")
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


async def test_escape_leaves_a_label_for_its_field_and_the_list_of_keys_tells_those_of_the_builder(desk: Desk) -> None:
    page = await desk.open()
    await label(page, "email").click()
    await page.keyboard.press("Escape")
    await shows(card(page, "email")).to_be_focused()
    await page.keyboard.press("Alt+ArrowUp")
    await shows(label(page, "email")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    told = page.get_by_role("dialog", name="Keyboard")
    for words in ("Move the field up", "Delete the field", "Undo", "Add a field below"):
        await shows(told.get_by_text(words)).to_be_visible()
    assert await faults(page) == []
    await page.keyboard.press("Escape")
    await shows(told).to_have_count(0)
    await shows(card(page, "email")).to_be_focused()
    await page.keyboard.press("Delete")
    assert await order(page) == ["name", "message"]
    await saved(page)


LIMITS = (
    ("money", "1.250,50"), ("money", "1 000"), ("money", "€ 500"), ("money", "2.500"), ("money", "2,5"),
    ("number", "2.500"), ("number", "1.250.000"), ("number", "-3,25"),
)  # fmt: skip


async def test_limits_are_read_as_the_answers_of_visitors_are(desk: Desk) -> None:
    page = await desk.open(
        one_step(
            make_field("budget", "money", currency="EUR"), make_field("rooms", "number"), make_field("email", "email")
        )
    )
    for type, typed in LIMITS:
        place = 0 if type == "money" else 1
        read = amount_of(Field(key="a", type=type, label="A", currency="EUR"), typed)
        assert read is not None
        await label(page, "budget" if type == "money" else "rooms").click()
        low = settings(page).get_by_label("At least")
        await low.fill(typed)
        await low.press("Tab")
        await shows(low).to_have_value(f"{read:f}".rstrip("0").rstrip(".") if "." in f"{read:f}" else f"{read:f}")
        await saved(page)
        assert (await desk.draft())["steps"][0]["fields"][place]["min"] == float(read), typed


async def test_a_limit_that_cannot_be_read_stays_in_its_box_until_it_is_mended(desk: Desk) -> None:
    fields = [make_field("budget", "money", currency="EUR", min=500), make_field("email", "email")]
    page = await desk.open(one_step(*fields))
    await label(page, "budget").click()
    low = settings(page).get_by_label("At least")
    await low.fill("12 or so")
    await low.press("Tab")
    await shows(low).to_have_value("12 or so")
    await shows(low).to_have_attribute("aria-invalid", "true")
    told = settings(page).get_by_text("“Budget”: Write a number, like 1250.50. “12 or so” is not kept; 500 is.")
    await shows(told).to_be_visible()
    await saved(page)
    assert (await desk.first())["min"] == 500
    assert await faults(page) == []

    # It stays with its field, wherever that goes, and nothing is published past it.
    await label(page, "budget").click()
    await page.keyboard.press("Alt+ArrowDown")
    await label(page, "email").click()
    await shows(page.get_by_role("button", name="1 to mend")).to_be_visible()
    await page.get_by_role("link", name="Review and publish").click()
    await shows(low).to_be_focused()
    await shows(low).to_have_value("12 or so")
    await shows(page.get_by_role("dialog")).to_have_count(0)

    await low.fill("2.500")
    await low.press("Tab")
    await shows(low).to_have_value("2500")
    await shows(told).to_have_count(0)
    await page.keyboard.press("Control+z")
    await shows(low).to_have_value("500")
    await low.fill("")
    await low.press("Tab")
    await shows(page.locator(".saving.saved")).to_have_count(0)
    await saved(page)
    assert "min" not in (await desk.draft())["steps"][0]["fields"][1]


async def test_counts_are_whole_and_amounts_in_conditions_are_read_like_answers(desk: Desk) -> None:
    asked = [[{"field": "budget", "op": "gte", "value": 5}]]
    page = await desk.open(
        one_step(make_field("budget", "money", currency="EUR"), make_field("email", "email", show_if=asked))
    )
    await label(page, "email").click()
    than = settings(page).get_by_label("Answer", exact=True)
    await than.fill("2.500")
    await than.press("Tab")
    await shows(than).to_have_value("2500")
    await saved(page)
    assert (await desk.draft())["steps"][0]["fields"][1]["show_if"][0][0]["value"] == 2500
    await than.fill("much")
    await than.press("Tab")
    await shows(settings(page).get_by_text("“much” is not kept")).to_be_visible()

    await page.get_by_role("button", name="Form settings").click()
    await settings(page).get_by_text("Closing", exact=True).click()
    most = settings(page).get_by_label("At most so many")
    await most.fill("2,5")
    await most.press("Tab")
    await shows(settings(page).get_by_text("Write a whole number.")).to_be_visible()
    await most.fill("1.000")
    await most.press("Tab")
    await shows(most).to_have_value("1000")
    await saved(page)
    assert (await desk.draft())["max_submissions"] == 1000


async def test_the_size_of_all_files_is_set_in_megabytes(desk: Desk) -> None:
    page = await desk.open()
    await page.get_by_role("button", name="Form settings").click()
    await shows(settings(page).get_by_text("Files", exact=True)).to_have_count(0)
    page = await desk.open(one_step(make_field("email", "email"), make_field("plan", "file")))
    await page.get_by_role("button", name="Form settings").click()
    await settings(page).get_by_text("Files", exact=True).click()
    size = settings(page).get_by_label("All files together, in MB")
    await shows(size).to_have_value("25")
    for wrong in ("60", "much", "-1", ""):
        await size.fill(wrong)
        await size.press("Tab")
        await shows(settings(page).get_by_text("Write a number of megabytes up to 50.")).to_be_visible()
        await shows(size).to_have_attribute("aria-invalid", "true")
    assert await faults(page) == []
    await size.fill("12.5")
    await size.press("Tab")
    await shows(settings(page).locator(".error")).to_have_count(0)
    await saved(page)
    assert (await desk.draft())["files_max_bytes"] == 13_107_200
    await size.fill("25")
    await size.press("Tab")
    await shows(page.locator(".saving.saved")).to_have_count(0)
    await saved(page)
    assert "files_max_bytes" not in await desk.draft()


async def test_kinds_of_files_are_ticked_and_whatever_else_is_written(desk: Desk) -> None:
    page = await desk.open(one_step(make_field("email", "email"), make_field("plan", "file")))
    await label(page, "plan").click()
    group = settings(page).get_by_role("group", name="Kinds of files")
    ticked = group.locator("label", has=page.locator(":checked"))
    usual = ["Pictures", "PDF", "Text documents", "Spreadsheets", "Presentations"]
    assert [text.partition(" (")[0] for text in await ticked.all_inner_texts()] == usual

    async def accepted() -> list[str]:
        await saved(page)
        return list((await desk.draft())["steps"][0]["fields"][1].get("accept", []))

    for name in usual[2:]:
        await group.get_by_label(name).uncheck()
    await group.get_by_label("ZIP archives").check()
    assert await accepted() == ["image/*", "application/pdf", "application/zip"]
    await group.get_by_text("Media types").click()
    await group.get_by_label("In this form").fill("application/pdf, text/vcard")
    await group.get_by_label("In this form").press("Tab")
    await shows(ticked).to_have_text(["PDF"])
    await shows(group.locator("summary")).to_have_text("Media types, text/vcard")
    await group.get_by_label("Video").check()
    assert await accepted() == ["application/pdf", "video/*", "text/vcard"]
    await group.get_by_label("In this form").fill("video/*")
    await group.get_by_label("In this form").press("Tab")
    await group.get_by_label("Video").click()
    await shows(ticked).to_have_text(["Video"])
    await group.get_by_label("In this form").fill("")
    await group.get_by_label("In this form").press("Tab")
    await shows(ticked).to_have_count(5)
    assert await accepted() == []
