"""The pages of forms as a browser without scripts sees them, the outsider and the reader always present."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from pydantic import SecretStr

from leadsbot.features.forms.feature import FEATURE as FORMS
from leadsbot.features.forms.starters import STARTERS, currency_of
from leadsbot.features.sources.feature import FEATURE as SOURCES
from leadsbot.infra.mail import mailer
from leadsbot.kit import ids
from tests.cast import BASE, Browser, application, browser, services, settings
from tests.features.forms.conftest import Forms, contact, field, one_step

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}"


async def text_of(who: Browser, path: str, status: int = 200) -> str:
    answer = await who.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def inputs(page: str) -> dict[str, str]:
    """What the plain editor would send if nobody touched it."""
    found = dict(re.findall(r'<input[^>]*name="([\w.]+)" value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea[^>]*name="([\w.]+)"[^>]*>([^<]*)</textarea>', page))
    ticks = dict.fromkeys(re.findall(r'type="checkbox" name="(required\.\w+|partials)"', page))
    ticked = set(re.findall(r'type="checkbox" name="(required\.\w+|partials)" value="yes" checked', page))
    return {name: html.unescape(value) for name, value in found.items() if name not in ticks or name in ticked}


async def typed(who: Browser, form: dict[str, Any], **changed: str) -> dict[str, str]:
    """The plain editor's inputs with some of them changed; dots in names are written as two underscores."""
    known = inputs(await text_of(who, f"/forms/{form['id']}"))
    return {**known, **{name.replace("__", "."): value for name, value in changed.items()}}


async def save(who: Browser, form: dict[str, Any], do: str = "save", **changed: str) -> Any:
    return await who.post(f"/forms/{form['id']}", {**await typed(who, form, **changed), "do": do})


async def draft(forms: Forms, form: dict[str, Any]) -> dict[str, Any]:
    answer = await forms.call("GET", f"/{form['id']}")
    found: dict[str, Any] = answer.json()["draft"]
    return found


async def keys(forms: Forms, form: dict[str, Any]) -> list[str]:
    return [each["key"] for step in (await draft(forms, form))["steps"] for each in step["fields"]]


async def test_the_empty_list_teaches_and_leads_to_the_first_form(alice: Browser, bob: Browser) -> None:
    page = await text_of(alice, "/forms")
    assert "Make your first form" in page
    assert 'href="/forms/new"' in page
    theirs = await text_of(bob, "/forms")
    assert "Ask an owner" in theirs
    assert 'href="/forms/new"' not in theirs


@pytest.mark.parametrize("starter", STARTERS, ids=lambda each: each.id)
async def test_every_beginning_makes_a_form_that_can_be_published(alice: Browser, forms: Forms, starter: Any) -> None:
    made = await alice.post("/forms", {"starter": starter.id, "name": ""}, on="/forms/new")
    assert made.status_code == 303
    id = made.headers["location"].removeprefix("/forms/")
    form = (await forms.call("GET", f"/{id}")).json()
    assert (form["state"], form["errors"], form["name"]) == ("unpublished", [], starter.name)
    assert [each["code"] for each in form["hints"]] == (["untitled"] if starter.id == "blank" else [])
    live = await forms.publish(form)
    assert live["state"] == "open"


async def test_prices_are_asked_in_the_currency_of_the_country(alice: Browser, forms: Forms) -> None:
    made = await alice.post("/forms", {"starter": "quote"}, on="/forms/new")
    form = (await forms.call("GET", f"/{made.headers['location'].removeprefix('/forms/')}")).json()
    budget = next(each for each in form["draft"]["steps"][0]["fields"] if each["key"] == "budget")
    assert budget["currency"] == "GBP"
    assert (currency_of("DE"), currency_of("US"), currency_of(None)) == ("EUR", "USD", "EUR")


