"""Store submissions and their events in groups, and settle idempotency keys.

Keys are settled by the unique index. A row whose key is taken is not returned by the INSERT; then, and only then, a
second query reads the earlier row (a twin that was committing at the same moment shows up there too). Ids are made
before, so sending a statement again after a lost connection stores nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg
import msgspec

from leadsbot.contracts.intake import Verdict
from leadsbot.infra.crash import point
from leadsbot.infra.db.group_commit import QUEUE_BYTES, QUEUE_ROWS, GroupCommit
from leadsbot.infra.db.raw import Link
from leadsbot.kit.errors import AppError, Gone, Invalid, Unavailable

ACCEPT: Final = Path(__file__).with_name("accept.sql").read_text(encoding="utf-8")
EARLIER: Final = Path(__file__).with_name("earlier.sql").read_text(encoding="utf-8")


class Row(msgspec.Struct):
    """One submission as the statement reads it; the JSON columns are encoded already."""

    workspace_id: UUID
    id: UUID
    head: UUID
    """The first submission of the same request: all are stored when it is, none when its key is taken."""
    source_id: UUID
    received_at: datetime
    fields: msgspec.Raw
    context: msgspec.Raw
    ip: str | None
    key: str | None
    body_hash: str
    """In hexadecimal, like the next request with the same key is compared."""
    answer: msgspec.Raw | None
    quarantined: bool
    verdict: Verdict | None
    lawful_basis: str
    notice_version: str
    correlation_id: str
    form_version: int | None
    consents: list[dict[str, Any]] | None


class Stored(NamedTuple):
    """The durable outcome of one request: the id (and batch answer) of the first time it was made."""

    id: UUID
    answer: msgspec.Raw | None
    repeated: bool


class Committer(GroupCommit[list[Row], Stored]):
    """Commits the rows of many requests together. ``wake`` is called after every commit that stored something."""

    def __init__(self, wake: Callable[[], None], *, rows: int = QUEUE_ROWS, size: int = QUEUE_BYTES) -> None:
        super().__init__(self._accept, _refusal, rows=rows, size=size)
        self._wake = wake

    async def accept(self, rows: list[Row]) -> Stored:
        """Store the rows of one request, all or none. Raises Unavailable when that is not possible now, Gone when the
        source is not open any more, Invalid when the idempotency key was used for another body."""
        size = sum(len(memoryview(row.fields)) + len(memoryview(row.context)) for row in rows)
        return await self.store(rows, len(rows), size)

    async def _accept(self, link: Link, works: list[list[Row]]) -> list[Stored | AppError]:
        batch = msgspec.json.encode([row for rows in works for row in rows]).decode()
        stored = {record[0] for record in await (await link.prepared(ACCEPT)).fetch(batch)}
        point("capture_committed")
        if stored:
            self._wake()
        heads = [rows[0] for rows in works]
        missing = [(row.workspace_id, row.source_id, row.id, row.key) for row in heads if row.id not in stored]
        found = await (await link.prepared(EARLIER)).fetch(*map(list, zip(*missing, strict=True))) if missing else []
        earlier = {record["wanted"]: record for record in found}
        return [
            Stored(head.id, head.answer, repeated=False) if head.id in stored else _earlier(head, earlier.get(head.id))
            for head in heads
        ]


def _earlier(row: Row, found: Any) -> Stored | AppError:
    if found is None:
        return Unavailable(1)
    if found["body_hash"] != row.body_hash:
        return Invalid("Idempotency-Key", "This key was used for another body. Use a new one.", code="key_reused")
    answer = None if found["answer"] is None else msgspec.Raw(found["answer"].encode())
    return Stored(found["id"], answer, repeated=found["id"] != row.id)


def _refusal(error: Exception) -> AppError:
    if isinstance(error, asyncpg.InsufficientPrivilegeError):
        return Gone("This source is closed.")
    if not isinstance(error, asyncpg.DataError):
        return Unavailable(2)
    return Invalid(None, "A value cannot be stored.", code="not_storable")
