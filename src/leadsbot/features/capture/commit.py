"""Store submissions and their events in groups, and settle idempotency keys.

Keys are settled by the unique index. The statement returns the rows whose key is taken; then, and only then, a
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

from leadsbot.contracts.intake import Arriving, Verdict
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
    """In hexadecimal, like the next request with the same key is compared; empty without a key."""
    answer: msgspec.Raw | None
    lawful_basis: str
    notice_version: str
    correlation_id: str
    form_version: int | None
    consents: list[dict[str, Any]] | None
    verdict: Verdict | None = None


class Work(NamedTuple):
    """The rows of one request, and what screening has to look at for each of them until it has."""

    rows: list[Row]
    arriving: list[Arriving]


class Stored(NamedTuple):
    """The durable outcome of one request: the id (and batch answer) of the first time it was made."""

    id: UUID
    answer: msgspec.Raw | None
    repeated: bool


class Committer(GroupCommit[Work, Stored]):
    """Screens and commits the rows of many requests together: ``judge`` sees every submission, ``wake`` is called
    after every commit that stored something."""

    def __init__(
        self,
        judge: Callable[[Arriving], Verdict | None],
        wake: Callable[[], None],
        *,
        rows: int = QUEUE_ROWS,
        size: int = QUEUE_BYTES,
    ) -> None:
        super().__init__(self._accept, _refusal, rows=rows, size=size)
        self._judge, self._wake = judge, wake

    async def accept(self, work: Work) -> Stored:
        """Store the rows of one request, all or none; they bear their verdicts then. Raises Unavailable when that is
        not possible now, Gone when the source is not open any more, Invalid when the idempotency key was used for
        another body."""
        size = sum(len(memoryview(row.fields)) + len(memoryview(row.context)) for row in work.rows)
        return await self.store(work, len(work.rows), size)

    async def _accept(self, link: Link, works: list[Work]) -> list[Stored | AppError]:
        # One verdict after the other costs less than each in its request: the processor has at hand what the last one
        # needed. What was judged already comes without something to judge, when it is stored for a second time.
        for work in works:
            for row, arriving in zip(work.rows, work.arriving, strict=False):
                row.verdict = self._judge(arriving)
            work.arriving.clear()
        batch = msgspec.json.encode([row for work in works for row in work.rows]).decode()
        taken = {record[0] for record in await (await link.prepared(ACCEPT)).fetch(batch)}
        point("capture_committed")
        if len(taken) < len(works):
            self._wake()
        heads = [work.rows[0] for work in works]
        missing = [(row.workspace_id, row.source_id, row.id, row.key) for row in heads if row.id in taken]
        found = await (await link.prepared(EARLIER)).fetch(*map(list, zip(*missing, strict=True))) if missing else []
        earlier = {record["wanted"]: record for record in found}
        return [
            _earlier(head, earlier.get(head.id)) if head.id in taken else Stored(head.id, head.answer, repeated=False)
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
