"""``outbox`` (a queue) and ``event_log`` (history, timeline, source of replays)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from leadsbot.contracts.data_registry import LEAD_RECORD, QUEUE
from leadsbot.infra.db import base
from leadsbot.infra.db.base import APP, CAPTURE, Mapped, Policy, Table, column, tenant_key

HOT = "fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500"


class Outbox(Table):
    """Events that are committed and not yet dispatched; a row lives for milliseconds."""

    __tablename__ = "outbox"
    __platform__ = "a queue over all workspaces: SKIP LOCKED does not work on distributed tables"
    __grants__ = {APP: "INSERT", CAPTURE: "INSERT", base.QUEUE: "SELECT, UPDATE, DELETE"}
    __storage__ = HOT

    seq: Mapped[int] = column(QUEUE, BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID] = column(QUEUE)
    workspace_id: Mapped[UUID] = column(QUEUE)
    type: Mapped[str] = column(QUEUE, Text)
    version: Mapped[int] = column(QUEUE, SmallInteger, server_default=text("1"))
    subject_id: Mapped[UUID | None] = column(QUEUE)
    actor: Mapped[str] = column(QUEUE, Text, server_default=text("'system'"))
    payload: Mapped[dict[str, Any]] = column(QUEUE, JSONB)
    correlation_id: Mapped[str | None] = column(QUEUE, Text)
    occurred_at: Mapped[datetime] = column(QUEUE, TIMESTAMP(timezone=True), server_default=text("clock_timestamp()"))
    logged: Mapped[bool] = column(QUEUE, server_default=text("false"))
    """Whether the event_log row exists already; the hot path leaves that to the dispatcher."""


class EventLog(Table):
    """What happened, for ever: ids and facts, never a name or an address, so erasure need not rewrite history."""

    __tablename__ = "event_log"
    __grants__ = {APP: "SELECT, INSERT", base.QUEUE: "INSERT"}
    __policies__ = (Policy("dispatcher", base.QUEUE, "INSERT", check="true"),)
    __table_args__ = (Index(None, "workspace_id", "subject_id", "occurred_at"),)

    workspace_id: Mapped[UUID] = tenant_key(LEAD_RECORD)
    id: Mapped[UUID] = column(LEAD_RECORD, primary_key=True)
    type: Mapped[str] = column(LEAD_RECORD, Text)
    version: Mapped[int] = column(LEAD_RECORD, SmallInteger)
    subject_id: Mapped[UUID | None] = column(LEAD_RECORD)
    actor: Mapped[str] = column(LEAD_RECORD, Text)
    payload: Mapped[dict[str, Any]] = column(LEAD_RECORD, JSONB)
    correlation_id: Mapped[str | None] = column(LEAD_RECORD, Text)
    occurred_at: Mapped[datetime] = column(LEAD_RECORD, TIMESTAMP(timezone=True))
