"""A published form, compiled: what it makes of answers. On the path of every submission, so made once and quick.

What is decided here, and documented in the feature's README:

- A field whose condition does not hold, or whose step's does not, is not looked at: it is never required, its answer is
  not checked and **is kept** under its name, for a page without a script shows every field. It counts as empty in
  conditions, and a consent that was not shown counts as not asked for.
- Unknown fields are kept as they came.
- Answers belong to the version that the page showed, and a consent is kept with the words that stood there. What they
  are checked by is the current version. A consent whose words are not known is not taken.
- A file field takes nothing but what was stored a moment ago (:mod:`~leadsbot.features.forms.files`); what else is sent
  in the place of a file that was not asked for is left out.
- Blanks around a text go. What was typed is stored, never what we read out of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from leadsbot.contracts.intake import Answers, InvalidAnswers, Published
from leadsbot.features.forms import definition as definitions
from leadsbot.features.forms.amounts import Bound
from leadsbot.features.forms.conditions import Predicate, both, predicate
from leadsbot.features.forms.consents import Asked, Consents, Texts, version_seen
from leadsbot.features.forms.definition import Definition, Field
from leadsbot.features.forms.endings import Finish, Thanks, finish
from leadsbot.features.forms.files import References
from leadsbot.features.forms.reading import MISSING, Fault, Opened, Take, blank, reader, taker, ticked
from leadsbot.features.forms.words import WORDS, closest, words
from leadsbot.infra import logging
from leadsbot.kit.clock import utcnow
from leadsbot.kit.contact import example_phone
from leadsbot.kit.errors import Gone
from leadsbot.kit.signing import Signer

log = logging.get(__name__)


class _Item(NamedTuple):
    """One field, as it is asked."""

    key: str
    take: Take
    shown: Predicate | None
    required: bool
    is_tick: bool
    is_consent: bool
    is_file: bool
    read: Take | None
    """How conditions read it; None where no condition asks."""


class CompiledForm:
    """Checks answers against one published version; made once for every version that is in use. Never raises."""

    def __init__(
        self,
        version: int,
        definition: Definition,
        *,
        key: str,
        redirects: tuple[str, ...],
        country: str | None,
        thanks: Thanks,
        opened: Opened | None = None,
        consents: Sequence[Asked] = (),
    ) -> None:
        self.version, self.definition = version, definition
        self.lawful_basis = definition.lawful_basis or None
        self.notice_version = definition.notice_version or None
        self.country = country
        # Two fields with one key were refused by lint; of any others the first is meant.
        self._fields = {field.key: field for field in reversed(definition.fields())}
        self._items = tuple(_items(definition, country, opened))
        self._languages = (definition.language, *definition.languages)
        self._asked = Consents(definition, version, consents)
        self._consents = self._asked.now.texts
        self._finish = partial(finish, definition=definition, key=key, allowed=redirects, thanks=thanks)
        self._endings = {each: self._compiled(each) for each in self._languages}

    def _compiled(self, language: str) -> list[tuple[Predicate | None, Finish]]:
        """The endings in a language, each with its condition; the last one always holds."""
        return [
            (
                predicate(ending.show_if, self._fields) if ending else None,
                self._finish(ending, language=language),
            )
            for ending in (*self.definition.endings, None)
        ]

    def _told(self, voice: str) -> list[tuple[Predicate | None, Finish]]:
        """The endings in a language, also in one that only we speak: those are made when they are first asked for."""
        if voice not in self._endings:
            self._endings[voice] = self._compiled(voice)
        return self._endings[voice]

    def check(self, fields: dict[str, Any], language: str, seen: object = None) -> Answers:
        """The answers, checked. Raises InvalidAnswers that names every field, or Gone after the closing date.

        ``language`` is what the page said (``_lang``). Where the form does not have it, its own texts stay as they
        are, and ours are in that language if we speak it. ``seen`` is what it said of the version that it showed.
        """
        tongue = voice = language
        if language not in self._consents:
            tongue, voice = self.language(language), self.voice(language)
        self._still_open(voice)
        kept = dict(fields)
        held: dict[str, Any] = {}
        given: dict[str, bool] = {}
        faults: dict[str, Fault] = {}
        for key, take, shown, required, is_tick, is_consent, is_file, read in self._items:
            if shown is not None and not shown(held):
                if is_file and key in kept:
                    _set_aside(kept, key, take)
                continue
            value = kept.get(key)
            if type(value) is str:
                value = kept[key] = value.strip()
                empty = not value or (is_tick and not ticked(value))
            else:
                empty = value is None or (not ticked(value) if is_tick else blank(value))
            if is_consent:
                given[key] = not empty
            if empty:
                if required:
                    faults[key] = Fault(MISSING.get(self._fields[key].type, "missing"))
                continue
            try:
                value = kept[key] = take(value)
            except Fault as fault:
                faults[key] = fault
                continue
            if read is not None:
                held[key] = read(value)
        version, spoken, asked = self._shown(seen, language, tongue)
        consents = _agreed(asked, self._consents[tongue], spoken, given, kept, faults)
        if faults:
            raise InvalidAnswers({key: self._said(key, fault, voice) for key, fault in faults.items()})
        ending = next(tell for holds, tell in self._told(voice) if holds is None or holds(held))
        return Answers(kept, consents if asked else None, ending(kept), version)

    def _shown(self, seen: object, language: str, tongue: str) -> tuple[int, str, Texts]:
        """The version that was filled in, and its consents with their language."""
        version = version_seen(seen, self.version)
        if version == self.version:
            return version, tongue, self._consents[tongue]
        return version, *self._asked.of(version, language)

    def language(self, wanted: str) -> str:
        """The form's language for somebody who wants one."""
        return closest(wanted, self._languages) or self.definition.language if wanted else self.definition.language

    def voice(self, wanted: str) -> str:
        """The language in which we speak to somebody who wants one, whether the form has it or not."""
        return closest(wanted, self._languages) or closest(wanted, WORDS) or self.definition.language

    def closed(self) -> bool:
        """Whether the closing date has passed."""
        closes = self.definition.closes_at
        return closes is not None and utcnow() >= closes

    def _still_open(self, language: str) -> None:
        if self.definition.closes_at is not None and self.closed():
            raise Gone(self.definition.closed_text or words(language)["closed_text"])

    def _said(self, key: str, fault: Fault, language: str) -> str:
        """A fault in words: the form's own for its pattern, or ours."""
        field = self._fields[key]
        if fault.code == "pattern":
            translation = self.definition.languages.get(language)
            texts = translation.fields.get(key) if translation else None
            own = (texts.pattern_help if texts else "") or field.pattern_help
            if own:
                return own
        numbers = {"example": example_phone(field.country or self.country)} if fault.code == "phone" else fault.numbers
        told = {name: each.told(language) if isinstance(each, Bound) else each for name, each in numbers.items()}
        return words(language)[fault.code].format(**told)


