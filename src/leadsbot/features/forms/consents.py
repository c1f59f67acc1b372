"""The words that a form asks consent to, in every version that may still be open in somebody's browser.

A consent proves something only with the words that were read. A page that was opened before a publishing is sent after
it, so the published form carries the words of earlier versions along, and each consent is kept with its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from leadsbot.features.forms.definition import Definition
from leadsbot.features.forms.words import closest

MOST: Final = 10
"""How many wordings a form remembers, its own included: pages are open for hours, words change a few times a year."""
Texts = dict[str, dict[str, Any]]
"""What each consent says in one language: what is stored with the answer to it, by the key of its field."""


class Asked(msgspec.Struct):
    """What was asked from a version on, until the next of these."""

    since: int
    language: str
    """The form's own."""
    texts: dict[str, Texts]

    def told(self, wanted: str) -> tuple[str, Texts]:
        """The words that somebody read who wants a language, and the language that they are in."""
        tongue = (closest(wanted, self.texts) if wanted else None) or self.language
        return tongue, self.texts.get(tongue, {})


class Consents:
    """What a published form asks consent to now and asked before."""

    def __init__(self, definition: Definition, version: int, asked: Sequence[Asked] = ()) -> None:
        self.version = version
        self.now = asked_by(definition, version)
        self._earlier = [each for each in asked if each.since <= version] or [self.now]

    def of(self, version: int, language: str) -> tuple[str, Texts]:
        """The words of a version in a language, and which one it is; none where they are not remembered any more."""
        if version == self.version:
            return self.now.told(language)
        known = [each for each in self._earlier if each.since <= version]
        return known[-1].told(language) if known else (language, {})

    def changed(self, version: int, language: str) -> frozenset[str]:
        """The consents that say something else now than they did in a version."""
        before, now = self.of(version, language)[1], self.of(self.version, language)[1]
        return frozenset(key for key, words in now.items() if before.get(key, {}).get("text") != words["text"])


def version_seen(said: object, current: int) -> int:
    """The version that a page says it showed: a number, also as a text or as the ``version`` of an object. The current
    one for everything else, and where nothing was said."""
    if isinstance(said, dict):
        said = said.get("version")
    if isinstance(said, str) and said.isascii() and said.isdigit() and len(said) < 10:
        said = int(said)
    return said if type(said) is int and 1 <= said <= current else current


def asked_by(definition: Definition, version: int) -> Asked:
    """What a version asks, in every language that it has."""
    tongues = (definition.language, *definition.languages)
    return Asked(version, definition.language, {each: _texts(definition, each) for each in tongues})


def carried(form: dict[str, Any] | None, definition: Definition, version: int) -> list[dict[str, Any]]:
    """What a source carries of its consents when a version is published in the place of what it carries now, as JSON
    values, oldest first."""
    earlier: list[dict[str, Any]] = list((form or {}).get("consents", []))
    now: dict[str, Any] = msgspec.to_builtins(asked_by(definition, version))
    same = bool(earlier) and {**earlier[-1], "since": version} == now
    return earlier if same else [*earlier, now][-MOST:]


def _texts(definition: Definition, language: str) -> Texts:
    translation = definition.languages.get(language)
    found: Texts = {}
    for field in definition.fields():
        if field.type == "consent":
            own = translation.fields.get(field.key) if translation else None
            text = (own.text if own else "") or field.text
            found[field.key] = {"field": field.key, "text": text, "text_version": field.text_version}
    return found
