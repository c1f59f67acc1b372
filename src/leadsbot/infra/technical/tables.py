"""``request_log`` and ``error_trace``, partitioned by day, and the record of every purge."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from leadsbot.contracts.data_registry import SYSTEM, TECHNICAL
from leadsbot.infra.db.base import APP, QUEUE, Mapped, Partition, Table, column

TS = TIMESTAMP(timezone=True)


class RequestLog(Table):
    """One answered request: no query string, no body, no address, browser and system as families only (R13)."""

    __tablename__ = "request_log"
    __platform__ = "most requests come from nobody's workspace"
    __partition__ = Partition("at")
    __grants__ = {APP: "INSERT", QUEUE: "SELECT"}

    at: Mapped[datetime] = column(TECHNICAL, TS, primary_key=True)
    id: Mapped[int] = column(TECHNICAL, BigInteger, Identity(always=True), primary_key=True)
    request_id: Mapped[str] = column(TECHNICAL, Text)
    workspace_id: Mapped[UUID | None] = column(TECHNICAL)
    method: Mapped[str] = column(TECHNICAL, Text)
    route: Mapped[str] = column(TECHNICAL, Text)
    """The route's template, never the path: a path can carry an id or worse."""
    status: Mapped[int] = column(TECHNICAL, SmallInteger)
    milliseconds: Mapped[int] = column(TECHNICAL, Integer)
    browser: Mapped[str | None] = column(TECHNICAL, Text)
    system: Mapped[str | None] = column(TECHNICAL, Text)


class ErrorTrace(Table):
    """One unexpected error: type and stack with file names and lines, scrubbed of values."""

    __tablename__ = "error_trace"
    __platform__ = "errors belong to the installation"
    __partition__ = Partition("at")
    __grants__ = {APP: "INSERT", QUEUE: "SELECT, INSERT"}

    at: Mapped[datetime] = column(TECHNICAL, TS, primary_key=True)
    id: Mapped[int] = column(TECHNICAL, BigInteger, Identity(always=True), primary_key=True)
    request_id: Mapped[str | None] = column(TECHNICAL, Text)
    place: Mapped[str] = column(TECHNICAL, Text)
    type: Mapped[str] = column(TECHNICAL, Text)
    trace: Mapped[str] = column(TECHNICAL, Text)


class PurgeRun(Table):
    """Proof that a purge ran: what it dropped and how old the oldest row is afterwards."""

    __tablename__ = "purge_run"
    __platform__ = "the installation's bookkeeping"
    __grants__ = {QUEUE: "SELECT, INSERT", APP: "SELECT"}
    __table_args__ = (Index(None, "table_name", "ran_at"),)

    id: Mapped[int] = column(SYSTEM, BigInteger, Identity(always=True), primary_key=True)
    table_name: Mapped[str] = column(SYSTEM, Text)
    ran_at: Mapped[datetime] = column(SYSTEM, TS, server_default=text("clock_timestamp()"))
    cutoff: Mapped[datetime] = column(SYSTEM, TS)
    partitions_dropped: Mapped[int] = column(SYSTEM, Integer)
    rows_deleted: Mapped[int] = column(SYSTEM, BigInteger)
    oldest_row: Mapped[datetime | None] = column(SYSTEM, TS)
