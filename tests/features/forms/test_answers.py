"""What a published form makes of answers, over HTTP as visitors' browsers and scripts send them."""

from __future__ import annotations

import html
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from leadsbot.kit.clock import utcnow
from tests.cast import Browser
from tests.features.forms.conftest import Forms, contact, field, one_step
from tests.product import until

YES_NO = [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}]


def faults(answer: Any) -> dict[str, str]:
    """The messages by field."""
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["message"] for each in answer.json()["errors"]}


async def test_answers_are_stored_as_typed_with_the_version_and_what_is_unknown(forms: Forms) -> None:
    form = await forms.make(contact(lawful_basis="contract", notice_version="2026-05"))
    await forms.change(form, contact(title="Second", lawful_basis="contract", notice_version="2026-05"))

    async def second() -> bool:
        sent = {"name": "  Ada  ", "email": " Ada@Example.COM", "message": "", "Budget (€)": " much ", "x": {"y": 1}}
        taken = await forms.stored(await forms.tell(form, sent))
        assert taken.fields == {
            "name": "Ada", "email": "Ada@Example.COM", "message": "", "Budget (€)": " much ", "x": {"y": 1}
        }  # fmt: skip
        assert (taken.lawful_basis, taken.notice_version) == ("contract", "2026-05")
        assert taken.consents is None
        return taken.form_version == 2

    await until(second)


async def test_every_fault_is_told_at_once_by_its_field(forms: Forms) -> None:
    form = await forms.make(
        one_step(
            field("name", required=True), field("email", "email", required=True), field("phone", "phone"),
            field("topic", "select", options=YES_NO), field("many", "number", min=1, max=10),
        )
    )  # fmt: skip
    answer = await forms.tell(form, {"name": " ", "email": "nobody", "phone": "12", "topic": "maybe", "many": "11"})
    assert answer.json()["code"] == "invalid_answers"
    assert set(faults(answer)) == {"name", "email", "phone", "topic", "many"}
    assert faults(answer)["name"] == "Please fill this in."
    assert "10" in faults(answer)["many"]


