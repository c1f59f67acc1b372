"""What a form is: one versioned definition, one JSON Schema, decoded and checked in this one place.

Builder, hosted page, widget and API all read it. Conditions are data: a list of groups of which one must hold, each a
list of comparisons that must all hold. Texts are in the form's own language; ``languages`` holds the translations.

The structure only says what can be stored: a draft may be unfinished, with a title that is still empty, say. What may
be published is up to :mod:`leadsbot.features.forms.lint`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec

from leadsbot.kit.errors import Invalid
from leadsbot.kit.text import clean

FORMAT: Final = 1
MAX_BYTES: Final = 500_000
"""As JSON. The capture path keeps every published form in memory."""
FieldType = Literal[
    "text", "textarea", "email", "phone", "number", "money", "date", "select", "multiselect", "radio", "checkbox",
    "consent", "rating", "file", "hidden", "heading",
]  # fmt: skip
Operator = Literal["is", "is_not", "contains", "gt", "gte", "lt", "lte", "filled", "empty"]

Key = Annotated[str, msgspec.Meta(pattern="^[a-z][a-z0-9_]{0,39}$", description="Name of the answer, e.g. `budget`.")]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Long = Annotated[str, msgspec.Meta(max_length=2000)]
Address = Annotated[str, msgspec.Meta(max_length=1000)]
Language = Annotated[str, msgspec.Meta(pattern="^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="BCP 47, e.g. `de`.")]
Colour = Annotated[str, msgspec.Meta(pattern="^#[0-9a-fA-F]{6}$")]


class Comparison(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One comparison with the answer to another field; ``filled`` and ``empty`` need no value."""

    field: Key
    op: Operator
    value: str | int | float | bool | None = None


Conditions: TypeAlias = Annotated[
    list[Annotated[list[Comparison], msgspec.Meta(min_length=1, max_length=10)]], msgspec.Meta(max_length=10)
]
"""Any of these groups; all of a group."""


