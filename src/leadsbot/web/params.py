"""What API operations take, described so that a program can check it before it sends it: ids and moments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta

from leadsbot.kit import ids
from leadsbot.kit.errors import Invalid

ID_LENGTH, MOMENT_LENGTH = 100, 64
VISIBLE = r"\S"
"""The pattern of a text that must not be empty or blank."""

Moment = Annotated[datetime, Meta(tz=True)]
"""A moment in an answer: RFC 3339, in UTC."""


def path_id(prefix: str, what: str) -> PathParameter:
    """The id in an address: ``Annotated[str, path_id(ids.LEAD, "The lead")]``.

    The pattern is for readers; the handler judges the text, so that what is no id is 404 like the id of a stranger.
    """
    return PathParameter(description=f"{what}'s id.", schema_extra={"pattern": ids.pattern(prefix)})


def query_id(prefix: str, description: str, *also: str) -> QueryParameter:
    """An id to filter by, or one of the words that stand for one."""
    wanted = "|".join([ids.pattern(prefix), *(f"^{word}$" for word in also)])
    return QueryParameter(description=description, max_length=ID_LENGTH, schema_extra={"pattern": wanted})


def told(description: str, **schema: Any) -> Meta:
    """A value in a body with members of its JSON Schema that only the document tells.

    The handler judges the value itself and says in its own words what is wrong with it.
    """
    return Meta(description=description, extra_json_schema=schema)


def body_id(prefix: str, description: str) -> Meta:
    """An id in a body."""
    return told(description, pattern=ids.pattern(prefix))


def flag(description: str) -> QueryParameter:
    """``true`` or ``false`` as text, which :func:`read_flag` reads. Read as ``bool``, the framework would take more:
    ``1``, ``on``, ``null``."""
    return QueryParameter(description=description, schema_extra={"enum": ["true", "false"]})


def read_flag(text: str | None, field: str) -> bool | None:
    """What was sent; Invalid that names the field."""
    if text not in {None, "true", "false"}:
        raise Invalid(field, "This is neither true nor false.", code="not_a_flag")
    return None if text is None else text == "true"


def moment(description: str) -> QueryParameter:
    """A moment as text, which :func:`read_moment` reads.

    Declared as ``str``: read as ``datetime``, the framework would take a bare number for seconds since 1970.
    """
    return QueryParameter(description=description, max_length=MOMENT_LENGTH, schema_extra={"format": "date-time"})


def read_moment(text: str | None, field: str) -> datetime | None:
    """The moment (RFC 3339) that was sent, perhaps without a zone; Invalid that names the field."""
    if text is None:
        return None
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        detail = "This is not a moment like 2026-01-31T12:00:00Z. In an address, a plus sign is written %2B."
        raise Invalid(field, detail, code="not_a_moment") from None