TAKEN: list[tuple[dict[str, Any], Any, Any]] = [
    (field("a", "text", min=2, max=4), "  abcd ", "abcd"),
    (field("a", "text"), 12, 12),
    (field("a", "textarea", max=3), "a\r\nb", "a\r\nb"),
    (field("a", "text", pattern="[A-Z]{2}-\\d{3}"), "AB-123", "AB-123"),
    (field("a", "email"), "ada+x@sub.example.com", "ada+x@sub.example.com"),
    (field("a", "email"), "ada@münchen.example", "ada@münchen.example"),
    (field("a", "phone", country="DE"), "030 123456", "030 123456"),
    (field("a", "phone", country="DE"), "+44 (0)20 7946 0958", "+44 (0)20 7946 0958"),
    (field("a", "phone"), "020 7946 0958", "020 7946 0958"),
    (field("a", "number"), "12,5", "12,5"),
    (field("a", "number"), 0, 0),
    (field("a", "number", min=-5, step=0.5), "-4.5", "-4.5"),
    (field("a", "money", currency="EUR", min=1000), "1.250,00 €", "1.250,00 €"),
    (field("a", "money", currency="EUR", min=1000), "1.250", "1.250"),
    (field("a", "money", currency="EUR", min=2500, max=2500), "€ 2.500,-", "€ 2.500,-"),
    (field("a", "money", currency="EUR", min=2500, max=2500), "2'500.–", "2'500.–"),
    (field("a", "money", currency="EUR", min=1000, max=1000), "1 000 €", "1 000 €"),
    (field("a", "money", currency="CZK"), "250 Kč", "250 Kč"),
    (field("a", "date"), "2026-02-28", "2026-02-28"),
    (field("a", "date"), "2026-02-28T00:00:00Z", "2026-02-28T00:00:00Z"),
    (field("a", "select", options=YES_NO), "yes", "yes"),
    (field("a", "radio", options=YES_NO), " no ", "no"),
    (field("a", "multiselect", options=YES_NO), "yes", ["yes"]),
    (field("a", "multiselect", options=YES_NO, max=2), ["no", "yes", "no"], ["no", "yes"]),
    (field("a", "checkbox"), "on", "on"),
    (field("a", "checkbox", required=True), True, True),
    (field("a", "checkbox", required=True), ["0", "1"], ["0", "1"]),
    (field("a", "rating", scale=10), "10", "10"),
    (field("a", "rating"), 1, 1),
    (field("a", "hidden"), {"any": "thing"}, {"any": "thing"}),
]
REFUSED: list[tuple[dict[str, Any], Any]] = [
    (field("a", "text", min=2), "a"),
    (field("a", "text", max=2), "abc"),
    (field("a", "text"), ["a", "b"]),
    (field("a", "text"), True),
    (field("a", "text", pattern="[A-Z]{2}-\\d{3}"), "AB-1234"),
    (field("a", "email"), "ada@localhost"),
    (field("a", "email"), "ada@example.com, eve@example.com"),
    (field("a", "email"), {"value": "ada@example.com"}),
    (field("a", "phone", country="DE"), "call me"),
    (field("a", "phone", country="US"), "555 26"),
    (field("a", "phone"), "+999 1234567"),
    (field("a", "number"), "twelve"),
    (field("a", "number"), "1e5"),
    (field("a", "number"), True),
    (field("a", "number", min=1), 0),
    (field("a", "number", step=0.5), "1.3"),
    (field("a", "number", step=1e-30), "9" * 30),
    (field("a", "number"), "9" * 50),
    (field("a", "money", currency="EUR", max=1000), "1.250"),
    *((field("a", "money", currency="EUR"), each) for each in ("5k", "5 K€", "2 Mio.", "5 TEUR", "5 mio")),
    (field("a", "date"), "30.02.2026"),
    (field("a", "date"), "2026-02-30"),
    (field("a", "date"), "20260228xx"),
    (field("a", "select", options=YES_NO), "maybe"),
    (field("a", "select", options=YES_NO), "Yes"),
    (field("a", "select", options=YES_NO), ["yes"]),
    (field("a", "radio", options=YES_NO), 1),
    (field("a", "multiselect", options=YES_NO), ["yes", "maybe"]),
    (field("a", "multiselect", options=YES_NO), [["yes"]]),
    (field("a", "multiselect", options=YES_NO, min=2), "yes"),
    (field("a", "multiselect", options=YES_NO, max=1), ["yes", "no"]),
    (field("a", "checkbox", required=True), "off"),
    (field("a", "checkbox", required=True), False),
    (field("a", "rating"), "6"),
    (field("a", "rating"), "0"),
    (field("a", "rating"), "2.5"),
    (field("a", "file"), ["upl_1", "upl_2"]),
    (field("a", "file"), [1]),
    (field("a", "file"), "upl_1"),
    (field("a", "file"), "C:\\fakepath\\cv.pdf"),
    (field("a", "file"), {"filename": "cv.pdf", "upload": "upl_00000000000000000000000000"}),
]


async def test_the_bounds_of_an_amount_are_told_in_its_currency(forms: Forms) -> None:
    form = await forms.make(
        one_step(
            field("low", "money", currency="EUR", min=100), field("high", "money", currency="USD", max=99.5),
            field("step", "money", currency="CHF", step=5), field("size", "number", max=4),
        )
    )  # fmt: skip
    said = faults(await forms.tell(form, {"low": "99", "high": "100", "step": "7", "size": "5"}))
    assert said == {
        "low": "The smallest possible value is 100 EUR.",
        "high": "The largest possible value is 99.5 USD.",
        "step": "Please keep to steps of 5, beginning at 0 CHF.",
        "size": "The largest possible value is 4.",
    }


