"""``form`` and its versions; beginnings that were not sent; files."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from leadsbot.contracts.data_registry import LEAD_LINK, LEAD_RECORD, PROSPECT, WORKSPACE
from leadsbot.infra.db.base import APP, CRUD, QUEUE, Mapped, Policy, Table, column, tenant_key, tenant_reference

TS = TIMESTAMP(timezone=True)
NOW = text("clock_timestamp()")
PARTIAL_DAYS = 30
KEPT_UNTIL = f"clock_timestamp() - interval '{PARTIAL_DAYS} days'"
BEARER = "decode(nullif(current_setting('app.credential', true), ''), 'hex')"


class FormRow(Table):
    """A form: its draft, and which version is live. It belongs to exactly one source of the kind ``form``."""

    __tablename__ = "form"
    __table_args__ = (tenant_reference("source_id", "source"), UniqueConstraint("workspace_id", "source_id"))

    workspace_id: Mapped[UUID] = tenant_key(WORKSPACE)
    id: Mapped[UUID] = column(WORKSPACE, primary_key=True)
    source_id: Mapped[UUID] = column(WORKSPACE)
    draft: Mapped[dict[str, Any]] = column(WORKSPACE, JSONB)
    revision: Mapped[int] = column(WORKSPACE, Integer, server_default=text("1"))
    """Moves with every saved draft: who saves an older one is told of the newer."""
    live_version: Mapped[int | None] = column(WORKSPACE, Integer)
    created_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)
    changed_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)


class FormVersionRow(Table):
    """What was published: never changed."""

    __tablename__ = "form_version"
    __grants__ = {APP: "SELECT, INSERT, DELETE"}
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "form_id"], ["form.workspace_id", "form.id"], ondelete="CASCADE"),
    )

    workspace_id: Mapped[UUID] = tenant_key(WORKSPACE)
    form_id: Mapped[UUID] = column(WORKSPACE, primary_key=True)
    version: Mapped[int] = column(WORKSPACE, Integer, primary_key=True)
    definition: Mapped[dict[str, Any]] = column(WORKSPACE, JSONB)
    note: Mapped[str] = column(WORKSPACE, Text, server_default=text("''"))
    published_by: Mapped[str] = column(WORKSPACE, Text)
    """``person:<uuid>``, ``key:<uuid>`` or ``system``."""
    published_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)


class PartialRow(Table):
    """A form that somebody began to fill in and did not send. Deleted when it is sent, or after 30 days."""

    __tablename__ = "form_partial"
    __grants__ = {APP: CRUD, QUEUE: "DELETE, SELECT (changed_at)"}
    __policies__ = (
        Policy("possession", APP, "SELECT", using=f"resume_hash = {BEARER}"),
        # The chore that ends their life can see nothing else.
        Policy("purge", QUEUE, "ALL", using=f"changed_at < {KEPT_UNTIL}"),
    )
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "form_id"], ["form.workspace_id", "form.id"], ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "resume_hash"),
        Index("ix_form_partial_resume_hash", "resume_hash"),
        Index(None, "workspace_id", "form_id", "changed_at"),
        Index("ix_form_partial_changed_at", "changed_at"),
    )

    workspace_id: Mapped[UUID] = tenant_key(LEAD_LINK)
    id: Mapped[UUID] = column(LEAD_RECORD, primary_key=True)
    form_id: Mapped[UUID] = column(LEAD_RECORD)
    version: Mapped[int] = column(LEAD_RECORD, Integer)
    answers: Mapped[dict[str, Any]] = column(PROSPECT, JSONB)
    step: Mapped[str] = column(LEAD_RECORD, Text)
    resume_hash: Mapped[bytes] = column(LEAD_LINK, LargeBinary)
    """SHA-256 of the code that only the visitor has."""
    created_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)
    changed_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)


class UploadRow(Table):
    """A file that came with a submission, kept in the database: it shares backup, tenancy and erasure with the rest."""

    __tablename__ = "form_upload"
    __table_args__ = (
        tenant_reference("source_id", "source"),
        # A file goes with its submission, whoever deletes that.
        tenant_reference("submission_id", "submission"),
        Index(None, "workspace_id", "submission_id"),
        Index("ix_form_upload_created_at", "created_at"),
    )

    workspace_id: Mapped[UUID] = tenant_key(LEAD_LINK)
    id: Mapped[UUID] = column(LEAD_RECORD, primary_key=True)
    source_id: Mapped[UUID] = column(LEAD_RECORD)
    submission_id: Mapped[UUID | None] = column(LEAD_RECORD)
    """Null until its submission is taken in; a file without one is deleted after a day."""
    field: Mapped[str] = column(LEAD_RECORD, Text)
    name: Mapped[str] = column(PROSPECT, Text)
    media_type: Mapped[str] = column(PROSPECT, Text)
    """As found in the content, not as claimed."""
    size: Mapped[int] = column(PROSPECT, Integer)
    sha256: Mapped[bytes] = column(LEAD_LINK, LargeBinary)
    content: Mapped[bytes] = column(PROSPECT, LargeBinary, deferred=True)
    created_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)
