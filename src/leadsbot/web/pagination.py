"""Keyset pages: ``{"data": […], "next_cursor": …}``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Generic, TypeVar
from uuid import UUID

import msgspec
from litestar.params import QueryParameter

from leadsbot.kit import cursor as cursors

T = TypeVar("T")
R = TypeVar("R")
DEFAULT, LARGEST = 50, 200

Limit = Annotated[int, QueryParameter(ge=1, le=LARGEST, description="How many items, at most 200.")]
Cursor = Annotated[str | None, QueryParameter(description="`next_cursor` of the page before.", max_length=200)]


class Page(msgspec.Struct, Generic[T]):
    """One page of a list; ``next_cursor`` is null on the last one."""

    data: list[T]
    next_cursor: str | None


def position(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Where a page starts; Invalid for a cursor that we did not make."""
    return cursors.decode(cursor) if cursor else None


def paged(rows: Sequence[R], limit: int, show: Callable[[R], T], key: Callable[[R], tuple[datetime, UUID]]) -> Page[T]:
    """The page of rows that were fetched with ``limit + 1``: the extra one says that there are more."""
    shown = rows[:limit]
    following = cursors.encode(*key(shown[-1])) if len(rows) > limit and shown else None
    return Page([show(row) for row in shown], following)
