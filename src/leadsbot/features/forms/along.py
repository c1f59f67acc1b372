"""What a page brought beside the answers that the form asks for, so that a page that is shown again can bring it once
more: an own HTML form may post where to lead to (``_next``), a subject, and fields that the form does not know."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from leadsbot.contracts.intake import (
    CAPTCHA_FIELDS,
    KEY_FIELD,
    PROOF_FIELD,
    TOKEN_FIELD,
    TRAP_FIELD,
    VERSION_FIELD,
)
from leadsbot.features.forms.beginnings import CONTEXT

MOST: Final = 200
"""Values that are brought along."""
LONGEST: Final = 5_000
"""Characters of one of them, and of all answers that are put into a page again."""
ROOM: Final = 100_000
"""Characters of all of them."""
_MADE_ANEW: Final = frozenset(
    {TOKEN_FIELD, TRAP_FIELD, VERSION_FIELD, KEY_FIELD, PROOF_FIELD, "_lang", *CAPTCHA_FIELDS}
)
"""What each page has of its own, or what was good for one post only."""
_SECRET: Final = re.compile(r"passw|pwd|passcode|kennwort|contrase|mot_?de_?passe|captcha|[cx]srf", re.IGNORECASE)
_FILE: Final = {"filename", "size", "content_type"}
_NOT_STORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def along(tree: object, known: Collection[str], faults: Iterable[str]) -> list[tuple[str, str]]:
    """The names and values to bring along, as a form posts them. ``known`` are the fields that the page has itself,
    ``faults`` the names of what was refused: that must not be sent again by somebody who cannot see it."""
    if not isinstance(tree, Mapping):
        return []
    refused = [name for name in faults if name not in known]
    found: list[tuple[str, str]] = []
    room = ROOM
    for name, value in islice(_pairs(tree, known, refused), MOST):
        room -= len(name) + len(value)
        if room < 0:
            break
        found.append((name, value))
    return found


def _pairs(tree: Mapping[str, Any], known: Collection[str], refused: list[str]) -> Iterator[tuple[str, str]]:
    for name, value in tree.items():
        if name == "fields" and isinstance(value, Mapping):
            # Where answers may stand, too; what the page has itself comes with its own fields.
            yield from _strange("fields", value, known, refused)
        elif name == "context" and isinstance(value, Mapping):
            yield from _strange(name, value, (CONTEXT,), refused)
        else:
            yield from _strange("", {name: value}, known, refused)


def _strange(
    place: str, fields: Mapping[str, Any], known: Collection[str], refused: list[str]
) -> Iterator[tuple[str, str]]:
    for name, value in fields.items():
        wrong = any(each == name or each.startswith((f"{name}.", f"{name}[")) for each in refused)
        if not (name in known or name in _MADE_ANEW or wrong or _SECRET.search(name)):
            yield from _written((place, name) if place else (name,), value)


def _written(path: tuple[str, ...], value: Any) -> Iterator[tuple[str, str]]:
    """A value in brackets, the other way round than :mod:`~leadsbot.kit.brackets` reads them."""
    if isinstance(value, Mapping):
        # Of a file that nobody asked for there is no more than that.
        if value.keys() != _FILE:
            for name, each in value.items():
                yield from _written((*path, name), each)
    elif isinstance(value, list):
        for each in value:
            # A list in a list is not what a form can post.
            if not isinstance(each, Mapping | list):
                yield from ((f"{name}[]", text) for name, text in _written(path, each))
    elif isinstance(value, str | int | Decimal):
        head, *rest = path
        # Under the empty name stands what was sent beside names in brackets.
        inner = rest[:-1] if rest and not rest[-1] else rest
        name = head + "".join(f"[{part}]" for part in inner)
        text = str(value).lower() if isinstance(value, bool) else str(value)[:LONGEST]
        if text and not _NOT_STORABLE.search(name + text):
            yield name, text


__all__ = ["LONGEST", "along"]
