"""E-mail addresses, telephone numbers and names of people: checked, and brought to the form used to compare them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

import idna
import phonenumbers

_LOCAL: Final = re.compile(r"[^\s@<>()\[\]\\,;:\"\x00-\x20\x7f]{1,64}")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ANGLES: Final = re.compile(r"[^<>]{0,200}<([^<>\s]{3,254})>")
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_PHONE: Final = re.compile(r"([+(]?[\d\s().\-/+]{6,40})(?:\s*(?:ext\.?|x|#|доб\.?)\s*\d{1,8})?", re.IGNORECASE)
_NOT_DIGIT: Final = re.compile(r"\D")


def _bare(email: str) -> str:
    """The address without blanks around it, `mailto:` and a display name in front of angle brackets."""
    text = email.strip()
    if text[:7].lower() == "mailto:":
        text = text[7:]
    found = _ANGLES.fullmatch(text) if text.endswith(">") else None
    return found.group(1) if found else text


def email_key(email: str) -> str | None:
    """The form of an address by which two are compared, or None if it is not an address.

    Lower case, the domain in its ASCII form (IDNA 2008), blanks and a display name removed. Dots and `+tags` are
    NOT folded, at Gmail or anywhere: whether two spellings reach one person depends on the server's own rules, and
    leads are never merged on a weak match. What the visitor typed is kept elsewhere as typed.
    """
    text = _bare(email) if len(email) <= 600 else ""
    local, at, domain = text.rpartition("@")
    if not at or len(text) > 254 or not _LOCAL.fullmatch(local) or _FORBIDDEN.search(text):
        return None
    if local[0] == "." or local[-1] == "." or ".." in local:
        return None
    ascii_domain = _domain(domain)
    return f"{local.lower()}@{ascii_domain}" if ascii_domain else None


@lru_cache(maxsize=4096)
def _domain(domain: str) -> str | None:
    domain = domain.lower().removesuffix(".")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            return None
    labels = domain.split(".")
    if len(domain) > 253 or len(labels) < 2 or not all(map(_LABEL.fullmatch, labels)) or labels[-1].isdigit():
        return None
    return domain


def valid_email(email: str) -> bool:
    """Whether mail can be addressed to this (syntax only; nobody is asked whether the mailbox exists)."""
    return email_key(email) is not None


def looks_like_email(text: str) -> bool:
    """Whether the text is an address and nothing else: cheap, for guessing what an unnamed field holds."""
    return 5 < len(text) < 300 and "@" in text and email_key(text) is not None


@lru_cache(maxsize=4096)
def phone_e164(raw: str, country: str | None) -> str | None:
    """The number in E.164 (`+442071838750`), or None unless it is a valid number.

    `country` is the ISO 3166 code of the form or workspace and is used for numbers without `+` or `00`. None or an
    unknown country admits international numbers only. An extension is dropped: it is no part of E.164. None is also
    the answer for a number that is merely possible, since leads are merged by what this returns.
    """
    text = raw.strip()
    if text[:4].lower() == "tel:":
        text = text[4:]
    if not 5 < len(text) <= 60:
        return None
    region = country.upper() if country else None
    if region not in phonenumbers.SUPPORTED_REGIONS:
        region = None
    if text.startswith("00") and region is None:
        text = "+" + text[2:]
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    number.extension = None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache(maxsize=300)
def _numbering(country: str) -> tuple[re.Pattern[str], str, frozenset[int]] | None:
    """Of a country: how numbers abroad begin, how long distance ones do, and how many digits its numbers have."""
    known = phonenumbers.PhoneMetadata.metadata_for_region(country)
    if known is None or known.general_desc is None:
        return None
    abroad = re.compile(known.international_prefix or "00")
    return abroad, known.national_prefix or "", frozenset(known.general_desc.possible_length)


def possible_phone(text: str, country: str | None) -> bool:
    """Whether this can be a telephone number: written like one, with as many digits as numbers of ``country`` have, or
    of the country whose code it begins with.

    Kinder than :func:`phone_e164` (a range that is not assigned yet passes) and fifty times as quick, so that it can be
    asked while somebody waits. Without a country every national number of seven to fifteen digits passes.
    """
    found = _PHONE.fullmatch(text) if 5 < len(text) <= 60 else None
    if found is None:
        return False
    main = found.group(1)
    digits = _NOT_DIGIT.sub("", main)
    if not digits.isascii():
        digits = "".join(str(unicodedata.digit(letter)) for letter in digits)
    home = _numbering(country.upper()) if country else None
    if main.lstrip("( ").startswith("+"):
        return _possible_abroad(digits)
    if digits.startswith("00") or (home and home[0].match(digits)):
        start = 2 if digits.startswith("00") else home[0].match(digits).end()  # type: ignore[index, union-attr]
        if _possible_abroad(digits[start:]):
            return True
    if home is None:
        return 7 <= len(digits) <= 15
    _, long_distance, lengths = home
    short = len(digits) - len(long_distance) if long_distance and digits.startswith(long_distance) else len(digits)
    return len(digits) in lengths or short in lengths or phone_e164(text, country) is not None


def _possible_abroad(digits: str) -> bool:
    """The same for a number that begins with its country code."""
    for size in (1, 2, 3):
        regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:size] or 0))
        if regions is None:
            continue
        home, rest = _numbering(regions[0]), digits[size:]
        if home is None:
            return 7 <= len(digits) <= 15
        _, long_distance, lengths = home
        # "+44 (0)20 …" is how many people write it.
        return any(len(each) in lengths for each in {rest, rest.removeprefix(long_distance) if long_distance else rest})
    return False


@lru_cache(maxsize=300)
def example_phone(country: str | None) -> str:
    """A number of the country that belongs to nobody, as it is written abroad; a British one without a country."""
    number = phonenumbers.example_number((country or "GB").upper())
    if number is None:
        return example_phone("GB")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def looks_like_phone(text: str) -> bool:
    """Whether the text could be a telephone number: digits and the usual marks only, seven digits or more."""
    return 6 < len(text) <= 40 and _PHONE.fullmatch(text.strip()) is not None and sum(map(str.isdigit, text)) >= 7


def display_name(first: str | None, last: str | None, middle: str | None = None) -> str | None:
    """One name for display from its parts, in the order first, middle, last; None when all are empty."""
    parts = [" ".join(part.split()) for part in (first, middle, last) if part]
    return " ".join(part for part in parts if part) or None
