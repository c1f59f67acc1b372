"""``delivery``: one message to one destination. ``delivery_attempt``: every try, in 30-day partitions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Integer, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from leadsbot.contracts.data_registry import LEAD_RECORD, TECHNICAL
from leadsbot.infra.db.base import APP, Mapped, Partition, Table, column, tenant_key

TS = TIMESTAMP(timezone=True)
NOW = text("clock_timestamp()")


class DeliveryRow(Table):
    """One message that must reach one destination. The row is the truth; the job that sends it is only its engine."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("workspace_id", "dedupe_key"),
        Index(None, "workspace_id", "created_at", "id"),
        Index(None, "workspace_id", "lead_id"),
        Index(None, "workspace_id", "destination_id", "created_at"),
    )

    workspace_id: Mapped[UUID] = tenant_key(LEAD_RECORD)
    id: Mapped[UUID] = column(LEAD_RECORD, primary_key=True)
    channel: Mapped[str] = column(LEAD_RECORD, Text)
    kind: Mapped[str] = column(LEAD_RECORD, Text)
    """``alert``, ``repeat``, ``digest``, ``test`` or ``confirmation``."""
    destination_id: Mapped[UUID | None] = column(LEAD_RECORD)
    lead_id: Mapped[UUID | None] = column(LEAD_RECORD)
    dedupe_key: Mapped[str] = column(LEAD_RECORD, Text)
    """The same key is the same message: planning it twice plans it once."""
    state: Mapped[str] = column(LEAD_RECORD, Text, server_default=text("'due'"))
    """``due``, ``sending``, ``sent``, ``failed``, ``uncertain``, ``held`` or ``cancelled``."""
    reason: Mapped[str | None] = column(LEAD_RECORD, Text)
    attempts: Mapped[int] = column(LEAD_RECORD, Integer, server_default=text("0"))
    intent_at: Mapped[datetime | None] = column(LEAD_RECORD, TS)
    external_id: Mapped[str | None] = column(LEAD_RECORD, Text)
    created_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)
    next_at: Mapped[datetime | None] = column(LEAD_RECORD, TS)
    ended_at: Mapped[datetime | None] = column(LEAD_RECORD, TS)


class AttemptRow(Table):
    """One try: when, how it ended, what the other side said (masked and cut)."""

    __tablename__ = "delivery_attempt"
    __partition__ = Partition("at")
    __grants__ = {APP: "SELECT, INSERT"}
    __table_args__ = (Index(None, "workspace_id", "delivery_id", "at"),)

    workspace_id: Mapped[UUID] = tenant_key(TECHNICAL)
    at: Mapped[datetime] = column(TECHNICAL, TS, primary_key=True, server_default=NOW)
    id: Mapped[int] = column(TECHNICAL, BigInteger, Identity(always=True), primary_key=True)
    delivery_id: Mapped[UUID] = column(TECHNICAL)
    n: Mapped[int] = column(TECHNICAL, Integer)
    outcome: Mapped[str] = column(TECHNICAL, Text)
    """``sent``, ``rejected``, ``retry``, ``uncertain``."""
    status: Mapped[int | None] = column(TECHNICAL, SmallInteger)
    milliseconds: Mapped[int] = column(TECHNICAL, Integer)
    detail: Mapped[str | None] = column(TECHNICAL, Text)
