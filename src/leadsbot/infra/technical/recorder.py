"""Write technical logs in batches, beside the request and never in its way.

These rows help to find faults; losing a few in a crash harms nobody, so they are buffered in a bounded queue and
dropped (and counted) when the database cannot keep up. Leads are never treated so.
"""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert

from leadsbot.infra import logging, metrics
from leadsbot.infra.db.pool import Database
from leadsbot.infra.technical.tables import ErrorTrace, RequestLog
from leadsbot.kit.clock import utcnow
from leadsbot.kit.redact import redact

log = logging.get(__name__)
BATCH = 500
PAUSE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One answered request."""

    at: datetime
    request_id: str
    workspace_id: UUID | None
    method: str
    route: str
    status: int
    milliseconds: int
    browser: str | None = None
    system: str | None = None


class Recorder:
    """Buffers request and error rows and writes them about once a second."""

    def __init__(self, db: Database, *, limit: int = 10_000) -> None:
        self._db = db
        self._rows: asyncio.Queue[Answered | dict[str, object]] = asyncio.Queue(limit)
        self.dropped = 0

    def request(self, row: Answered) -> None:
        """Note an answered request."""
        self._put(row)

    def error(self, place: str, error: BaseException, request_id: str | None) -> None:
        """Note an unexpected error: its type and where it came from, with its text masked."""
        self._put(
            {
                "at": utcnow(),
                "request_id": request_id,
                "place": place,
                "type": type(error).__qualname__,
                "trace": scrub(error),
            }
        )

    def _put(self, row: Answered | dict[str, object]) -> None:
        try:
            self._rows.put_nowait(row)
        except asyncio.QueueFull:
            self._drop(1)

    def _drop(self, rows: int) -> None:
        self.dropped += rows
        metrics.DROPPED.inc(rows)

    async def run(self) -> None:
        """Write until cancelled; what is buffered then is written once more."""
        try:
            while True:
                await asyncio.sleep(PAUSE_S)
                await self.flush()
        finally:
            with contextlib.suppress(Exception):
                await self.flush()

    async def flush(self) -> None:
        """Write what is buffered."""
        while not self._rows.empty():
            rows = [self._rows.get_nowait() for _ in range(min(BATCH, self._rows.qsize()))]
            requests = [
                {name: getattr(row, name) for name in Answered.__slots__} for row in rows if isinstance(row, Answered)
            ]
            errors = [row for row in rows if isinstance(row, dict)]
            try:
                async with self._db.system() as tx:
                    # Inline: else the statement asks for the new ids, which this role may not read.
                    if requests:
                        await tx.execute(insert(RequestLog).inline(), requests)
                    if errors:
                        await tx.execute(insert(ErrorTrace).inline(), errors)
            except Exception as error:  # noqa: BLE001 - the log of faults must never become a fault itself
                log.warning("technical log rows dropped", rows=len(rows), reason=type(error).__name__)
                self._drop(len(rows))
                return


def scrub(error: BaseException) -> str:
    """The stack as file names, lines and functions with the message masked; never local values or request bodies."""
    frames = "".join(traceback.format_tb(error.__traceback__)[-30:])
    return redact(f"{frames}{type(error).__qualname__}: {str(error)[:500]}")
