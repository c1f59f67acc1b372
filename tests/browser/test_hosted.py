"""The page of a form with its script, in a real browser: steps, conditions, faults, the way back; and without it."""

from __future__ import annotations

import copy
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, FilePayload, Page, Route
from playwright.async_api import expect as shows
from sqlalchemy import text

from leadsbot.features.capture.public import list_sources
from leadsbot.kit import ids
from tests.browser.axe import faults
from tests.browser.test_pages import CHROMIUM, SIDEWAYS
from tests.features.forms.conftest import SCRIPT, field, one_step
from tests.product import Product, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("builder"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it"),
]
KINDS = [{"value": each, "label": each.capitalize()} for each in ("roof", "gutter", "other")]
IF_OTHER = [[{"field": "kind", "op": "is", "value": "other"}]]
IF_LARGE = [[{"field": "budget", "op": "gt", "value": 1000}]]
STEPS: dict[str, Any] = {
    "title": "Ask for a roof",
    "steps": [
        {
            "id": "you",
            "title": "About you",
            "fields": [
                field("name", required=True, min=2, help="As we should call you."),
                field("email", "email", required=True),
                field("code", pattern="[A-Z]{3}", pattern_help="Three capital letters, please."),
            ],
        },
        {
            "id": "job",
            "title": "The job",
            "fields": [
                field("kind", "select", options=KINDS, required=True),
                field("which", required=True, show_if=IF_OTHER),
                field("about", "heading", text="Only for other things.", show_if=IF_OTHER),
                field("budget", "money", currency="EUR", min=100),
                field("topics", "multiselect", options=KINDS, min=2),
            ],
        },
        {"id": "large", "title": "A large job", "show_if": IF_LARGE, "fields": [field("plans", required=True)]},
        {
            "id": "end",
            "fields": [
                field("phone", "phone"),
                field("message", "textarea"),
                field("terms", "consent", required=True, text="You may call me."),
            ],
        },
    ],
    "languages": {"de": {"title": "Dach anfragen"}, "ar": {"title": "اطلب عرض سعر"}},
}


@pytest.fixture
async def context(chromium: Browser, product: Product) -> AsyncIterator[BrowserContext]:
    """A fresh profile whose console must stay silent, but for the browser's own note of a refusal."""
    made = await chromium.new_context(base_url=product.address, reduced_motion="reduce")
    said: list[str] = []
    made.on("console", lambda message: said.append(message.text))
    made.on("weberror", lambda error: said.append(str(error.error)))
    yield made
    await made.close()
    assert [text for text in said if "status of 422" not in text] == []


async def published(product: Product, definition: dict[str, Any]) -> str:
    """The address of a new form."""
    answer = await product.http.post("/api/v1/forms", headers=product.key, json={"definition": definition, "name": "A"})
    assert answer.json()["live_version"] == 1, answer.text
    return f"/f/{answer.json()['key']}"


@pytest.fixture
async def path(product: Product) -> str:
    return await published(product, STEPS)


@pytest.fixture
async def page(context: BrowserContext, path: str) -> Page:
    """The form of several steps, open at the first."""
    opened = await context.new_page()
    await opened.goto(path)
    return opened


async def press(page: Page, name: str) -> None:
    await page.get_by_role("button", name=name, exact=True).click()


async def begin(page: Page) -> None:
    """Fill in the first step and go on."""
    await page.get_by_label("Name").fill("Ada")
    await page.get_by_label("Email").fill("ada@example.org")
    await press(page, "Next")
    await shows(page.get_by_role("heading", name="The job")).to_be_focused()


