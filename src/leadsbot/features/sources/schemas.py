"""Sources as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from leadsbot.features.capture.public import Kind, Source, SourceCounts
from leadsbot.features.sources.snippets import address
from leadsbot.kit import ids
from leadsbot.web.params import VISIBLE, Moment, told

SourceKind = Literal["webhook", "form", "widget"]
Name = Annotated[str, told("What you call it; visitors never see it.", minLength=1, maxLength=200, pattern=VISIBLE)]
Origins = Annotated[
    list[Annotated[str, told("An origin, or `null`.", pattern="^(null|https?://[^/]+/?)$")]],
    msgspec.Meta(
        max_length=100,
        description="Origins of web sites that may post (`https://www.example.com`). None: every site. "
        "`null` admits pages without an origin, such as local files and sandboxed frames.",
    ),
]
Redirects = Annotated[
    list[Annotated[str, told("A whole address.", pattern="^https?://[^/]")]],
    msgspec.Meta(max_length=100, description="Addresses that `_next` may lead to; deeper paths are included."),
]
Country = Annotated[
    str,
    msgspec.Meta(
        pattern="^[A-Za-z]{2}$",
        description="ISO 3166 code, to read national phone numbers; null: the workspace's.",
    ),
]
Body = Annotated[int, msgspec.Meta(ge=1024, le=4 * 1024 * 1024, description="The largest accepted body in bytes.")]
NONE = SourceCounts(total=0, quarantined=0, last_at=None)


class SourceOut(msgspec.Struct):
    """A source. `address` is where submissions go, `page` the ready-made page of a form (null for other kinds)."""

    id: str
    kind: SourceKind
    name: str
    state: Literal["open", "closed"]
    key: str
    address: str
    page: str | None
    allowed_origins: list[str]
    redirect_allow: list[str]
    country: str | None
    max_body: int
    signed: bool
    submissions: int
    quarantined: int
    last_submission_at: Moment | None
    created_at: Moment
    updated_at: Moment


class SourceIn(msgspec.Struct, forbid_unknown_fields=True):
    """A source to open."""

    kind: SourceKind
    name: Name
    allowed_origins: Origins = msgspec.field(default_factory=list)
    redirect_allow: Redirects = msgspec.field(default_factory=list)
    country: Country | None = None
    max_body: Body = 262_144


class SourcePatch(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    allowed_origins: Origins | msgspec.UnsetType = msgspec.UNSET
    redirect_allow: Redirects | msgspec.UnsetType = msgspec.UNSET
    country: Country | msgspec.UnsetType | None = msgspec.UNSET
    max_body: Body | msgspec.UnsetType = msgspec.UNSET

    def given(self) -> dict[str, Any]:
        """The options that are to be changed."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not msgspec.UNSET}


class SecretOut(msgspec.Struct):
    """A signing secret, shown this once."""

    signing_secret: str


def source_out(base: str, source: Source, counts: SourceCounts | None) -> SourceOut:
    """A source with what came in through it."""
    seen, to = counts or NONE, address(base, source)
    kind: SourceKind = "webhook" if source.kind == Kind.WEBHOOK else "form" if source.kind == Kind.FORM else "widget"
    return SourceOut(
        id=ids.show(ids.SOURCE, source.id),
        kind=kind,
        name=source.name,
        state="open" if source.open else "closed",
        key=source.key,
        address=to,
        page=to if source.kind == Kind.FORM else None,
        allowed_origins=list(source.allowed_origins),
        redirect_allow=list(source.redirect_allow),
        country=source.country,
        max_body=source.max_body,
        signed=source.signed,
        submissions=seen.total,
        quarantined=seen.quarantined,
        last_submission_at=seen.last_at,
        created_at=source.created_at,
        updated_at=source.changed_at,
    )
