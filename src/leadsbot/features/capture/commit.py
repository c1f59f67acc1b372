"""Group commit: concurrent submissions share one statement and one commit, each is told only after it.

Idempotency keys are settled by the unique index. A row whose key is taken is not returned by the INSERT; then, and
only then, a second query reads the earlier row (a twin that was committing at the same moment shows up there too).
The ids are made before, so sending a statement again after a lost connection stores nothing twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import asyncpg

from leadsbot.infra import logging
from leadsbot.infra.db.raw import LOST, Link
from leadsbot.kit.errors import AppError, Gone, Invalid, Unavailable

MAX_ROWS: Final = 512
QUEUE_ROWS: Final = 10_000
QUEUE_BYTES: Final = 32 * 1024 * 1024
INSERT: Final = """
WITH item AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::timestamptz[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::bytea[], $11::text[], $12::bool[], $13::text[], $14::text[], $15::text[],
        $16::uuid[], $17::text[])
    AS t (workspace_id, id, head, source_id, received_at, fields, context, ip, key, hash, answer, quarantined, verdict,
        basis, notice, event_id, correlation_id)
), head AS (
    INSERT INTO submission (workspace_id, id, source_id, received_at, fields, context, ip, idempotency_key, body_hash,
        answer, quarantined, verdict, lawful_basis, notice_version)
    SELECT workspace_id, id, source_id, received_at, fields::jsonb, context::jsonb, ip::inet, key, hash, answer::jsonb,
        quarantined, verdict::jsonb, basis, notice FROM item WHERE id = head
    ON CONFLICT DO NOTHING RETURNING id
){rest}, told AS (
    INSERT INTO outbox (event_id, workspace_id, type, version, subject_id, actor, payload, correlation_id, occurred_at)
    SELECT event_id, workspace_id, 'submission.received', 1, i.id, 'system',
        jsonb_build_object('submission_id', i.id::text, 'source_id', source_id::text), correlation_id, received_at
    FROM item i JOIN head ON i.head = head.id
) SELECT id FROM head"""
REST: Final = """, rest AS (
    INSERT INTO submission (workspace_id, id, source_id, received_at, fields, context, ip, idempotency_key, body_hash,
        answer, quarantined, verdict, lawful_basis, notice_version)
    SELECT workspace_id, i.id, source_id, received_at, fields::jsonb, context::jsonb, ip::inet, key, hash,
        answer::jsonb, quarantined, verdict::jsonb, basis, notice
    FROM item i JOIN head ON i.head = head.id WHERE i.id <> head.id
)"""
SINGLES: Final = INSERT.format(rest="")
BATCHES: Final = INSERT.format(rest=REST)
EARLIER: Final = """
SELECT k.wanted, s.id, s.body_hash, s.answer::text FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[])
    AS k (workspace_id, source_id, wanted, key)
JOIN submission s ON s.workspace_id = k.workspace_id AND (s.id = k.wanted
    OR (s.source_id = k.source_id AND s.idempotency_key = k.key))"""
log = logging.get(__name__)


class Row(NamedTuple):
    """One submission in the order of the statement's parameters; JSON columns are text already."""

    workspace_id: UUID
    id: UUID
    head: UUID
    """The first submission of the same request: all are stored when it is, none when its key is taken."""
    source_id: UUID
    received_at: datetime
    fields: str
    context: str
    ip: str | None
    key: str | None
    body_hash: bytes
    answer: str | None
    quarantined: bool
    verdict: str | None
    lawful_basis: str
    notice_version: str
    event_id: UUID
    correlation_id: str


class Stored(NamedTuple):
    """The durable outcome of one request: the id (and batch answer) of the first time it was made."""

    id: UUID
    answer: str | None
    repeated: bool


class _Entry(NamedTuple):
    rows: list[Row]
    size: int
    done: asyncio.Future[Stored]


