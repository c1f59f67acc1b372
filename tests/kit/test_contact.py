"""Normal forms by which leads are compared: strict enough never to merge two people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.kit import contact


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("Anna@Kunde.Example", "anna@kunde.example"),
        (" anna@kunde.example \n", "anna@kunde.example"),
        ("mailto:anna@kunde.example", "anna@kunde.example"),
        ("Anna Berg <anna@kunde.example>", "anna@kunde.example"),
        ("anna@Bücher.example", "anna@xn--bcher-kva.example"),
        ("o'brien+tag@sub.kunde.example", "o'brien+tag@sub.kunde.example"),
        ("josé@kunde.example", "josé@kunde.example"),
    ],
)
def test_spellings_of_one_address_have_one_key(typed: str, key: str) -> None:
    assert contact.email_key(typed) == key
    assert contact.valid_email(typed)


def test_dots_and_tags_are_different_people() -> None:
    spellings = ["annaberg@gmail.com", "anna.berg@gmail.com", "annaberg+x@gmail.com", "annaberg@googlemail.com"]
    assert len({contact.email_key(each) for each in spellings}) == 4


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "anna",
        "anna@",
        "@kunde.example",
        "anna@kunde",
        "anna@@kunde.example",
        "a b@kunde.example",
        ".anna@kunde.example",
        "anna.@kunde.example",
        "an..na@kunde.example",
        "anna@kunde..example",
        "anna@-kunde.example",
        "anna@kunde.example\nbcc: x@y.example",
        "anna@127.0.0.1",
        "anna\u202e@kunde.example",
        "a" * 65 + "@kunde.example",
        "anna@kunde.example, bob@kunde.example",
        "anna\ud800@kunde.example",
        "anna@" + "a." * 130 + "example",
    ],
)
def test_what_is_no_address_has_no_key(typed: str) -> None:
    assert contact.email_key(typed) is None
    assert not contact.looks_like_email(typed)


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_any_text_gives_a_stable_key_or_none(text: str) -> None:
    key = contact.email_key(text)
    assert key is None or contact.email_key(key) == key


@pytest.mark.parametrize(
    ("raw", "country", "e164"),
    [
        ("+44 20 7183 8750", None, "+442071838750"),
        ("020 7183 8750", "GB", "+442071838750"),
        ("020 7183 8750", "gb", "+442071838750"),
        ("0044 20 7183 8750", None, "+442071838750"),
        ("tel:+442071838750", None, "+442071838750"),
        ("+44 (0)20 7183 8750 ext. 12", None, "+442071838750"),
        ("030 901820", "DE", "+4930901820"),
        ("020 7183 8750", None, None),
        ("020 7183 8750", "XX", None),
        ("12345", "GB", None),
        ("+1 555 123", None, None),
        ("call me", "GB", None),
        ("", "GB", None),
    ],
)
def test_only_valid_numbers_become_e164(raw: str, country: str | None, e164: str | None) -> None:
    assert contact.phone_e164(raw, country) == e164


@given(st.text(st.characters(exclude_categories=()), max_size=70), st.sampled_from([None, "GB", "US", "??"]))
def test_any_text_is_a_number_or_none(text: str, country: str | None) -> None:
    number = contact.phone_e164(text, country)
    assert number is None or number.startswith("+")


def test_a_name_is_put_together_from_its_parts() -> None:
    assert contact.display_name(" Ada ", "Lovelace") == "Ada Lovelace"
    assert contact.display_name("Ada", None) == "Ada"
    assert contact.display_name(None, "") is None
    assert contact.display_name("Ada", "Lovelace", "King") == "Ada King Lovelace"


def test_numbers_that_look_like_telephones() -> None:
    assert contact.looks_like_phone("+44 20 7183 8750")
    assert contact.looks_like_phone("(555) 123-4567")
    assert not contact.looks_like_phone("2026")
    assert not contact.looks_like_phone("call 5551234567")