@pytest.mark.parametrize(
    "fields",
    [{"starter": "nothing"}, {}, {"starter": "contact", "name": "a\0b"}, {"starter": "contact", "name": "x" * 300}],
)
async def test_a_beginning_that_is_none_is_refused_on_its_page(alice: Browser, fields: dict[str, str]) -> None:
    answer = await alice.post("/forms", fields, on="/forms/new")
    assert answer.status_code == 422
    assert "Begin with" in answer.text


async def test_the_list_shows_name_state_and_what_came_in(alice: Browser, forms: Forms) -> None:
    live = await forms.make(name="Web site")
    await forms.make(name="Later", publish=False)
    closed = await forms.make(name="Shut")
    await forms.call("POST", f"/{closed['id']}/close")
    await forms.save(live, contact(title="Write to us"))
    await forms.stored(await forms.tell(live, {"name": "Ada", "email": "ada@example.com"}))
    page = await text_of(alice, "/forms")
    rows = {name: page.split(f">{name}</a>")[1].split("</tr>")[0] for name in ("Web site", "Later", "Shut")}
    for name, wanted in {
        "Web site": ["live v1", "draft changes", 'data-label="Submissions">1<', "Write to us"],
        "Later": ["not published", 'data-label="Submissions">0<'],
        "Shut": ["closed"],
    }.items():
        for text in wanted:
            assert text in rows[name], (name, text)
    # The badge may be there for the script, but it is not shown.
    assert "draft changes" not in (rows["Later"] + rows["Shut"]).replace("hidden>draft changes", "")


async def test_a_source_without_a_form_is_designed_and_found_by_its_source(alice: Browser, forms: Forms) -> None:
    bearer = forms.cast.alice.bearer
    made = await forms.web.http.post("/api/v1/sources", json={"kind": "form", "name": "Old one"}, headers=bearer)
    source = made.json()["id"]
    assert f"/forms/new?source={source}" in await text_of(alice, "/forms")
    leads_on = await alice.get(f"/forms?source={source}")
    assert leads_on.headers["location"] == f"/forms/new?source={source}"
    assert "Old one" in await text_of(alice, f"/forms/new?source={source}")
    designed = await alice.post("/forms", {"starter": "contact", "source": source}, on="/forms/new")
    assert designed.status_code == 303
    assert (await alice.get(f"/forms?source={source}")).headers["location"] == designed.headers["location"]
    again = await alice.post("/forms", {"starter": "contact", "source": source}, on="/forms/new")
    assert (again.status_code, "has a form already" in again.text) == (409, True)
    assert (await alice.get(f"/forms/new?source={ids.show(ids.SOURCE, ids.new_id())}")).status_code == 404


async def test_title_labels_and_details_are_saved_as_they_were_typed(alice: Browser, forms: Forms) -> None:
    size = field("size", "select", options=[{"value": "s", "label": "Small"}, {"value": "l", "label": "Large"}])
    form = await forms.make(one_step(field("name"), size, field("many", "number", min=1)))
    saved = await save(
        alice, form, title="Write to us", intro="Soon.", button="Go", label__name="Your name", required__name="yes",
        help__name="Both of them", options__size="s | Tiny\nLarge\n\nHuge\n", min__many="", max__many="2,5",
    )  # fmt: skip
    assert (saved.status_code, saved.headers["location"]) == (303, f"/forms/{form['id']}")
    now = await draft(forms, form)
    name, size, many = now["steps"][0]["fields"]
    assert (now["title"], now["intro"], now["button"]) == ("Write to us", "Soon.", "Go")
    assert (name["label"], name["required"], name["help"]) == ("Your name", True, "Both of them")
    options = [(each["value"], each["label"]) for each in size["options"]]
    assert options == [("s", "Tiny"), ("l", "Large"), ("Huge", "Huge")]
    assert ("min" in many, many["max"]) == (False, 2.5)