async def test_steps_come_one_at_a_time_and_say_how_far_one_is(page: Page) -> None:
    await shows(page.get_by_text("Step 1 of 3")).to_be_visible()
    await shows(page.get_by_role("progressbar", name="Step 1 of 3")).to_have_attribute("value", "1")
    await shows(page.get_by_label("Kind")).to_be_hidden()
    await shows(page.get_by_role("button", name="Back")).to_be_hidden()
    await begin(page)
    await shows(page.get_by_text("Step 2 of 3")).to_be_visible()
    await shows(page.get_by_label("Name")).to_be_hidden()
    await page.get_by_label("Kind").select_option("roof")
    await press(page, "Next")
    # A step without a title: the place in the row is what can be said of it.
    await shows(page.get_by_text("Step 3 of 3")).to_be_focused()
    await shows(page.get_by_role("button", name="Send")).to_be_visible()
    await press(page, "Back")
    await shows(page.get_by_role("heading", name="The job")).to_be_focused()
    assert await page.get_by_label("Kind").input_value() == "roof"


async def test_a_title_that_is_led_to_has_no_ring_and_what_can_be_used_has_one(page: Page) -> None:
    await page.get_by_label("Name").fill("Ada")
    await page.get_by_label("Email").fill("ada@example.org")
    await page.keyboard.press("Enter")
    title = page.get_by_role("heading", name="The job")
    await shows(title).to_be_focused()
    await shows(title).to_have_css("outline-style", "none")
    await page.keyboard.press("Tab")
    await shows(page.get_by_label("Kind")).to_be_focused()
    await shows(page.get_by_label("Kind")).to_have_css("outline-style", "solid")


async def arrived(product: Product, path: str) -> list[dict[str, Any]]:
    """The answers that came in through a form."""
    key = path.removeprefix("/f/")
    async with product.process.services.db.tenant(ids.read(ids.WORKSPACE, product.workspace["workspace_id"])) as tx:
        source = next(each for each in await list_sources(tx) if each.key == key)
        found = await tx.execute(text("SELECT fields FROM submission WHERE source_id = :id"), {"id": source.id})
        return [dict(row.fields) for row in found]


async def test_on_paper_every_step_is_there(page: Page) -> None:
    await shows(page.get_by_label("Kind")).to_be_hidden()
    await page.emulate_media(media="print")
    for label in ("Name", "Kind", "Message"):
        await shows(page.get_by_label(label)).to_be_visible()
    await shows(page.get_by_label("Which")).to_be_hidden()
    await shows(page.get_by_role("progressbar")).to_have_count(0)


async def test_what_is_filled_in_arrives_and_what_is_hidden_does_not(product: Product, page: Page, path: str) -> None:
    await begin(page)
    kind, which = page.get_by_label("Kind"), page.get_by_label("Which")
    await shows(which).to_be_hidden()
    await kind.select_option("other")
    await shows(page.get_by_text("Only for other things.")).to_be_visible()
    await which.fill("A bird house")
    await kind.select_option("roof")
    await shows(which).to_be_hidden()
    await kind.select_option("other")
    await shows(which).to_have_value("A bird house")
    await kind.select_option("roof")
    await press(page, "Next")
    await page.get_by_label("You may call me.").check()
    await press(page, "Send")
    await shows(page.get_by_role("heading", name="Thank you")).to_be_visible()
    (answers,) = await arrived(product, path)
    assert {key: value for key, value in answers.items() if value} == {
        "name": "Ada", "email": "ada@example.org", "kind": "roof", "terms": "yes",
    }  # fmt: skip
    assert "which" not in answers


async def test_amounts_are_read_as_the_server_reads_them(page: Page) -> None:
    await begin(page)
    await page.get_by_label("Kind").select_option("roof")
    budget = page.get_by_label("Budget")
    for typed, steps in (
        ("1.250", 4), ("1,250.50", 4), ("€ 2 000", 4), ("1250,00 EUR", 4), ("١٢٥٠", 4), ("1'250", 4), ("1.250.000", 4),
        ("900", 3), ("1,5", 3), ("999.99", 3), ("a lot", 3), ("1.25.0", 3), ("", 3),
        ("€ 2.500,-", 4), ("2'500.--", 4), ("1 000,- €", 3), ("5000k", 3), ("5 000 Mio.", 3), ("5000 Kč", 4),
    ):  # fmt: skip
        await budget.fill(typed)
        await shows(page.get_by_text(f"Step 2 of {steps}"), typed).to_be_visible()
    await budget.fill("1.250")
    await press(page, "Next")
    await shows(page.get_by_role("heading", name="A large job")).to_be_focused()


