"""What a submission says, whatever its fields are called: the texts to read, the name, the address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from leadsbot.kit.attached import is_file

MOST_TEXTS: Final = 40
MOST_CHARACTERS: Final = 4_000
NAMES: Final = frozenset(
    "name your-name your_name fullname full_name full-name first_name firstname first-name last_name lastname "
    "last-name vorname nachname nom prenom prénom nombre apellido apellidos cognome naam imie nazwisko имя".split()
)
CONTACT: Final = NAMES | frozenset(
    "email e-mail mail your-email your_email email_address phone tel telephone telefon mobile handy company firma "
    "organisation organization city ort zip plz postcode postal_code country land address strasse street url page "
    "page_url referrer referer gclid fbclid msclkid token website".split()
)
"""Fields that are not prose: their words are names of people and places, from which nothing should be learned."""


class Said(msgspec.Struct, frozen=True, gc=False):
    """The parts of a submission that are looked at."""

    text: str
    """Everything that could be prose, one field a line, at most 4,000 characters."""
    name: str
    email: str
    """Lower case; empty when there is none."""
    texts: list[str]
    """Every text of some length, to see whether all say the same."""


_FLAT: Final = frozenset({str, int, bool, Decimal, type(None)})
PROSE, NAME, OTHER = range(3)
MOST_KEYS: Final = 5_000
_kinds: dict[str, int] = {}


def _kind(key: str) -> int:
    """What a field of this name holds, remembered: forms have the same fields every time."""
    low = key.lower()
    kind = NAME if low in NAMES else OTHER if low in CONTACT or low.startswith("utm_") else PROSE
    if len(_kinds) >= MOST_KEYS:
        _kinds.clear()
    _kinds[key] = kind
    return kind


def is_prose(key: str) -> bool:
    """Whether a field of this name may hold prose, and no name or address."""
    return _kind(key) == PROSE


def said(fields: Mapping[str, Any]) -> Said:
    """Look through the fields, at most 40 texts, nested ones included."""
    prose: list[str] = []
    texts: list[str] = []
    name = email = ""
    items: Iterable[tuple[str, Any]] = fields.items()
    if not _FLAT.issuperset(map(type, fields.values())):
        items = _flat(fields)
    for key, value in items:
        if not value or type(value) is not str:
            continue
        texts.append(value)
        if len(texts) > MOST_TEXTS:
            break
        kind = _kinds.get(key)
        if kind is None:
            kind = _kind(key)
        if "@" in value and " " not in value and len(value) < 255:
            email = email or value.strip().lower()
        elif kind == PROSE:
            if not value.isdigit():
                prose.append(value)
        elif kind == NAME:
            name = f"{name} {value}" if name else value
    text = prose[0] if len(prose) == 1 else "\n".join(prose)
    return Said(text[:MOST_CHARACTERS], name[:200], email, texts)


def _flat(fields: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Names and values, those inside objects and lists under the innermost name; at most 40."""
    waiting = list(fields.items())[::-1]
    flat: list[tuple[str, Any]] = []
    while waiting and len(flat) < MOST_TEXTS:
        key, value = waiting.pop()
        if isinstance(value, dict) and is_file(value):
            # The rest, an id for example, is ours and says nothing about who sent it.
            flat.append((key, value["filename"]))
        elif isinstance(value, dict):
            waiting += [(str(inner), each) for inner, each in reversed(list(value.items())[:MOST_TEXTS])]
        elif isinstance(value, list):
            waiting += [(key, each) for each in reversed(value[:MOST_TEXTS])]
        else:
            flat.append((key, value))
    return flat