async def test_saving_what_nobody_touched_changes_nothing(alice: Browser, forms: Forms) -> None:
    for starter in STARTERS:
        made = await alice.post("/forms", {"starter": starter.id}, on="/forms/new")
        form = {"id": made.headers["location"].removeprefix("/forms/")}
        before = await draft(forms, form)
        assert (await save(alice, form)).status_code == 303
        assert await draft(forms, form) == before


async def test_beginnings_and_the_limits_of_files_are_set_without_a_script(alice: Browser, forms: Forms) -> None:
    form = await forms.make(one_step(field("name"), field("cv", "file")))
    assert (
        await save(
            alice, form, partials="yes", files_max_bytes="12,5", max_bytes__cv="2.5", max__cv="3",
            accept__cv="application/pdf, image/*",
        )
    ).status_code == 303  # fmt: skip
    now = await draft(forms, form)
    cv = now["steps"][0]["fields"][1]
    assert (now["partials"], now["files_max_bytes"]) == (True, 13_107_200)
    assert (cv["max_bytes"], cv["max"], cv["accept"]) == (2_621_440, 3, ["application/pdf", "image/*"])
    for wrong in ({"max_bytes__cv": "11"}, {"max_bytes__cv": "0"}, {"files_max_bytes": "51"}, {"max_bytes__cv": "x"}):
        answer = await save(alice, form, **wrong)
        assert answer.status_code == 422, wrong
        assert 'class="error"' in answer.text, wrong
    sent = await typed(alice, form)
    assert sent.pop("partials") == "yes"
    assert (await alice.post(f"/forms/{form['id']}", {**sent, "do": "save"})).status_code == 303
    assert (await draft(forms, form)).get("partials", False) is False
    await forms.save({**form, "revision": (await forms.call("GET", f"/{form['id']}")).json()["revision"]}, contact())
    assert "files_max_bytes" not in await text_of(alice, f"/forms/{form['id']}")


async def test_limits_are_read_as_the_answers_of_visitors_are_without_a_script(alice: Browser, forms: Forms) -> None:
    form = await forms.make(one_step(field("budget", "money", currency="EUR"), field("note")))
    given = {"min__budget": "€ 2.500", "max__budget": "1.250.000,50", "max__note": "1.000"}
    assert (await save(alice, form, **given)).status_code == 303
    budget, note = (await draft(forms, form))["steps"][0]["fields"]
    assert (budget["min"], budget["max"], note["max"]) == (2500, 1_250_000.5, 1000)
    # What the page shows is read as the same again.
    assert (await save(alice, form)).status_code == 303
    assert (await draft(forms, form))["steps"][0]["fields"] == [budget, note]
    assert (await save(alice, form, min__budget="2 or 3")).status_code == 422


async def test_fields_go_up_and_down_also_into_the_next_step(alice: Browser, forms: Forms) -> None:
    steps = [{"id": "a", "fields": [field("one"), field("two")]}, {"id": "b", "fields": [field("three")]}]
    form = await forms.make({"title": "T", "steps": steps})

    async def after(do: str) -> list[list[str]]:
        answer = await save(alice, form, do)
        assert answer.status_code == 303, answer.text
        return [[each["key"] for each in step["fields"]] for step in (await draft(forms, form))["steps"]]

    assert await after("down:one") == [["two", "one"], ["three"]]
    assert await after("down:one") == [["two"], ["one", "three"]]
    assert await after("down:one") == [["two"], ["three", "one"]]
    assert await after("down:one") == [["two"], ["three", "one"]]
    assert await after("up:three") == [["two", "three"], ["one"]]
    assert await after("up:two") == [["two", "three"], ["one"]]
    assert await after("up:nothing") == [["two", "three"], ["one"]]