async def test_the_bounds_of_an_amount_are_written_as_the_language_writes_numbers(forms: Forms) -> None:
    form = await forms.make(
        one_step(
            field("budget", "money", currency="EUR", min=1500.5, max=50000), field("size", "number", min=0, step=0.5),
            field("helped", "number", min=1, max=2, help="One or two."),
        )
    )  # fmt: skip
    for language, least, most, step in (
        ("en", "1,500.5", "50,000", "0.5"), ("de", "1.500,5", "50.000", "0,5"), ("es", "1500,5", "50.000", "0,5"),
        ("fr", "1\u202f500,5", "50\u202f000", "0,5"), ("pl", "1500,5", "50\u00a0000", "0,5"),
        ("xx", "1,500.5", "50,000", "0.5"),
    ):  # fmt: skip
        asked = {"_lang": language, "budget": "50001", "size": "0.3"}
        page = await forms.send(form, asked)
        assert page.status_code == 422
        for told in (faults(await forms.tell(form, asked)), html.unescape(page.text)):
            assert f"{most} EUR" in (told if isinstance(told, str) else told["budget"])
            assert f" {step}" in (told if isinstance(told, str) else told["size"])
        hint = html.unescape(page.text).partition('id="h-budget">')[2].partition("<")[0]
        assert f"{least} EUR" in hint
        assert f"{most} EUR" in hint
        # What its script says is the same.
        assert logic_of(page.text)["steps"][0]["fields"][0]["told"] == {"min": f"{least} EUR", "max": f"{most} EUR"}
        assert 'id="h-size"' not in page.text
        assert "One or two." in html.unescape(page.text).partition('id="h-helped">')[2].partition("</p>")[0]


async def test_each_type_takes_what_browsers_and_scripts_send(forms: Forms) -> None:
    for made, sent, kept in TAKEN:
        form = await forms.make(one_step(made, field("email", "email")))
        stored = await forms.stored(await forms.tell(form, {"email": "a@example.com", "a": sent}))
        assert stored.fields["a"] == kept, made


async def test_each_type_refuses_what_it_cannot_be(forms: Forms) -> None:
    for made, sent in REFUSED:
        form = await forms.make(one_step(made, field("email", "email")))
        answer = await forms.tell(form, {"email": "a@example.com", "a": sent})
        assert set(faults(answer)) == {"a"}, (made, answer.text)
        assert len(faults(answer)["a"]) > 10


@pytest.mark.parametrize("type", ["text", "email", "phone", "number", "date", "file", "rating", "checkbox", "consent"])
async def test_what_is_required_is_missing_in_every_way_of_saying_nothing(forms: Forms, type: str) -> None:
    more: dict[str, Any] = {"text": "I agree."} if type == "consent" else {}
    form = await forms.make(one_step(field("a", type, required=True, **more), field("email", "email")))
    for nothing in ("", "   ", None, [], [""], {}):
        answer = await forms.tell(form, {"email": "a@example.com", "a": nothing})
        assert set(faults(answer)) == {"a"}, nothing
    assert set(faults(await forms.tell(form, {"email": "a@example.com"}))) == {"a"}


async def test_the_country_of_a_number_is_the_fields_then_the_sources_then_the_workspaces(forms: Forms) -> None:
    number = "0711 12"  # numbers in Germany can be that short, in the United Kingdom they cannot
    british = await forms.make(one_step(field("phone", "phone")))
    assert set(faults(await forms.tell(british, {"phone": number}))) == {"phone"}
    german = await forms.make(one_step(field("phone", "phone", country="DE")))
    assert (await forms.tell(german, {"phone": number})).status_code == 201
    await forms.option(british, country="DE")

    async def taken() -> bool:
        return (await forms.tell(british, {"phone": number})).status_code == 201

    await until(taken)


