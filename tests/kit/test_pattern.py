"""Patterns of strangers: what they mean is what regular expressions mean, and none takes longer than its text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.kit.errors import Invalid
from leadsbot.kit.pattern import MAX_KEPT, MAX_STATES, Pattern

ATOMS = st.sampled_from(["a", "b", "0", ".", "\\d", "\\D", "\\w", "\\s", "[ab]", "[^a]", "[a-c0-9]", "\\.", "\\+"])
REPEATS = st.sampled_from(["", "", "?", "*", "+", "{2}", "{0,2}", "{1,}", "{0}"])
PIECES = st.builds(lambda atom, repeat: atom + repeat, ATOMS, REPEATS)
PATTERNS = st.recursive(
    st.lists(PIECES, max_size=4).map("".join),
    lambda inner: st.one_of(
        st.builds(lambda part, repeat: f"({part}){repeat}", inner, REPEATS),
        st.builds(lambda one, other: f"(?:{one}|{other})", inner, inner),
        st.builds(lambda one, other: one + other, inner, inner),
    ),
    max_leaves=5,
)
TEXTS = st.text(alphabet="ab0 .\n-_é+", max_size=8)


@given(PATTERNS, TEXTS)
def test_a_pattern_means_what_it_means_to_the_standard_library(pattern: str, text: str) -> None:
    # Before ASCII, \s of Python is a little wider than that of browsers; the letters tried here are the same for both.
    expected = re.fullmatch(pattern, text, re.ASCII) is not None
    assert Pattern(pattern).matches(text) is expected
    assert Pattern(f"^{pattern}$").matches(text) is expected or pattern.endswith("\\")


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [
        ("[A-Z]{2}-\\d{4}", ["AB-1234"], ["AB-123", "ab-1234", "AB-12345", "xAB-1234"]),
        ("(?:\\+49|0)\\d{3,}", ["+49123", "0123"], ["49123", "+4912"]),
        ("[^@\\s]+@[^@\\s]+\\.[a-z]+", ["a@b.de"], ["a@b", "a b@c.de"]),
        ("Straße .+", ["Straße 5"], ["Strasse 5", "Straße "]),
        ("\\d", ["5"], ["٥"]),
        ("\\w+", ["a_9"], ["é"]),
        ("\\s", [" ", "\u00a0", "\ufeff", "\n"], ["\x1c", "a"]),
        (".", ["é", "🦄"], ["\n", "\u2028", ""]),
        ("[\\]\\-\\[]", ["]", "-", "["], ["\\"]),
        ("", [""], ["a"]),
        ("a||b", ["a", "", "b"], ["ab"]),
    ],
)
def test_a_pattern_is_for_the_whole_text(pattern: str, fits: list[str], does_not: list[str]) -> None:
    made = Pattern(pattern)
    assert [text for text in fits if not made.matches(text)] == []
    assert [text for text in does_not if made.matches(text)] == []


@pytest.mark.parametrize(
    "pattern",
    [
        "(", ")", "a)", "[", "[a", "a**", "a+?", "a*+", "+", "?a", "(?=a)", "(?!a)", "(?<n>a)", "(?i)a", "\\1",
        "\\b", "\\p{L}", "\\u0041", "\\", "a\\", "{", "a{", "a{,2}", "a{3,1}", "a{x}", "a{501}", "a{99999}",
        "[a-]", "[-a]", "[z-a]", "[\\d-z]", "[a&&b]", "[!!]", "a^b", "a$b", "]", "}", "^^a",
        "(" * 30 + "a" + ")" * 30,
    ],
)  # fmt: skip
def test_what_is_beyond_the_language_is_refused_with_its_place(pattern: str) -> None:
    with pytest.raises(Invalid) as refused:
        Pattern(pattern)
    assert "letter" in refused.value.detail


@pytest.mark.parametrize("pattern", ["(a{100}){100}", "((a{0,500})?){500}", "(((x{0}){500}){500}){500}", "(a|b){400}"])
def test_a_pattern_that_repeats_too_much_is_refused_before_it_is_built(pattern: str) -> None:
    with pytest.raises(Invalid, match="repeats too much"):
        Pattern(pattern)


@pytest.mark.parametrize("pattern", ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*a){12}b", "a*a*a*a*a*a*b", "(a?){50}a{50,}b"])
def test_what_explodes_elsewhere_keeps_its_memory_and_ends(pattern: str) -> None:
    made = Pattern(pattern)
    assert made.matches("a" * 50_000) is False
    assert made.matches("a" * 50_000 + "b") is True
    assert len(made._sets) <= MAX_KEPT
    assert len(made._tests) <= MAX_STATES


def test_a_pattern_that_meets_more_sets_than_are_kept_still_answers_right() -> None:
    # Which of the last twelve letters was an a: 4096 sets of states.
    made = Pattern("[ab]*a[ab]{11}")
    texts = [f"{number:020b}".replace("0", "a").replace("1", "b") for number in range(0, 2**20, 997)]
    assert [text for text in texts if made.matches(text) is not (text[-12] == "a")] == []
    assert len(made._sets) <= MAX_KEPT
