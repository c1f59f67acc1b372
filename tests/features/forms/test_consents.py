"""A page that was opened before a publishing and is sent after it: which version and which words are remembered."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from leadsbot.features.capture.public import Submission
from tests.cast import BASE, BROWSER, Browser
from tests.features.forms.conftest import SCRIPT, Forms, contact, field, one_step
from tests.features.forms.test_page import Page, seen
from tests.product import until

CHANGED = "The text that you agree to has changed. Please read it again."
ADA = {"email": "ada@example.com", "terms": "yes"}


def asking(text: str, german: str = "", **more: Any) -> dict[str, Any]:
    """A form that asks for a consent, perhaps also in German."""
    languages = {"de": {"title": "Kontakt", "fields": {"terms": {"text": german}}}} if german else {}
    terms = field("terms", "consent", required=True, text=text)
    return one_step(field("email", "email", required=True), terms, languages=languages, **more)


def ours(page: Page) -> dict[str, str]:
    """What the page itself posts."""
    return {each["name"]: each["value"] for each in page.all("input", type="hidden")}


async def publish(forms: Forms, form: dict[str, Any], definition: dict[str, Any]) -> None:
    """Publish a version, and wait until it is the one that answers are checked by and pages show."""
    read = (await forms.call("GET", f"/{form['id']}")).json()
    version = (await forms.change(read, definition))["live_version"]

    async def there() -> bool:
        told = await forms.tell(form, ADA)
        # The version before may ask for more than Ada tells.
        return told.status_code == 201 and (await forms.stored(told)).form_version == version

    await until(there)


async def stored(forms: Forms, form: dict[str, Any], sent: dict[str, Any]) -> Submission:
    """What is kept of a post like a browser's form sends it."""
    answer = await forms.web.http.post(f"/f/{form['key']}", data=sent, headers=SCRIPT)
    return await forms.stored(answer)


def words(taken: Submission) -> list[tuple[str, str, bool, str]]:
    return [(each["text"], each["text_version"], each["given"], each["language"]) for each in taken.consents or []]


async def test_a_page_from_before_a_publishing_is_remembered_with_the_version_and_the_words_it_showed(
    forms: Forms, alice: Browser
) -> None:
    form = await forms.make(asking("You may call me."))
    old = ours(seen(await forms.see(form)))
    assert old["_version"] == "1"
    await publish(forms, form, asking("You may call me and sell my number."))
    taken = await stored(forms, form, {**old, **ADA})
    assert (taken.form_version, words(taken)) == (1, [("You may call me.", "v1", True, "en")])
    assert taken.fields == ADA
    now = await stored(forms, form, {**ours(seen(await forms.see(form))), **ADA})
    assert (now.form_version, words(now)) == (2, [("You may call me and sell my number.", "v2", True, "en")])
    table = (await alice.get(f"/forms/{form['id']}/results.csv")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(table), delimiter=";" if ";" in table.splitlines()[0] else ","))
    assert [row["Form version"] for row in rows][:2] == ["2", "1"]


async def test_the_words_of_each_language_and_of_versions_in_between_are_known(forms: Forms) -> None:
    form = await forms.make(asking("I agree.", "Ich stimme zu."))
    first = ours(seen(await forms.see(form, "?lang=de")))
    await publish(forms, form, asking("I agree.", "Ich stimme zu.", intro="Hello"))
    second = ours(seen(await forms.see(form, "?lang=en")))
    await publish(forms, form, asking("I agree to more."))
    german = await stored(forms, form, {**first, **ADA})
    assert (german.form_version, words(german)) == (1, [("Ich stimme zu.", "v1", True, "de")])
    english = await stored(forms, form, {**second, **ADA})
    assert (english.form_version, words(english)) == (2, [("I agree.", "v1", True, "en")])


async def test_the_widget_says_its_version_in_the_context(forms: Forms) -> None:
    form = await forms.make(asking("I agree."))
    await publish(forms, form, asking("I agree to more."))
    body = {"token": form["key"], "fields": ADA, "context": {"form": {"id": form["key"], "version": 1}}}
    taken = await forms.stored(await forms.web.http.post("/api/capture", json=body, headers=SCRIPT))
    assert (taken.form_version, words(taken)) == (1, [("I agree.", "v1", True, "en")])


@pytest.mark.parametrize(
    "said", ["", "0", "3", "-1", "1.5", "x", "١", "1" * 400, 1.5, True, ["1"], {"version": 1}, None, "2", " 1"]
)
async def test_a_version_that_was_never_published_counts_as_the_current_one(forms: Forms, said: Any) -> None:
    form = await forms.make(asking("I agree."))
    await publish(forms, form, asking("I agree to more."))
    taken = await forms.stored(await forms.tell(form, {**ADA, "_version": said}))
    assert (taken.form_version, taken.fields) == (2, ADA)
    assert [each[0] for each in words(taken)] == ["I agree to more."]


