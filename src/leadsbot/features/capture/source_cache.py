"""What the hot path must know of its sources, and where it finds it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import msgspec

from leadsbot.contracts.intake import Published, PublishedForm
from leadsbot.infra import logging
from leadsbot.infra.db.row_cache import RowCache

SELECT: Final = """
SELECT workspace_id, id, kind, key, state, allowed_origins, redirect_allow, signing_secret, max_body, lawful_basis,
    notice_version, changed_at, country, form::text AS form, checks::text AS checks FROM source"""
log = logging.get(__name__)


class Source(msgspec.Struct, frozen=True):
    """One door. ``secret`` is in clear; one that cannot be read is an empty string."""

    workspace_id: UUID
    id: UUID
    kind: str
    key: str
    open: bool
    origins: frozenset[str]
    redirects: tuple[str, ...]
    secret: str | None
    max_body: int
    lawful_basis: str
    notice_version: str
    changed_at: datetime
    form: PublishedForm | None = None
    checks: dict[str, Any] = {}


def source_cache(
    open_secret: Callable[[UUID, UUID, bytes], str], compile_form: Callable[[Published], PublishedForm]
) -> RowCache[Source]:
    """Sources by key; changes are known within a second."""

    def secret(row: asyncpg.Record) -> str | None:
        if row["signing_secret"] is None:
            return None
        try:
            return open_secret(row["workspace_id"], row["id"], row["signing_secret"])
        except Exception:  # noqa: BLE001 - whatever is wrong with the seal, this one source refuses and others work
            log.error("capture.secret_unreadable", source_id=str(row["id"]))
            return ""

    def make(row: asyncpg.Record) -> Source:
        return Source(
            row["workspace_id"],
            row["id"],
            row["kind"],
            row["key"],
            row["state"] == "open",
            frozenset(row["allowed_origins"]),
            tuple(row["redirect_allow"]),
            secret(row),
            row["max_body"],
            row["lawful_basis"],
            row["notice_version"],
            row["changed_at"],
            compile_form(Published(row["key"], row["form"], tuple(row["redirect_allow"]), row["country"]))
            if row["form"]
            else None,
            msgspec.json.decode(row["checks"]),
        )

    return RowCache(SELECT, make)
