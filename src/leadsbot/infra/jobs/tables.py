"""Queue tables of the lease engine. The engine itself speaks plain SQL to them (``queries.sql``)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP

from leadsbot.contracts.data_registry import QUEUE, SYSTEM
from leadsbot.infra.db import base
from leadsbot.infra.db.base import APP, Mapped, Table, column

HOT = "fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500"
TS = TIMESTAMP(timezone=True)


class Job(Table):
    """One piece of work. Done jobs are deleted; dead ones stay visible until somebody replays or dismisses them."""

    __tablename__ = "job"
    __platform__ = "a queue over all workspaces: SKIP LOCKED does not work on distributed tables"
    __grants__ = {APP: base.CRUD, base.QUEUE: base.CRUD}
    __storage__ = HOT
    __table_args__ = (
        # One small index per question of the engine. Future jobs are in another state, so a million of them do not
        # stand between a claim and the jobs that are due.
        Index("ix_job_due", "pool", "priority", "due_at", "id", postgresql_where=text("state = 0 AND lane IS NULL")),
        Index(
            "ix_job_first",
            "pool",
            "priority",
            "due_at",
            "id",
            postgresql_where=text("state = 0 AND lane IS NULL AND attempt = 0"),
        ),
        Index(
            "ix_job_lane_due",
            "pool",
            "lane",
            "priority",
            "due_at",
            "id",
            postgresql_where=text("state = 0 AND lane IS NOT NULL"),
        ),
        Index(
            "ix_job_lane_near",
            "pool",
            "priority",
            "due_at",
            "id",
            postgresql_where=text("state = 0 AND lane IS NOT NULL"),
        ),
        Index("ix_job_lane_busy", "lane", postgresql_where=text("state = 1 AND lane IS NOT NULL")),
        Index("ix_job_lease", "lease_until", postgresql_where=text("state = 1")),
        Index("ix_job_later", "due_at", postgresql_where=text("state = 3")),
        Index("ix_job_dead", "workspace_id", "ended_at", postgresql_where=text("state = 2")),
        Index(
            "uq_job_unique_key",
            "unique_key",
            unique=True,
            postgresql_where=text("unique_key IS NOT NULL AND state <> 2"),
        ),
        Index("uq_job_event", "event_id", "kind", unique=True, postgresql_where=text("event_id IS NOT NULL")),
    )

    id: Mapped[int] = column(QUEUE, BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[UUID | None] = column(QUEUE)
    pool: Mapped[str] = column(QUEUE, Text, server_default=text("'default'"))
    kind: Mapped[str] = column(QUEUE, Text)
    payload: Mapped[dict[str, Any]] = column(QUEUE, JSONB)
    event_id: Mapped[UUID | None] = column(QUEUE)
    lane: Mapped[str | None] = column(QUEUE, Text)
    lane_cap: Mapped[int] = column(QUEUE, SmallInteger, server_default=text("1"))
    unique_key: Mapped[str | None] = column(QUEUE, Text)
    priority: Mapped[int] = column(QUEUE, SmallInteger, server_default=text("5"))
    state: Mapped[int] = column(QUEUE, SmallInteger, server_default=text("0"))
    """0 due, 1 leased, 2 dead, 3 later."""
    due_at: Mapped[datetime] = column(QUEUE, TS, server_default=text("clock_timestamp()"))
    attempt: Mapped[int] = column(QUEUE, Integer, server_default=text("0"))
    max_attempts: Mapped[int] = column(QUEUE, Integer, server_default=text("10"))
    expiries: Mapped[int] = column(QUEUE, Integer, server_default=text("0"))
    lease_token: Mapped[UUID | None] = column(QUEUE)
    lease_until: Mapped[datetime | None] = column(QUEUE, TS)
    worker: Mapped[str | None] = column(QUEUE, Text)
    last_error: Mapped[str | None] = column(QUEUE, Text)
    created_at: Mapped[datetime] = column(QUEUE, TS, server_default=text("clock_timestamp()"))
    ended_at: Mapped[datetime | None] = column(QUEUE, TS)


class CronSlot(Table):
    """The last slot of each scheduled job that was turned into a job: the reason why a slot fires once."""

    __tablename__ = "cron_slot"
    __platform__ = "the installation's schedule"
    __grants__ = {base.QUEUE: base.CRUD}

    name: Mapped[str] = column(SYSTEM, Text, primary_key=True)
    slot: Mapped[datetime] = column(SYSTEM, TS)


class SingleOwner(Table):
    """A lease by name, for what only one process may do at a time: poll Telegram, pace a bot."""

    __tablename__ = "single_owner"
    __platform__ = "the installation's processes"
    __grants__ = {base.QUEUE: base.CRUD}

    name: Mapped[str] = column(SYSTEM, Text, primary_key=True)
    holder: Mapped[UUID] = column(SYSTEM)
    until: Mapped[datetime] = column(SYSTEM, TS)
