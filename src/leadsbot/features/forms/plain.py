"""Editing a draft with nothing but an HTML form: every text in one page, buttons that move, add and remove.

The names of the inputs carry the key of the field (``label.budget``) or the id of the step (``step.one``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final, cast, get_args

import msgspec

from leadsbot.features.forms.changes import TYPES
from leadsbot.features.forms.definition import Definition, Field, FieldType, Option, Step
from leadsbot.features.forms.lint_fields import FOR_TYPES
from leadsbot.features.forms.reading import amount_of
from leadsbot.kit.errors import Invalid
from leadsbot.web.forms import Form

DETAILS: Final = (
    "help", "placeholder", "options", "min", "max", "accept", "max_bytes", "pattern", "pattern_help", "default", "text",
)  # fmt: skip
"""What the page offers for a field beside its label, where its type has it."""
MEGABYTE: Final = 1 << 20
MOST_FILE, MOST_FILES = 10 * MEGABYTE, 50 * MEGABYTE
_COUNT: Final = Field(key="count", type="money", label="Count")
"""Reads counts: of letters, choices, files. A mark in them groups thousands, as it does in amounts of money."""
_SIZE: Final = Field(key="size", type="number", label="Size")
_LIMITS: Final = {"text": 2000}
_LONGEST: Final = 60_000
_MARK: Final = " | "


def details(type: FieldType) -> tuple[str, ...]:
    """Which of :data:`DETAILS` a type has."""
    return tuple(name for name in DETAILS if type in FOR_TYPES.get(name, frozenset(TYPES) - {"heading", "hidden"}))


def edited(definition: Definition, form: Form) -> Definition:
    """The definition with what was typed. Raises Invalid that names the input."""
    steps = [
        msgspec.structs.replace(
            step,
            title=_text(form, f"step.{step.id}", step.title),
            fields=[_field(field, form) for field in step.fields],
        )
        for step in definition.steps
    ]
    return msgspec.structs.replace(
        definition,
        title=_text(form, "title", definition.title),
        intro=_text(form, "intro", definition.intro, 2000),
        button=_text(form, "button", definition.button),
        steps=steps,
        files_max_bytes=_bytes(form, "files_max_bytes", definition.files_max_bytes, MOST_FILES),
        partials="partials" in form if "has.partials" in form else definition.partials,
    )


def acted(definition: Definition, act: str, form: Form, *, currency: str = "EUR") -> tuple[Definition, str]:
    """What a button does (``up:budget``, ``remove:budget``, ``add:one``), and the key of the field to look at then.

    A button of a field that is not there any more does nothing: somebody was quicker. Raises Invalid that names the
    input that is wrong.
    """
    verb, _, name = act.partition(":")
    match verb:
        case "up" | "down":
            return _moved(definition, name, -1 if verb == "up" else 1), name
        case "remove":
            return _kept(definition, lambda each: each.key != name), ""
        case "add":
            label = form.text(f"new.{name}", limit=200, required=False)
            return _added(definition, name, form.get(f"type.{name}", ""), label, currency)
        case _:
            return definition, ""


def as_lines(options: Iterable[Option]) -> str:
    """Options as people edit them: a line each, ``value | label`` where the two differ."""
    return "\n".join(map(_line, options))


def _line(option: Option) -> str:
    return option.label if option.value == option.label else f"{option.value}{_MARK}{option.label}"


def from_lines(text: str, name: str, known: Iterable[Option] = ()) -> list[Option]:
    """The options that lines name. A line that stood there before, or is just a known label, keeps its option."""
    before = {each.label: each for each in known} | {_line(each): each for each in known}
    found: list[Option] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        value, mark, label = line.partition(_MARK)
        made = Option(value.strip()[:100], (label if mark else value).strip()[:200])
        found.append(before.get(line, made))
    if len(found) > 200:
        raise Invalid(name, "A field can have 200 options.")
    return found


def free_key(wanted: str, definition: Definition) -> str:
    """A key that no field has yet, made of some words."""
    base = re.sub(r"[^a-z0-9]+", "_", wanted.lower()).strip("_")[:36]
    base = base if base[:1].isalpha() else "field"
    taken = {field.key for field in definition.fields()}
    return next(key for n in range(1, len(taken) + 2) if (key := base if n == 1 else f"{base}_{n}") not in taken)


def new_field(type: FieldType, definition: Definition, *, label: str = "", currency: str = "EUR") -> Field:
    """A field of a type as it begins; it can be published as it is."""
    options = [Option("Option 1", "Option 1"), Option("Option 2", "Option 2")]
    more: dict[str, dict[str, Any]] = {
        **{choice: {"options": options} for choice in ("select", "radio", "multiselect")},
        "money": {"currency": currency},
        "consent": {"label": label, "required": True, "text": "I agree that you use my answers to reply to me."},
        "hidden": {"prefill": "utm_campaign"},
    }
    given = {"label": label or TYPES[type], **more.get(type, {})}
    key = free_key(label or ("email" if type == "email" else TYPES[type]), definition)
    return Field(key=key, type=type, **given)


def _field(field: Field, form: Form) -> Field:
    if f"label.{field.key}" not in form:
        # Added by somebody else while this page was open.
        return field
    given: dict[str, Any] = {"label": _text(form, f"label.{field.key}", field.label)}
    if field.type not in ("heading", "hidden"):
        given["required"] = f"required.{field.key}" in form
    for name in details(field.type):
        place = f"{name}.{field.key}"
        if place not in form:
            continue
        if name in ("min", "max"):
            given[name] = _number(form, place, field if field.type in ("number", "money") else _COUNT)
        elif name == "max_bytes":
            given[name] = _bytes(form, place, field.max_bytes, MOST_FILE)
        elif name == "accept":
            given[name] = re.split(r"[\s,]+", form.text(place, limit=4000, required=False).lower().strip(", "))
            given[name] = [kind for kind in given[name] if kind]
            if len(given[name]) > 20:
                raise Invalid(place, "A field can name 20 kinds of files.")
        elif name == "options":
            given[name] = from_lines(form.text(place, limit=_LONGEST, required=False), place, field.options)
        else:
            given[name] = _text(form, place, "", _LIMITS.get(name, 200))
    return msgspec.structs.replace(field, **given)


def _text(form: Form, name: str, otherwise: str, limit: int = 200) -> str:
    return form.text(name, limit=limit, required=False) if name in form else otherwise


def _number(form: Form, name: str, field: Field) -> float | None:
    """What was typed, read as an answer to the field would be."""
    text = form.text(name, limit=60, required=False)
    number = amount_of(field, text)
    if text and number is None:
        raise Invalid(name, "Write a number, or nothing.")
    return None if number is None else float(number)


def as_number(number: float) -> str:
    """A limit as people edit it; three decimals would be read as thousands."""
    text = f"{number:.6f}".rstrip("0").rstrip(".")
    return f"{text}0" if text[-4:-3] == "." else text


def as_megabytes(size: int) -> str:
    """A number of bytes as people edit it."""
    return f"{size / MEGABYTE:.3f}".rstrip("0").rstrip(".")


def _bytes(form: Form, name: str, otherwise: int, most: int) -> int:
    """A size in megabytes as bytes; the one that stood there when the page says the same, or nothing."""
    if name not in form or form.text(name, limit=40, required=False) in ("", as_megabytes(otherwise)):
        return otherwise
    number = _number(form, name, _SIZE)
    size = round((number or 0) * MEGABYTE)
    if not 1 <= size <= most:
        raise Invalid(name, f"Write a number of megabytes up to {most // MEGABYTE}.")
    return size


def _kept(definition: Definition, keep: Any) -> Definition:
    steps = [msgspec.structs.replace(step, fields=[*filter(keep, step.fields)]) for step in definition.steps]
    languages = {
        tag: msgspec.structs.replace(
            texts,
            fields={
                key: own for key, own in texts.fields.items()
                if any(field.key == key for step in steps for field in step.fields)
            },
        )
        for tag, texts in definition.languages.items()
    }  # fmt: skip
    return msgspec.structs.replace(definition, steps=steps, languages=languages)


def _moved(definition: Definition, key: str, by: int) -> Definition:
    """The field one place up or down, at the border of a step into the next one."""
    steps = [list(step.fields) for step in definition.steps]
    where = next(((s, n) for s, fields in enumerate(steps) for n, field in enumerate(fields) if field.key == key), None)
    if where is None:
        return definition
    s, n = where
    field = steps[s].pop(n)
    if 0 <= n + by <= len(steps[s]):
        steps[s].insert(n + by, field)
    elif 0 <= s + by < len(steps):
        steps[s + by].insert(len(steps[s + by]) if by < 0 else 0, field)
    else:
        steps[s].insert(n, field)
    return _with(definition, steps)


def _added(definition: Definition, step: str, type: str, label: str, currency: str) -> tuple[Definition, str]:
    if type not in get_args(FieldType):
        raise Invalid(f"type.{step}", "Choose what kind of field to add.")
    made = new_field(cast("FieldType", type), definition, label=label, currency=currency)
    steps = [[*each.fields, made] if each.id == step else list(each.fields) for each in definition.steps]
    return _with(definition, steps), made.key


def _with(definition: Definition, fields: list[list[Field]]) -> Definition:
    steps: list[Step] = [
        msgspec.structs.replace(step, fields=own) for step, own in zip(definition.steps, fields, strict=True)
    ]
    return msgspec.structs.replace(definition, steps=steps)


__all__ = ["acted", "as_lines", "as_megabytes", "as_number", "details", "edited", "free_key", "from_lines", "new_field"]
