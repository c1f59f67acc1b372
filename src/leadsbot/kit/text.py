"""Hostile text made safe: cleaning at the way in, escaping and cutting at the way out."""

from __future__ import annotations

import re
from typing import Final

from leadsbot.kit.errors import Invalid
from leadsbot.kit.redact import mask_pans

# NUL and the other C0 controls except tab and line ends, DEL, lone surrogates, bidi overrides and isolates.
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_NAMES: Final = {"\x00": "a NUL character"}
_SPACES: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\x00", "＝", "＋", "－", "＠")
_INVISIBLE: Final = "\ufeff\u200b\u200c\u200d\u2060 "


def clean(value: str, field: str, limit: int) -> str:
    """The text with its line ends made `\\n` and card numbers masked, or `Invalid` that names the field.

    Refused are NUL and other control characters except tab and line ends, lone surrogates, characters that reverse
    the reading direction (U+202A–202E, U+2066–2069) and texts of more than `limit` characters. Nothing is trimmed.
    """
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = mask_pans(value)
    if len(value) > limit:
        raise Invalid(field, f"This is longer than {limit} characters. Shorten it.", code="too_long")
    found = None if value.isascii() and value.isprintable() else _FORBIDDEN.search(value)
    if found:
        raise Invalid(field, f"This contains {_describe(found.group())}. Remove it.", code="forbidden_character")
    return value


def _describe(letter: str) -> str:
    point = ord(letter)
    if 0xD800 <= point <= 0xDFFF:
        return "half of a character (a lone surrogate)"
    if point > 0x2000:
        return f"a character that changes the reading direction (U+{point:04X})"
    return _NAMES.get(letter, f"a control character (U+{point:04X})")


def is_clean(value: str) -> bool:
    """Whether `clean` would accept every character of the text, whatever its length."""
    return (value.isascii() and value.isprintable()) or not _FORBIDDEN.search(value)


def scrub(value: str) -> str:
    """The text with every character that `clean` refuses replaced by U+FFFD, for stored text that must be shown."""
    return value if is_clean(value) else _FORBIDDEN.sub("\ufffd", value)


def utf16_length(text: str) -> int:
    """How long Telegram says the text is: characters beyond U+FFFF count twice."""
    return len(text) if text.isascii() else len(text) + sum(letter > "\uffff" for letter in text)


def cut_utf16(text: str, limit: int) -> str:
    """The text cut to at most `limit` UTF-16 units, the last one an ellipsis if anything was cut.

    Never splits a surrogate pair. Cut first and escape afterwards: entities count as the character they stand for
    and cannot be split that way.
    """
    if utf16_length(text) <= limit:
        return text
    if limit < 1:
        return ""
    left, end = limit - 1, 0
    for end, letter in enumerate(text):  # noqa: B007 - read after the loop
        left -= 2 if letter > "\uffff" else 1
        if left < 0:
            break
    return text[:end].rstrip() + "…"


def telegram_escape(text: str) -> str:
    """The text with `&`, `<` and `>` escaped, which is all that Telegram's HTML mode wants."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def csv_safe(value: str) -> str:
    """The value with an apostrophe before it if a spreadsheet might run it as a formula.

    The list is that of OWASP ASVS 1.2.10 with line ends and full-width signs, looked for behind leading blanks and
    invisible characters. Quoting by RFC 4180 is the writer's part. A phone number that begins with `+` is marked too.
    """
    if value.startswith(_FORMULA) or value.lstrip(_INVISIBLE).startswith(_FORMULA):
        return "'" + value
    return value


def header_safe(value: str, limit: int = 200) -> str:
    """The value on one line and without controls, fit for a mail or HTTP header; cut at `limit` characters."""
    return one_line(value, limit)


def one_line(text: str, limit: int) -> str:
    """The text with every run of blanks, line ends and controls made one space, cut with an ellipsis at `limit`."""
    line = scrub(_SPACES.sub(" ", text[: limit * 4 + 64])).strip()
    return line if len(line) <= limit else line[: max(0, limit - 1)].rstrip() + "…"