async def test_faults_are_said_in_the_sentences_of_the_server(product: Product, page: Page, path: str) -> None:
    await page.get_by_label("Name").fill("A")
    await page.get_by_label("Email").fill("ada")
    await page.get_by_label("Code").fill("abc")
    await page.get_by_label("Code").press("Enter")
    alert = page.get_by_role("alert")
    await shows(alert).to_contain_text("Please check what you entered")
    ours = dict(line.split(": ", 1) for line in await alert.get_by_role("listitem").all_inner_texts())
    typed = {"name": "A", "email": "ada", "code": "abc", "kind": "roof", "terms": "yes"}
    answer = await product.http.post(path, json=typed, headers=SCRIPT)
    theirs = {each["field"]: each["message"] for each in answer.json()["errors"]}
    assert {label.lower(): text for label, text in ours.items()} == theirs
    name = page.get_by_label("Name")
    await shows(name).to_be_focused()
    await shows(name).to_have_attribute("aria-describedby", "h-name e-name")
    await shows(name).to_have_attribute("aria-invalid", "true")
    await name.fill("Ada")
    await shows(name).to_have_attribute("aria-describedby", "h-name")
    await shows(page.locator("#e-name")).to_have_count(0)
    await shows(page.locator("#e-email")).to_be_visible()
    await alert.get_by_role("link", name="Code").click()
    await shows(page.get_by_label("Code")).to_be_focused()


async def test_faults_of_every_kind_are_the_servers(product: Product, context: BrowserContext) -> None:
    fields = [
        field("like", "rating", required=True), field("kind", "radio", options=KINDS, required=True),
        field("topics", "multiselect", options=KINDS, min=2),
        field("budget", "money", currency="EUR", min=100, max=900),
        field("size", "number", min=1, step=0.5), field("area", "number", max=9), field("note", max=3),
        field("phone", "phone", country="DE"), field("plan", "file", max_bytes=1_100_000),
        field("terms", "consent", required=True, text="Yes."),
    ]  # fmt: skip
    path = await published(product, one_step(*fields, language="de"))
    page = await context.new_page()
    await page.goto(path)
    await shows(page.get_by_role("progressbar")).to_have_count(0)
    await page.get_by_label("Roof").last.check()
    await page.get_by_label("Budget").fill("5")
    await page.get_by_label("Size").fill("1.2")
    await page.get_by_label("Area").fill("10")
    await page.get_by_label("Note").evaluate("one => { one.removeAttribute('maxlength'); one.value = 'long'; }")
    await page.get_by_label("Phone").fill("12")
    file = {"name": "a.txt", "mimeType": "text/plain", "buffer": b"x" * 1_200_000}
    await page.get_by_label("Plan").set_input_files(files=[file])  # type: ignore[list-item]
    await page.locator(".send").click()
    said = await page.locator(".error").all_inner_texts()
    typed = {"topics": "roof", "budget": "5", "size": "1.2", "area": "10", "note": "long", "phone": "12"}
    parts = {"plan": ("a.txt", b"x" * 1_200_000, "text/plain")}
    answer = await product.http.post(path, data={**typed, "_lang": "de"}, files=parts, headers=SCRIPT)
    assert answer.status_code == 422, answer.text
    told = {each["field"]: each["message"] for each in answer.json()["errors"]}
    assert dict(zip([each["key"] for each in fields], said, strict=True)) == told


