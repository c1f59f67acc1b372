"""Forms as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from leadsbot.features.capture.public import SourceCounts
from leadsbot.features.forms.definition import Definition
from leadsbot.features.forms.findings import Finding, Report
from leadsbot.features.forms.model import Form, Version
from leadsbot.kit import ids
from leadsbot.web.params import VISIBLE, Moment, body_id, told

Name = Annotated[str, told("What your team calls it; empty: the title.", maxLength=200)]
NewName = Annotated[
    str, told("What your team calls it; visitors see the title.", minLength=1, maxLength=200, pattern=VISIBLE)
]
Revision = Annotated[int, msgspec.Meta(ge=1, le=2_147_483_647, description="The draft that this was made from.")]
Note = Annotated[str, told("What changed, for your team.", maxLength=500)]
Origins = Annotated[
    list[Annotated[str, told("An origin, or `null`.", pattern="^(null|https?://[^/]+/?)$")]],
    msgspec.Meta(max_length=100, description="Origins of web sites that may post; see sources."),
]
Redirects = Annotated[
    list[Annotated[str, told("A whole address.", pattern="^https?://[^/]")]],
    msgspec.Meta(
        max_length=100, description="Addresses that endings and `_next` may lead to; deeper paths are included."
    ),
]
Prefix = Annotated[str, msgspec.Meta(pattern="^https?://[^/]", description="A whole address.")]
NONE = SourceCounts(total=0, quarantined=0, last_at=None)


class FormSummary(msgspec.Struct):
    """A form in a list. `page` is its ready-made page; `changed` tells that the draft differs from what is live,
    `unfinished` is how many were begun in the last 30 days and not sent, where the form keeps that."""

    id: str
    source: str
    name: str
    title: str
    state: Literal["unpublished", "open", "closed"]
    key: str
    page: str
    live_version: int | None
    changed: bool
    revision: int
    languages: list[str]
    submissions: int
    quarantined: int
    unfinished: int
    last_submission_at: Moment | None
    created_at: Moment
    updated_at: Moment


class FormOut(FormSummary):
    """A form with its draft, and what keeps the draft from being published."""

    draft: Definition
    errors: list[Finding]
    hints: list[Finding]


class FormIn(msgspec.Struct, forbid_unknown_fields=True):
    """A form to make: a new source of its own, or the form of a `source` that has none."""

    definition: Definition
    name: Name = ""
    source: Annotated[str, body_id(ids.SOURCE, "A source of the kind form that has none.")] | None = None
    publish: bool = True
    """Whether to publish it when nothing is in the way."""
    allowed_origins: Origins = msgspec.field(default_factory=list)
    redirect_allow: Redirects = msgspec.field(default_factory=list)


class FormPatch(msgspec.Struct, forbid_unknown_fields=True):
    """What to change. A new draft needs the `revision` that it was made from, here or as `If-Match`."""

    definition: Definition | msgspec.UnsetType = msgspec.UNSET
    name: NewName | msgspec.UnsetType = msgspec.UNSET
    revision: Revision | None = None


class PublishIn(msgspec.Struct, forbid_unknown_fields=True):
    """How to publish. With `revision` only that very draft is."""

    note: Note = ""
    revision: Revision | None = None


class DiscardIn(msgspec.Struct, forbid_unknown_fields=True):
    """Which draft to throw away; without `revision` whichever there is."""

    revision: Revision | None = None


class RestoreIn(msgspec.Struct, forbid_unknown_fields=True):
    """How to publish an earlier version again."""

    note: Note = ""


class DuplicateIn(msgspec.Struct, forbid_unknown_fields=True):
    """What to call the copy; empty: `Copy of …`."""

    name: Name = ""


class LintIn(msgspec.Struct, forbid_unknown_fields=True):
    """A definition to look at. Without `redirect_allow` it is not asked where endings may lead to."""

    definition: Definition
    redirect_allow: Annotated[list[Prefix], msgspec.Meta(max_length=100)] | None = None


class ReportOut(msgspec.Struct):
    """`errors` keep a form from being published, `hints` do not."""

    errors: list[Finding]
    hints: list[Finding]


class VersionSummary(msgspec.Struct):
    """A published version in a list."""

    version: int
    live: bool
    note: str
    published_by: str
    published_at: Moment


class VersionOut(VersionSummary):
    """A published version."""

    definition: Definition


def summary_out(base: str, form: Form, counts: SourceCounts | None, unfinished: int = 0) -> FormSummary:
    """A form for a list, with what came in through it."""
    seen, source = counts or NONE, form.source
    return FormSummary(
        id=ids.show(ids.FORM, form.id),
        source=ids.show(ids.SOURCE, source.id),
        name=source.name,
        title=form.draft.title,
        state="unpublished" if form.live_version is None else "open" if source.open else "closed",
        key=source.key,
        page=f"{base}/f/{source.key}",
        live_version=form.live_version,
        changed=form.changed,
        revision=form.revision,
        languages=[form.draft.language, *form.draft.languages],
        submissions=seen.total,
        quarantined=seen.quarantined,
        unfinished=unfinished,
        last_submission_at=seen.last_at,
        created_at=form.created_at,
        updated_at=form.changed_at,
    )


def form_out(base: str, form: Form, counts: SourceCounts | None, report: Report, unfinished: int = 0) -> FormOut:
    """A form with its draft."""
    summary = msgspec.structs.asdict(summary_out(base, form, counts, unfinished))
    return FormOut(**summary, draft=form.draft, errors=report.errors, hints=report.hints)


def version_summary(version: Version, live: int | None) -> VersionSummary:
    """A version for a list."""
    return VersionSummary(
        version=version.version,
        live=version.version == live,
        note=version.note,
        published_by=version.published_by,
        published_at=version.published_at,
    )


def version_out(version: Version, live: int | None) -> VersionOut:
    """A version with what was published."""
    return VersionOut(**msgspec.structs.asdict(version_summary(version, live)), definition=version.definition)
