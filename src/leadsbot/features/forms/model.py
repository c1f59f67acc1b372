"""What a form is to the rest of the program, and what is decided about one without asking the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from leadsbot.features.capture.public import Source
from leadsbot.features.forms import definition as definitions
from leadsbot.features.forms.definition import Definition, Field, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRecord:
    """A form by itself, without its source."""

    id: UUID
    source_id: UUID
    draft: dict[str, Any]
    revision: int
    live_version: int | None
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form: its draft, which version is live, and the source that its submissions come in through."""

    id: UUID
    source: Source
    draft: Definition
    revision: int
    """Moves with every saved draft."""
    live_version: int | None
    """None before it was published."""
    changed: bool
    """Whether the draft differs from what is live."""
    created_at: datetime
    changed_at: datetime

    @property
    def name(self) -> str:
        """What the team calls it; visitors see the title."""
        return self.source.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What was published once and never changes."""

    version: int
    definition: Definition
    note: str
    published_by: str
    published_at: datetime


def form_of(record: FormRecord, source: Source) -> Form:
    """A record and its source, put together."""
    live = (source.form or {}).get("definition")
    return Form(
        id=record.id,
        source=source,
        draft=definitions.decode(record.draft),
        revision=record.revision,
        live_version=record.live_version,
        changed=record.draft != live,
        created_at=record.created_at,
        changed_at=max(record.changed_at, source.changed_at),
    )


def stamped(draft: Definition, live: Definition | None, version: int) -> Definition:
    """The draft with a version for the text of every consent: the earlier one where the text stayed the same.

    A text in another language is part of it. A version that somebody wrote is kept if it is not the one of another
    text.
    """
    earlier = {field.key: field for field in live.fields() if field.type == "consent"} if live is not None else {}

    def marked(field: Field) -> Field:
        if field.type != "consent":
            return field
        before = earlier.get(field.key)
        same = before is not None and live is not None and _said(draft, field) == _said(live, before)
        if before is not None and same:
            return msgspec.structs.replace(field, text_version=before.text_version)
        written = field.text_version if before is None or field.text_version != before.text_version else ""
        return msgspec.structs.replace(field, text_version=written or f"v{version}")

    steps = [msgspec.structs.replace(step, fields=[marked(field) for field in step.fields]) for step in draft.steps]
    return msgspec.structs.replace(draft, steps=steps)


def unstamped(draft: Definition, live: Definition) -> Definition:
    """A draft that outlives what it was made from: a consent with other words than the live ones must not be published
    under their version, which would name two texts then."""
    held = {field.key: field for field in live.fields() if field.type == "consent"}

    def marked(field: Field) -> Field:
        other = held.get(field.key)
        if other is None or field.text_version != other.text_version or _said(draft, field) == _said(live, other):
            return field
        return msgspec.structs.replace(field, text_version="")

    steps = [msgspec.structs.replace(step, fields=[marked(field) for field in step.fields]) for step in draft.steps]
    return msgspec.structs.replace(draft, steps=steps)


def _said(definition: Definition, field: Field) -> dict[str, str]:
    """What a consent says, by language."""
    found = {"": field.text}
    for language, translation in definition.languages.items():
        texts = translation.fields.get(field.key)
        if texts is not None and texts.text:
            found[language] = texts.text
    return found


UNTITLED: Final = "New form"
"""The title of a form that starts from nothing. Nobody wrote it, so a better one takes its place."""


def titled(draft: Definition, name: str, before: str = UNTITLED) -> Definition:
    """A draft whose title follows what the form is called, unless somebody wrote another one than ``before``."""
    follows = name and draft.title in (UNTITLED, before)
    return msgspec.structs.replace(draft, title=name) if follows else draft


def contact_form(title: str = "Contact us") -> Definition:
    """Name, e-mail, phone and message: what a new workspace begins with, and the page of a form that nobody
    designed."""
    fields = [
        Field(key="name", type="text", label="Name", required=True, autocomplete="name"),
        Field(key="email", type="email", label="E-mail", required=True),
        Field(key="phone", type="phone", label="Phone"),
        Field(key="message", type="textarea", label="Message"),
    ]
    return Definition(title=title, steps=[Step(id="contact", fields=fields)])