async def test_a_file_that_is_not_taken_is_said_as_soon_as_it_is_chosen(
    product: Product, context: BrowserContext
) -> None:
    plan = field("plan", "file", max=2, accept=["application/pdf", "text/plain"], max_bytes=1_000)
    path = await published(product, one_step(plan, field("any", "file")))
    page = await context.new_page()
    await page.goto(path)
    box, alert = page.get_by_label("Plan"), page.get_by_role("alert")
    assert await box.get_attribute("accept") == "application/pdf,text/plain"
    assert (await page.get_by_label("Any").get_attribute("accept") or "").startswith("application/pdf,")
    await shows(alert).to_have_count(0)

    def file(name: str, kind: str, size: int = 9) -> FilePayload:
        return {"name": name, "mimeType": kind, "buffer": b"x" * size}

    await box.set_input_files([file("a.txt", "text/plain"), file("me.png", "image/png")])
    await shows(alert).to_have_text("“me.png” is not a kind of file that can be added here. Possible: PDF, TXT.")
    await shows(box).to_have_attribute("aria-invalid", "true")
    await box.set_input_files([file("a.txt", "text/plain", 1_001)])
    await shows(alert).to_have_text("“a.txt” is too large. Allowed: 1000 bytes for each file.")
    await box.set_input_files([file("a.md", "text/markdown"), file("b.pdf", "application/x-pdf")])
    await shows(alert).to_have_count(0)
    await shows(box).not_to_have_attribute("aria-invalid", "true")


async def test_a_question_has_no_colon_after_it_in_the_list_of_what_is_wrong(
    product: Product, context: BrowserContext
) -> None:
    asked = field("need", label="What do you need?", required=True)
    path = await published(product, one_step(asked, field("phone", "phone", label="Your number."), field("name")))
    page = await context.new_page()
    await page.goto(path)
    await page.locator(".send").click()
    lines = page.get_by_role("alert").get_by_role("listitem")
    await shows(lines).to_have_text(["What do you need? Please fill this in."])
    await page.get_by_label("What do you need?").fill("A roof")
    await page.get_by_label("Your number.").fill("123456")
    await page.locator(".send").click()
    await shows(lines).to_have_text([re.compile("^Your number. Please enter a telephone number")])


async def test_a_telephone_number_that_the_server_takes_is_never_refused_before(
    product: Product, context: BrowserContext
) -> None:
    path = await published(product, one_step(field("phone", "phone"), field("name", required=True)))
    page = await context.new_page()
    await page.goto(path)
    both: set[tuple[bool, bool]] = set()
    for typed in (
        "12", "12345", "1234567", "+49 30 901820", "(030) 901820", "0049/30/901820", "020 7946 0018 ext. 12",
        "٠٣٠٩٠١٨٢٠", "8 495 123-45-67 доб. 5", "020.7946.0018x3", "call me", "tel 0301234", "+4930901820#12", "1" * 41,
    ):  # fmt: skip
        await page.get_by_label("Phone").fill(typed)
        await page.locator(".send").click()
        ours = await page.locator("#e-phone").all_inner_texts()
        answer = await product.http.post(path, json={"phone": typed}, headers=SCRIPT)
        theirs = [each["message"] for each in answer.json()["errors"] if each["field"] == "phone"]
        assert ours in ([], theirs), typed
        both.add((bool(ours), bool(theirs)))
    assert both >= {(True, True), (False, False)}


async def test_what_the_server_refuses_opens_at_the_first_step_with_a_fault(page: Page) -> None:
    await begin(page)
    await page.get_by_label("Kind").select_option("roof")
    await press(page, "Next")
    # Written like a number: only the server knows that none has so few digits.
    await page.get_by_label("Phone").fill("123456")
    await page.get_by_label("You may call me.").check()
    await press(page, "Send")
    await shows(page.get_by_role("alert")).to_contain_text("telephone number")
    await shows(page.locator("#problems")).to_be_focused()
    await shows(page.get_by_text("Step 3 of 3")).to_be_visible()
    await shows(page.get_by_label("Phone")).to_have_value("123456")
    await page.get_by_role("link", name="Phone").click()
    await shows(page.get_by_label("Phone")).to_be_focused()
    await page.get_by_label("Phone").fill("")
    await press(page, "Send")
    await shows(page.get_by_role("heading", name="Thank you")).to_be_visible()


