"""Forms that the listener met on web sites, and how often the widget was loaded."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Identity, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from leadsbot.contracts.data_registry import SYSTEM, TECHNICAL, WORKSPACE
from leadsbot.infra.db.base import APP, Mapped, Partition, Table, column, tenant_key, tenant_reference

TS = TIMESTAMP(timezone=True)
NOW = text("clock_timestamp()")


class SeenFormRow(Table):
    """A form of a web site, as the listener found it: names and labels of its fields, never a value."""

    __tablename__ = "seen_form"
    __table_args__ = (
        tenant_reference("source_id", "source"),
        UniqueConstraint("workspace_id", "source_id", "fingerprint"),
    )

    workspace_id: Mapped[UUID] = tenant_key(WORKSPACE)
    id: Mapped[UUID] = column(WORKSPACE, primary_key=True)
    source_id: Mapped[UUID] = column(WORKSPACE)
    fingerprint: Mapped[str] = column(WORKSPACE, Text)
    """Of the site's origin, the form's id and the names of its fields: one form, on whatever pages it stands."""
    page: Mapped[str] = column(WORKSPACE, Text)
    """Where it was seen last: origin and path, without query."""
    name: Mapped[str] = column(WORKSPACE, Text)
    fields: Mapped[list[dict[str, Any]]] = column(WORKSPACE, JSONB)
    """``[{name, label, type, guess}]``."""
    ignored: Mapped[bool] = column(WORKSPACE, Boolean, server_default=text("false"))
    """Whether the owner told the listener to leave it alone."""
    first_seen_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)
    last_seen_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)


class WidgetBuildRow(Table):
    """A build of the widget that a web process served, under the name that pages pin it by."""

    __tablename__ = "widget_build"
    __platform__ = "the script holds nothing of anybody and is the same for all workspaces"

    name: Mapped[str] = column(SYSTEM, Text, primary_key=True)
    """With the beginning of the body's SHA-256 in it."""
    body: Mapped[bytes] = column(SYSTEM, LargeBinary)
    served_at: Mapped[datetime] = column(SYSTEM, TS, server_default=NOW)
    """When a process that brings it started last."""


class WidgetLoadRow(Table):
    """Loads of the widget, counted per source, web site and mode for some seconds and then written as one row."""

    __tablename__ = "widget_load"
    __partition__ = Partition("at")
    __grants__ = {APP: "SELECT, INSERT"}
    __table_args__ = (Index(None, "workspace_id", "source_id", "at"),)

    workspace_id: Mapped[UUID] = tenant_key(TECHNICAL)
    at: Mapped[datetime] = column(TECHNICAL, TS, primary_key=True, server_default=NOW)
    id: Mapped[int] = column(TECHNICAL, BigInteger, Identity(always=True), primary_key=True)
    source_id: Mapped[UUID] = column(TECHNICAL)
    site: Mapped[str] = column(TECHNICAL, Text)
    """The origin of the page."""
    mode: Mapped[str] = column(TECHNICAL, Text)
    loads: Mapped[int] = column(TECHNICAL, Integer)
    """Already multiplied by the sampling rate."""
