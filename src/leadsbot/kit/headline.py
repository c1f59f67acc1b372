"""What somebody answered in one line, for a list: the text they wrote, then what else tells one from the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from leadsbot.kit.attached import told_files

MOST: Final = 4
"""Answers in one line."""
LONGEST_TEXT, LONGEST_ANSWER = 200, 60
PROSE: Final = 20
"""From so many characters on, and with a blank between them, a text speaks for itself without its label."""
_LOOKED_AT: Final = 2_000
_TICKS: Final = frozenset({"yes", "no", "on", "off", "true", "false"})
_ID: Final = re.compile(
    r"[a-z]{2,5}_[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE
)


CHOSEN: Final = frozenset({"select", "multiselect", "radio", "rating", "date"})
"""Types of fields whose answers were chosen, not written."""
UNTOLD: Final = frozenset({"consent", "checkbox", "hidden"})
"""Types that say nothing in one line: ticks, and what no visitor filled in."""


class Told(NamedTuple):
    """One answer under the label that people know it by."""

    label: str
    value: object
    written: bool = True
    """Whether the visitor wrote it, and did not choose it."""


def is_empty(value: object) -> bool:
    """Whether nothing was answered. A tick that was not set and a zero are answers."""
    return value is None or (
        not value if isinstance(value, list | dict) else isinstance(value, str) and not value.strip()
    )


def headline(answers: Iterable[Told]) -> str:
    """The longest text that was written, then up to three other answers with their labels; may be empty.

    Empty answers, ticks, ids and nested values are left out; files are named.
    """
    told = [(each, text) for each in answers if (text := _line(each.value))]
    written = [pair for pair in told if pair[0].written and isinstance(pair[0].value, str) and _prose(pair[1])]
    first = max(written, key=lambda pair: len(pair[1]), default=None)
    others = [f"{each.label}: {text[:LONGEST_ANSWER]}" for each, text in told if first is None or each is not first[0]]
    return " · ".join(([first[1][:LONGEST_TEXT]] if first else []) + others[: MOST - bool(first)])


def _prose(text: str) -> bool:
    return len(text) >= PROSE and " " in text


def _line(value: object) -> str:
    if isinstance(value, bool):
        return ""
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        text = " ".join(value[:_LOOKED_AT].split())
        return "" if text.lower() in _TICKS or _ID.fullmatch(text) else text
    if files := told_files(value):
        return files
    return ", ".join(filter(None, map(_line, value))) if isinstance(value, list) and _flat(value) else ""


def _flat(value: list[object]) -> bool:
    return not any(isinstance(each, list | dict) for each in value)


__all__ = ["CHOSEN", "UNTOLD", "Told", "headline", "is_empty"]
