"""What differs between two versions, in sentences: nothing that a person would call a change goes unsaid."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from leadsbot.features.forms.changes import changes
from leadsbot.features.forms.definition import Definition, Field, Theme
from leadsbot.features.forms.starters import STARTERS
from tests.features.forms.conftest import contact, definition, field, one_step


def said(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    return changes(definition(before), definition(after))


def with_field(**more: Any) -> dict[str, Any]:
    return one_step(field("first"), {**field("budget", "number"), **more}, field("last"))


OTHER: dict[str, Any] = {
    "key": "another", "type": "text", "label": "Other", "required": True, "options": [{"value": "a", "label": "A"}],
    "min": 1, "max": 2, "step": 2, "country": "DE", "currency": "EUR", "scale": 7, "accept": ["image/*"],
    "max_bytes": 7, "half": True, "show_if": [[{"field": "first", "op": "filled"}]],
}  # fmt: skip
"""Another value for what is no plain text."""
STAMPED = "text_version"
"""Set by publishing itself, so never a change of anybody's."""


@pytest.mark.parametrize("name", [each.name for each in msgspec.structs.fields(Field) if each.name != STAMPED])
def test_whatever_changes_in_a_field_is_said(name: str) -> None:
    assert said(with_field(), with_field(**{name: OTHER.get(name, "other")}))


WHOLE: dict[str, Any] = {
    "title": "Other", "steps": [{"id": "other", "fields": []}], "languages": {"de": {"title": "Kontakt"}},
    "endings": [{"id": "end"}], "theme": {"accent": "#000000"}, "closes_at": "2030-01-01T12:00:00Z",
    "max_submissions": 5, "files_max_bytes": 1_048_576, "partials": True,
    "confirmation": {"enabled": True}, "language": "de",
}  # fmt: skip


@pytest.mark.parametrize("name", [each.name for each in msgspec.structs.fields(Definition) if each.name != "v"])
def test_whatever_changes_in_a_form_is_said_and_said_again_when_it_is_taken_back(name: str) -> None:
    other = contact(**{name: WHOLE.get(name, "https://shop.example/privacy")})

    assert said(contact(), other)
    assert said(other, contact())


def test_a_language_is_called_by_its_english_name() -> None:
    german = contact(languages={"de": {"title": "Kontakt"}})

    assert said(contact(), german) == ["German was added."]
    assert said(german, contact(languages={"de": {"title": "Anfrage"}})) == ["The German texts changed."]


def test_a_changed_consent_is_said_with_its_new_and_its_old_words() -> None:
    def asking(text: str, german: str = "", **more: Any) -> dict[str, Any]:
        languages = {"de": {"fields": {"agreed": {"text": german}}}}
        return one_step(field("first"), {**field("agreed", "consent"), "text": text, **more}, languages=languages)

    assert said(asking("Yes", "Ja"), asking("Yes, please", "Ja, bitte", help="Or not")) == [
        "“Agreed” says “Yes, please” now; it said “Yes”.",
        "“Agreed”: help text changed.",
        "The German texts changed.",
        "“Agreed” says “Ja, bitte” in German now; it said “Ja”.",
    ]
    assert said(asking("Yes", "Ja"), asking("Yes")) == [
        "The German texts changed.",
        "“Agreed” has no words of its own in German now; it said “Ja”.",
    ]
    assert said(asking("Yes"), asking("Yes", "Ja"))[1:] == ["“Agreed” says “Ja” in German now."]
    assert said(asking("Yes."), asking("No.")) == ["“Agreed” says “No.” now; it said “Yes.”"]
    assert said(asking("Yes"), asking("Yes", half=True)) == ["“Agreed”: width changed."]


@pytest.mark.parametrize("name", [each.name for each in msgspec.structs.fields(Theme)])
def test_whatever_changes_in_the_look_is_said(name: str) -> None:
    other = {"accent": "#123456", "scheme": "dark", "corners": "round", "font": "mono", "density": "compact"}

    assert said(contact(), contact(theme={name: other[name]}))


@pytest.mark.parametrize("starter", STARTERS, ids=lambda each: each.id)
def test_the_same_form_has_no_changes_and_any_two_have(starter: Any) -> None:
    made = starter.make("EUR")

    assert changes(made, starter.make("EUR")) == []
    assert all(changes(made, other.make("EUR")) for other in STARTERS if other is not starter)


def test_one_field_that_moves_is_the_only_one_said_to_move() -> None:
    fields = [field(name) for name in ("one", "two", "three", "four")]

    assert said(one_step(*fields), one_step(fields[3], *fields[:3])) == ["“Four” moved."]
    assert said(one_step(*fields), one_step(*fields[1:], fields[0])) == ["“One” moved."]


def test_conditions_are_said_as_people_say_them() -> None:
    asked = [
        field("budget", "number"), field("news", "checkbox"), field("day", "date"),
        field("topic", "select", options=[{"value": "a", "label": "Apples"}]),
    ]  # fmt: skip
    when = [
        [{"field": "budget", "op": "gte", "value": 1000}, {"field": "news", "op": "is", "value": False}],
        [{"field": "topic", "op": "is", "value": "a"}, {"field": "day", "op": "lt", "value": "2030-01-01"}],
    ]

    [shown] = said(one_step(*asked, field("more")), one_step(*asked, field("more", show_if=when)))
    assert shown == (
        "“More” is shown when “Budget” is at least 1000 and “News” is not ticked, "
        "or “Topic” is “Apples” and “Day” is before “2030-01-01”."
    )
    assert said(one_step(*asked, field("more", show_if=when)), one_step(*asked, field("more"))) == [
        "“More” is always shown."
    ]


def test_a_field_goes_to_another_step_and_steps_are_named() -> None:
    one, two = field("one"), field("two")
    before = {"title": "T", "steps": [{"id": "a", "fields": [one, two]}, {"id": "b", "title": "End", "fields": []}]}
    after = {"title": "T", "steps": [{"id": "a", "fields": [one]}, {"id": "b", "title": "Fin", "fields": [two]}]}

    assert said(before, after) == ["The step “End” is called “Fin” now.", "“Two” moved."]
    assert said(before, after | {"steps": after["steps"][1:]}) == [
        "The step “a” was removed.", "The step “End” is called “Fin” now.", "“One” was removed.", "“Two” moved.",
    ]  # fmt: skip


def test_of_many_options_some_are_named() -> None:
    def asking(*values: str) -> dict[str, Any]:
        return one_step(field("topic", "select", options=[{"value": each, "label": each.upper()} for each in values]))

    assert said(asking("a", "b"), asking("b", "c")) == ["The options of “Topic” changed (new: “C”; gone: “A”)."]
    assert said(asking("a", "b"), asking("b", "a")) == ["The options of “Topic” changed their order."]
    assert "and 5 more" in said(asking(), asking(*"abcdefghi"))[0]