async def test_the_number_that_a_visitor_is_shown_as_an_example_is_the_same_everywhere(
    forms: Forms, alice: Browser
) -> None:
    changed = await forms.web.http.patch("/api/v1/workspace", headers=forms.cast.alice.bearer, json={"country": "DE"})
    assert changed.status_code == 200, changed.text
    form = await forms.make(one_step(field("phone", "phone"), field("abroad", "phone", country="FR")))

    async def examples() -> dict[str, tuple[str, ...]]:
        """By field, from every place that tells one."""
        told = faults(await forms.tell(form, {"phone": "1", "abroad": "1"}))
        public = (await forms.call("GET", f"/{form['id']}/public")).json()
        draft = (await forms.call("GET", f"/{form['id']}/public?draft=true")).json()
        hosted = logic_of((await forms.see(form)).text)
        tried = logic_of((await alice.get(f"/forms/{form['id']}/preview")).text)
        widget = (await alice.get(f"/forms/{form['id']}/preview?as=widget")).text
        module = (await forms.web.get(f"/api/widget/form.js?token={form['key']}")).text
        found = {}
        for place, key in enumerate(("phone", "abroad")):
            example = told[key].partition("like ")[2].rstrip(".")
            shown = [each["steps"][0]["fields"][place]["example"] for each in (public, draft, hosted, tried)]
            assert example in html.unescape(widget)
            assert example in module
            found[key] = (example, *shown)
        return found

    assert {key: set(all) for key, all in (await examples()).items()} == {
        "phone": {"+49 30 123456"}, "abroad": {"+33 1 23 45 67 89"},
    }  # fmt: skip
    await forms.option(form, country="AT")

    async def moved() -> bool:
        return "+43" in faults(await forms.tell(form, {"phone": "1"}))["phone"]

    await until(moved)
    assert {key: len(set(all)) for key, all in (await examples()).items()} == {"phone": 1, "abroad": 1}


def logic_of(page: str) -> dict[str, Any]:
    """What the script of a form's page is given."""
    given: dict[str, Any] = json.loads(html.unescape(page.partition('data-logic="')[2].partition('"')[0]))
    return given


def asking() -> dict[str, Any]:
    """Is a kitchen wanted? Then its size; if that is large, a drawing."""
    return one_step(
        field("email", "email"),
        field("what", "radio", options=[{"value": v, "label": v.title()} for v in ("kitchen", "bath")]),
        field("size", "number", required=True, show_if=[[{"field": "what", "op": "is", "value": "kitchen"}]]),
        field("plan", "textarea", required=True, show_if=[[{"field": "size", "op": "gt", "value": 50}]]),
        field("plan_terms", "consent", required=True, text="You may keep the plan.",
              show_if=[[{"field": "plan", "op": "filled"}]]),
    )  # fmt: skip


async def test_a_field_is_required_only_where_its_condition_holds(forms: Forms) -> None:
    form = await forms.make(asking())
    mail = {"email": "a@example.com"}
    assert (await forms.tell(form, {**mail, "what": "bath"})).status_code == 201
    assert set(faults(await forms.tell(form, {**mail, "what": "kitchen"}))) == {"size"}
    assert (await forms.tell(form, {**mail, "what": "kitchen", "size": "50"})).status_code == 201
    assert set(faults(await forms.tell(form, {**mail, "what": "kitchen", "size": "50,5"}))) == {"plan"}
    large = {**mail, "what": "kitchen", "size": 60, "plan": "a plan"}
    assert set(faults(await forms.tell(form, large))) == {"plan_terms"}
    assert (await forms.tell(form, {**large, "plan_terms": "on"})).status_code == 201


async def test_answers_to_what_is_not_shown_are_kept_unchecked_and_count_for_nothing(forms: Forms) -> None:
    form = await forms.make(asking())
    sent = {"email": "a@example.com", "what": "bath", "size": "enormous", "plan": "a plan", "plan_terms": "on"}
    stored = await forms.stored(await forms.tell(form, sent))
    assert stored.fields == sent
    # The size is not shown, so the plan is not either, so nobody was asked for the consent.
    assert stored.consents == []