async def test_a_field_is_added_with_a_key_of_its_own_and_removed_with_its_translation(
    alice: Browser, forms: Forms
) -> None:
    form = await forms.make(contact(languages={"de": {"fields": {"message": {"label": "Nachricht"}}}}))
    added = await save(alice, form, "add:one", new__one="Your name!", type__one="text")
    assert added.headers["location"].endswith("#field-your_name")
    await save(alice, form, "add:one", new__one="Your name!", type__one="money")
    await save(alice, form, "add:one", type__one="consent")
    assert await keys(forms, form) == ["name", "email", "message", "your_name", "your_name_2", "consent"]
    await save(alice, form, "remove:message", label__name="Kept, too")
    now = await draft(forms, form)
    assert [each["label"] for each in now["steps"][0]["fields"]][:2] == ["Kept, too", "Email"]
    assert now["languages"]["de"].get("fields", {}) == {}
    assert (await forms.call("GET", f"/{form['id']}")).json()["errors"] == []


@pytest.mark.parametrize(
    ("changed", "do", "said"),
    [
        ({"label__name": "x" * 201}, "save", "longer than 200"),
        ({"title": "a\0b"}, "save", "NUL"),
        ({"min__message": "many"}, "save", "Write a number"),
        ({"min__message": "inf"}, "save", "Write a number"),
        ({"revision": "none"}, "save", "whole number"),
        ({"type__one": "nothing"}, "add:one", "what kind of field"),
    ],
)  # fmt: skip
async def test_what_cannot_be_saved_stays_on_the_page_and_is_explained(
    alice: Browser, forms: Forms, changed: dict[str, str], do: str, said: str
) -> None:
    form = await forms.make()
    answer = await save(alice, form, do, intro="Typed", **changed)
    assert answer.status_code == 422
    assert said in answer.text
    assert await draft(forms, form) == form["draft"]


async def test_a_newer_draft_is_told_and_what_was_typed_is_kept(alice: Browser, forms: Forms) -> None:
    form = await forms.make()
    mine = await typed(alice, form, label__name="Mine")
    await forms.save(form, contact(title="Theirs"))
    stale = await alice.post(f"/forms/{form['id']}", {**mine, "do": "save"})
    assert stale.status_code == 409
    assert "newer draft" in stale.text
    again = inputs(stale.text)
    assert (again["label.name"], again["revision"]) == ("Mine", "3")
    assert (await alice.post(f"/forms/{form['id']}", {**again, "do": "save"})).status_code == 303
    assert (await draft(forms, form))["steps"][0]["fields"][0]["label"] == "Mine"


async def test_what_was_looked_at_is_published_with_its_note(alice: Browser, forms: Forms) -> None:
    form = await forms.make(publish=False)
    page = f"/forms/{form['id']}/publish"
    assert "for the first time" in await text_of(alice, page)
    first = await alice.post(page, {"revision": "1", "note": "Here we go"}, on=page)
    assert first.headers["location"] == f"/forms/{form['id']}/share?done=published"
    to_review = await save(alice, form, "publish", title="Write to us")
    assert to_review.headers["location"] == page
    assert "The title is “Write to us” now; it was “Contact us”." in html.unescape(await text_of(alice, page))
    old = await alice.post(page, {"revision": "1"}, on=page)
    assert (old.status_code, "Somebody changed the draft" in old.text) == (409, True)
    revision = re.search(r'name="revision" value="(\d+)"', old.text)
    assert revision
    second = await alice.post(page, {"revision": revision.group(1), "note": "A kinder title"}, on=page)
    assert second.headers["location"] == f"/forms/{form['id']}?done=published"
    assert (await forms.call("GET", f"/{form['id']}")).json()["live_version"] == 2
    assert "nothing to publish" in await text_of(alice, page)
    listed = await text_of(alice, f"/forms/{form['id']}/versions")
    assert listed.index("A kinder title") < listed.index("Here we go")
    assert "by Alice" in listed


