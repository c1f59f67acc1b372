"""The words of ours that visitors read: one file for each language in ``texts/``, every one with every message.

A form in another language has its own texts, and English ones where we speak.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec

FOLDER: Final = Path(__file__).with_name("texts")
WORDS: Final[dict[str, dict[str, str]]] = {
    path.stem: msgspec.json.decode(path.read_bytes(), type=dict[str, str]) for path in sorted(FOLDER.glob("*.json"))
}
"""Messages by language and name; ``{min}`` and the like stand for numbers."""
RIGHT_TO_LEFT: Final = frozenset(
    {"ar", "arc", "ckb", "dv", "fa", "he", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"}
)
_SCRIPTS: Final = frozenset({"arab", "hebr", "thaa", "syrc", "nkoo"})


def words(language: str) -> Mapping[str, str]:
    """Our messages in a language (BCP 47), or in English."""
    return WORDS.get(language.partition("-")[0].lower(), WORDS["en"])


def right_to_left(language: str) -> bool:
    """Whether a language is written from right to left."""
    first, *rest = language.lower().split("-")
    script = next((part for part in rest if len(part) == 4 and part.isalpha()), "")
    return script in _SCRIPTS if script else first in RIGHT_TO_LEFT


def closest(wanted: str, known: Iterable[str]) -> str | None:
    """The known language that serves somebody who asks for ``wanted`` (``de`` for ``de-AT``), or None."""
    by_name = {language.lower(): language for language in known}
    parts = wanted.lower().replace("_", "-").split("-")
    while parts:
        if found := by_name.get("-".join(parts)):
            return found
        parts.pop()
    first = wanted.lower().replace("_", "-").partition("-")[0]
    return next((language for name, language in by_name.items() if name.partition("-")[0] == first), None)


def preferred(header: str, known: Iterable[str], default: str) -> str:
    """The language for an ``Accept-Language`` header (RFC 9110), or the default."""
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:1000].split(",")[:30]):
        tag, _, parameters = part.strip().partition(";")
        _, _, weight = parameters.strip().partition("q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if 0 < quality <= 1 and tag:
            wanted.append((-quality, place, tag))
    names = list(known)
    for _, _, tag in sorted(wanted):
        if tag.strip() == "*":
            return default
        if found := closest(tag.strip(), names):
            return found
    return default