async def test_a_fault_in_an_earlier_step_leads_there(page: Page) -> None:
    await begin(page)
    await page.get_by_label("Kind").select_option("roof")
    await press(page, "Next")
    await page.get_by_label("You may call me.").check()
    await page.locator("[name=email]").evaluate("one => { one.value = 'x@\u00e4'; }")
    await press(page, "Send")
    await shows(page.get_by_label("Email")).to_be_focused()
    await shows(page.get_by_text("Step 1 of 3")).to_be_visible()


async def test_a_page_that_comes_back_empty_begins_at_the_first_step(page: Page) -> None:
    await begin(page)
    # Chromium empties fields at a reload by a driver.
    await page.reload()
    await shows(page.get_by_label("Name")).to_have_value("")
    await shows(page.get_by_text("Step 1 of 3")).to_be_visible()


async def test_the_way_back_from_the_thanks_keeps_the_language(context: BrowserContext, path: str) -> None:
    page = await context.new_page()
    await page.goto(f"{path}?lang=de")
    await page.get_by_label("Name").fill("Ada")
    await page.get_by_label("Email").fill("ada@example.org")
    await page.locator(".send").click()
    await page.get_by_label("Kind").select_option("roof")
    await page.locator(".send").click()
    await page.get_by_label("Phone").fill("123456")
    await page.get_by_label("You may call me.").check()
    await page.locator(".send").click()
    await shows(page.get_by_role("alert")).to_be_visible()
    await page.get_by_label("Phone").fill("")
    await page.locator(".send").click()
    await page.wait_for_url("**/thanks**")
    await page.go_back()
    await shows(page.get_by_role("heading", name="Dach anfragen")).to_be_visible()
    # The browser puts back what was typed there, and nothing of what the server had put back after the refusal.
    await shows(page.locator("[name=name]")).to_have_value("")
    await shows(page.get_by_text("Schritt 1 von 3")).to_be_visible()


async def test_another_language_keeps_what_was_typed_and_where_one_was(context: BrowserContext, path: str) -> None:
    page = await context.new_page()
    await page.goto(path)
    await page.get_by_role("link", name="Deutsch").click()
    await shows(page.get_by_role("heading", name="Dach anfragen")).to_be_visible()
    await page.get_by_role("link", name="English").click()
    await begin(page)
    await page.get_by_label("Kind").select_option("other")
    await page.get_by_label("Which").fill("A bird house")
    await page.get_by_label("Gutter").check()
    await page.get_by_role("link", name="Deutsch").click()
    await shows(page.get_by_role("heading", name="Dach anfragen")).to_be_visible()
    await shows(page.get_by_text("Schritt 2 von 3")).to_be_visible()
    await shows(page.get_by_label("Which")).to_have_value("A bird house")
    await shows(page.get_by_label("Gutter")).to_be_checked()
    await shows(page.get_by_label("Roof")).not_to_be_checked()
    await shows(page.locator("[name=email]")).to_have_value("ada@example.org")
    assert await page.evaluate("[sessionStorage.length, localStorage.length, document.cookie]") == [0, 0, ""]


async def test_back_and_forward_keep_the_step_and_what_was_typed(page: Page) -> None:
    await begin(page)
    await page.get_by_label("Kind").select_option("other")
    await page.get_by_label("Which").fill("A bird house")
    await page.go_back()
    await shows(page.get_by_role("heading", name="About you")).to_be_focused()
    await page.go_forward()
    await shows(page.get_by_role("heading", name="The job")).to_be_focused()
    await press(page, "Next")
    await page.get_by_label("You may call me.").check()
    await press(page, "Send")
    await shows(page.get_by_role("heading", name="Thank you")).to_be_visible()
    await page.go_back()
    await shows(page.get_by_text("Step 3 of 3")).to_be_visible()
    await press(page, "Back")
    await shows(page.get_by_label("Which")).to_have_value("A bird house")


@pytest.mark.parametrize("way", ["button", "browser"])
async def test_what_is_wrong_with_a_step_is_not_said_above_the_one_before(page: Page, way: str) -> None:
    await begin(page)
    await press(page, "Next")
    await shows(page.get_by_role("alert")).to_contain_text("Kind")
    await (press(page, "Back") if way == "button" else page.go_back())
    await shows(page.get_by_role("heading", name="About you")).to_be_focused()
    await shows(page.get_by_role("alert")).to_have_count(0)
    await press(page, "Next")
    await shows(page.get_by_role("heading", name="The job")).to_be_focused()
    await press(page, "Next")
    await shows(page.get_by_role("alert")).to_contain_text("Kind")