async def test_without_a_version_the_current_one_counts(forms: Forms) -> None:
    form = await forms.make(asking("I agree."))
    await publish(forms, form, asking("I agree to more."))
    assert (await stored(forms, form, ADA)).form_version == 2


async def test_a_source_without_a_design_keeps_no_version_among_its_answers(forms: Forms) -> None:
    made = await forms.web.http.post(
        "/api/v1/sources", json={"kind": "form", "name": "Plain"}, headers=forms.cast.alice.bearer
    )
    for said in ("1", 1, ["1", "2"]):
        taken = await forms.stored(await forms.tell(made.json(), {"name": "Ada", "_version": said}))
        assert (taken.form_version, taken.fields) == (None, {"name": "Ada"})


async def test_a_page_that_comes_back_with_other_words_asks_for_the_consent_again(forms: Forms) -> None:
    form = await forms.make(asking("I agree."))
    old = ours(seen(await forms.see(form)))
    await publish(forms, form, asking("I agree to more."))
    sent = {**old, "email": "ada@", "terms": "yes"}
    page = seen(await forms.web.http.post(f"/f/{form['key']}", data=sent, headers={**BROWSER, "origin": BASE}), 422)
    assert page.one("input", name="email")["value"] == "ada@"
    assert "checked" not in page.one("input", name="terms")
    assert CHANGED in page.one("div", id="problems")["text"]
    assert ours(page)["_version"] == "2"
    # The same fault on a page of now leaves the consent as it was given.
    same = seen(await forms.send(form, {**ours(page), "email": "ada@", "terms": "yes"}), 422)
    assert "checked" in same.one("input", name="terms")
    assert CHANGED not in same.one("div", id="problems")["text"]


async def test_a_consent_that_the_page_did_not_show_is_refused_and_shown(forms: Forms) -> None:
    form = await forms.make(contact(languages={"de": {"title": "Kontakt"}}))
    old = ours(seen(await forms.see(form, "?lang=de")))
    await publish(forms, form, asking("I agree.", "Ich stimme zu."))
    answer = await forms.send(form, {**old, "email": "ada@example.com", "message": "Hello"})
    page = seen(answer, 422)
    assert "Bitte setzen Sie hier ein Häkchen." in page.one("div", id="problems")["text"]
    taken = await stored(forms, form, {**ours(page), "email": "ada@example.com", "terms": "yes"})
    assert (taken.form_version, words(taken)) == (2, [("Ich stimme zu.", "v2", True, "de")])


async def test_a_consent_that_is_not_asked_for_any_more_is_kept_with_its_words(forms: Forms) -> None:
    form = await forms.make(asking("I agree."))
    old = ours(seen(await forms.see(form)))
    await publish(forms, form, one_step(field("email", "email")))
    taken = await stored(forms, form, {**old, **ADA})
    assert (taken.form_version, words(taken)) == (1, [("I agree.", "v1", True, "en")])
    left = await stored(forms, form, {**old, "email": "ada@example.com"})
    assert (left.form_version, words(left)) == (1, [])


async def test_a_consent_to_words_that_are_not_known_any_more_is_not_taken(forms: Forms) -> None:
    form = await forms.make(asking("Words 1."))
    for number in range(2, 12):
        read = (await forms.call("GET", f"/{form['id']}")).json()
        await forms.change(read, asking(f"Words {number}."))
    await publish(forms, form, asking("Words 12."))
    refused = await forms.tell(form, {**ADA, "_version": "2"})
    assert (refused.status_code, refused.json()["errors"]) == (422, [{"field": "terms", "message": CHANGED}])
    taken = await stored(forms, form, {**ADA, "_version": "3"})
    assert (taken.form_version, [each[0] for each in words(taken)]) == (3, ["Words 3."])


async def test_a_form_with_files_remembers_the_version_that_was_shown(forms: Forms) -> None:
    def with_plan(text: str) -> dict[str, Any]:
        made = asking(text)
        made["steps"][0]["fields"].append(field("plan", "file", accept=["text/plain"]))
        return made

    form = await forms.make(with_plan("I agree."))
    old = ours(seen(await forms.see(form)))
    await publish(forms, form, with_plan("I agree to more."))
    parts = {"plan": ("plan.txt", b"Two rooms and a bath.", "text/plain")}
    answer = await forms.web.http.post(f"/f/{form['key']}", data={**old, **ADA}, files=parts, headers=SCRIPT)
    taken = await forms.stored(answer)
    assert (taken.form_version, words(taken)) == (1, [("I agree.", "v1", True, "en")])
