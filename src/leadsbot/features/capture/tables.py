"""``source`` and ``submission``: where enquiries come in, and every enquiry exactly as it came."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB, TIMESTAMP

from leadsbot.contracts.data_registry import (
    LEAD_LINK,
    LEAD_RECORD,
    PROSPECT,
    PROSPECT_ADDRESS,
    WORKSPACE,
    WORKSPACE_SECRET,
)
from leadsbot.infra.db.base import APP, CAPTURE, QUEUE, Mapped, Policy, Table, column, tenant_key, tenant_reference

TS = TIMESTAMP(timezone=True)
NOW = text("clock_timestamp()")
HELD_DAYS = 30
HELD_UNTIL = f"clock_timestamp() - interval '{HELD_DAYS} days'"


class Source(Table):
    """One door for enquiries: a webhook address, a form, a widget token."""

    __tablename__ = "source"
    __grants__ = {APP: "SELECT, INSERT, UPDATE, DELETE", CAPTURE: "SELECT"}
    __policies__ = (
        Policy("published", CAPTURE, "SELECT", using="true"),
        # Whoever has the public address of a form may see its page, and nobody is signed in there.
        Policy(
            "possession",
            APP,
            "SELECT",
            using="key = convert_from(decode(nullif(current_setting('app.credential', true), ''), 'hex'), 'UTF8')",
        ),
    )
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("ix_source_key", "key"),
        Index("ix_source_changed_at", "changed_at"),
    )

    workspace_id: Mapped[UUID] = tenant_key(WORKSPACE)
    id: Mapped[UUID] = column(WORKSPACE, primary_key=True)
    kind: Mapped[str] = column(WORKSPACE, Text)
    """``webhook`` (POST /api/inbound/w/{key}/leads), ``form`` (POST /f/{key}) or ``widget`` (data-token)."""
    name: Mapped[str] = column(WORKSPACE, Text)
    key: Mapped[str] = column(WORKSPACE, Text)
    """Public random address, 22 base62 characters, unique in the installation by its 130 bits."""
    state: Mapped[str] = column(WORKSPACE, Text, server_default=text("'open'"))
    """``open`` or ``closed`` (410)."""
    allowed_origins: Mapped[list[str]] = column(WORKSPACE, ARRAY(Text), server_default=text("'{}'"))
    """Exact origins; empty admits every origin; the word ``null`` admits opaque origins."""
    redirect_allow: Mapped[list[str]] = column(WORKSPACE, ARRAY(Text), server_default=text("'{}'"))
    """URL prefixes that ``_next`` may name."""
    signing_secret: Mapped[bytes | None] = column(WORKSPACE_SECRET, LargeBinary)
    """Sealed by infra.crypto; when set, submissions must carry a valid X-LeadsBot-Signature."""
    max_body: Mapped[int] = column(WORKSPACE, Integer, server_default=text("262144"))
    country: Mapped[str | None] = column(WORKSPACE, Text)
    """ISO 3166 alpha-2 code used to read national phone numbers; null means the workspace's."""
    settings: Mapped[dict[str, Any]] = column(WORKSPACE, JSONB, server_default=text("'{}'"))
    form: Mapped[dict[str, Any] | None] = column(WORKSPACE, JSONB(none_as_null=True))
    """The published version of its form, as the hot path needs it: ``{"version": 3, "definition": {…}, "consents":
    […]}``, the last being the words of this version and of earlier ones; null where no form was designed."""
    checks: Mapped[dict[str, Any]] = column(WORKSPACE, JSONB, server_default=text("'{}'"))
    """How submissions are screened: the workspace's choices, copied here for the hot path."""
    lawful_basis: Mapped[str] = column(WORKSPACE, Text, server_default=text("'legitimate_interests'"))
    notice_version: Mapped[str] = column(WORKSPACE, Text, server_default=text("'1'"))
    created_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)
    changed_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)
    """Moves on every change; the capture path reloads by it within a second."""


class Submission(Table):
    """One accepted enquiry, never changed after its commit except to record where it went."""

    __tablename__ = "submission"
    __grants__ = {
        APP: "SELECT, INSERT, UPDATE, DELETE",
        CAPTURE: "INSERT, SELECT (workspace_id, id, source_id, idempotency_key, body_hash, answer)",
        QUEUE: "DELETE, SELECT (quarantined, lead_id, received_at)",
    }
    __policies__ = (
        Policy(
            "accept",
            CAPTURE,
            "INSERT",
            check="EXISTS (SELECT 1 FROM source s WHERE s.workspace_id = submission.workspace_id "
            "AND s.id = submission.source_id AND s.state = 'open')",
        ),
        Policy("repeat", CAPTURE, "SELECT", using="true"),
        # What was held back and nobody released goes after 30 days; the chore that does it can see nothing else.
        Policy("purge", QUEUE, "ALL", using=f"quarantined AND lead_id IS NULL AND received_at < {HELD_UNTIL}"),
    )
    __table_args__ = (
        tenant_reference("source_id", "source"),
        Index(
            "uq_submission_idempotency",
            "workspace_id",
            "source_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        Index(None, "workspace_id", "lead_id"),
        Index(None, "workspace_id", "source_id", "received_at"),
        Index("ix_submission_quarantined", "workspace_id", "received_at", "id", postgresql_where=text("quarantined")),
        Index("ix_submission_held", "received_at", postgresql_where=text("quarantined")),
        Index("ix_submission_label", "workspace_id", "received_at", "id", postgresql_where=text("label IS NOT NULL")),
    )

    workspace_id: Mapped[UUID] = tenant_key(LEAD_LINK)
    id: Mapped[UUID] = column(LEAD_RECORD, primary_key=True)
    source_id: Mapped[UUID] = column(LEAD_RECORD)
    received_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)
    fields: Mapped[dict[str, Any]] = column(PROSPECT, JSONB)
    context: Mapped[dict[str, Any]] = column(PROSPECT, JSONB)
    """Page, referrer, user agent families, locale, headers that matter; the address is in ``ip``."""
    ip: Mapped[str | None] = column(PROSPECT_ADDRESS, INET)
    idempotency_key: Mapped[str | None] = column(LEAD_LINK, Text)
    body_hash: Mapped[bytes] = column(LEAD_LINK, LargeBinary)
    answer: Mapped[dict[str, Any] | None] = column(LEAD_LINK, JSONB)
    """What a batch with this idempotency key was told; null for single submissions."""
    quarantined: Mapped[bool] = column(LEAD_RECORD, Boolean, server_default=text("false"))
    verdict: Mapped[dict[str, Any] | None] = column(LEAD_RECORD, JSONB)
    label: Mapped[str | None] = column(LEAD_RECORD, Text)
    """What a person said that it is: ``genuine`` or ``spam``; null until somebody did."""
    lawful_basis: Mapped[str] = column(LEAD_RECORD, Text)
    notice_version: Mapped[str] = column(LEAD_RECORD, Text)
    form_version: Mapped[int | None] = column(LEAD_RECORD, Integer)
    """Which version of the form was filled in; null where no form was designed."""
    consents: Mapped[list[dict[str, Any]] | None] = column(PROSPECT, JSONB)
    """What was agreed to, with the text that was shown: ``[{field, text, text_version, given}]``."""
    lead_id: Mapped[UUID | None] = column(LEAD_RECORD)
    """The lead this submission was merged into; null until intake has run."""
    intake_note: Mapped[str | None] = column(LEAD_RECORD, Text)
    """Why it did not become a lead, when it did not."""
