"""The words of ours: every message in every language, with the same numbers in it."""

from __future__ import annotations

import re

import pytest

from leadsbot.features.forms import page
from leadsbot.features.forms.words import WORDS, closest, preferred, right_to_left

LANGUAGES = {"en", "de", "fr", "es", "it", "nl", "pl", "pt", "ar", "he"}


def test_every_language_has_every_message() -> None:
    assert WORDS.keys() == LANGUAGES
    for language, messages in WORDS.items():
        assert messages.keys() == WORDS["en"].keys(), language
        for name, text in messages.items():
            assert text.strip() == text != "", (language, name)
            assert set(re.findall(r"\{\w*\}", text)) == set(re.findall(r"\{\w*\}", WORDS["en"][name])), (language, name)
            if language != "en" and re.search(r"[a-z]{4}", WORDS["en"][name]):
                assert text != WORDS["en"][name], (language, name)


def test_every_message_that_code_asks_for_exists() -> None:
    import inspect

    from leadsbot.features.forms import endings, reading

    asked = set(re.findall(r'Fault\("(\w+)"', inspect.getsource(reading)))
    asked |= {"missing", *reading.MISSING.values()}
    asked |= set(re.findall(r'(?:words\(\w+\)|ours)\["(\w+)"\]', inspect.getsource(page) + inspect.getsource(endings)))
    assert asked >= {"email", "phone", "missing_tick", "thanks_text", "empty"}
    assert asked <= WORDS["en"].keys()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [("de", "de"), ("DE-at", "de"), ("pt_PT", "pt-BR"), ("zh", "zh-Hant-TW"), ("fr", None), ("", None), ("d", None)],
)
def test_the_closest_language_is_found(wanted: str, found: str | None) -> None:
    assert closest(wanted, ["en", "de", "pt-BR", "zh-Hant-TW"]) == found


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("de-CH, fr;q=0.9", "de"),
        ("fr;q=0.8, de;q=0.2, ar;q=0.3", "ar"),
        ("de;q=0, ar", "ar"),
        ("*", "en"),
        ("", "en"),
        ("de;q=x;;,,,ar", "ar"),
        ("x" * 100_000, "en"),
    ],
)
def test_the_header_of_a_browser_is_understood(header: str, found: str) -> None:
    assert preferred(header, ["en", "de", "ar"], "en") == found


def test_directions_are_known_by_language_and_script() -> None:
    tags = ("ar-EG", "he", "fa", "ur-PK", "az-Arab", "de", "en-US", "ar-Latn")
    assert [tag for tag in tags if right_to_left(tag)] == [
        "ar-EG", "he", "fa", "ur-PK", "az-Arab",
    ]  # fmt: skip