class Committer:
    """Takes rows from many requests and commits them together; one statement at a time per connection."""

    def __init__(self, wake: Callable[[], None], *, most: int = QUEUE_ROWS, size: int = QUEUE_BYTES) -> None:
        self._wake, self._most = wake, most
        self._rows, self._bytes = most, size
        self._queue: deque[_Entry] = deque()
        self._ready = asyncio.Event()

    async def store(self, rows: list[Row]) -> Stored:
        """Store the rows of one request. Raises Unavailable when the queue is full or the database away, Gone when the
        source is not open any more, Invalid when the idempotency key was used for another body."""
        size = sum(len(row.fields) + len(row.context) for row in rows)
        if self._rows < len(rows) or self._bytes < size:
            raise Unavailable(1)
        entry = _Entry(rows, size, asyncio.get_running_loop().create_future())
        self._rows -= len(rows)
        self._bytes -= size
        self._queue.append(entry)
        self._ready.set()
        return await entry.done

    async def drain(self, deadline: float = 5) -> None:
        """Wait until everything taken is settled, or the deadline in seconds is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline):
                while self._rows < self._most:
                    await asyncio.sleep(0.01)

    async def run(self, link: Link) -> None:
        """Commit until cancelled."""
        while True:
            await self._ready.wait()
            entries: list[_Entry] = []
            count = 0
            while self._queue and (not entries or count + len(self._queue[0].rows) <= MAX_ROWS):
                entries.append(self._queue.popleft())
                count += len(entries[-1].rows)
            if not self._queue:
                self._ready.clear()
            if entries:
                await self._settle(link, entries)

    async def _settle(self, link: Link, entries: list[_Entry]) -> None:
        try:
            try:
                outcomes = await self._flush(link, entries)
            except LOST:
                # Perhaps only this connection is stale, after a restart of the server. The same ids are sent again.
                link.drop()
                outcomes = await self._flush(link, entries)
        except asyncpg.PostgresError as error:
            if not isinstance(error, LOST) and len(entries) > 1:
                for entry in entries:
                    await self._settle(link, [entry])
                return
            outcomes = [self._refusal(error, link)] * len(entries)
        except LOST as error:
            outcomes = [self._refusal(error, link)] * len(entries)
        except asyncio.CancelledError:
            self._finish(entries, [Unavailable(2)] * len(entries))
            raise
        except Exception as error:  # noqa: BLE001 - the flusher must outlive anything; nothing was acknowledged
            outcomes = [self._refusal(error, link)] * len(entries)
        self._finish(entries, outcomes)

    def _refusal(self, error: Exception, link: Link) -> AppError:
        if isinstance(error, asyncpg.InsufficientPrivilegeError):
            return Gone("This source is closed.")
        if isinstance(error, asyncpg.DataError):
            return Invalid(None, "A value cannot be stored.", code="not_storable")
        log.warning("capture.not_stored", error=type(error).__name__)
        link.drop()
        return Unavailable(2)

    def _finish(self, entries: list[_Entry], outcomes: list[Stored | AppError]) -> None:
        for entry, outcome in zip(entries, outcomes, strict=True):
            self._rows += len(entry.rows)
            self._bytes += entry.size
            if entry.done.done():
                continue
            if isinstance(outcome, AppError):
                entry.done.set_exception(outcome)
            else:
                entry.done.set_result(outcome)

    async def _flush(self, link: Link, entries: list[_Entry]) -> list[Stored | AppError]:
        connection = await link.get()
        rows = [row for entry in entries for row in entry.rows]
        statement = await link.prepared(SINGLES if len(rows) == len(entries) else BATCHES)
        stored = {record[0] for record in await statement.fetch(*(list(values) for values in zip(*rows, strict=True)))}
        if stored:
            self._wake()
        heads = [entry.rows[0] for entry in entries]
        missing = [head for head in heads if head.id not in stored]
        earlier: dict[UUID, Any] = {}
        if missing:
            columns = zip(*((row.workspace_id, row.source_id, row.id, row.key) for row in missing), strict=True)
            for record in await connection.fetch(EARLIER, *(list(values) for values in columns)):
                earlier[record["wanted"]] = record
        return [
            Stored(head.id, None, repeated=False) if head.id in stored else _earlier(head, earlier.get(head.id))
            for head in heads
        ]


def _earlier(row: Row, found: Any) -> Stored | AppError:
    if found is None:
        return Unavailable(1)
    if bytes(found["body_hash"]) != row.body_hash:
        return Invalid("Idempotency-Key", "This key was used for another body. Use a new one.", code="key_reused")
    return Stored(found["id"], found["answer"], repeated=found["id"] != row.id)
