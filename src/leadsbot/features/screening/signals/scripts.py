"""The scripts that a form's languages are written in, and texts in other ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from leadsbot.features.screening.model import Evidence

_BLOCKS: Final = (
    ("Latin", 0x0041, 0x024F), ("Greek", 0x0370, 0x03FF), ("Cyrillic", 0x0400, 0x052F), ("Hebrew", 0x0590, 0x05FF),
    ("Arabic", 0x0600, 0x077F), ("Devanagari", 0x0900, 0x097F), ("Thai", 0x0E00, 0x0E7F), ("Kana", 0x3040, 0x30FF),
    ("Han", 0x3400, 0x9FFF), ("Hangul", 0xAC00, 0xD7AF),
)  # fmt: skip
SCRIPTS: Final = {
    "el": ("Greek",), "ru": ("Cyrillic",), "uk": ("Cyrillic",), "bg": ("Cyrillic",), "sr": ("Cyrillic", "Latin"),
    "mk": ("Cyrillic",), "be": ("Cyrillic",), "kk": ("Cyrillic",), "he": ("Hebrew",), "yi": ("Hebrew",),
    "ar": ("Arabic",), "fa": ("Arabic",), "ur": ("Arabic",), "hi": ("Devanagari",), "mr": ("Devanagari",),
    "ne": ("Devanagari",), "th": ("Thai",), "ja": ("Kana", "Han"), "zh": ("Han",), "ko": ("Hangul", "Han"),
}  # fmt: skip


LATIN: Final = frozenset(
    "en de fr es it pt nl pl sv da nb no nn fi cs sk hu ro hr sl et lv lt tr id ms vi ca eu gl ga cy is sq af".split()
)


def scripts_of(languages: Iterable[str]) -> list[str]:
    """The scripts that people write in a form of these languages (BCP 47); Latin is among them always, since names and
    brands are written in it everywhere. Empty when a language is not known: then nothing is held against anybody."""
    found = {"Latin"}
    for language in languages:
        base = language.partition("-")[0].lower()
        if base not in SCRIPTS and base not in LATIN:
            return []
        found.update(SCRIPTS.get(base, ()))
    return sorted(found)


def script(text: str, scripts: frozenset[str]) -> Evidence | None:
    """A text in letters that no language of the form is written in: unusual, and no more than that."""
    if not scripts:
        return None
    counts: dict[str, int] = {}
    for letter in text[:400]:
        point = ord(letter)
        for name, first, last in _BLOCKS:
            if first <= point <= last:
                counts[name] = counts.get(name, 0) + 1
                break
    strange = sum(count for name, count in counts.items() if name not in scripts)
    return Evidence(1.0, "foreign_script", "content") if strange * 2 > sum(counts.values()) else None