async def test_pressing_twice_sends_once(product: Product, page: Page, path: str) -> None:
    await begin(page)
    await page.get_by_label("Kind").select_option("roof")
    await press(page, "Next")
    await page.get_by_label("You may call me.").check()
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    await page.get_by_role("button", name="Send").dblclick()
    await shows(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert len(posts) == len(await arrived(product, path)) == 1


async def test_a_beginning_is_kept_from_any_step(product: Product, context: BrowserContext) -> None:
    page = await context.new_page()
    await page.goto(await published(product, {**STEPS, "partials": True}))
    await begin(page)
    await page.get_by_label("Kind").select_option("other")
    await page.get_by_label("Which").fill("A bird house")
    await page.get_by_label("Kind").select_option("roof")
    await press(page, "Save and go on later")
    await shows(page.get_by_role("heading", name="What you filled in is kept")).to_be_visible()
    await shows(page.get_by_label("Name")).to_have_value("Ada")
    await press(page, "Next")
    await shows(page.get_by_label("Kind")).to_have_value("roof")
    await page.get_by_label("Kind").select_option("other")
    await shows(page.get_by_label("Which")).to_have_value("A bird house")


@pytest.mark.parametrize("way", ["off", "blocked"])
async def test_without_the_script_everything_is_there(chromium: Browser, product: Product, path: str, way: str) -> None:
    context = await chromium.new_context(base_url=product.address, java_script_enabled=way != "off")
    if way == "blocked":
        await context.route("**/static/hosted.*.js", lambda route: route.abort())
    page = await context.new_page()
    await page.goto(path)
    for label in ("Name", "Kind", "Which", "Plans", "Message"):
        await shows(page.get_by_label(label)).to_be_visible()
    await shows(page.get_by_role("button")).to_have_count(1)
    await shows(page.locator("progress")).to_have_count(0)
    await page.get_by_label("Name").fill("Ada")
    await page.get_by_label("Email").fill("ada@example.org")
    await page.get_by_label("Kind").select_option("roof")
    await page.get_by_label("You may call me.").check()
    await press(page, "Send")
    await shows(page.get_by_role("heading", name="Thank you")).to_be_visible()
    await context.close()


async def test_nothing_jumps_while_the_page_is_loading(chromium: Browser, product: Product, path: str) -> None:
    context = await chromium.new_context(base_url=product.address, viewport={"width": 390, "height": 844})
    await context.add_init_script("""window.moved = 0;
        new PerformanceObserver(list => list.getEntries().forEach(each => { window.moved += each.value; }))
            .observe({type: "layout-shift", buffered: true});""")
    page = await context.new_page()
    await page.goto(path)
    await page.wait_for_timeout(300)
    assert await page.evaluate("window.moved") == 0
    await context.close()


@pytest.mark.parametrize("language", ["en", "ar"])
async def test_every_step_is_fit_for_everybody(context: BrowserContext, path: str, language: str) -> None:
    page = await context.new_page()
    await page.goto(f"{path}?lang={language}")
    wrong: dict[str, Any] = {}

    async def judge(what: str) -> None:
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            for width in (1280, 390, 320):
                await page.set_viewport_size({"width": width, "height": 844})
                wrong[f"{what} {theme} {width}"] = [*await faults(page), *await page.evaluate(SIDEWAYS)]

    await judge("first")
    await page.locator(".send").click()
    await shows(page.get_by_role("alert")).to_be_visible()
    await judge("faults")
    await page.locator("[name=name]").fill("Ada")
    await page.locator("[name=email]").fill("ada@example.org")
    await page.locator(".send").click()
    await shows(page.locator("[name=kind]")).to_be_visible()
    await page.locator("[name=kind]").select_option("other")
    await judge("second")
    await page.locator("[name=which]").fill("A bird house")
    await page.locator(".send").click()
    await shows(page.locator("[name=terms]")).to_be_visible()
    await judge("last")
    assert {where: found for where, found in wrong.items() if found} == {}


async def test_the_page_allows_its_own_scripts_and_no_others(product: Product, path: str) -> None:
    answer = await product.http.get(path)
    assert re.findall(r"script-src [^;]*", answer.headers["content-security-policy"]) == ["script-src 'self'"]
    assert re.findall(r"<script[^>]*>", answer.text) == re.findall(
        r'<script src="/static/hosted\.\w+\.js" defer blocking="render">', answer.text
    )
    assert "script-src" not in (await product.http.get(f"{path}/thanks")).headers["content-security-policy"]


async def test_a_page_that_was_open_while_the_form_was_published_is_sent_with_what_it_showed(
    product: Product, page: Page, path: str
) -> None:
    listed = await product.http.get("/api/v1/forms", headers=product.key)
    form = next(each for each in listed.json()["data"] if path.endswith(each["key"]))
    steps = copy.deepcopy(STEPS)
    steps["steps"][3]["fields"][1]["required"] = True
    steps["steps"][3]["fields"][2]["text"] = "You may call me at night."
    saved = await product.http.patch(
        f"/api/v1/forms/{form['id']}", headers=product.key, json={"definition": steps, "revision": form["revision"]}
    )
    live = await product.http.post(f"/api/v1/forms/{form['id']}/publish", headers=product.key, json={})
    assert (saved.status_code, live.json()["live_version"]) == (200, 2)

    async def there() -> bool:
        empty = await product.http.post(path, json={"name": "Ada"}, headers={"accept": "application/json"})
        return "message" in {each["field"] for each in empty.json()["errors"]}

    await until(there)
    await begin(page)
    await page.get_by_label("Kind").select_option("roof")
    await press(page, "Next")
    await page.get_by_label("You may call me.").check()
    await press(page, "Send")
    # The new version wants a message. It comes back with its own words, to which nobody has agreed yet.
    night = page.get_by_label("You may call me at night.")
    await shows(page.get_by_text("The text that you agree to has changed. Please read it again.").first).to_be_visible()
    await shows(night).to_be_visible()
    await shows(night).not_to_be_checked()
    await page.get_by_label("Message").fill("Our roof leaks.")
    await night.check()
    await press(page, "Send")
    await shows(page.get_by_role("heading", name="Thank you")).to_be_visible()
    (answers,) = await arrived(product, path)
    assert (answers["terms"], answers["message"], "_version" in answers) == ("yes", "Our roof leaks.", False)


async def test_a_plain_form_leads_where_it_wanted_also_after_a_mistake(
    product: Product, context: BrowserContext
) -> None:
    made = await product.http.post(
        "/api/v1/forms", headers=product.key,
        json={
            "definition": one_step(field("name"), field("email", "email", required=True)), "name": "B",
            "redirect_allow": ["https://shop.example/"],
        },
    )  # fmt: skip
    path = f"/f/{made.json()['key']}"
    own = (
        f'<form method="post" action="{product.address}{path}"><input name="email"><input name="favourite_colour">'
        '<input type="hidden" name="_next" value="https://shop.example/thanks"><button>Go</button></form>'
    )

    async def shop(route: Route) -> None:
        body = own if route.request.url.endswith("/form") else "<h1>Ours</h1>"
        await route.fulfill(content_type="text/html", body=body)

    await context.route("https://shop.example/**", shop)
    page = await context.new_page()
    await page.goto("https://shop.example/form")
    await page.locator("[name=email]").fill("ada")
    await page.locator("[name=favourite_colour]").fill("blue")
    await press(page, "Go")
    await page.get_by_label("Email").fill("ada@example.org")
    await press(page, "Send")
    await page.wait_for_url("https://shop.example/thanks")
    (answers,) = await arrived(product, path)
    assert answers == {"email": "ada@example.org", "favourite_colour": "blue", "name": ""}
