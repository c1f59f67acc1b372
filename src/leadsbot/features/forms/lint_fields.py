"""What can be wrong with one field by itself."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import phonenumbers

from leadsbot.features.forms.conditions import CHOICES
from leadsbot.features.forms.definition import Field
from leadsbot.features.forms.findings import Report, called
from leadsbot.features.forms.reading import MAX_FILES, Fault, taker
from leadsbot.kit.errors import Invalid
from leadsbot.kit.pattern import Pattern
from leadsbot.kit.storable import MAX_TEXT

RESERVED: Final = frozenset({"token", "fields", "context", "leads"})
"""Names with a meaning in the body of a submission."""
SINGLE: Final = frozenset({"name", "email", "phone", "message", "company"})
"""Names that the capture path only takes a text under."""
ADDRESS_PARAMETERS: Final = frozenset({"lang"})
TYPED: Final = frozenset({"text", "textarea", "email", "phone", "number", "money"})
_TEXTS: Final = frozenset({"text", "textarea"})
_ASKED: Final = frozenset({"text", "textarea", "email", "phone", "number", "money", "date"})
_BOUNDED: Final = _TEXTS | {"number", "money", "multiselect", "file"}
_FILLED: Final = _ASKED | CHOICES | {"rating", "hidden"}
FOR_TYPES: Final[dict[str, frozenset[str]]] = {
    "options": CHOICES,
    "placeholder": TYPED,
    "autocomplete": _ASKED | {"select"},
    "min": _BOUNDED,
    "max": _BOUNDED,
    "step": frozenset({"number", "money"}),
    "pattern": _TEXTS | {"email", "phone"},
    "pattern_help": _TEXTS | {"email", "phone"},
    "prefill": _FILLED - {"multiselect"},
    "default": _FILLED | {"checkbox"},
    "country": frozenset({"phone"}),
    "currency": frozenset({"money"}),
    "scale": frozenset({"rating"}),
    "accept": frozenset({"file"}),
    "max_bytes": frozenset({"file"}),
    "text": frozenset({"consent", "heading"}),
    "text_version": frozenset({"consent"}),
}
"""Which types what belongs to; a value other than the default is refused elsewhere."""
_DEFAULTS: Final = {field.name: field.default for field in msgspec.structs.fields(Field)} | {
    "options": [],
    "accept": [],
}
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]*/(?:[a-z0-9][a-z0-9.+-]*|\*)")
_PARAMETER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
AUTOCOMPLETE: Final = frozenset(
    "off on name honorific-prefix given-name additional-name family-name honorific-suffix nickname username "
    "organization-title organization street-address address-line1 address-line2 address-line3 address-level1 "
    "address-level2 address-level3 address-level4 country country-name postal-code transaction-currency "
    "transaction-amount language bday bday-day bday-month bday-year sex url photo tel tel-country-code tel-national "
    "tel-area-code tel-local tel-extension email impp".split()
)
"""Autofill detail tokens of HTML that a form for enquiries may have: none for passwords, codes and cards."""


def look_at_field(field: Field, path: str, report: Report) -> None:
    """Report on one field."""
    if field.key in RESERVED:
        report.error(f"{path}.key", "reserved", f"The key {field.key} has a meaning of its own. Choose another one.")
    if field.key in SINGLE and field.type in ("multiselect", "checkbox", "consent", "file"):
        report.error(f"{path}.key", "reserved", f"Under the key {field.key} only a text is taken. Choose another one.")
    if not field.label.strip() and field.type not in ("hidden", "consent"):
        report.error(f"{path}.label", "missing", "Give the field a label: without one nobody knows what to fill in.")
    if field.required and field.type in ("heading", "hidden"):
        report.error(f"{path}.required", "not_for_type", "Visitors cannot fill this in, so it cannot be required.")
    for name, types in FOR_TYPES.items():
        if field.type not in types and getattr(field, name) != _DEFAULTS[name]:
            word = name.replace("_", " ")
            report.error(f"{path}.{name}", "not_for_type", f"A field of the type {field.type} has no {word}.")
    _of_type(field, path, report)
    _default(field, path, report)


def _of_type(field: Field, path: str, report: Report) -> None:
    if field.type in CHOICES:
        _options(field, path, report)
    if field.type in _BOUNDED:
        _bounds(field, path, report)
    if field.type == "consent" and not field.text.strip():
        report.error(f"{path}.text", "missing", "Write down what is agreed to: the text is kept with every answer.")
    if field.type == "money" and not field.currency:
        report.error(f"{path}.currency", "missing", "Say in which currency, for example EUR.")
    if field.type == "file" and any(not _MEDIA_TYPE.fullmatch(each) for each in field.accept):
        report.error(f"{path}.accept", "bad_type", "Write media types like application/pdf or image/*.")
    if field.country and field.country not in phonenumbers.SUPPORTED_REGIONS:
        report.error(f"{path}.country", "unknown", "There is no such country. Write two letters, for example GB.")
    if field.step is not None and field.step <= 0:
        report.error(f"{path}.step", "not_positive", "A step must be more than 0.")
    _autocomplete(field, path, report)
    _pattern(field, path, report)


def _autocomplete(field: Field, path: str, report: Report) -> None:
    words = field.autocomplete.split(" ")
    sections = {"shipping", "billing", "home", "work", "mobile"}
    if field.autocomplete and (words[-1] not in AUTOCOMPLETE or not set(words[:-1]) <= sections):
        report.error(
            f"{path}.autocomplete", "unknown", "Browsers know no such word, or it is for passwords, codes or cards."
        )


def _pattern(field: Field, path: str, report: Report) -> None:
    if not field.pattern:
        return
    try:
        Pattern(field.pattern)
    except Invalid as error:
        report.error(f"{path}.pattern", "bad_pattern", error.detail)
    if not field.pattern_help.strip():
        report.hint(f"{path}.pattern_help", "missing", f"Say what {called(field)} should look like.")


def _options(field: Field, path: str, report: Report) -> None:
    if not field.options:
        report.error(f"{path}.options", "missing", f"{called(field)} has no options to choose from.")
    seen: set[str] = set()
    for place, option in enumerate(field.options):
        here = f"{path}.options[{place}]"
        if not option.value.strip() or option.value != option.value.strip():
            report.error(f"{here}.value", "blank", "An option needs a value, without blanks around it.")
        if not option.label.strip():
            report.error(f"{here}.label", "missing", "An option needs a label.")
        if option.value in seen:
            report.error(f"{here}.value", "duplicate", f"Two options have the value “{option.value}”.")
        seen.add(option.value)


def _bounds(field: Field, path: str, report: Report) -> None:
    low, high = field.min, field.max
    if low is not None and high is not None and low > high:
        report.error(f"{path}.max", "bounds", "The largest value is smaller than the smallest one.")
    if field.type in ("number", "money"):
        return
    for name, bound, least in (("min", low, 0), ("max", high, 1)):
        if bound is not None and (bound < least or bound != int(bound)):
            report.error(f"{path}.{name}", "bounds", f"This must be a whole number of at least {least}.")
    most = {"multiselect": len(field.options), "file": MAX_FILES}.get(field.type, MAX_TEXT)
    for name, bound in (("min", low), ("max", high)):
        if bound is not None and bound > most:
            report.error(f"{path}.{name}", "bounds", f"This can be at most {most}.")


def _default(field: Field, path: str, report: Report) -> None:
    if field.prefill and (not _PARAMETER.fullmatch(field.prefill) or field.prefill in ADDRESS_PARAMETERS):
        report.error(f"{path}.prefill", "bad_name", "Write the name of a parameter, like utm_campaign. lang is taken.")
    if not field.default or field.type not in FOR_TYPES["default"]:
        return
    try:
        value: Any = taker(field, None)(field.default.strip())
    except Fault:
        value = None
    if value is None:
        report.error(f"{path}.default", "bad_default", f"{called(field)} would not take this as an answer.")


__all__ = ["RESERVED", "look_at_field"]
