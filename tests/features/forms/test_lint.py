"""What may be published: every rule, by its place."""

from __future__ import annotations

from typing import Any

import pytest

from leadsbot.features.forms.definition import decode
from leadsbot.features.forms.lint import lint
from tests.features.forms.conftest import QUOTE, Forms, contact, field, one_step

AB = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]
MAIL = field("email", "email")


def when(key: str, op: str = "is", value: Any = None) -> dict[str, Any]:
    """A comparison."""
    return {"field": key, "op": op} | ({} if value is None else {"value": value})


def condition(*group: dict[str, Any], key: str = "late", type: str = "text") -> dict[str, Any]:
    """A form whose last field is shown if all of these hold; before it a choice, a number, a box, a date, a text."""
    return one_step(
        MAIL, field("pick", "select", options=AB), field("many", "multiselect", options=AB), field("size", "number"),
        field("box", "checkbox"), field("day", "date"), field("text"), field("plan", "file"), field("head", "heading"),
        field(key, type, show_if=[list(group)]),
    )  # fmt: skip


LATE = "steps[0].fields[9].show_if"
ERRORS: list[tuple[dict[str, Any], str]] = [
    (contact(title="  "), "title"),
    (contact(notice_url="javascript:alert(1)"), "notice_url"),
    (contact(notice_url="/privacy"), "notice_url"),
    (contact(lawful_basis="because"), "lawful_basis"),
    (contact(confirmation={"enabled": True, "text": "x"}), "confirmation.subject"),
    (contact(confirmation={"enabled": True, "subject": "x"}), "confirmation.text"),
    (one_step(field("a"), confirmation={"enabled": True, "subject": "x", "text": "x"}), "confirmation"),
    (one_step(MAIL, field("email")), "steps[0].fields[1].key"),
    ({"title": "T", "steps": [{"id": "s", "fields": [MAIL]}, {"id": "s", "fields": [field("a")]}]}, "steps[1].id"),
    ({"title": "T", "steps": [{"id": "s", "fields": [MAIL]}, {"id": "t", "fields": []}]}, "steps[1]"),
    (one_step(field("h", "heading"), field("x", "hidden")), "steps"),
    *[(one_step(MAIL, field(key)), "steps[0].fields[1].key") for key in ("token", "fields", "context", "leads")],
    (one_step(MAIL, field("message", "multiselect", options=AB)), "steps[0].fields[1].key"),
    (one_step(field("a", label=" ")), "steps[0].fields[0].label"),
    (one_step(MAIL, field("h", "heading", required=True)), "steps[0].fields[1].required"),
    (one_step(MAIL, field("h", "hidden", required=True)), "steps[0].fields[1].required"),
    (one_step(field("a", "select")), "steps[0].fields[0].options"),
    (one_step(field("a", "select", options=[*AB, AB[0]])), "steps[0].fields[0].options[2].value"),
    (one_step(field("a", "radio", options=[{"value": " a", "label": "A"}])), "steps[0].fields[0].options[0].value"),
    (one_step(field("a", "radio", options=[{"value": "", "label": "A"}])), "steps[0].fields[0].options[0].value"),
    (one_step(field("a", "radio", options=[{"value": "a", "label": ""}])), "steps[0].fields[0].options[0].label"),
    (one_step(field("a", "number", min=2, max=1)), "steps[0].fields[0].max"),
    (one_step(field("a", "number", step=0)), "steps[0].fields[0].step"),
    (one_step(field("a", "text", min=-1)), "steps[0].fields[0].min"),
    (one_step(field("a", "text", max=1.5)), "steps[0].fields[0].max"),
    (one_step(field("a", "text", max=100_001)), "steps[0].fields[0].max"),
    (one_step(field("a", "multiselect", options=AB, max=3)), "steps[0].fields[0].max"),
    (one_step(field("a", "file", max=0)), "steps[0].fields[0].max"),
    (one_step(field("a", "file", accept=["pdf"])), "steps[0].fields[0].accept"),
    (one_step(field("a", "consent")), "steps[0].fields[0].text"),
    (one_step(field("a", "money")), "steps[0].fields[0].currency"),
    (one_step(field("a", "phone", country="XX")), "steps[0].fields[0].country"),
    (one_step(field("a", autocomplete="cc-number")), "steps[0].fields[0].autocomplete"),
    (one_step(field("a", autocomplete="current-password")), "steps[0].fields[0].autocomplete"),
    (one_step(field("a", pattern="(a+)+\\1", pattern_help="x")), "steps[0].fields[0].pattern"),
    (one_step(field("a", pattern="(?=a)", pattern_help="x")), "steps[0].fields[0].pattern"),
    (one_step(field("a", prefill="lang")), "steps[0].fields[0].prefill"),
    (one_step(field("a", prefill="<b>")), "steps[0].fields[0].prefill"),
    (one_step(field("a", "select", options=AB, default="c")), "steps[0].fields[0].default"),
    (one_step(field("a", "number", default="many")), "steps[0].fields[0].default"),
    (one_step(field("a", "email", default="x")), "steps[0].fields[0].default"),
    *[
        (one_step(MAIL, field("a", type, **{name: value})), f"steps[0].fields[1].{name}")
        for type, name, value in (
            ("text", "options", AB), ("date", "pattern", "a"), ("checkbox", "prefill", "x"), ("file", "default", "x"),
            ("text", "step", 1), ("text", "country", "GB"), ("text", "currency", "EUR"), ("text", "scale", 7),
            ("text", "accept", ["a/b"]), ("text", "max_bytes", 5), ("text", "text", "x"), ("date", "min", 1),
            ("rating", "max", 5), ("heading", "text_version", "1"), ("heading", "placeholder", "x"),
        )
    ],
    (contact(endings=[{"id": "a"}, {"id": "b"}]), "endings[1]"),
    (contact(endings=[{"id": "a", "show_if": [[when("name", "filled")]]}, {"id": "a"}]), "endings[1].id"),
    (contact(endings=[{"id": "a", "text": "{nobody}"}]), "endings[0].text"),
    (contact(endings=[{"id": "a", "url": "https://shop.example"}]), "endings[0].url"),
    *[
        (contact(endings=[{"id": "a", "kind": "redirect", "url": url}]), "endings[0].url")
        for url in (
            "", "/thanks", "javascript:alert(1)", "//evil.example", "https://{name}.example/",
            "https://shop.example/{name}", "https://shop.example/?a={name}#{name}", "https://shop.example/?a={Name}", "https://user@shop.example/",
            "https://shop.example\\@evil.example/", "https://evil.example/", "https://shop.example.evil.example/",
        )
    ],
    (contact(languages={"en": {}}), "languages.en"),
    (contact(languages={"de": {"fields": {"x": {}}}}), "languages.de.fields.x"),
    (contact(languages={"de": {"steps": {"x": "y"}}}), "languages.de.steps.x"),
    (contact(languages={"de": {"endings": {"x": {}}}}), "languages.de.endings.x"),
    (one_step(field("a", "select", options=AB), languages={"de": {"fields": {"a": {"options": {"c": "C"}}}}}),
     "languages.de.fields.a.options.c"),
    (contact(endings=[{"id": "a"}], languages={"de": {"endings": {"a": {"url": "x"}}}}), "languages.de.endings.a.url"),
    (contact(endings=[{"id": "a"}], languages={"de": {"endings": {"a": {"text": "{x}"}}}}),
     "languages.de.endings.a.text"),
    (one_step(MAIL, field("a", "number"), field("a", show_if=[[when("a", "gt", 0)]])), "steps[0].fields[2].key"),
    (condition(when("nobody", "filled")), f"{LATE}[0][0]"),
    (condition(when("late", "filled")), f"{LATE}[0][0]"),
    (one_step(field("a", show_if=[[when("email", "filled")]]), MAIL), "steps[0].fields[0].show_if[0][0]"),
    (condition(when("pick", "gt", 5)), f"{LATE}[0][0]"),
    (condition(when("text", "gt", 5)), f"{LATE}[0][0]"),
    (condition(when("head", "filled")), f"{LATE}[0][0]"),
    (condition(when("plan", "is", "x")), f"{LATE}[0][0]"),
    (condition(when("size", "is", "5")), f"{LATE}[0][0]"),
    (condition(when("box", "is", "yes")), f"{LATE}[0][0]"),
    (condition(when("pick", "is", "c")), f"{LATE}[0][0]"),
    (condition(when("many", "contains", "c")), f"{LATE}[0][0]"),
    (condition(when("day", "gt", "soon")), f"{LATE}[0][0]"),
    (condition(when("text", "is")), f"{LATE}[0][0]"),
    (condition(when("pick", "is", "a"), when("pick", "is", "b")), LATE),
    (condition(when("pick", "is", "a"), when("pick", "is_not", "a")), LATE),
    (condition(when("pick", "is_not", "a"), when("pick", "is_not", "b"), when("pick", "filled")), LATE),
    (condition(when("pick", "empty"), when("pick", "filled")), LATE),
    (condition(when("many", "is", "a"), when("many", "contains", "b")), LATE),
    (condition(when("size", "gt", 5), when("size", "lt", 5)), LATE),
    (condition(when("size", "gte", 5), when("size", "lte", 5), when("size", "is_not", 5)), LATE),
    (condition(when("size", "is", 3), when("size", "gt", 3)), LATE),
    (condition(when("day", "gt", "2026-05-02"), when("day", "lt", "2026-05-01")), LATE),
    (condition(when("box", "is", True), when("box", "is", False)), LATE),
    (condition(when("text", "is", "abc"), when("text", "contains", "x")), LATE),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "path"), ERRORS, ids=lambda each: each if isinstance(each, str) else "")
