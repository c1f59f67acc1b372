"""Cleaning, cutting and escaping of hostile text."""

from __future__ import annotations

import html

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.kit import text
from leadsbot.kit.errors import Invalid

anything = st.text(st.characters(exclude_categories=()), max_size=80)


@pytest.mark.parametrize("bad", ["\x00", "\x1b", "\x0b", "\x7f", "\ud800", "\u202e", "\u2066"])
def test_forbidden_characters_are_refused_with_the_name_of_the_field(bad: str) -> None:
    with pytest.raises(Invalid) as caught:
        text.clean(f"Anna{bad}", "name", 100)
    assert caught.value.field == "name"
    assert caught.value.status == 422
    assert bad not in caught.value.detail


def test_an_over_long_text_is_refused() -> None:
    assert text.clean("x" * 10, "name", 10) == "x" * 10
    with pytest.raises(Invalid) as caught:
        text.clean("x" * 11, "name", 10)
    assert "10" in caught.value.detail


def test_card_numbers_are_masked_wherever_people_type_them() -> None:
    assert text.clean("paid with 4242 4242 4242 4242", "body", 100) == "paid with [card ending 4242]"


def test_line_ends_become_one_kind_and_the_rest_stays_as_sent() -> None:
    assert text.clean(" a\r\nb\rc\td\n ", "message", 100) == " a\nb\nc\td\n "
    assert text.clean("Zoë 🙂 \u200f שלום", "message", 100) == "Zoë 🙂 \u200f שלום"


@given(anything)
def test_clean_text_can_be_stored_and_cleaned_again(value: str) -> None:
    try:
        cleaned = text.clean(value, "f", 200)
    except Invalid:
        assert not text.is_clean(value.replace("\r", "\n"))
        return
    assert "\x00" not in cleaned
    cleaned.encode()
    assert text.clean(cleaned, "f", 200) == cleaned


@given(anything)
def test_scrubbed_text_is_clean(value: str) -> None:
    assert text.is_clean(text.scrub(value))


@given(st.text(max_size=60), st.integers(0, 70))
def test_a_cut_text_fits_and_is_a_beginning(value: str, limit: int) -> None:
    cut = text.cut_utf16(value, limit)
    assert len(cut.encode("utf-16-le")) // 2 <= limit
    assert cut == value or value.startswith(cut.removesuffix("…"))


def test_a_pair_is_never_split() -> None:
    assert text.cut_utf16("🙂🙂🙂", 6) == "🙂🙂🙂"
    assert text.cut_utf16("🙂🙂🙂", 5) == "🙂🙂…"
    assert text.cut_utf16("🙂🙂🙂", 4) == "🙂…"
    assert text.cut_utf16("abc", 3) == "abc"
    assert text.cut_utf16("abcd", 3) == "ab…"


@given(st.text(max_size=60))
def test_escaped_text_reads_as_it_was(value: str) -> None:
    escaped = text.telegram_escape(value)
    assert "<" not in escaped
    assert ">" not in escaped
    assert escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == value
    assert escaped == html.escape(value, quote=False)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "\ufeff=", " =", "\u200b@"])
def test_formulas_are_marked_for_spreadsheets(start: str) -> None:
    assert text.csv_safe(f"{start}1+1") == f"'{start}1+1"


def test_plain_values_go_into_csv_unchanged() -> None:
    assert text.csv_safe("Anna = Berg") == "Anna = Berg"
    assert text.csv_safe("") == ""


@given(anything)
def test_a_header_has_no_line_ends_or_controls(value: str) -> None:
    safe = text.header_safe(value)
    assert len(safe) <= 200
    assert not any(ord(letter) < 32 or letter in "\x7f\x85\u2028\u2029" for letter in safe)
    safe.encode()


def test_one_line_collapses_and_cuts() -> None:
    assert text.one_line(" Anna\r\nBcc: x@y.example\x00 ", 80) == "Anna Bcc: x@y.example"
    assert text.one_line("abcdef", 4) == "abc…"
