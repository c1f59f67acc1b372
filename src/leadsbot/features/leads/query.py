"""What a list of leads is filtered by, read from the address of a page or an API call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlencode
from uuid import UUID

from leadsbot.features.leads.model import valid_stage
from leadsbot.features.leads.store import Filter
from leadsbot.kit import ids
from leadsbot.kit.errors import Invalid, NotFound
from leadsbot.kit.text import clean

NOBODY, ME = "none", "me"
QUERY_LIMIT = 200


def moment(value: datetime | None, field: str) -> datetime | None:
    """A moment in UTC; one without a zone is UTC. Invalid for one that no calendar in UTC has."""
    if value is None:
        return None
    try:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    except OverflowError:
        raise Invalid(field, "This moment is out of range.", code="out_of_range") from None


def some_id(prefix: str, text: str, field: str) -> UUID:
    """An id that is a filter or value; Invalid that names the field when it is none."""
    try:
        return ids.read(prefix, text)
    except NotFound:
        raise Invalid(field, f"This is not an id of the form {prefix}_….", code="not_an_id") from None


def wanted(
    *,
    stage: Sequence[str] = (),
    owner: str | None = None,
    source: str | None = None,
    tag: str | None = None,
    q: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
    updated_after: datetime | None = None,
    me: UUID | None = None,
) -> Filter:
    """The filter that these values ask for. ``owner`` is the id of a person, ``none``, or ``me`` where somebody is."""
    return Filter(
        stages=tuple(dict.fromkeys(valid_stage(each) for each in stage)),
        owner_id=_owner(owner, me),
        unowned=owner == NOBODY,
        source_id=some_id(ids.SOURCE, source, "source") if source is not None else None,
        tag=clean(tag, "tag", QUERY_LIMIT).strip().lower() or None if tag else None,
        q=clean(q, "q", QUERY_LIMIT).strip() or None if q else None,
        created_after=moment(created_after, "created_after"),
        created_before=moment(created_before, "created_before"),
        updated_after=moment(updated_after, "updated_after"),
    )


def _owner(owner: str | None, me: UUID | None) -> UUID | None:
    if owner is None or owner == NOBODY:
        return None
    return me if owner == ME and me is not None else some_id(ids.PERSON, owner, "owner")


NAMES = ("stage", "owner", "source", "tag", "q")


def encoded(get: Callable[[str], str | None], **change: str | None) -> str:
    """The filters of a page's address as a query string, some of them changed, empty ones left out."""
    values = {name: change.get(name, get(name)) if name in change else get(name) for name in NAMES}
    return urlencode({name: value for name, value in values.items() if value})