async def test_errors_stand_in_the_way_and_lead_to_their_places(alice: Browser, forms: Forms) -> None:
    form = await forms.make(one_step(field("topic", "select"), title=""))
    page = f"/forms/{form['id']}/publish"
    shown = await text_of(alice, page)
    assert "2 things must be mended" in shown
    assert f'href="/forms/{form["id"]}#steps[0].fields[0].options"' in shown
    assert '<button class="button">Publish' not in shown
    refused = await alice.post(page, {"revision": "1"}, on=page)
    assert (refused.status_code, "2 things must be mended" in refused.text) == (422, True)


async def test_versions_are_seen_and_gone_back_to(alice: Browser, forms: Forms) -> None:
    form = await forms.make()
    await forms.change(form, contact(title="Second"))
    listed = await text_of(alice, f"/forms/{form['id']}/versions")
    assert "Look at version 1 or roll back to it" in listed
    assert "Look at version 2" not in listed
    first = html.unescape(await text_of(alice, f"/forms/{form['id']}/versions/1"))
    assert "The title is “Contact us” now; it was “Second”." in first
    back = await alice.post(f"/forms/{form['id']}/versions/1/restore")
    assert back.headers["location"] == f"/forms/{form['id']}/versions?done=restored"
    assert (await draft(forms, form))["title"] == "Contact us"
    kept = (await forms.call("GET", f"/{form['id']}")).json()
    await forms.save(kept, contact(title="Half done"))
    assert "The draft with its changes stays" in await text_of(alice, f"/forms/{form['id']}/versions/2")
    back = await alice.post(f"/forms/{form['id']}/versions/2/restore")
    assert "The draft stayed as it was" in await text_of(alice, back.headers["location"])
    assert (await draft(forms, form))["title"] == "Half done"
    never = await forms.make(publish=False)
    assert "Nothing was published yet" in await text_of(alice, f"/forms/{never['id']}/versions")
    for number in ("0", "9", "99999999999999999999"):
        assert (await alice.get(f"/forms/{form['id']}/versions/{number}")).status_code == 404


async def test_a_version_that_cannot_come_back_says_why(alice: Browser, forms: Forms) -> None:
    there = {"id": "there", "kind": "redirect", "url": "https://shop.example/thanks"}
    form = await forms.make(contact(endings=[there]), redirect_allow=["https://shop.example/thanks"])
    await forms.change(form, contact())
    await forms.option(form, redirect_allow=[])
    refused = await alice.post(f"/forms/{form['id']}/versions/1/restore")
    assert (refused.status_code, "cannot be published any more" in refused.text) == (422, True)


async def test_the_changes_of_a_draft_are_discarded(alice: Browser, forms: Forms) -> None:
    form = await forms.make()
    saved = await forms.save(form, contact(title="Regretted"))
    assert "Discard the changes" in await text_of(alice, f"/forms/{form['id']}/versions")
    gone = await alice.post(f"/forms/{form['id']}/discard", {"revision": str(saved["revision"])})
    assert gone.headers["location"] == f"/forms/{form['id']}?done=discarded"
    assert (await draft(forms, form))["title"] == "Contact us"


async def test_the_country_that_counts_where_none_is_chosen_is_the_workspaces(alice: Browser) -> None:
    await alice.post("/workspaces/new", {"workspace": "Birke", "country": "DE"}, on="/workspaces/new")
    made = await alice.post("/forms", {"starter": "contact", "name": "Kontakt"}, on="/forms/new")
    form = made.headers["location"].partition("?")[0]
    settings = (await alice.get(f"{form}/settings")).text
    source = settings.split('href="/sources/')[1].split('"')[0]
    for page in (settings, (await alice.get(f"/sources/{source}")).text):
        assert "The workspace&#39;s: Germany</option>" in page


