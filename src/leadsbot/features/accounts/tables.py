"""Tables of the accounts feature. Platform tables hold what belongs to a person rather than to a workspace."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, Integer, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP

from leadsbot.contracts.data_registry import MEMBER, SESSION, SESSION_SECRET, WORKSPACE, WORKSPACE_SECRET
from leadsbot.contracts.data_registry import MEMBER_SECRET as SECRET
from leadsbot.infra.db.base import APP, Mapped, Policy, Table, column, tenant_key

TS = TIMESTAMP(timezone=True)
NOW = text("clock_timestamp()")


class PersonRow(Table):
    """Somebody who can sign in. One person can belong to several workspaces."""

    __tablename__ = "person"
    __platform__ = "a person belongs to several workspaces and signs in before any of them is known"
    __table_args__ = (UniqueConstraint("email_key"),)

    id: Mapped[UUID] = column(MEMBER, primary_key=True)
    email: Mapped[str] = column(MEMBER, Text)
    email_key: Mapped[str] = column(MEMBER, Text)
    """The address in the form by which it is found again."""
    name: Mapped[str] = column(MEMBER, Text)
    password_hash: Mapped[str | None] = column(SECRET, Text)
    """argon2id with its parameters; null until a password is set by a link."""
    created_at: Mapped[datetime] = column(MEMBER, TS, server_default=NOW)


class WorkspaceRow(Table):
    """A business: everything about leads belongs to exactly one."""

    __tablename__ = "workspace"

    workspace_id: Mapped[UUID] = tenant_key(WORKSPACE)
    name: Mapped[str] = column(WORKSPACE, Text)
    country: Mapped[str] = column(WORKSPACE, Text)
    """ISO 3166 alpha-2: how national phone numbers are read."""
    timezone: Mapped[str] = column(WORKSPACE, Text, server_default=text("'UTC'"))
    merge_window_days: Mapped[int] = column(WORKSPACE, Integer, server_default=text("30"))
    """A repeat within so many days joins the open lead."""
    stage_labels: Mapped[dict[str, str]] = column(WORKSPACE, JSONB, server_default=text("'{}'"))
    """Names of stages that differ from the standard ones, by stage key."""
    created_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)


class MembershipRow(Table):
    """A person in a workspace, with a role."""

    __tablename__ = "membership"
    # The person is not a foreign key: every key of a tenant table begins with workspace_id.
    __table_args__ = (
        UniqueConstraint("workspace_id", "person_id"),
        ForeignKeyConstraint(["workspace_id"], ["workspace.workspace_id"], ondelete="CASCADE"),
        Index("ix_membership_person_id", "person_id"),
    )
    __policies__ = (
        Policy("own", APP, "SELECT", using="person_id = nullif(current_setting('app.person_id', true), '')::uuid"),
    )

    workspace_id: Mapped[UUID] = tenant_key(MEMBER)
    id: Mapped[UUID] = column(MEMBER, primary_key=True)
    person_id: Mapped[UUID] = column(MEMBER)
    name: Mapped[str] = column(MEMBER, Text)
    """The person's name, copied so that a workspace never has to read the platform's table of people."""
    role: Mapped[str] = column(MEMBER, Text)
    """``owner``, ``admin``, ``member`` or ``viewer``."""
    workspace_name: Mapped[str] = column(WORKSPACE, Text)
    """Copied from the workspace, so that the switcher reads one table under one policy."""
    workspace_timezone: Mapped[str] = column(WORKSPACE, Text, server_default=text("'UTC'"))
    """Copied like the name: pages tell times by it."""
    joined_at: Mapped[datetime] = column(MEMBER, TS, server_default=NOW)


class SessionRow(Table):
    """A signed-in browser."""

    __tablename__ = "session"
    __platform__ = "a session is found by its token before its workspace is known"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
        Index(None, "person_id"),
        Index(None, "expires_at"),
    )

    id: Mapped[UUID] = column(SESSION, primary_key=True)
    token_hash: Mapped[bytes] = column(SESSION_SECRET, LargeBinary)
    person_id: Mapped[UUID] = column(SESSION)
    workspace_id: Mapped[UUID | None] = column(SESSION)
    """The workspace that this browser looks at."""
    browser: Mapped[str] = column(SESSION, Text, server_default=text("''"))
    """Families only: ``Firefox on Linux``."""
    created_at: Mapped[datetime] = column(SESSION, TS, server_default=NOW)
    seen_at: Mapped[datetime] = column(SESSION, TS, server_default=NOW)
    expires_at: Mapped[datetime] = column(SESSION, TS)


class OneTimeLinkRow(Table):
    """A link that does one thing once: create the first account, set a new password."""

    __tablename__ = "one_time_link"
    __platform__ = "a link is found by its token; the first one exists before any workspace does"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        ForeignKeyConstraint(["person_id"], ["person.id"], ondelete="CASCADE"),
    )

    id: Mapped[UUID] = column(SESSION, primary_key=True)
    kind: Mapped[str] = column(SESSION, Text)
    """``setup``, ``password`` or ``welcome`` (the link of a colleague's welcome mail)."""
    token_hash: Mapped[bytes] = column(SESSION_SECRET, LargeBinary)
    person_id: Mapped[UUID | None] = column(SESSION)
    expires_at: Mapped[datetime] = column(SESSION, TS)
    used_at: Mapped[datetime | None] = column(SESSION, TS)


class AttemptBucketRow(Table):
    """Throttles of sign-in: one bucket per e-mail address and one per network address, each on its own."""

    __tablename__ = "attempt_bucket"
    __platform__ = "sign-in happens before any workspace is known"

    key: Mapped[bytes] = column(SESSION_SECRET, LargeBinary, primary_key=True)
    """A keyed hash of kind and address."""
    full_at: Mapped[datetime] = column(SESSION, TS)
    """When the bucket is empty again; each attempt moves it."""


class ApiKeyRow(Table):
    """A key of a program."""

    __tablename__ = "api_key"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key_hash"),
        ForeignKeyConstraint(["workspace_id"], ["workspace.workspace_id"], ondelete="CASCADE"),
        Index("ix_api_key_key_hash", "key_hash"),
    )
    __policies__ = (
        Policy(
            "possession",
            APP,
            "SELECT",
            using="key_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex')",
        ),
    )

    workspace_id: Mapped[UUID] = tenant_key(WORKSPACE)
    id: Mapped[UUID] = column(WORKSPACE, primary_key=True)
    name: Mapped[str] = column(WORKSPACE, Text)
    prefix: Mapped[str] = column(WORKSPACE, Text)
    """The first characters, by which people recognise it."""
    key_hash: Mapped[bytes] = column(WORKSPACE_SECRET, LargeBinary)
    """SHA-256 of the whole key, which is enough at 178 random bits."""
    scopes: Mapped[list[str]] = column(WORKSPACE, ARRAY(Text))
    created_by: Mapped[UUID | None] = column(MEMBER)
    created_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)
    last_used_at: Mapped[datetime | None] = column(WORKSPACE, TS)
    revoked_at: Mapped[datetime | None] = column(WORKSPACE, TS)
