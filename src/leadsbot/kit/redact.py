"""Masking of personal data and secrets in anything that is about to be logged; masking of card numbers anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, overload

_MASK: Final = "[hidden]"
_DEPTH: Final = 12
_LONGEST: Final = 32_768

_SECRETS: Final = re.compile(
    r"""
      \b(?P<bearer>(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}
    | \b(?P<key>lb_[a-z]{2,8}_)[0-9A-Za-z]{8,}
    | \b(?P<hook>whsec_)[A-Za-z0-9+/=_-]{8,}
    | \b(?P<stripe>(?:sk|rk)_(?:live|test)_)[0-9A-Za-z]{8,}
    | (?<!\d)\d{5,16}:[A-Za-z0-9_-]{30,}
    | (?P<query>[?&;](?:token|secret|code|key|api_key|password|sig|signature)=)[^&\s"'<>]+
    | (?P<url>://[^/\s:@]{0,256}:)[^@/\s]{1,256}(?=@)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HINTS: Final = ("bearer", "basic", "lb_", "whsec_", "k_live", "k_test", ":", "=")
_EMAIL: Final = re.compile(r"[^\s@<>()\[\]{}\"',;:=\\/&?]{1,64}@[^\s@<>()\[\]{}\"',;:=\\/&?]{1,253}\.[^\W\d_]{2,24}")
_PHONE: Final = re.compile(r"(?<![\w.+-])(?:\+|00)?\(?\d(?:[\s().\-/]{0,2}\d){6,14}(?![\w:]|[.-]\d)")
_CARD: Final = re.compile(r"(?<![\d.])\d(?:[ \-]?\d){12,18}(?!\d)")
_CARD_DIGITS: Final = 13
"""Every card number has as many. Hardly any text has, and digits are counted in a fifth of the time of a search."""
_DATE: Final = re.compile(r"(?:19|20)\d\d[-/.](?:0\d|1[0-2])[-/.][0-3]\d|\d{1,3}(?:\.\d{1,3}){3}\Z|\d+\.\d+\Z")
# What PostgreSQL tells beside an error: the row or the key that failed, with everything in it. It ends where SQLAlchemy
# or Python go on, as such or inside of a repr().
_DETAIL: Final = re.compile(
    r"DETAIL:\s.*?(?=\n\[SQL|\\n\[SQL|\n\(Background|\\n\(Background|\n\nThe above|\n\nDuring|\Z)", re.DOTALL
)
_NOT_DIGIT: Final = re.compile(r"\D")
_SECRET_NAMES: Final = re.compile(
    r"(?:\A|[_\-.])(?:pass(?:word|wd|phrase)?|secrets?|token|authorization|cookie|api[_-]?key|private[_-]?key|"
    r"credentials?|session|signature|otp|totp|pin)\Z",
    re.IGNORECASE,
)


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = ord(digit) - 48
        if place & 1:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total % 10 == 0


def _is_card(digits: str) -> bool:
    """Whether the number is in the ranges of the card schemes, has their length and a right check digit."""
    size = len(digits)
    if digits[0] == "4":
        fits = size in (13, 16, 19)
    elif digits[:2] in ("34", "37"):
        fits = size == 15
    elif digits[:2] in ("30", "36", "38", "39"):
        fits = 14 <= size <= 19
    else:
        fits = digits[0] in "2356" and 15 <= size <= 19
    return fits and luhn(digits) and len(set(digits)) > 1


def _mask_card(found: re.Match[str]) -> str:
    text = found.group()
    digits = _NOT_DIGIT.sub("", text)
    return f"[card ending {digits[-4:]}]" if _is_card(digits) else text


def mask_pans(text: str) -> str:
    """The text with payment card numbers replaced by their last four digits, everything else untouched.

    Card numbers are never stored. A card number has 13–19 digits, perhaps in groups split by blanks or hyphens,
    begins like a card of a known scheme and passes the Luhn check, so order and telephone numbers hardly ever match.
    Only ASCII digits count.
    """
    if len(text) < _CARD_DIGITS:
        return text
    plain = text.encode("utf-8", "ignore")
    if len(plain) - len(plain.translate(None, b"0123456789")) < _CARD_DIGITS:
        return text
    return _CARD.sub(_mask_card, text)


def _mask_secret(found: re.Match[str]) -> str:
    return (found.group(found.lastgroup) if found.lastgroup else "") + _MASK


def _mask_phone(found: re.Match[str]) -> str:
    # Dates, addresses and fractions look like telephone numbers and are what a log is read for.
    # A bare run of up to eight digits that begins like no telephone number is a count or an id.
    text = found.group()
    plain = text.isdigit() and text[0] != "0" and len(text) < 9
    return text if plain or _DATE.match(text) else "[phone]"


def redact_text(text: str) -> str:
    """The text without e-mail addresses, telephone and card numbers, API keys, bot tokens and other secrets, and
    without the rows that PostgreSQL quotes in its errors.

    Texts over 32 Ki characters are cut, so that the cost of a log line is bounded. Meant for logs: it would rather
    mask a number too many.
    """
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "…"
    if "DETAIL:" in text:
        text = _DETAIL.sub(f"DETAIL: {_MASK}", text)
    lower = text.lower()
    if any(hint in lower for hint in _HINTS):
        text = _SECRETS.sub(_mask_secret, text)
    if "@" in text:
        text = _EMAIL.sub("[e-mail]", text)
    if sum(map(text.count, "0123456789")) >= 7:
        text = _PHONE.sub(_mask_phone, mask_pans(text))
    return text


@overload
def redact(value: str) -> str: ...


@overload
def redact(value: object) -> object: ...


def redact(value: object) -> object:
    """The same structure with every text in it masked, and every value hidden whose name says that it is a secret.

    Mappings become dictionaries, sequences lists; bytes are replaced by their length; numbers, booleans and None
    stay; anything else becomes its masked `str()`. Nesting beyond twelve levels is cut off.
    """
    return _redact(value, _DEPTH)


def _redact(value: object, depth: int) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redact_text(value)
    if depth == 0:
        return "[deep]"
    if isinstance(value, Mapping):
        return {
            (redact_text(name) if isinstance(name, str) else name): (
                _MASK
                if isinstance(name, str) and held is not None and is_secret_name(name)
                else _redact(held, depth - 1)
            )
            for name, held in value.items()
        }
    if isinstance(value, bytes | bytearray | memoryview):
        return f"[{len(value)} bytes]"
    if isinstance(value, Sequence | set | frozenset):
        return [_redact(held, depth - 1) for held in value]
    return redact_text(str(value))


def is_secret_name(name: str) -> bool:
    """Whether a field of this name holds a secret (`password`, `bot_token`, `Authorization`, `api-key` …)."""
    return len(name) <= 64 and _SECRET_NAMES.search(name) is not None