async def test_settings_are_changed_and_refused_on_their_page(alice: Browser, forms: Forms) -> None:
    form = await forms.make(name="Web site")
    page = f"/forms/{form['id']}/settings"
    given = {"name": "Shop", "allowed_origins": "https://shop.example\nnull", "redirect_allow": "", "country": "de"}
    assert (await alice.post(page, given)).status_code == 303
    shown = await text_of(alice, page)
    assert "https://shop.example\nnull</textarea>" in shown
    assert '<option value="DE" selected>Germany</option>' in shown
    named = await alice.post(page, {**given, "country": "Germany"})
    assert (named.status_code, 'value="DE" selected' in await text_of(alice, page)) == (422, True)
    wrong = await alice.post(page, {**given, "redirect_allow": "nowhere", "name": "Typed"})
    assert (wrong.status_code, 'value="Typed"' in wrong.text, "whole address" in wrong.text) == (422, True, True)


async def test_the_title_follows_the_name_until_somebody_writes_one_or_publishes(alice: Browser, forms: Forms) -> None:
    made = await alice.post("/forms", {"starter": "blank", "name": "Roof quote"}, on="/forms/new")
    page = made.headers["location"]
    form = {"id": page.rpartition("/")[2]}
    given = {"allowed_origins": "", "redirect_allow": "", "country": ""}
    assert (await draft(forms, form))["title"] == "Roof quote"
    await alice.post(f"{page}/settings", {**given, "name": "Roofs"})
    assert (await draft(forms, form))["title"] == "Roofs"
    await forms.call("PATCH", f"/{form['id']}", {"name": "Roofs and walls"})
    assert (await draft(forms, form))["title"] == "Roofs and walls"
    assert (await forms.call("POST", f"/{form['id']}/publish", {})).status_code == 200
    await alice.post(f"{page}/settings", {**given, "name": "Old roofs"})
    assert (await draft(forms, form))["title"] == "Roofs and walls"

    other = await forms.make(contact(title="Write to us"), name="Web site", publish=False)
    await forms.call("PATCH", f"/{other['id']}", {"name": "Shop"})
    assert (await draft(forms, other))["title"] == "Write to us"
    nameless = await alice.post("/forms", {"starter": "blank", "name": ""}, on="/forms/new")
    found = (await forms.call("GET", f"/{nameless.headers['location'].rpartition('/')[2]}")).json()
    assert [each["path"] for each in found["hints"]] == ["title"]


async def test_a_form_is_duplicated_closed_reopened_and_deleted(alice: Browser, forms: Forms) -> None:
    form = await forms.make(name="Web site")
    path = f"/forms/{form['id']}"
    copy = await alice.post(f"{path}/duplicate")
    assert "Copy of Web site" in await text_of(alice, copy.headers["location"])
    early = await alice.post(f"{path}/delete")
    assert (early.status_code, "Close it first" in early.text) == (409, True)
    closed = await alice.post(f"{path}/close")
    page = await text_of(alice, closed.headers["location"])
    assert "takes no more answers" in page
    assert f'action="{path}/reopen"' in page
    opened = await alice.post(f"{path}/reopen")
    assert "takes submissions again" in await text_of(alice, opened.headers["location"])
    await alice.post(f"{path}/close")
    gone = await alice.post(f"{path}/delete")
    assert gone.headers["location"] == "/forms"
    assert (await alice.get(path)).status_code == 404
    never = await forms.make(publish=False)
    refused = await alice.post(f"/forms/{never['id']}/reopen")
    assert (refused.status_code, "not published yet" in refused.text) == (409, True)


