"""The listener on a strict host page, in Chromium and Firefox, with the real capture path behind it.

These are the sixteen cases of the design, and what was learned since.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, Page

from tests.browser.host import NONCE, Place, kept, values, visiting
from tests.product import until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("widget")]

CONTACT = """<form id="contact" action="/sent" method="post">
<label>Your name <input name="your-name"></label>
<label>E-mail <input name="email" type="email" required></label>
<label>Message <textarea name="message"></textarea></label>
<button>Send</button></form>"""
ADA = {"your-name": "Ada Lovelace", "email": "ada@example.org", "message": "A roof, please."}
BY_SCRIPT = 'document.querySelector("form").addEventListener("submit", event => { event.preventDefault(); %s });'


@pytest.fixture(autouse=True)
async def clean(at: Place) -> None:
    """Every test begins anew."""
    await at.clear()


@pytest.fixture
async def page(engine: Browser, at: Place) -> AsyncIterator[Page]:
    """A tab whose console must stay silent, but for refusals that a test announces by ``expected``."""
    async with visiting(engine, at) as (context, said):
        opened = await context.new_page()
        opened.expected = ()  # type: ignore[attr-defined]
        yield opened
        expected = opened.expected  # type: ignore[attr-defined]
        assert [text for text in said if not any(word in text for word in expected)] == []


def expect_noise(page: Page, *words: str) -> None:
    """What the console may say."""
    page.expected = words  # type: ignore[attr-defined]


async def fill(page: Page, **more: str) -> None:
    for name, value in {**ADA, **more}.items():
        field = page.locator(f"[name='{name}']")
        # Over BiDi the driver adds to what stands there already.
        await field.evaluate("field => { field.value = ''; }")
        await field.fill(value)


async def test_a_form_that_the_browser_posts_is_captured_and_posted(at: Place, page: Page) -> None:
    at.page(CONTACT)
    at.page("<h1>Thanks</h1>", path="/thanks")
    await page.goto("/?utm_source=news&gclid=g1&secret=x")
    await fill(page)
    await page.get_by_role("button", name="Send").click()
    await page.wait_for_url("**/thanks")

    (row,) = await at.arrived()
    assert values(row) == ADA
    assert row["fields"]["fields"][1] == {"name": "email", "label": "E-mail", "type": "email", "value": ADA["email"]}
    assert [path for path, _ in at.host.posted] == ["/sent"]
    context = row["context"]
    assert (context["utm_source"], context["gclid"], context["landing_page"]) == ("news", "g1", f"{at.host.address}/")
    assert context["page"] == f"{at.host.address}/"
    assert context["form"] == {"id": "contact", "name": None}
    assert "secret" not in str(context)
    assert row["idempotency_key"]
    await at.settled(1)
    assert await kept(page) == ["", [], []]


async def test_a_form_that_the_browser_finds_invalid_is_not_captured(at: Place, page: Page) -> None:
    at.page(CONTACT)
    await page.goto("/")
    await fill(page, email="not an address")
    await page.get_by_role("button", name="Send").click()

    await at.settled(0)
    assert at.host.posted == []


async def test_an_application_that_stops_the_event_and_empties_the_form_is_heard(at: Place, page: Page) -> None:
    empties = "event.stopImmediatePropagation(); event.target.reset(); history.pushState({}, '', '/done')"
    at.page(CONTACT, script=BY_SCRIPT % empties)
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").click()

    (row,) = await at.arrived()
    assert values(row) == ADA
    await at.settled(1)


@pytest.mark.parametrize("mark", ["aria-invalid='true'", "class='is-invalid'", "data-invalid='1'"])
async def test_a_form_that_the_page_finds_wrong_waits_until_it_is_right(at: Place, page: Page, mark: str) -> None:
    name, _, value = mark.replace("'", "").partition("=")
    checks = f"""const field = event.target.querySelector("[name=your-name]");
        if (field.value.length < 3) field.setAttribute("{name}", "{value}"); else field.removeAttribute("{name}");"""
    at.page(CONTACT, script=BY_SCRIPT % checks)
    await page.goto("/")
    await fill(page, **{"your-name": "A"})
    await page.get_by_role("button", name="Send").click()
    await at.settled(0)

    await fill(page)
    await page.get_by_role("button", name="Send").click()
    (row,) = await at.arrived()
    assert values(row) == ADA


async def test_a_form_that_a_script_submits_is_captured(at: Place, page: Page) -> None:
    at.page("<h1>Thanks</h1>", path="/thanks")
    at.page(CONTACT + '<button id="go">Go</button>', script="go.onclick = () => document.forms[0].submit()")
    await page.goto("/")
    await fill(page)
    await page.locator("#go").click()
    await page.wait_for_url("**/thanks")

    (row,) = await at.arrived()
    assert values(row) == ADA


async def test_a_script_that_only_looks_at_a_form_submits_nothing(at: Place, page: Page) -> None:
    at.page(CONTACT, script='document.forms[0].addEventListener("input", () => new FormData(document.forms[0]))')
    await page.goto("/")
    await fill(page)
    await page.wait_for_timeout(600)
    at.page("<h1>Elsewhere</h1>", path="/elsewhere")
    await page.goto("/elsewhere")

    await at.settled(0)


async def test_a_form_in_a_shadow_tree_is_heard(at: Place, page: Page) -> None:
    builds = """const root = document.querySelector("main").attachShadow({mode: "open"});
        const form = document.createElement("form");
        for (const name of ["your-name", "email", "message"]) {
            const input = document.createElement("input"); input.name = name; form.append(input);
        }
        const button = document.createElement("button"); button.textContent = "Send"; form.append(button);
        form.addEventListener("submit", event => event.preventDefault());
        root.append(form);"""
    at.page("", script=builds)
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").click()

    (row,) = await at.arrived()
    assert values(row) == ADA


async def test_forms_that_come_late_and_go_early_are_heard(at: Place, page: Page) -> None:
    builds = """document.querySelector("#more").onclick = () => {
        document.querySelector("main form")?.remove();
        const made = document.querySelector("template").content.firstElementChild.cloneNode(true);
        made.addEventListener("submit", event => { event.preventDefault(); made.remove(); });
        document.querySelector("main").append(made);
    };"""
    at.page(f'<template>{CONTACT}</template><button id="more">More</button>', script=builds)
    await page.goto("/")
    for number in (1, 2):
        await page.locator("#more").click()
        await fill(page, message=f"Number {number}")
        await page.get_by_role("button", name="Send").click()

    rows = await at.arrived(2)
    assert [values(row)["message"] for row in rows] == ["Number 1", "Number 2"]


OTHERS = {
    "login": '<input name="email" value="ada@example.org"><input type="password" name="p" value="secret">',
    "shown password": '<input name="email" value="a@b.org"><input autocomplete="current-password" value="secret">',
    "payment": '<input name="email" value="a@b.org"><input autocomplete="cc-number" value="4111111111111111">',
    "code": '<input name="email" value="a@b.org"><input autocomplete="one-time-code" value="123456">',
    "nobody to answer": '<input name="q" value="roofs"><select name="sort"><option>new</option></select>',
}


@pytest.mark.parametrize("kind", [*OTHERS, "search", "ignored", "ignored around"])
async def test_forms_that_are_none_of_our_business_are_left_alone(at: Place, page: Page, kind: str) -> None:
    expect_noise(page, "[DOM]")
    inner = OTHERS.get(kind, '<input name="email" value="ada@example.org">')
    role = {"search": 'role="search"', "ignored": "data-leadsbot-ignore"}.get(kind, "")
    around = "<div data-leadsbot-ignore>" if kind == "ignored around" else "<div>"
    at.page(f"{around}<form {role}>{inner}<button>Go</button></form></div>", script=BY_SCRIPT % "")
    await page.goto("/")
    await page.get_by_role("button", name="Go").click()

    await at.settled(0)
    assert at.road.sent == []


async def test_fields_that_nobody_must_know_never_leave_the_page(at: Place, page: Page) -> None:
    secret = """<input name="card" value="4111 1111 1111 1111"><input name="field_4" value="5500005555555559">
        <label>CVV <input name="x9" value="737"></label><input name="iban" value="DE02120300000000202051">
        <input type="hidden" name="csrf_token" value="t0k3n"><input type="hidden" name="utm_campaign" value="spring">
        <input type="file" name="photo"><input name="note" data-leadsbot-ignore value="private">
        <div data-leadsbot-ignore><input name="inner" value="private"></div>
        <input name="phone" type="tel" value="+49 30 9018200000">"""
    at.page(CONTACT.replace("<button>", secret + "<button>"), script=BY_SCRIPT % "")
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").click()

    (row,) = await at.arrived()
    assert values(row) == {**ADA, "utm_campaign": "spring", "phone": "+49 30 9018200000"}
    assert all(word not in str(at.road.sent) for word in ("4111", "5500", "737", "DE02", "t0k3n", "private"))


@pytest.mark.parametrize(
    "hiding",
    [
        "display:none", "position:absolute;left:-9999px", "opacity:0;position:absolute;width:1px;height:1px",
        "visibility:hidden",
    ],
)  # fmt: skip
async def test_a_trap_of_the_site_is_not_taken_for_an_answer(at: Place, page: Page, hiding: str) -> None:
    trap = '<div id="trap"><input name="url" tabindex="-1"></div>'
    steps = '<div id="step"><input name="city" value="Berlin"></div>'
    hides = f"""document.querySelector("#trap").style.cssText = "{hiding}";
        document.querySelector("[name=city]").addEventListener("blur", () => step.style.display = "none");"""
    at.page(CONTACT.replace("<button>", trap + steps + "<button>"), script=(BY_SCRIPT % "") + hides)
    await page.goto("/")
    await page.locator("[name=city]").fill("Berlin")
    await fill(page)
    await page.evaluate("document.querySelector('[name=url]').value = 'https://spam.example'")
    await page.get_by_role("button", name="Send").click()

    (row,) = await at.arrived()
    assert values(row) == {**ADA, "city": "Berlin"}


async def test_a_double_click_and_a_script_that_submits_again_make_one_submission(at: Place, page: Page) -> None:
    again = "setTimeout(() => event.target.submit(), 450)"
    at.page("<h1>Thanks</h1>", path="/thanks")
    at.page(CONTACT, script=BY_SCRIPT % again)
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").dblclick()
    async with asyncio.timeout(10):
        while not at.host.posted:
            await asyncio.sleep(0.02)

    await at.arrived()
    await at.settled(1)


async def test_a_refusal_for_now_is_followed_by_another_try_under_the_same_key(at: Place, page: Page) -> None:
    expect_noise(page, "503")
    at.road.fails = 2
    at.page(CONTACT, script=BY_SCRIPT % "")
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").click()

    (row,) = await at.arrived()
    assert len(at.road.sent) == 3
    assert {body["_key"] for body in at.road.sent} == {row["idempotency_key"]}
    await at.settled(1)
    assert await kept(page) == ["", [], []]


async def test_an_answer_that_is_lost_makes_no_second_submission(at: Place, page: Page) -> None:
    expect_noise(page, "ERR_", "fetch", "Cross-Origin", "CORS")
    at.road.lost_answers = 1
    at.page(CONTACT, script=BY_SCRIPT % "")
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").click()

    await at.arrived()
    async with asyncio.timeout(10):
        while len(at.road.sent) < 2:
            await asyncio.sleep(0.05)
    await at.settled(1)
    assert await kept(page) == ["", [], []]


async def test_a_slow_answer_does_not_hold_the_page_back(at: Place, page: Page) -> None:
    at.road.slow = 1.5
    at.page(CONTACT)
    at.page("<h1>Thanks</h1>", path="/thanks")
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").click()
    await page.wait_for_url("**/thanks")
    assert await at.rows() == []

    await at.arrived()
    await asyncio.sleep(2.5)
    await at.settled(1)
    assert await kept(page) == ["", [], []]


async def test_what_could_not_be_sent_is_sent_by_the_next_page(at: Place, page: Page) -> None:
    expect_noise(page, "ERR_", "fetch", "Cross-Origin", "CORS", "NS_", "Loading failed")
    at.page(CONTACT)
    at.page("<h1>Thanks</h1>", path="/thanks")
    at.page("<h1>Next</h1>", path="/next")
    await page.goto("/")
    await fill(page)
    at.road.down = True
    await page.get_by_role("button", name="Send").click()
    await page.wait_for_url("**/thanks")
    await at.settled(0)
    assert (await kept(page))[:2] == ["", []]

    at.road.down = False
    await page.goto("/next")
    (row,) = await at.arrived()
    assert values(row) == ADA
    await at.settled(1)
    assert await kept(page) == ["", [], []]


GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true, configurable: true})"
DNT = "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1', configurable: true})"


@pytest.mark.parametrize("asks", [GPC, DNT])
async def test_who_asks_for_privacy_tells_only_what_they_typed(at: Place, engine: Browser, asks: str) -> None:
    async with visiting(engine, at) as (context, _):
        await context.add_init_script(asks)
        page = await context.new_page()
        at.road.fails = 1
        at.page(CONTACT, script=BY_SCRIPT % "")
        await page.goto("/?utm_source=news&gclid=1")
        assert await kept(page) == ["", [], []]
        await fill(page)
        await page.get_by_role("button", name="Send").click()
        async with asyncio.timeout(10):
            while not at.road.sent:
                await asyncio.sleep(0.02)
        assert await kept(page) == ["", [], []]

        (row,) = await at.arrived()
    assert values(row) == ADA
    told = {"page", "form", "browser", "os", "device", "language", "origin", "referer", "content_type", "request_id"}
    assert set(row["context"]) <= told
    assert "news" not in str(row["context"])


async def test_nothing_is_stored_where_the_site_forbids_it(at: Place, page: Page) -> None:
    expect_noise(page, "503")
    at.road.fails = 1
    at.page(CONTACT, script=BY_SCRIPT % "", storage="none")
    await page.goto("/?utm_source=news")
    assert await kept(page) == ["", [], []]
    await fill(page)
    await page.get_by_role("button", name="Send").click()
    async with asyncio.timeout(10):
        while not at.road.sent:
            await asyncio.sleep(0.02)
    assert await kept(page) == ["", [], []]

    (row,) = await at.arrived()
    assert row["context"]["utm_source"] == "news"


async def test_without_the_consent_that_the_site_requires_nothing_happens(at: Place, page: Page) -> None:
    at.page(CONTACT, script=BY_SCRIPT % "", consent="required")
    await page.goto("/?utm_source=news")
    await fill(page)
    await page.get_by_role("button", name="Send").click()
    await at.settled(0)
    assert at.road.asked == ["GET /widget.js"]
    assert await kept(page) == ["", [], []]

    await page.evaluate("LeadsBot.consent(true)")
    await fill(page, message="Now with consent.")
    await page.get_by_role("button", name="Send").click()
    (row,) = await at.arrived()
    assert (values(row)["message"], row["context"]["utm_source"]) == ("Now with consent.", "news")


async def test_the_first_and_the_last_way_to_the_site_are_told(at: Place, page: Page) -> None:
    at.page(CONTACT, path="/contact", script=BY_SCRIPT % "")
    at.page('<a href="/contact">Contact</a>', path="/landing")
    await page.goto("/landing?utm_source=news")
    # The same server under another name is another site.
    elsewhere = at.host.address.replace("127.0.0.1", "localhost")
    landing = f"{at.host.address}/landing?utm_source=ads&amp;fbclid=f1"
    at.host.pages["/ad"] = f'<a href="{landing}">Roofs</a>', "script-src 'none'"
    await page.goto(f"{elsewhere}/ad?user=1")
    await page.get_by_role("link", name="Roofs").click()
    await page.wait_for_url("**/landing?**")
    assert (await kept(page))[2] == ["leadsbot.visit"]
    await page.get_by_role("link", name="Contact").click()
    await fill(page)
    await page.get_by_role("button", name="Send").click()

    (row,) = await at.arrived()
    context = row["context"]
    assert (context["utm_source"], context["fbclid"]) == ("ads", "f1")
    assert context["referrer"] == f"{elsewhere}/"
    assert "user=1" not in str(context)
    assert context["landing_page"] == f"{at.host.address}/landing"
    assert context["first_touch"]["utm_source"] == "news"
    await at.settled(1)
    assert await kept(page) == ["", [], []]


async def test_a_form_that_shows_its_answer_in_a_frame_is_captured_once(at: Place, page: Page) -> None:
    framed = CONTACT.replace("<button>", '<button formaction="/other" formtarget="answer">')
    at.page(framed + '<iframe name="answer"></iframe>')
    at.page("<h1>Thanks</h1>", path="/thanks")
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").click()

    (row,) = await at.arrived()
    assert values(row) == ADA
    await at.settled(1)
    assert [path for path, _ in at.host.posted] == ["/other"]


async def test_fields_named_like_the_form_s_own_properties_do_no_harm(at: Place, page: Page) -> None:
    names = ["elements", "matches", "closest", "querySelector", "getAttribute", "submit", "id", "name", "target"]
    clobbering = "".join(f'<input name="{name}" value="{name}!">' for name in names)
    at.page(CONTACT.replace("<button>", clobbering + "<button>"), script=BY_SCRIPT % "")
    await page.goto("/")
    # By hand: the driver's own scripts trip over such a form.
    typed = "([[name, value]]) => { document.querySelector(`[name=${name}]`).value = value; }"
    for each in ADA.items():
        await page.evaluate(typed, [list(each)])
    await page.evaluate("document.querySelector('main button').click()")

    (row,) = await at.arrived()
    assert values(row) == {**ADA, **{name: f"{name}!" for name in names}}


async def test_choices_are_told_as_the_visitor_read_them(at: Place, page: Page) -> None:
    choices = """<label>Budget <select name="budget"><option value="">Please choose</option>
        <option value="3" selected>2,000 to 5,000</option></select></label>
        <select name="topics" multiple>
            <option selected>Roof</option><option selected>Gutter</option><option>Door</option></select>
        <label><input type="radio" name="when" value="soon" checked> Soon</label>
        <label><input type="radio" name="when" value="later"> Later</label>
        <label><input type="checkbox" name="news" value="yes"> News</label>
        <label><input type="checkbox" name="via" value="phone" checked> Phone</label>
        <label><input type="checkbox" name="via" value="mail" checked> Mail</label>
        <input name="off" value="no" disabled>"""
    at.page(CONTACT.replace("<button>", choices + "<button>"), script=BY_SCRIPT % "")
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").click()

    (row,) = await at.arrived()
    wanted: dict[str, Any] = {
        **ADA, "budget": "2,000 to 5,000", "topics": ["Roof", "Gutter"], "when": "soon", "via": ["phone", "mail"],
    }  # fmt: skip
    assert values(row) == wanted
    assert {each["label"] for each in row["fields"]["fields"]} >= {"Budget", "Your name"}


async def test_a_stranger_s_token_is_refused_and_nothing_is_kept(at: Place, page: Page) -> None:
    expect_noise(page, "Failed to load", "CORS", "Cross-Origin", "fetch")
    at.page(CONTACT, script=BY_SCRIPT % "", token=at.sources["outsider"].key)
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").click()
    async with asyncio.timeout(10):
        while not at.road.sent:
            await asyncio.sleep(0.02)

    await at.settled(0)
    await at.settled(0, "outsider")


async def test_forms_are_shown_to_the_owner_without_what_was_typed_and_can_be_switched_off(
    at: Place, page: Page
) -> None:
    at.page(CONTACT, script=BY_SCRIPT % "")
    await page.goto("/")
    await page.locator("[name=email]").fill("ada@example.org")
    async with asyncio.timeout(10):
        while not at.road.told:
            await asyncio.sleep(0.02)
    await page.wait_for_timeout(300)
    (report,) = [told for told in at.road.told if told["forms"]]
    assert report["forms"][0]["fields"][1] == {"name": "email", "label": "E-mail", "type": "email"}
    assert "ada@" not in str(at.road.told)

    (row,) = await at.query("UPDATE seen_form SET ignored = true RETURNING fields, page, name")
    assert (row["page"], row["name"]) == (f"{at.host.address}/", "contact")
    assert [field["guess"] for field in row["fields"]] == ["name", "email", "message"]

    await page.reload()
    await fill(page)
    await page.wait_for_timeout(300)
    await page.get_by_role("button", name="Send").click()
    await at.settled(0)


async def test_a_page_without_forms_costs_one_request_and_no_long_task(at: Place, page: Page) -> None:
    """No long task in one of three visits at least: a machine that is busy with other things has pauses of its own."""
    at.page("<p>Nothing here.</p>")
    await page.goto("/")
    await page.wait_for_timeout(1500)

    assert [path for path in at.road.asked if path != "POST /api/widget/seen"] == ["GET /widget.js"]
    pauses = [await page.evaluate("longTasks.filter(each => each > 50)")]
    for _ in range(2):
        await page.reload()
        await page.wait_for_timeout(500)
        pauses.append(await page.evaluate("longTasks.filter(each => each > 50)"))
    assert [] in pauses, pauses
    assert await kept(page) == ["", [], ["leadsbot.visit"]]


async def test_several_tags_and_a_queue_filled_before_are_one_widget(at: Place, page: Page) -> None:
    tag = f'<script src="{at.road.address}/widget.js" data-token="{at.sources["widget"].key}"></script>'
    calls = 'LeadsBot.push(["on", "captured", detail => window.heard = detail])'
    early = f'<script nonce="{NONCE}">window.LeadsBot = window.LeadsBot || []; {calls}</script>'
    at.page(early + CONTACT + tag, script=BY_SCRIPT % "")
    await page.goto("/")
    await fill(page)
    await page.get_by_role("button", name="Send").click()
    await at.arrived()
    await until(lambda: page.evaluate("window.heard"))
    assert (await page.evaluate("window.heard.status")) == 201

    await page.evaluate("LeadsBot.push(['identify', {plan: 'gold'}], ['capture', {email: 'bo@example.org'}])")
    rows = await at.arrived(2)
    assert (rows[1]["fields"], rows[1]["context"]["identity"]) == ({"email": "bo@example.org"}, {"plan": "gold"})
    assert await page.evaluate("LeadsBot.push(['nothing'], api => { throw new Error('mine') })") is None
    expect_noise(page, "LeadsBot:", "mine", "is not a function")