def test_each_rule_names_its_place_with_a_sentence(definition: dict[str, Any], path: str) -> None:
    report = lint(decode(definition), ["https://shop.example/"])
    assert [each.path for each in report.errors] == [path], report.errors
    assert report.errors[0].message.endswith((".", ")."))
    assert len(report.errors[0].message) > 15


HINTS: list[tuple[dict[str, Any], str]] = [
    (one_step(field("a")), "no_contact"),
    (contact(lawful_basis="consent"), "no_consent"),
    (contact(closes_at="2020-01-01T00:00:00Z"), "past"),
    (contact(language="sv"), "no_words"),
    (contact(languages={"sv": {"title": "x"}}), "no_words"),
    (contact(languages={"de": {"title": "Titel"}}), "untranslated"),
    (contact(confirmation={"enabled": True, "subject": "Thanks", "text": "Dear {name}"}), "no_variables"),
    (one_step(MAIL, field("a", pattern="a+")), "missing"),
    (contact(endings=[{"id": "a", "show_if": [[when("name", "filled")]]}]), "no_default"),
    (contact(endings=[{"id": "a", "kind": "redirect", "url": "https://shop.example/?m={email}"}]), "personal_address"),
    (condition(when("pick", "is", "a"), when("pick", "is", "b"))
     | {"steps": [{"id": "one", "fields": [
         MAIL, field("pick", "select", options=AB),
         field("x", show_if=[[when("pick", "is", "a"), when("pick", "is", "b")], [when("pick", "filled")]])]}]},
     "contradiction"),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "code"), HINTS, ids=lambda each: each if isinstance(each, str) else "")