async def test_what_is_pasted_works(alice: Browser, forms: Forms) -> None:
    fields = [
        field("name", required=True),
        field("email", "email"),
        field("topic", "select", options=[{"value": "a", "label": "<A>"}]),
        field("terms", "consent", text="I <agree>.", required=True),
        field("stars", "rating"),
        field("note", "textarea"),
    ]
    form = await forms.make(one_step(*fields, title="Ask “us”"))
    page = html.unescape(await text_of(alice, f"/forms/{form['id']}/share"))
    assert "Waiting for your first submission" in page
    for mode in ("inline", "popup", "slide-in", "button"):
        tag = next(tag for tag in page.split("<script ")[1:] if f'data-mode="{mode}"' in tag).split("</script>")[0]
        assert tag.split() == [
            f'src="{BASE}/widget.js"', f'data-token="{form["key"]}"', f'data-api="{BASE}"',
            f'data-mode="{mode}"', "async>",
        ]  # fmt: skip
    red = await forms.make({**one_step(*fields, title="Red"), "theme": {"accent": "#b3261e"}})
    coloured = html.unescape(await text_of(alice, f"/forms/{red['id']}/share"))
    assert coloured.count('data-colour="#b3261e"') == 3
    assert "data-colour" not in page
    assert 'data-label="Write to us"' in page
    assert page.count("data-label=") == 1
    arabic = await forms.make(one_step(*fields, title="Arabic", language="ar"))
    spoken = html.unescape(await text_of(alice, f"/forms/{arabic['id']}/share"))
    assert spoken.count('data-label="اتصل بنا"') == 3
    assert f"connect-src {BASE};" in page
    pasted = page.split(f'<form action="{form["page"]}" method="post">')[1].split("</form>")[0]
    assert "&lt;A&gt;" in pasted
    assert "I &lt;agree&gt;." in pasted
    names = set(re.findall(r'name="(\w+)"', pasted))
    assert names == {"name", "email", "topic", "terms", "stars", "note", "_gotcha"}
    await forms.stored(await forms.tell(form, {"name": "Ada", "topic": "a", "terms": "yes", "stars": "3"}))
    assert "<strong>1</strong> submission, the last one" in await text_of(alice, f"/forms/{form['id']}/share")


async def test_the_owner_is_told_that_a_confirmation_is_not_sent_where_mail_is_not_set_up(
    alice: Browser, forms: Forms
) -> None:
    said = "Mail is not set up on this installation, so no confirmation is sent."
    form = await forms.make()
    confirming = contact(confirmation={"enabled": True, "subject": "Thanks", "text": "We have it."})
    saved = await forms.save(form, confirming)
    assert [each["message"] for each in saved["hints"] if each["path"] == "confirmation.enabled"] == [said]
    here = f"/forms/{form['id']}"
    assert said in html.unescape(await text_of(alice, here))
    review = html.unescape(await text_of(alice, f"{here}/publish"))
    assert f"A confirmation by e-mail is switched on. {said}" in review
    assert "Visitors get a confirmation" not in review
    assert (await forms.call("POST", f"{here.removeprefix('/forms')}/publish")).status_code == 200
    for path in ("/versions", "/versions/2"):
        assert "Visitors get a confirmation" not in await text_of(alice, here + path)


async def test_where_mail_is_set_up_nothing_is_said_of_it(forms: Forms) -> None:
    known = settings(smtp_url=SecretStr("smtp://127.0.0.1:9"), mail_from="LeadsBot <leads@example.com>")
    form = await forms.make()
    await forms.save(form, contact(confirmation={"enabled": True, "subject": "Thanks", "text": "We have it."}))
    given = services(forms.db, settings=known, mailer=mailer(known))
    async with browser(application(given, SOURCES, FORMS)) as alice:
        await alice.sign_in(forms.cast.alice.email)
        assert "Mail is not set up" not in await text_of(alice, f"/forms/{form['id']}")
        review = await text_of(alice, f"/forms/{form['id']}/publish")
        assert "Visitors get a confirmation by e-mail." in review
        assert "Mail is not set up" not in review


