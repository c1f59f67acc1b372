"""What a workspace chose, what its filter has learned, and what people said about single submissions."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, ForeignKeyConstraint, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from leadsbot.contracts.data_registry import LEAD_RECORD, WORKSPACE, WORKSPACE_SECRET
from leadsbot.infra.db.base import APP, CAPTURE, CRUD, QUEUE, Mapped, Policy, Table, column, tenant_key

TS = TIMESTAMP(timezone=True)
NOW = text("clock_timestamp()")
FORGOTTEN = "clock_timestamp() - interval '31 days'"
"""Far beyond a challenge's 20 minutes: a submission may wait in the queue for as long as the database is away."""


class SettingRow(Table):
    """A workspace's choices; a workspace without a row has the defaults. The command that changes the secret key reads
    the sealed secrets of all workspaces."""

    __tablename__ = "screening_setting"
    __grants__ = {APP: CRUD, CAPTURE: "SELECT (workspace_id, captcha_secret)"}
    __policies__ = (Policy("sealed", CAPTURE, "SELECT", using="true"),)

    workspace_id: Mapped[UUID] = tenant_key(WORKSPACE)
    sensitivity: Mapped[str] = column(WORKSPACE, Text, server_default=text("'normal'"))
    """``off``, ``low``, ``normal`` or ``high``."""
    proof_of_work: Mapped[str] = column(WORKSPACE, Text, server_default=text("'off'"))
    """``off``, ``doubtful`` (when the score is grey or the rate rises) or ``always``."""
    captcha: Mapped[str] = column(WORKSPACE, Text, server_default=text("'none'"))
    """``none``, ``turnstile`` or ``hcaptcha``: another recipient of data, so never by default."""
    captcha_site_key: Mapped[str] = column(WORKSPACE, Text, server_default=text("''"))
    captcha_secret: Mapped[bytes | None] = column(WORKSPACE_SECRET, LargeBinary)
    changed_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)


class ModelRow(Table):
    """What the content filter of one workspace has learned; weights of hashed features, from which no text can be
    read back. Capture reads it."""

    __tablename__ = "screening_model"
    __grants__ = {APP: CRUD, CAPTURE: "SELECT"}
    __policies__ = (Policy("published", CAPTURE, "SELECT", using="true"),)
    __table_args__ = (Index("ix_screening_model_changed_at", "changed_at"),)

    workspace_id: Mapped[UUID] = tenant_key(WORKSPACE)
    state: Mapped[bytes] = column(WORKSPACE, LargeBinary)
    learned: Mapped[int] = column(WORKSPACE, Integer, server_default=text("0"))
    """From how many labelled submissions."""
    changed_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)


class LabelRow(Table):
    """What a person said about a submission; the newest word counts."""

    __tablename__ = "screening_label"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "submission_id"], ["submission.workspace_id", "submission.id"], ondelete="CASCADE"
        ),
    )

    workspace_id: Mapped[UUID] = tenant_key(LEAD_RECORD)
    submission_id: Mapped[UUID] = column(LEAD_RECORD, primary_key=True)
    spam: Mapped[bool] = column(LEAD_RECORD, Boolean)
    taught: Mapped[bool | None] = column(LEAD_RECORD, Boolean)
    """What the filter has learned that it is; null until it has. A lesson that is told again is not learned again."""
    by: Mapped[str] = column(LEAD_RECORD, Text)
    at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)


class ProofRow(Table):
    """A solved challenge that made a submission: good for one, over all processes. Forgotten when it has expired."""

    __tablename__ = "screening_proof"
    __grants__ = {APP: "SELECT, INSERT", QUEUE: "DELETE, SELECT (spent_at)"}
    __policies__ = (Policy("purge", QUEUE, "ALL", using=f"spent_at < {FORGOTTEN}"),)
    __table_args__ = (Index("ix_screening_proof_spent_at", "spent_at"),)

    workspace_id: Mapped[UUID] = tenant_key(LEAD_RECORD)
    mark: Mapped[str] = column(LEAD_RECORD, Text, primary_key=True)
    """The challenge by its hash."""
    submission_id: Mapped[UUID] = column(LEAD_RECORD)
    spent_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)
