"""What sources refused."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from leadsbot.contracts.data_registry import TECHNICAL
from leadsbot.infra.db.base import APP, Mapped, Partition, Table, column, tenant_key

TS = TIMESTAMP(timezone=True)


class SourceRefusalRow(Table):
    """Requests that a source refused, counted per reason for some seconds and then written as one row."""

    __tablename__ = "source_refusal"
    __partition__ = Partition("at")
    __grants__ = {APP: "SELECT, INSERT"}
    __table_args__ = (Index(None, "workspace_id", "source_id", "at"),)

    workspace_id: Mapped[UUID] = tenant_key(TECHNICAL)
    at: Mapped[datetime] = column(TECHNICAL, TS, primary_key=True, server_default=text("clock_timestamp()"))
    id: Mapped[int] = column(TECHNICAL, BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[UUID] = column(TECHNICAL)
    code: Mapped[str] = column(TECHNICAL, Text)
    """The code of the error that was answered; nothing of what was sent."""
    times: Mapped[int] = column(TECHNICAL, Integer)