async def test_the_source_of_a_designed_form_shows_only_what_its_form_takes(
    alice: Browser, web: Browser, forms: Forms
) -> None:
    fields = [
        field("email", "email", required=True), field("budget", "number", required=True),
        field("terms", "consent", text="I agree.", required=True),
    ]  # fmt: skip
    form = await forms.make(one_step(*fields))
    source = f"/sources/{form['source']}"
    page = html.unescape(await text_of(alice, source))
    for title in ("Script tag", "Plain HTML", "WordPress", "Webflow", "JavaScript"):
        assert f">{title}</summary>" in page
    assert not any(said in page for said in ("<summary>Terminal", "<summary>React", "Rename or add fields", "Phone <"))
    assert f'href="/forms/{form["id"]}/share"' in page
    assert "new URLSearchParams(new FormData(form))" in page
    pasted = page.split(f'<form action="{form["page"]}" method="post">')[1].split("</form>")[0]
    given = {"email": "ada@example.com", "budget": "7", "terms": "yes", "_gotcha": ""}
    assert set(re.findall(r'name="(\w+)"', pasted)) == given.keys()
    sent = await web.http.post(f"/f/{form['key']}", data=given, headers={"accept": "application/json"})
    assert sent.status_code == 201, sent.text
    secret = await alice.post(f"{source}/secret", on=source)
    assert secret.status_code == 303
    signed = await text_of(alice, source)
    assert ("Signed request" in signed, "Plain HTML" in signed) == (True, False)
    assert "an answer that is required and missing is refused" in signed


async def test_the_script_for_a_form_that_takes_files_keeps_them(alice: Browser, forms: Forms) -> None:
    form = await forms.make(one_step(field("email", "email"), field("plan", "file", max=1)))
    page = html.unescape(await text_of(alice, f"/sources/{form['source']}"))
    assert "body: new FormData(form)," in page
    assert "URLSearchParams" not in page
    assert 'enctype="multipart/form-data"' in page


async def test_hostile_words_are_only_words_on_every_page(alice: Browser, bob: Browser, forms: Forms) -> None:
    hostile = field("name", label=ATTACK, help=ATTACK[:190], placeholder=ATTACK)
    hidden = {"value": ATTACK[:90], "label": ATTACK}
    form = await forms.make(
        one_step(
            hostile, field("size", "radio", label=ATTACK, options=[hidden]),
            field("more", label=ATTACK, show_if=[[{"field": "size", "op": "is", "value": ATTACK[:90]}]]),
            title=ATTACK, intro=ATTACK, button=ATTACK, endings=[{"id": "end", "title": ATTACK}],
        ),
        name=ATTACK,
    )  # fmt: skip
    await forms.publish(await forms.save(form, one_step({**hostile, "label": f"2 {ATTACK}"}, title=f"2 {ATTACK}")))
    await forms.call("POST", f"/{form['id']}/versions/1/restore", {"note": ATTACK})
    here = f"/forms/{form['id']}"
    for who in (alice, bob):
        for path in ("/forms", here, f"{here}/share", f"{here}/versions", f"{here}/versions/2", f"{here}/settings"):
            page = await text_of(who, path)
            assert "<script>alert" not in page, path
            assert "<img" not in page, path
            assert "onerror=alert" in page, path
            assert "{{7*7}}" in page, path


async def test_the_reader_sees_and_changes_nothing_and_the_outsider_finds_nothing(
    bob: Browser, charlie: Browser, forms: Forms
) -> None:
    form = await forms.make()
    here = f"/forms/{form['id']}"
    for path in ("", "/share", "/versions", "/versions/1", "/settings", "/publish"):
        page = await text_of(bob, here + path)
        assert 'action="/forms/' not in page, path
        assert (await charlie.get(here + path)).status_code == 404, path
    assert (await bob.get("/forms/new")).status_code == 403
    assert form["name"] not in await text_of(charlie, "/forms")
    acts = "publish discard settings duplicate close reopen delete versions/1/restore"
    for act in ("", *(f"/{each}" for each in acts.split())):
        answer = await charlie.post(f"{here}{act}", {"revision": "1", "name": "x", "do": "save"})
        assert answer.status_code == 404, act
        assert (await bob.post(f"{here}{act}", {"revision": "1"})).status_code == 403, act
    assert (await forms.call("GET", f"/{form['id']}")).json() == form
