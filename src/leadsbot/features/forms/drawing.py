"""What the templates of a form are given: every field with its attributes, what is in it and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from markupsafe import Markup, escape

from leadsbot.features.forms.along import LONGEST
from leadsbot.features.forms.localized import ShownField, ShownForm, ShownStep, as_data
from leadsbot.features.forms.reading import ticked
from leadsbot.kit.jsonbody import encode

Attributes = dict[str, str | bool]
_INPUTS: Final = {"email": "email", "phone": "tel", "number": "number", "date": "date", "file": "file"}
_TEXTS: Final = frozenset({"text", "textarea", "email", "phone"})
_GROUPS: Final = frozenset({"radio", "multiselect", "rating"})
_TICKS: Final = frozenset({"checkbox", "consent"})
_ENDS: Final = tuple(".:?!…؟。")
_JUDGED: Final = (
    "key", "type", "missing", "min", "max", "scale", "currency", "told", "example", "pattern", "pattern_help",
    "max_bytes", "types", "size", "show_if",
)  # fmt: skip
_SAID: Final = (
    "next", "back", "progress", "sending", "problem_title", "email", "phone", "number", "money", "date", "pattern",
    "at_least", "at_most", "step", "too_short", "too_long", "too_few", "too_many", "too_many_files", "file_size",
    "file_type",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Speaker:
    """Writes a text that may be in another language than the page: its marks stay at its own end, and it is read aloud
    as what it is."""

    strange: frozenset[str] = frozenset()
    """Texts in another language than the page's."""
    language: str = ""
    """The one of those."""
    rtl: bool = False

    def __call__(self, text: str) -> Markup:
        """The text, set apart where that is needed."""
        if not text or not (self.rtl or text in self.strange):
            return escape(text)
        return Markup("<bdi{}>{}</bdi>").format(self._tongue(text), text)

    def about(self, text: str) -> Markup:
        """The same as attributes, for an element that can hold nothing but text."""
        return self._tongue(text) + (Markup(' dir="auto"') if self.rtl or text in self.strange else "")

    def _tongue(self, text: str) -> Markup:
        return Markup(' lang="{}"').format(self.language) if text in self.strange else Markup("")


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of the summary of errors: ``target`` is the id of what it is about, empty for the form as a whole."""

    target: str
    label: str
    message: str

    @property
    def mark(self) -> str:
        """What stands between the two: nothing after a label that is a sentence or a question itself."""
        return "" if self.label.endswith(_ENDS) else ":"


@dataclass(frozen=True, slots=True)
class DrawnField:
    """One field. ``attributes`` are those of its input, select or text area; False leaves one out, True is bare."""

    shown: ShownField
    kind: str
    """``input``, ``textarea``, ``select``, ``group``, ``tick``, ``hidden`` or ``heading``."""
    optional: bool
    error: str = ""
    value: str = ""
    chosen: frozenset[str] = frozenset()
    attributes: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DrawnStep:
    """One section of the page."""

    shown: ShownStep
    fields: list[DrawnField]


@dataclass(frozen=True, slots=True)
class Filling:
    """What is in the fields: what was ``sent``, else what the page's address says (``query``), else the defaults."""

    query: Mapping[str, str]
    sent: Mapping[str, Any] | None = None
    kept: Mapping[str, Any] | None = None
    """What was kept of an earlier time; it counts instead of the address, but for hidden fields."""
    faults: Mapping[str, str] = field(default_factory=dict)
    """What is wrong, by the key of the field."""


def steps(form: ShownForm, filling: Filling) -> list[DrawnStep]:
    """The sections of the page. Without a script nothing can be hidden, so a field with a condition is always shown and
    never required by the browser."""
    rtl = form.dir == "rtl"
    return [
        DrawnStep(
            step, [_field(each, filling, always=not step.show_if and not each.show_if, rtl=rtl) for each in step.fields]
        )
        for step in form.steps
    ]


def logic(form: ShownForm) -> str:
    """What the page's script needs to know beside the page: conditions, what answers are judged by, our sentences. As
    JSON; the script is ``frontend/src/hosted``."""
    parts = [
        {
            "fields": [
                {**{name: field[name] for name in _JUDGED if name in field}, "label": _called(shown)}
                for field, shown in zip(step["fields"], own.fields, strict=True)
            ],
            "show_if": step.get("show_if", []),
        }
        for step, own in zip(as_data(form)["steps"], form.steps, strict=True)
    ]
    return encode({"steps": parts, "words": {name: form.words[name] for name in _SAID}}).decode()


