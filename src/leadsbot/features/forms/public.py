"""What other features and the composition root may use of forms."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from leadsbot.features.accounts.public import workspace_settings
from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Kind, Source
from leadsbot.features.forms import embed, store
from leadsbot.features.forms.actions import (
    Stale,
    close,
    create_form,
    delete,
    discard_draft,
    duplicate,
    publish,
    rename,
    reopen,
    roll_back,
    save_draft,
)
from leadsbot.features.forms.answers import FormCompiler, decode_published
from leadsbot.features.forms.consents import Asked
from leadsbot.features.forms.definition import Definition, Theme
from leadsbot.features.forms.files import Upload
from leadsbot.features.forms.filled import Answer, answers_of, forms_filled_in
from leadsbot.features.forms.filled import read as read_answers
from leadsbot.features.forms.findings import NotReady
from leadsbot.features.forms.lint import lint
from leadsbot.features.forms.localized import as_data, language_for, shown_form
from leadsbot.features.forms.model import Form, Version, contact_form, form_of
from leadsbot.features.forms.theme import widget_tokens
from leadsbot.features.forms.words import WORDS, closest, preferred, right_to_left, words
from leadsbot.features.sources.public import Designed, Snippet
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The published version of a form, with its source."""

    source: Source
    version: int
    definition: Definition
    consents: Sequence[Asked] = ()
    """What it asked consent to, version by version."""
    country: str | None = None
    """That of telephone numbers without a prefix where the field has none: the source's, else the workspace's."""


async def published(db: Database, key: str) -> Live | None:
    """What visitors see under the public key of a form's source; None where no form was published.

    Whether it takes submissions is another question: ``source.open`` and the closing date.
    """
    source = await capture.published_source(db, key)
    return None if source is None else live(source)


def live(source: Source) -> Live | None:
    """The published form of a source that was read already."""
    stored = decode_published(source.form) if source.kind == Kind.FORM and source.form else None
    if stored is None:
        return None
    return Live(
        source=source, version=stored.version, definition=stored.definition, consents=stored.consents,
        country=source.country or stored.country,
    )  # fmt: skip


async def country_of(tx: TenantTx, source: Source) -> str | None:
    """The country of a form that is not published: its source's, else the workspace's, as publishing it takes it."""
    return source.country or (await workspace_settings(tx)).country


def localized(form: Live, wanted: str = "", *, accept: str = "") -> dict[str, Any]:
    """The form in one language as JSON values (:class:`~leadsbot.features.forms.localized.ShownForm`), for the widget:
    its theme as what a style sheet is made of.

    ``wanted`` is a language tag, ``accept`` an ``Accept-Language`` header; the form's own language is the last resort.
    """
    language = language_for(form.definition, wanted, accept)
    source = form.source
    shown = as_data(shown_form(form.definition, language, key=source.key, version=form.version, country=form.country))
    return {**shown, "theme": widget_tokens(form.definition.theme)}


def needs_more(form: dict[str, Any]) -> bool:
    """Whether a form as :func:`localized` gives it takes files or keeps beginnings."""
    fields = (field for step in form.get("steps", []) for field in step["fields"])
    return bool(form.get("partials")) or any(field["type"] == "file" for field in fields)


def needs_rules(form: dict[str, Any]) -> bool:
    """Whether a form as :func:`localized` gives it has fields for amounts, or with a pattern or bounds of their own."""
    fields = (field for step in form.get("steps", []) for field in step["fields"])
    return any(field["type"] in ("number", "money") or field.keys() & {"pattern", "min", "max"} for field in fields)


def needs_logic(form: dict[str, Any]) -> bool:
    """Whether a form as :func:`localized` gives it shows steps or fields on conditions."""
    steps = form.get("steps", [])
    return any("show_if" in each for step in steps for each in (step, *step["fields"]))


def button_colour(source: Source) -> dict[str, str]:
    """What the widget's tag says of the colour of its own button; see :func:`~leadsbot.features.forms.embed`."""
    return embed.button_colour((live(source) or undesigned(source)).definition)