class Option(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One choice: what is stored and what is shown."""

    value: Annotated[str, msgspec.Meta(max_length=100)]
    label: Short


class Field(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One field. What does not fit its type is refused by :mod:`leadsbot.features.forms.lint`."""

    key: Key
    type: FieldType
    label: Short
    required: bool = False
    help: Short = ""
    placeholder: Short = ""
    autocomplete: Short = ""
    """The HTML token; empty means the one of the type (``email`` for ``email``)."""
    options: Annotated[list[Option], msgspec.Meta(max_length=200)] = []
    """For select, multiselect and radio."""
    min: float | None = None
    """Numbers, money: the least; texts: characters; multiselect and file: how many; rating: unused."""
    max: float | None = None
    step: float | None = None
    """For number: the distance between two values that may be given."""
    pattern: Short = ""
    """A regular expression for the whole text, in the language of :mod:`leadsbot.kit.pattern`."""
    pattern_help: Short = ""
    """What to say when it does not fit."""
    prefill: Short = ""
    """The parameter of the page's address that fills the field."""
    default: Short = ""
    country: Annotated[str, msgspec.Meta(pattern="^([A-Z]{2})?$")] = ""
    """For phone: whose national numbers are read; empty means the source's."""
    currency: Annotated[str, msgspec.Meta(pattern="^([A-Z]{3})?$")] = ""
    """For money."""
    scale: Annotated[int, msgspec.Meta(ge=2, le=10)] = 5
    """For rating."""
    accept: Annotated[list[Short], msgspec.Meta(max_length=20)] = []
    """For file: media types; empty means the common documents and pictures."""
    max_bytes: Annotated[int, msgspec.Meta(ge=1, le=10_485_760)] = 5_242_880
    """For file: each one's size."""
    text: Long = ""
    """For consent: what is agreed to. For heading: the paragraph below it."""
    text_version: Short = ""
    """For consent: the version of the text; set at publishing when the text changed."""
    half: bool = False
    """Half a line wide where there is room."""
    show_if: Conditions = []


class Step(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One page of the form."""

    id: Key
    fields: Annotated[list[Field], msgspec.Meta(max_length=60)]
    title: Short = ""
    show_if: Conditions = []


class Ending(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What a visitor is told at the end; the first whose conditions hold. ``{name}`` in its texts and in the query of
    its address is replaced by the answer."""

    id: Key
    kind: Literal["message", "redirect"] = "message"
    title: Short = ""
    text: Long = ""
    url: Address = ""
    show_if: Conditions = []


class Theme(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """How it looks, as tokens; never CSS."""

    accent: Colour = "#2f5bea"
    scheme: Literal["auto", "light", "dark"] = "auto"
    corners: Literal["square", "soft", "round"] = "soft"
    font: Literal["system", "serif", "mono"] = "system"
    density: Literal["airy", "compact"] = "airy"


class FieldTexts(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A field's texts in another language; what is empty stays in the form's own."""

    label: Short = ""
    help: Short = ""
    placeholder: Short = ""
    pattern_help: Short = ""
    text: Long = ""
    options: dict[str, Short] = {}
    """Labels by value."""


class Translation(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """The form in another language."""

    title: Short = ""
    intro: Long = ""
    button: Short = ""
    fields: dict[str, FieldTexts] = {}
    steps: dict[str, Short] = {}
    """Titles by step id."""
    endings: dict[str, dict[str, Long]] = {}
    """``{"title", "text"}`` by ending id."""


class Confirmation(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """A mail to whoever filled the form in; off by default."""

    enabled: bool = False
    subject: Short = ""
    text: Long = ""


class Definition(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """One form."""

    title: Short
    steps: Annotated[list[Step], msgspec.Meta(min_length=1, max_length=20)]
    v: Literal[1] = FORMAT
    intro: Long = ""
    button: Short = ""
    """Empty means "Send" in the visitor's language."""
    language: Language = "en"
    languages: Annotated[dict[Language, Translation], msgspec.Meta(max_length=30)] = {}
    endings: Annotated[list[Ending], msgspec.Meta(max_length=20)] = []
    theme: Theme = msgspec.field(default_factory=Theme)
    closes_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    max_submissions: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] | None = None
    closed_text: Long = ""
    files_max_bytes: Annotated[int, msgspec.Meta(ge=1, le=52_428_800)] = 26_214_400
    """The size of all files of one submission together."""
    partials: bool = False
    """Whether beginnings that were not sent are kept."""
    confirmation: Confirmation = msgspec.field(default_factory=Confirmation)
    lawful_basis: Short = ""
    """Empty means the source's."""
    notice_url: Address = ""
    notice_version: Short = ""

    def fields(self) -> list[Field]:
        """Every field, in order."""
        return [field for step in self.steps for field in step.fields]


def decode(data: Any) -> Definition:
    """A definition from JSON values. Raises msgspec.ValidationError, whose text names the place (``$.steps[0].id``)."""
    return msgspec.convert(data, Definition)


def cleaned(definition: Definition, name: str = "definition") -> Definition:
    """The same with the line ends of its texts made ``\\n``.

    Raises Invalid that names the place for characters that cannot be stored or reverse the reading direction, and for
    a definition of more than MAX_BYTES.
    """
    data = _clean(msgspec.to_builtins(definition), name)
    if len(msgspec.json.encode(data)) > MAX_BYTES:
        raise Invalid(
            name, f"A form may have {MAX_BYTES} bytes as JSON. Shorten it or split it in two.", code="too_long"
        )
    return decode(data)


def _clean(value: Any, path: str) -> Any:
    if isinstance(value, str):
        return clean(value, path, MAX_BYTES)
    if isinstance(value, dict):
        return {clean(name, path, MAX_BYTES): _clean(held, f"{path}.{name}") for name, held in value.items()}
    if isinstance(value, list):
        return [_clean(held, f"{path}[{place}]") for place, held in enumerate(value)]
    return value


def encode(definition: Definition) -> dict[str, Any]:
    """JSON values of a definition, without what is as by default."""
    built: dict[str, Any] = msgspec.to_builtins(definition)
    return {"v": FORMAT, **built}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a definition."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Definition)}