def test_a_hint_keeps_nothing_from_being_published(definition: dict[str, Any], code: str) -> None:
    report = lint(decode(definition), ["https://shop.example/"])
    assert report.errors == []
    assert code in {each.code for each in report.hints}


def test_a_translation_that_lacks_something_is_named_with_what_it_lacks() -> None:
    hints = lint(decode(contact(languages={"de": {"title": "Titel"}}))).hints
    assert ["German" in each.message for each in hints if each.code == "untranslated"] == [True]


def test_a_mail_says_which_braces_it_will_not_replace() -> None:
    mail = {"enabled": True, "subject": "{name}!", "text": "Dear {name}, {not a key} {}"}
    hints = [each for each in lint(decode(contact(confirmation=mail))).hints if each.code == "no_variables"]
    assert [each.path for each in hints] == ["confirmation.subject", "confirmation.text"]
    assert all("{name}" in each.message for each in hints)
    assert not lint(decode(contact(confirmation=mail | {"enabled": False}))).hints


@pytest.mark.parametrize(
    "definition",
    [
        QUOTE,
        contact(),
        condition(when("pick", "is_not", "a"), when("pick", "is_not", "b")),
        condition(when("many", "contains", "a"), when("many", "contains", "b")),
        condition(when("size", "gte", 5), when("size", "lte", 5)),
        condition(when("box", "is", False), when("text", "contains", "x"), when("text", "contains", "y")),
        contact(
            endings=[{"id": "a", "show_if": [[when("message", "contains", "x")]]}, {"id": "b", "text": "{name} {}"}]
        ),
        contact(endings=[{"id": "a", "kind": "redirect", "url": "https://shop.example/t?n={name}&u=1#top"}]),
    ],
)
def test_what_is_fine_is_not_complained_of(definition: dict[str, Any]) -> None:
    assert lint(decode(definition), ["https://shop.example/"]).errors == []