def _set_aside(kept: dict[str, Any], key: str, take: Take) -> None:
    """Keep the files of a field that was not asked for, and nothing else under its name."""
    try:
        kept[key] = take(kept[key])
    except Fault:
        del kept[key]


def _items(definition: Definition, country: str | None, opened: Opened | None) -> list[_Item]:
    asked = {
        comparison.field for conditions in _every_condition(definition) for group in conditions for comparison in group
    }
    items: list[_Item] = []
    earlier: dict[str, Field] = {}
    for step in definition.steps:
        of_step = predicate(step.show_if, earlier)
        for field in step.fields:
            if field.type != "heading" and field.key not in earlier:
                shown = both(of_step, predicate(field.show_if, earlier))
                read = reader(field) if field.key in asked else None
                tick = field.type in ("checkbox", "consent")
                items.append(
                    _Item(
                        field.key, taker(field, country, opened), shown, field.required, tick,
                        field.type == "consent", field.type == "file", read,
                    )
                )  # fmt: skip
            earlier.setdefault(field.key, field)
    return items


def _every_condition(definition: Definition) -> list[definitions.Conditions]:
    return [
        *(step.show_if for step in definition.steps),
        *(field.show_if for field in definition.fields()),
        *(ending.show_if for ending in definition.endings),
    ]


def _agreed(
    asked: Texts, now: Texts, tongue: str, given: dict[str, bool], kept: dict[str, Any], faults: dict[str, Fault]
) -> list[dict[str, Any]]:
    """What was agreed to, in the words that were ``asked``; a consent to words that are not known is a fault. One that
    is not asked for ``now`` any more was given if it was ticked."""
    found: list[dict[str, Any]] = []
    if not asked and not given:
        return found
    for key, is_given in given.items():
        if key in asked:
            found.append({**asked[key], "given": is_given, "language": tongue})
        elif is_given:
            faults[key] = Fault("changed")
    gone = sorted(asked.keys() - now.keys())
    return found + [{**asked[key], "given": True, "language": tongue} for key in gone if ticked(kept.get(key))]


class Stored(msgspec.Struct):
    """What a source carries of its form."""

    version: int
    definition: Definition
    country: str | None = None
    consents: list[Asked] = []


class _Numbered(msgspec.Struct):
    version: int = 0


def decode_published(form: str | dict[str, Any]) -> Stored | None:
    """What a source carries, decoded (from JSON text or JSON values); None where this version of the program cannot
    read it, which is logged."""
    try:
        return msgspec.json.decode(form, type=Stored) if isinstance(form, str) else msgspec.convert(form, Stored)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        log.error("forms.unreadable", reason=str(error)[:200])
        return None


class Unreadable:
    """A published form that this version of the program cannot read: nothing is checked, so that nothing is lost."""

    lawful_basis: str | None = None
    notice_version: str | None = None

    def __init__(self, form: str) -> None:
        self.version = msgspec.json.decode(form, type=_Numbered).version

    def check(self, fields: dict[str, Any], language: str, seen: object = None) -> Answers:
        """The answers as they came."""
        return Answers(fields, version=version_seen(seen, self.version))


class FormCompiler:
    """Makes published forms out of what sources carry."""

    def __init__(self, signer: Signer) -> None:
        self._thanks = Thanks(signer)
        self._files = References(signer)

    def __call__(self, published: Published) -> CompiledForm | Unreadable:
        """The form, compiled. Never raises: one form that cannot be read must not keep others from being served."""
        stored = decode_published(published.form)
        if stored is None:
            return Unreadable(published.form)
        return CompiledForm(
            stored.version, stored.definition, key=published.key, redirects=published.redirects,
            country=published.country or stored.country, thanks=self._thanks,
            opened=partial(self._files.opened, published.key), consents=stored.consents,
        )  # fmt: skip
