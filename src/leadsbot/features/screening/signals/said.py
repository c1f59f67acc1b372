"""What a submission says, whatever its fields are called: the texts to read, the name, the address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

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


class Said(NamedTuple):
    """The parts of a submission that are looked at."""

    text: str
    """Everything that could be prose, one field a line, at most 4,000 characters."""
    name: str
    email: str
    """Lower case; empty when there is none."""
    texts: list[str]
    """Every text of some length, to see whether all say the same."""


def said(fields: Mapping[str, Any]) -> Said:
    """Look through the fields, at most 40 texts, nested ones included."""
    prose: list[str] = []
    texts: list[str] = []
    name = email = ""
    waiting: list[tuple[str, Any]] = list(fields.items())
    waiting.reverse()
    while waiting and len(texts) < MOST_TEXTS:
        key, value = waiting.pop()
        if type(value) is str:
            if not value:
                continue
            texts.append(value)
            low = key.lower()
            if "@" in value and len(value) < 255 and " " not in value:
                email = email or value.strip().lower()
            elif low in NAMES:
                name = f"{name} {value}" if name else value
            elif low not in CONTACT and not low.startswith("utm_") and not value.isdigit():
                prose.append(value)
        elif isinstance(value, Mapping):
            waiting.extend([(str(inner), each) for inner, each in reversed(list(value.items())[:MOST_TEXTS])])
        elif isinstance(value, list):
            waiting.extend([(key, each) for each in reversed(value[:MOST_TEXTS])])
    text = prose[0] if len(prose) == 1 else "\n".join(prose)
    return Said(text[:MOST_CHARACTERS], name[:200], email, texts)