async def test_a_step_with_a_condition_takes_its_fields_along(forms: Forms) -> None:
    ticked = {"field": "more", "op": "is", "value": True}
    either = [[{**ticked, "value": False}], [{"field": "why", "op": "contains", "value": "URGENT"}]]
    steps = [
        {"id": "one", "fields": [field("email", "email"), field("more", "checkbox")]},
        {"id": "two", "fields": [field("why", required=True)], "show_if": [[ticked]]},
        {"id": "three", "fields": [field("no", required=True, show_if=either)]},
    ]
    form = await forms.make({"title": "Steps", "steps": steps})
    mail = {"email": "a@example.com"}
    assert set(faults(await forms.tell(form, mail))) == {"no"}
    assert (await forms.tell(form, {**mail, "no": "x"})).status_code == 201
    assert set(faults(await forms.tell(form, {**mail, "more": "on"}))) == {"why"}
    assert (await forms.tell(form, {**mail, "more": "on", "why": "x"})).status_code == 201
    assert set(faults(await forms.tell(form, {**mail, "more": "on", "why": "it is urgent!"}))) == {"no"}


async def test_a_consent_is_kept_with_its_text_version_and_language(forms: Forms) -> None:
    made = one_step(
        field("email", "email"), field("terms", "consent", required=True, text="I agree."),
        field("news", "consent", text="Send me news."),
        languages={"de": {"fields": {"terms": {"text": "Ich stimme zu."}}}},
    )  # fmt: skip
    form = await forms.make(made)
    stored = await forms.stored(await forms.tell(form, {"email": "a@example.com", "terms": "on", "_lang": "de-AT"}))
    assert stored.consents == [
        {"field": "terms", "text": "Ich stimme zu.", "text_version": "v1", "given": True, "language": "de"},
        {"field": "news", "text": "Send me news.", "text_version": "v1", "given": False, "language": "de"},
    ]
    again = await forms.stored(await forms.tell(form, {"email": "a@example.com", "terms": True, "news": "no"}))
    assert again.consents is not None
    assert [(each["text"], each["given"], each["language"]) for each in again.consents] == [
        ("I agree.", True, "en"), ("Send me news.", False, "en"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("de", "Bitte füllen Sie dieses Feld aus."),
        ("de-CH", "Bitte füllen Sie dieses Feld aus."),
        ("DE_ch", "Bitte füllen Sie dieses Feld aus."),
        ("pt-BR", "Preencha este campo."),
        ("he", "נא למלא שדה זה."),
        ("sv", "Please fill this in."),  # a language that the form has and we do not speak
        ("fr-CH", "Veuillez remplir ce champ."),  # a language that we speak and the form does not have
        ("", "Please fill this in."),
        ("\x01 ;drop", "Please fill this in."),
    ],
)
async def test_faults_are_told_in_the_language_of_the_page(forms: Forms, asked: str, said: str) -> None:
    form = await forms.make(contact(languages={tag: {} for tag in ("de", "pt", "he", "sv")}))
    answer = await forms.tell(form, {"email": "a@example.com", "_lang": asked})
    assert faults(answer) == {"name": said}


async def test_a_pattern_is_explained_in_the_words_of_the_form(forms: Forms) -> None:
    made = one_step(
        field("email", "email"), field("code", pattern="\\d{4}", pattern_help="Four digits."),
        languages={"de": {"fields": {"code": {"pattern_help": "Vier Ziffern."}}}, "fr": {}},
    )  # fmt: skip
    form = await forms.make(made)
    for tag, said in (("en", "Four digits."), ("de", "Vier Ziffern."), ("fr", "Four digits.")):
        assert faults(await forms.tell(form, {"email": "a@example.com", "code": "x", "_lang": tag})) == {"code": said}


