"""A form as whoever draws it needs it: one language, everything resolved, nothing that visitors must not know.

The hosted page and the widget draw from this. Endings, lawful basis, confirmation and the maximum are not in it; the
answer to a submission brings its ending.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from leadsbot.features.forms.amounts import bounds
from leadsbot.features.forms.definition import Conditions, Definition, Field, FieldTexts, Step, Theme, Translation
from leadsbot.features.forms.files import kinds, readable, wanted
from leadsbot.features.forms.reading import MISSING, decimals_of
from leadsbot.features.forms.words import closest, preferred, right_to_left, words
from leadsbot.kit.contact import example_phone

NAMES: Final = {
    "ar": "العربية", "cs": "Čeština", "da": "Dansk", "de": "Deutsch", "el": "Ελληνικά", "en": "English",
    "es": "Español", "fi": "Suomi", "fr": "Français", "he": "עברית", "hu": "Magyar", "it": "Italiano",
    "ja": "日本語", "ko": "한국어", "nb": "Norsk", "nl": "Nederlands", "pl": "Polski", "pt": "Português",
    "ro": "Română", "ru": "Русский", "sv": "Svenska", "tr": "Türkçe", "uk": "Українська", "zh": "中文",
}  # fmt: skip
"""What languages call themselves; others are shown by their tag."""
ENGLISH: Final = {
    "ar": "Arabic", "cs": "Czech", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish",
    "fi": "Finnish", "fr": "French", "he": "Hebrew", "hu": "Hungarian", "it": "Italian", "ja": "Japanese",
    "ko": "Korean", "nb": "Norwegian", "nl": "Dutch", "pl": "Polish", "pt": "Portuguese", "ro": "Romanian",
    "ru": "Russian", "sv": "Swedish", "tr": "Turkish", "uk": "Ukrainian", "zh": "Chinese",
}  # fmt: skip
"""The same languages as our own English sentences call them."""
_PAGE_ONLY: Final = (
    "elsewhere_", "signed_", "unknown_", "closed_", "confirm_", "trap", "language", "file_again", "file_hint",
    "file_content", "missing", "range", "kept_", "changed", "launcher", "thanks_close",
)  # fmt: skip
_BY_TYPE: Final = {"email": "email", "phone": "tel"}
_BY_KEY: Final = {
    "name": "name", "full_name": "name", "first_name": "given-name", "last_name": "family-name",
    "company": "organization", "organisation": "organization", "organization": "organization",
    "job_title": "organization-title", "street": "address-line1", "address": "street-address",
    "city": "address-level2", "postcode": "postal-code", "postal_code": "postal-code", "zip": "postal-code",
    "country": "country-name", "website": "url", "birthday": "bday",
}  # fmt: skip
_INPUT_MODES: Final = {"email": "email", "phone": "tel", "number": "decimal", "money": "decimal"}


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One option, or one place on a scale."""

    value: str
    label: str
    spoken: str = ""
    """What is read aloud, where that is more: ``4 of 5``."""


class LanguageChoice(msgspec.Struct, frozen=True):
    """One language that the form has."""

    tag: str
    name: str


class ShownField(msgspec.Struct, frozen=True, omit_defaults=True):
    """One field; what is empty is left out."""

    key: str
    type: str
    label: str = ""
    required: bool = False
    missing: str = ""
    """What is said where it is required and nothing was answered."""
    help: str = ""
    placeholder: str = ""
    autocomplete: str = ""
    inputmode: str = ""
    options: list[Choice] = []
    min: float | None = None
    max: float | None = None
    step: float | None = None
    pattern: str = ""
    pattern_help: str = ""
    prefill: str = ""
    default: str = ""
    currency: str = ""
    example: str = ""
    """A telephone number of the field's country, as it is written there."""
    told: dict[str, str] = {}
    """``min``, ``max`` and ``step`` of an amount as messages tell them."""
    decimals: int = 2
    """As far as they decide what a single mark in an amount means."""
    scale: int = 0
    accept: list[str] = []
    max_bytes: int = 0
    types: str = ""
    """The kinds of files that are taken, in words."""
    size: str = ""
    """``max_bytes`` in words."""
    text: str = ""
    half: bool = False
    show_if: Conditions = []


class ShownStep(msgspec.Struct, frozen=True, omit_defaults=True):
    """One page of the form."""

    id: str
    fields: list[ShownField]
    title: str = ""
    show_if: Conditions = []


class ShownForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A form in one language. ``dir`` is ``ltr`` or ``rtl``; ``words`` are the messages of ours by name."""

    key: str
    version: int
    language: str
    dir: str
    title: str
    steps: list[ShownStep]
    button: str
    theme: Theme
    words: dict[str, str]
    languages: list[LanguageChoice] = []
    """Empty where there is only one."""
    intro: str = ""
    notice_url: str = ""
    partials: bool = False


def language_for(definition: Definition, wanted: str, accept: str = "") -> str:
    """The language to show a form in: what was asked for (``?lang=``), else what the browser prefers, else its own."""
    known = [definition.language, *definition.languages]
    asked = closest(wanted, known) if wanted else None
    return asked or preferred(accept, known, definition.language)


def shown_form(
    definition: Definition, language: str, *, key: str, version: int, country: str | None = None
) -> ShownForm:
    """A form in a language that it has; in another one our words are in that language and its own texts as they are.
    ``country`` is that of telephone numbers where a field has none of its own."""
    own = definition.languages.get(language) or Translation()
    tongues = [definition.language, *definition.languages] if definition.languages else []
    ours = words(language)
    return ShownForm(
        key=key,
        version=version,
        language=language,
        dir="rtl" if right_to_left(language) else "ltr",
        title=own.title or definition.title,
        steps=[_step(step, own, language, country) for step in definition.steps],
        button=own.button or definition.button or ours["send"],
        theme=definition.theme,
        words={name: text for name, text in ours.items() if not name.startswith(_PAGE_ONLY)},
        languages=[LanguageChoice(tag, NAMES.get(tag.partition("-")[0], tag)) for tag in tongues],
        intro=own.intro or definition.intro,
        notice_url=definition.notice_url,
        partials=definition.partials,
    )


def untranslated(definition: Definition, language: str) -> frozenset[str]:
    """What stands in the form's own language although another one is shown."""
    if language == definition.language:
        return frozenset()
    own = definition.languages.get(language) or Translation()
    return frozenset(text for text, translated in _pairs(definition, own) if text and not translated)


def _pairs(definition: Definition, own: Translation) -> Iterator[tuple[str, str]]:
    """Every text that is shown, with its translation."""
    yield from ((getattr(definition, name), getattr(own, name)) for name in ("title", "intro", "button"))
    yield definition.closed_text, ""
    yield from ((step.title, own.steps.get(step.id, "")) for step in definition.steps)
    for ending in definition.endings:
        told = own.endings.get(ending.id, {})
        yield from ((getattr(ending, name), told.get(name, "")) for name in ("title", "text"))
    for field in definition.fields():
        texts = own.fields.get(field.key) or FieldTexts()
        names = ("label", "help", "pattern_help", "text")
        yield from ((getattr(field, name), getattr(texts, name)) for name in names)
        yield from ((option.label, texts.options.get(option.value, "")) for option in field.options)


def as_data(form: ShownForm) -> dict[str, Any]:
    """The same as JSON values."""
    data: dict[str, Any] = msgspec.to_builtins(form)
    return data


def _step(step: Step, own: Translation, language: str, country: str | None) -> ShownStep:
    fields = [_field(field, own, language, country) for field in step.fields]
    return ShownStep(id=step.id, fields=fields, title=own.steps.get(step.id, "") or step.title, show_if=step.show_if)


def _limits(field: Field, language: str, told: dict[str, str]) -> str:
    """What a field for files or amounts takes, where its owner says nothing about it."""
    if field.type != "file":
        return words(language)["range"].format(**told) if None not in (field.min, field.max) and told else ""
    most = int(field.max or 1)
    hint = words(language)["file_hint" if most > 1 else "file_hint_one"]
    return f"{kinds(field)}. {hint.format(count=most, size=readable(field.max_bytes))}"


def _field(field: Field, own: Translation, language: str, country: str | None) -> ShownField:
    texts = own.fields.get(field.key)

    def text(name: str) -> str:
        return (getattr(texts, name) if texts else "") or getattr(field, name)

    labels = texts.options if texts else {}
    told = {name: each.told(language) for name, each in bounds(field).items()}
    return ShownField(
        key=field.key,
        type=field.type,
        label=text("label"),
        required=field.required,
        missing=words(language)[MISSING.get(field.type, "missing")] if field.required else "",
        help=text("help") or _limits(field, language, told),
        placeholder=text("placeholder"),
        autocomplete=field.autocomplete or _token(field),
        inputmode=_INPUT_MODES.get(field.type, ""),
        options=_places(field, language) if field.type == "rating" else _choices(field, labels),
        min=field.min,
        max=field.max,
        step=field.step,
        pattern=field.pattern,
        pattern_help=text("pattern_help"),
        prefill=field.prefill,
        default=field.default,
        currency=field.currency,
        example=example_phone(field.country or country) if field.type == "phone" else "",
        told=told,
        decimals=decimals_of(field),
        scale=field.scale if field.type == "rating" else 0,
        text=text("text"),
        half=field.half,
        show_if=field.show_if,
        **(_files(field) if field.type == "file" else {}),
    )


def _files(field: Field) -> dict[str, Any]:
    """What a field for files takes."""
    size = readable(field.max_bytes)
    return {"accept": list(wanted(field)), "max_bytes": field.max_bytes, "types": kinds(field), "size": size}


def _choices(field: Field, labels: dict[str, str]) -> list[Choice]:
    return [Choice(option.value, labels.get(option.value) or option.label) for option in field.options]


def _places(field: Field, language: str) -> list[Choice]:
    said = words(language)["stars"]
    return [
        Choice(str(place), str(place), said.format(n=place, max=field.scale)) for place in range(1, field.scale + 1)
    ]


def _token(field: Field) -> str:
    """The autofill token of a field that has none of its own (WCAG 1.3.5)."""
    known = _BY_TYPE.get(field.type)
    return known or (_BY_KEY.get(field.key, "") if field.type in ("text", "textarea", "select", "date") else "")