def problems(form: ShownForm, faults: Mapping[str, str], general: str = "") -> list[Problem]:
    """The summary of what is wrong, in the order of the page; what concerns no field of it comes first."""
    known = {each.key: each for step in form.steps for each in step.fields if each.type not in ("heading", "hidden")}
    whole = [Problem("", "", general)] if general else []
    strange = [Problem("", key, message) for key, message in faults.items() if key not in known]
    ours = [Problem(f"f-{key}", _called(each), faults[key]) for key, each in known.items() if key in faults]
    return [*whole, *strange, *ours]


def asked(form: ShownForm) -> frozenset[str]:
    """The names of the fields that are on the page, also of those that nobody sees."""
    return frozenset(each.key for step in form.steps for each in step.fields if each.type != "heading")


def has_files(form: ShownForm) -> bool:
    """Whether the page must post in parts."""
    return any(each.type == "file" for step in form.steps for each in step.fields)


def _called(shown: ShownField) -> str:
    return shown.label or shown.text[:80]


def _field(shown: ShownField, filling: Filling, *, always: bool, rtl: bool) -> DrawnField:
    held, error = _held(shown, filling), filling.faults.get(shown.key, "")
    texts = list(_texts(held))
    return DrawnField(
        shown=shown,
        kind=_kind(shown.type),
        optional=not shown.required and shown.type not in ("hidden", "heading"),
        error=error,
        value=texts[0] if texts else "",
        chosen=frozenset(["yes"] if ticked(held) else []) if shown.type in _TICKS else frozenset(texts),
        attributes=dict(_attributes(shown, shown.required and always, error, rtl=rtl)),
    )


def _kind(type: str) -> str:
    if type in _GROUPS:
        return "group"
    if type in _TICKS:
        return "tick"
    return type if type in ("textarea", "select", "hidden", "heading") else "input"


def _held(shown: ShownField, filling: Filling) -> Any:
    if filling.sent is not None:
        return None if shown.type == "file" else filling.sent.get(shown.key)
    if filling.kept is not None and shown.type != "hidden":
        return filling.kept.get(shown.key)
    told = filling.query.get(shown.prefill, "").strip() if shown.prefill else ""
    if told and shown.options:
        told = told if told in {option.value for option in shown.options} else ""
    return told[:LONGEST] or shown.default or None


def _texts(held: Any) -> Iterator[str]:
    """The values of an answer as texts; what is no text or number cannot be put into a field."""
    for each in held if isinstance(held, list) else [held]:
        if each is not None and not isinstance(each, bool | dict | list):
            yield str(each)[:LONGEST]


def _attributes(shown: ShownField, must: bool, error: str, *, rtl: bool) -> Iterator[tuple[str, str | bool]]:
    """The attributes of what is filled in, apart from id, name and value."""
    type = shown.type
    if type not in ("textarea", "select", *_GROUPS, *_TICKS):
        yield "type", _INPUTS.get(type, "text")
    yield "required", must and type != "multiselect"
    yield "autocomplete", shown.autocomplete
    yield "inputmode", shown.inputmode if type in ("money", "number") else ""
    yield "placeholder", shown.placeholder
    if type in _TEXTS:
        yield "minlength", _whole(shown.min)
        yield "maxlength", _whole(shown.max)
        # A text area has no pattern in HTML; the server looks at it.
        yield "pattern", shown.pattern if type != "textarea" else ""
        yield "title", shown.pattern_help if shown.pattern else ""
    if type == "number":
        yield "min", _number(shown.min)
        yield "max", _number(shown.max)
        yield "step", _number(shown.step) or "any"
    if type == "file":
        yield "accept", ",".join(shown.accept)
        yield "multiple", (shown.max or 1) > 1
    if rtl:
        # Addresses and numbers are written from left to right everywhere; other texts as they are typed.
        yield "dir", "ltr" if type in ("email", "phone") else "auto" if type in ("text", "textarea") else ""
    yield "aria-invalid", "true" if error else ""
    if type not in _GROUPS:
        yield "aria-describedby", described(shown, error)


def described(shown: ShownField, error: str) -> str:
    """The ids of what explains a field: its help, and what is wrong with it."""
    parts = [f"h-{shown.key}" if shown.help else "", f"e-{shown.key}" if error else ""]
    return " ".join(part for part in parts if part)


def _whole(number: float | None) -> str:
    return "" if number is None else str(int(number))


def _number(number: float | None) -> str:
    return "" if number is None else f"{number:.10f}".rstrip("0").rstrip(".")
