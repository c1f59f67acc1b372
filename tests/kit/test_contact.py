"""Normal forms by which leads are compared: strict enough never to merge two people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.kit import contact
from leadsbot.kit.contact import example_phone, possible_phone


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


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("030 123456", "DE"),
        ("+49 30 1234567", None),
        ("+44 (0)20 7946 0958", "DE"),
        ("020 7946 0958", "GB"),
        ("(415) 555-2671", "US"),
        ("1 415 555 2671", "us"),
        ("011 44 20 7946 0958", "US"),
        ("0049 30 1234567", None),
        ("٠٣٠ ١٢٣٤٥٦", "DE"),
        ("+49 30 123456 ext. 12", "GB"),
        ("0171 1234567x12", "DE"),
        ("0 11 15 2345-6789", "AR"),
        ("+800 1234 5678", None),
        ("1234567", None),
        ("1234567", "XX"),
    ],
)
def test_what_can_be_a_telephone_number_is_let_through(text: str, country: str | None) -> None:
    assert possible_phone(text, country)


@pytest.mark.parametrize(
    ("text", "country"),
    [
        ("12345", "DE"),
        ("call me", "DE"),
        ("415 555 26", "US"),
        ("123", None),
        ("+999 12345678", None),
        ("+", None),
        ("+49", None),
        ("1" * 50, None),
        ("ada@example.com", "GB"),
        ("+44 20 7946", "GB"),
        ("", "GB"),
    ],
)
def test_what_cannot_be_a_telephone_number_is_told_apart(text: str, country: str | None) -> None:
    assert not possible_phone(text, country)


@given(st.text(alphabet="+0123456789 ()-./x٥", max_size=25), st.sampled_from([None, "DE", "US", "IT", "AR", "XX"]))
def test_a_number_that_is_valid_is_always_possible(text: str, country: str | None) -> None:
    if contact.phone_e164(text, country) is not None and contact.looks_like_phone(text):
        assert possible_phone(text, country)


@pytest.mark.parametrize(("country", "begins"), [("DE", "+49"), ("us", "+1"), (None, "+44"), ("XX", "+44")])
def test_an_example_of_a_number_is_of_the_country(country: str | None, begins: str) -> None:
    assert example_phone(country).startswith(begins)
