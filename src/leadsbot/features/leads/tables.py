"""``lead``, ``lead_key`` and ``lead_note``: whom to answer, what they are recognised by, what was said about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from leadsbot.contracts.data_registry import LEAD_LINK, LEAD_RECORD, PROSPECT
from leadsbot.infra.db.base import Mapped, Table, column, tenant_key, tenant_reference

TS = TIMESTAMP(timezone=True)
NOW = text("clock_timestamp()")


class LeadRow(Table):
    """One person (or what we know of one) who wrote, however often they did."""

    __tablename__ = "lead"
    __table_args__ = (
        # A source can go while its leads stay; only the reference is emptied, not the workspace.
        tenant_reference("source_id", "source", on_delete="SET NULL (source_id)"),
        tenant_reference("merged_into", "lead"),
        Index("ix_lead_activity", "workspace_id", text("last_activity_at DESC"), text("id DESC")),
        Index("ix_lead_updated", "workspace_id", "updated_at", "id"),
        Index("ix_lead_merged", "workspace_id", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    )

    workspace_id: Mapped[UUID] = tenant_key(LEAD_LINK)
    id: Mapped[UUID] = column(LEAD_RECORD, primary_key=True)
    name: Mapped[str | None] = column(PROSPECT, Text)
    email: Mapped[str | None] = column(PROSPECT, Text)
    """As typed; what addresses are compared by is in ``lead_key``."""
    phone: Mapped[str | None] = column(PROSPECT, Text)
    """As typed."""
    phone_e164: Mapped[str | None] = column(PROSPECT, Text)
    """The number to dial, when the typed one is a valid number."""
    company: Mapped[str | None] = column(PROSPECT, Text)
    message: Mapped[str | None] = column(PROSPECT, Text)
    """The newest one; every one stays in its submission."""
    stage: Mapped[str] = column(PROSPECT, Text, server_default=text("'new'"))
    owner_id: Mapped[UUID | None] = column(LEAD_RECORD)
    tags: Mapped[list[str]] = column(PROSPECT, ARRAY(Text), server_default=text("'{}'"))
    fields: Mapped[dict[str, Any]] = column(PROSPECT, JSONB, server_default=text("'{}'"))
    context: Mapped[dict[str, Any]] = column(PROSPECT, JSONB, server_default=text("'{}'"))
    """Of the first visit (campaign, page, browser). Never the IP address, which ends earlier: see ``submission.ip``."""
    source_id: Mapped[UUID | None] = column(LEAD_RECORD)
    """Where the first submission came in; null for leads made by hand."""
    submission_count: Mapped[int] = column(LEAD_RECORD, Integer, server_default=text("0"))
    score: Mapped[int | None] = column(PROSPECT, Integer)
    lawful_basis: Mapped[str] = column(LEAD_RECORD, Text, server_default=text("'legitimate_interests'"))
    notice_version: Mapped[str] = column(LEAD_RECORD, Text, server_default=text("'1'"))
    merged_into: Mapped[UUID | None] = column(LEAD_RECORD)
    """The lead that answers for this one since they were merged; never itself a merged one."""
    search: Mapped[str] = column(PROSPECT, Text, server_default=text("''"))
    """Lower-case text that the search box looks through. Without a trigram index: row-level security keeps LIKE from
    using one, because the operator is not leakproof (see the README)."""
    created_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)
    updated_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)
    """Moves on every change, always by the database's clock, so that ``updated_after`` misses nothing."""
    last_activity_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)
    """When the person last wrote; edits by the team do not move it."""


class LeadKeyRow(Table):
    """One address or number that a lead is recognised by: ``mailto:a@b.example`` or ``tel:+4930123456``."""

    __tablename__ = "lead_key"
    __table_args__ = (tenant_reference("lead_id", "lead"), Index(None, "workspace_id", "key"))

    workspace_id: Mapped[UUID] = tenant_key(LEAD_LINK)
    lead_id: Mapped[UUID] = column(LEAD_LINK, primary_key=True)
    key: Mapped[str] = column(PROSPECT, Text, primary_key=True)


class LeadNoteRow(Table):
    """What somebody of the team wrote about a lead."""

    __tablename__ = "lead_note"
    __table_args__ = (tenant_reference("lead_id", "lead"), Index(None, "workspace_id", "lead_id", "created_at"))

    workspace_id: Mapped[UUID] = tenant_key(LEAD_LINK)
    id: Mapped[UUID] = column(LEAD_RECORD, primary_key=True)
    lead_id: Mapped[UUID] = column(LEAD_RECORD)
    author: Mapped[str] = column(LEAD_RECORD, Text)
    """The actor: ``person:<uuid>``, ``key:<uuid>``, ``telegram:<id>`` or ``system``."""
    author_name: Mapped[str | None] = column(PROSPECT, Text)
    """How a chat calls the author, when no account is known."""
    body: Mapped[str] = column(PROSPECT, Text)
    via: Mapped[str] = column(LEAD_RECORD, Text)
    """``dashboard``, ``telegram``, ``api``, or ``edit`` where it tells what was edited."""
    created_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)