async def test_the_first_ending_that_holds_is_told_with_answers_in_it(forms: Forms) -> None:
    budget = [[{"field": "budget", "op": "gte", "value": 1000}]]
    endings = [
        {"id": "big", "title": "Thank you, {name}", "text": "We call about {what}.", "show_if": budget},
        {"id": "site", "kind": "redirect", "url": "https://shop.example/thanks?who={name}&for={what}&x=1"},
    ]
    form = await forms.make(
        one_step(
            field("name"), field("email", "email"), field("budget", "money", currency="GBP"),
            field("what", "multiselect", options=[{"value": "a", "label": "A roof"}, {"value": "b", "label": "A & B"}]),
            endings=endings, languages={"de": {"endings": {"big": {"title": "Danke, {name}"}}}},
        ),
        redirect_allow=["https://shop.example/thanks"],
    )  # fmt: skip
    told = (await forms.tell(form, {"name": "Ada", "budget": "£1,000", "what": ["a", "b"], "_lang": "de"})).json()
    ending = told["ending"]
    assert (ending["id"], ending["kind"], ending["title"]) == ("big", "message", "Danke, Ada")
    assert ending["text"] == "We call about A roof, A & B."
    hostile = {"name": "Ada&for=evil#/../\r\nSet-Cookie: x", "budget": "1", "what": "b"}
    there = (await forms.tell(form, hostile)).json()["ending"]
    assert (there["id"], there["kind"]) == ("site", "redirect")
    parts = urlsplit(there["url"])
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "shop.example", "/thanks", "")
    assert parse_qs(parts.query) == {"who": ["Ada&for=evil#/../\r\nSet-Cookie: x"], "for": ["b"], "x": ["1"]}
    sent = await forms.send(form, hostile)
    assert (sent.status_code, sent.headers["location"]) == (303, there["url"])
    assert "set-cookie" not in sent.headers


async def test_an_ending_leads_nowhere_that_the_source_does_not_allow_any_more(forms: Forms) -> None:
    there = {"id": "there", "kind": "redirect", "title": "Done", "url": "https://shop.example/thanks"}
    form = await forms.make(contact(endings=[there]), redirect_allow=["https://shop.example/thanks"])
    fields = {"name": "Ada", "email": "ada@example.com"}
    assert (await forms.send(form, fields)).headers["location"] == "https://shop.example/thanks"
    await forms.option(form, redirect_allow=["https://other.example"])

    async def ours() -> bool:
        location: str = (await forms.send(form, fields)).headers["location"]
        return location == f"/f/{form['key']}/thanks?ending=there"

    await until(ours)


async def test_after_the_closing_date_nothing_is_taken(forms: Forms) -> None:
    past = (utcnow() - timedelta(seconds=5)).isoformat()
    form = await forms.make(contact(closes_at=past, closed_text="See you next year."))
    assert [each["code"] for each in form["hints"]] == ["past"]
    gone = await forms.tell(form, {"name": "Ada", "email": "ada@example.com"})
    assert (gone.status_code, gone.json()["detail"]) == (410, "See you next year.")
    page = await forms.see(form)
    assert (page.status_code, "See you next year." in page.text) == (410, True)
    later = datetime(2999, 1, 1, tzinfo=UTC).isoformat()
    open_form = await forms.make(contact(closes_at=later))
    assert (await forms.tell(open_form, {"name": "Ada", "email": "ada@example.com"})).status_code == 201


async def test_hostile_text_is_stored_as_it_is_and_nul_is_refused_by_its_field(forms: Forms) -> None:
    form = await forms.make()
    hostile = "<script>alert(1)</script> {{7*7}} '; DROP TABLE submission; -- {email} %s \u202e"
    stored = await forms.stored(await forms.tell(form, {"name": hostile, "email": "a@example.com"}))
    assert stored.fields["name"] == hostile
    nul = await forms.tell(form, {"name": "a\0b", "email": "a@example.com"})
    assert list(faults(nul)) == ["name"]
    many = await forms.tell(form, {"name": "Ada", "email": "a@example.com", **{f"x{n}": "1" for n in range(499)}})
    assert (many.status_code, many.json()["code"]) == (422, "too_many_fields")