def snippets_of(base: str, source: Source) -> list[Snippet] | None:
    """What to paste for the published form of a source; None where none was published."""
    found = live(source)
    return embed.source_snippets(base, source.key, found.definition) if found else None


async def designed(tx: TenantTx, base: str, source: Source) -> Designed | None:
    """The same, with the path of the page that shares the form."""
    made = snippets_of(base, source)
    record = await store.form_of_source(tx, source.id) if made else None
    return Designed(made, f"/forms/{ids.show(ids.FORM, record.id)}/share") if made and record else None


def undesigned(source: Source) -> Live:
    """The form that stands for one that nobody designed: name, e-mail, phone and message, under the source's title."""
    title = str(source.settings.get("title") or "")
    definition = contact_form(title) if title else contact_form()
    return Live(source=source, version=0, definition=definition, country=source.country)


def sentence(what: str, wanted: str, accept: str = "", *, title: str = "", text: str = "") -> dict[str, Any]:
    """What a visitor is told in place of a form, as JSON values like those of :func:`localized`.

    ``what`` is ``closed``, ``elsewhere``, ``signed`` or ``unknown``; an own title or text takes the place of ours.
    """
    language = closest(wanted, WORDS) or preferred(accept, WORDS, "en")
    ours = words(language)
    return {
        "language": language,
        "dir": "rtl" if right_to_left(language) else "ltr",
        "title": title or ours[f"{what}_title"],
        "text": text or ours[f"{what}_text"],
        "theme": widget_tokens(Theme()),
        "words": {"close": ours["close"]},
    }


async def get_form(tx: TenantTx, form_id: UUID) -> Form | None:
    """One form."""
    record = await store.get_form(tx, form_id)
    source = await capture.get_source(tx, record.source_id) if record else None
    return form_of(record, source) if record and source else None


async def form_of_source(tx: TenantTx, source_id: UUID) -> Form | None:
    """The form that belongs to a source, if one was designed."""
    record = await store.form_of_source(tx, source_id)
    source = await capture.get_source(tx, source_id) if record else None
    return form_of(record, source) if record and source else None


async def list_forms(tx: TenantTx) -> list[Form]:
    """Every form of the workspace, oldest first."""
    sources = {source.id: source for source in await capture.list_sources(tx)}
    return [form_of(each, sources[each.source_id]) for each in await store.list_forms(tx) if each.source_id in sources]


async def get_version(tx: TenantTx, form_id: UUID, version: int) -> Version | None:
    """One published version: what a submission with this ``form_version`` was filled into."""
    return await store.get_version(tx, form_id, version)


async def uploads_of(tx: TenantTx, submissions: Collection[UUID]) -> dict[UUID, list[Upload]]:
    """The files of submissions, in the order in which they were sent; submissions without any are absent."""
    found: dict[UUID, list[Upload]] = {}
    for upload in await store.uploads_of(tx, submissions):
        if upload.submission_id is not None:
            found.setdefault(upload.submission_id, []).append(upload)
    return found


async def unfinished(tx: TenantTx, form_id: UUID | None = None) -> dict[UUID, int]:
    """How often each form (or one) was begun in the last 30 days and not sent; forms without that are absent."""
    return await store.count_beginnings(tx, form_id)


__all__ = [
    "Answer",
    "Definition",
    "Form",
    "FormCompiler",
    "Live",
    "NotReady",
    "Stale",
    "Upload",
    "Version",
    "answers_of",
    "button_colour",
    "close",
    "contact_form",
    "country_of",
    "create_form",
    "delete",
    "designed",
    "discard_draft",
    "duplicate",
    "form_of_source",
    "forms_filled_in",
    "get_form",
    "get_version",
    "language_for",
    "lint",
    "list_forms",
    "live",
    "localized",
    "needs_logic",
    "needs_more",
    "needs_rules",
    "publish",
    "published",
    "read_answers",
    "rename",
    "reopen",
    "roll_back",
    "save_draft",
    "sentence",
    "snippets_of",
    "undesigned",
    "unfinished",
    "uploads_of",
    "words",
]