def test_a_contradiction_is_found_through_what_makes_a_field_visible() -> None:
    definition = {
        "title": "T",
        "steps": [
            {"id": "s", "fields": [MAIL, field("pick", "select", options=AB)]},
            {"id": "t", "show_if": [[when("pick", "is", "a")]], "fields": [field("why")]},
            {"id": "u", "fields": [field("x", show_if=[[when("why", "filled"), when("pick", "is", "b")]]),
                                   field("y", show_if=[[when("why", "empty"), when("pick", "is", "b")]])]},
        ],
    }  # fmt: skip
    assert [each.path for each in lint(decode(definition)).errors] == ["steps[2].fields[0].show_if"]


async def test_the_same_is_said_by_api_before_and_after_saving(forms: Forms) -> None:
    bad = one_step(field("topic", "select"), endings=[{"id": "a", "kind": "redirect", "url": "https://x.example/"}])
    said = (await forms.call("POST", "/lint", {"definition": bad})).json()
    assert [each["path"] for each in said["errors"]] == ["steps[0].fields[0].options"]
    strict = (await forms.call("POST", "/lint", {"definition": bad, "redirect_allow": []})).json()
    assert {each["path"] for each in strict["errors"]} == {"steps[0].fields[0].options", "endings[0].url"}
    made = await forms.make(bad)
    saved = (await forms.call("GET", f"/{made['id']}/lint", by="bob")).json()
    assert saved == {"errors": made["errors"], "hints": made["hints"]}
    assert {each["path"] for each in saved["errors"]} == {"steps[0].fields[0].options", "endings[0].url"}


def test_what_is_wrong_with_a_field_or_a_step_is_said_with_its_name() -> None:
    budget = field("budget", "money", currency="EUR", min=5, max=1)
    steps = [{"id": "a", "fields": [MAIL, budget]}, {"id": "b", "fields": []}]
    said = [each.message for each in lint(decode({"title": "T", "steps": steps})).errors]
    assert said == [
        "“Budget”: The largest value is smaller than the smallest one.",
        "Step 2: This step has no fields. Add one or remove the step.",
    ]
    assert next(each.message for each in lint(decode(one_step())).errors).startswith("This step has no fields")
    bare = [each.message for each in lint(decode(one_step(MAIL, field("pick", "select")))).errors]
    assert bare == ["“Pick” has no options to choose from."]


def test_a_form_full_of_conditions_is_looked_at_with_measure() -> None:
    group = [when("f0", "is", "a"), *(when(f"f{n}", "is_not", "b") for n in range(1, 9))]
    fields = [field(f"f{n}", "select", options=AB) for n in range(10)]
    fields += [
        field(f"g{n}", "text", show_if=[[*group, when(f"g{n - 1}" if n else "f9", "filled")]] * 10) for n in range(50)
    ]
    last = field("never", show_if=[[when("f0", "is", "a"), when("f0", "is", "b")]])
    report = lint(decode(one_step(*fields[:60])))
    assert report.errors == []
    assert lint(decode(one_step(*fields[:10], last))).errors != []
