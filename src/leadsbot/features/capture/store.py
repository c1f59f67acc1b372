"""The SQL of sources and submissions outside the hot path."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
from sqlalchemy import ColumnElement, Text, bindparam, cast, func, select, true, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import Executable

from leadsbot.features.capture.model import HeldState, Source, SourceCounts, Submission
from leadsbot.features.capture.tables import Source as SourceRow
from leadsbot.features.capture.tables import Submission as SubmissionRow
from leadsbot.infra.db.fixed import Fixed, named, new, updating
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx

PURGE_HELD = "DELETE FROM submission WHERE quarantined"
"""As the queue's role, which sees only what was held back for longer than it may be."""
KEY = re.compile(r"[0-9A-Za-z]{8,64}", re.ASCII)


def _one(table: Any, *, lock: bool = False) -> Fixed:
    def build() -> Executable:
        found = select(table).where(table.c.workspace_id == bindparam("workspace"), table.c.id == bindparam("id"))
        return found.with_for_update() if lock else found

    return Fixed(build)


_ONE_SOURCE, _ONE_SUBMISSION = _one(SourceRow.__table__), _one(SubmissionRow.__table__)
_LOCKED_SUBMISSION = _one(SubmissionRow.__table__, lock=True)


def _source(row: Any) -> Source:
    return Source(
        workspace_id=row.workspace_id,
        id=row.id,
        kind=row.kind,
        name=row.name,
        key=row.key,
        open=row.state == "open",
        allowed_origins=tuple(row.allowed_origins),
        redirect_allow=tuple(row.redirect_allow),
        signed=row.signing_secret is not None,
        max_body=row.max_body,
        country=row.country,
        settings=row.settings,
        form=row.form,
        checks=row.checks,
        lawful_basis=row.lawful_basis,
        notice_version=row.notice_version,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _submission(row: Any) -> Submission:
    return Submission(
        id=row.id,
        source_id=row.source_id,
        received_at=row.received_at,
        fields=row.fields,
        context=row.context,
        ip=str(row.ip) if row.ip is not None else None,
        quarantined=row.quarantined,
        verdict=row.verdict,
        label=row.label,  # only labels are ever stored
        lawful_basis=row.lawful_basis,
        notice_version=row.notice_version,
        form_version=row.form_version,
        consents=row.consents,
        lead_id=row.lead_id,
        intake_note=row.intake_note,
    )


async def add_source(tx: TenantTx, source_id: UUID, **values: object) -> None:
    """Insert a source."""
    await tx.execute(insert(SourceRow).values(workspace_id=tx.workspace_id, id=source_id, **values))


async def change_source(tx: TenantTx, source_id: UUID, **values: object) -> bool:
    """Set columns of one source and move ``changed_at``, by which the hot path notices; False for an unknown id."""
    statement = (
        update(SourceRow)
        .where(SourceRow.workspace_id == tx.workspace_id, SourceRow.id == source_id)
        .values(**values, changed_at=func.clock_timestamp())
        .returning(SourceRow.id)
        .execution_options(synchronize_session=False)
    )
    return await tx.scalar(statement) is not None


async def swap_secret(tx: TenantTx, source_id: UUID, before: bytes, after: bytes) -> bool:
    """Replace a sealed secret unless somebody else did meanwhile; whether it was replaced."""
    statement = (
        update(SourceRow)
        .where(
            SourceRow.workspace_id == tx.workspace_id, SourceRow.id == source_id, SourceRow.signing_secret == before
        )
        .values(signing_secret=after, changed_at=func.clock_timestamp())
        .returning(SourceRow.id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return await tx.scalar(statement) is not None


async def sealed_secrets(dsn: str) -> list[tuple[UUID, UUID, bytes]]:
    """Workspace, id and sealed secret of every signed source there is; ``dsn`` names the role of the capture path,
    the only one that sees the sources of all workspaces.
    """
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT workspace_id, id, signing_secret FROM source WHERE signing_secret IS NOT NULL ORDER BY id"
        )
    finally:
        await connection.close()
    return [(row["workspace_id"], row["id"], row["signing_secret"]) for row in rows]


async def get_source(tx: TenantTx, source_id: UUID) -> Source | None:
    """One source."""
    row = await _ONE_SOURCE.row(tx, workspace=tx.workspace_id, id=source_id)
    return _source(row) if row else None


async def published_source(db: Database, key: str) -> Source | None:
    """The source with this public key, of whatever workspace; for pages that visitors see."""
    if not KEY.fullmatch(key):
        return None
    async with db.bearer(key.encode()) as tx:
        row = await tx.scalar(select(SourceRow).where(SourceRow.key == key))
        return _source(row) if row else None


async def list_sources(tx: TenantTx) -> Sequence[Source]:
    """Every source of the workspace, oldest first."""
    statement = select(SourceRow).where(SourceRow.workspace_id == tx.workspace_id).order_by(SourceRow.id)
    rows = (await tx.execute(statement.execution_options(populate_existing=True))).scalars()
    return [_source(row) for row in rows]


async def count_submissions(
    tx: TenantTx, since: datetime | None = None, *, source_id: UUID | None = None
) -> dict[UUID, SourceCounts]:
    """Submissions per source (of all time, or since a moment; of all sources or of one), how many are quarantined, and
    the newest one's time."""
    statement = (
        select(
            SubmissionRow.source_id,
            func.count().label("total"),
            func.count().filter(SubmissionRow.quarantined).label("quarantined"),
            func.max(SubmissionRow.received_at).label("last_at"),
        )
        .where(SubmissionRow.workspace_id == tx.workspace_id)
        .group_by(SubmissionRow.source_id)
    )
    if source_id is not None:
        statement = statement.where(SubmissionRow.source_id == source_id)
    if since is not None:
        statement = statement.where(SubmissionRow.received_at >= since)
    rows = (await tx.execute(statement)).mappings()
    return {
        row["source_id"]: SourceCounts(total=row["total"], quarantined=row["quarantined"], last_at=row["last_at"])
        for row in rows
    }


async def submissions_up_to(tx: TenantTx, source_id: UUID, most: int, *, held: bool = False) -> int:
    """How many submissions came in through a source, those in quarantine only where ``held``, counted no further than
    ``most``."""
    counted = (
        select(SubmissionRow.id)
        .where(
            SubmissionRow.workspace_id == tx.workspace_id,
            SubmissionRow.source_id == source_id,
            true() if held else SubmissionRow.quarantined.is_(False),
        )
        .limit(most)
        .subquery()
    )
    return int(await tx.scalar(select(func.count()).select_from(counted)) or 0)


async def get_submission(tx: TenantTx, submission_id: UUID, *, lock: bool = False) -> Submission | None:
    """One submission, optionally locked until the transaction ends."""
    statement = _LOCKED_SUBMISSION if lock else _ONE_SUBMISSION
    row = await statement.row(tx, workspace=tx.workspace_id, id=submission_id)
    return _submission(row) if row else None


async def submission_naming(tx: TenantTx, source_id: UUID, words: str, since: datetime, until: datetime) -> UUID | None:
    """The submission to a source in this time, of minutes, whose fields contain these words (an id, say)."""
    statement = select(SubmissionRow.id).where(
        SubmissionRow.workspace_id == tx.workspace_id,
        SubmissionRow.source_id == source_id,
        SubmissionRow.received_at.between(since, until),
        cast(SubmissionRow.fields, Text).contains(words, autoescape=True),
    )
    found: UUID | None = await tx.scalar(statement.limit(1))
    return found


def _blocked() -> ColumnElement[bool]:
    return func.coalesce(SubmissionRow.verdict["verdict"].astext, "") == "block"


def _standing() -> dict[HeldState, ColumnElement[bool]]:
    waiting = SubmissionRow.quarantined & SubmissionRow.label.is_(None)
    return {
        "quarantined": waiting & ~_blocked(),
        "blocked": waiting & _blocked(),
        "spam": SubmissionRow.label == "spam",
        "released": (SubmissionRow.label == "genuine") & ~SubmissionRow.quarantined,
    }


async def page_submissions(
    tx: TenantTx,
    *,
    state: HeldState | None = None,
    quarantined: bool | None = None,
    source_id: UUID | None = None,
    before: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[Submission]:
    """Submissions, the newest first; ``before`` is the last row of the page above."""
    statement = select(SubmissionRow).where(SubmissionRow.workspace_id == tx.workspace_id)
    if state is not None:
        statement = statement.where(_standing()[state])
    if quarantined is not None:
        statement = statement.where(SubmissionRow.quarantined if quarantined else ~SubmissionRow.quarantined)
    if source_id is not None:
        statement = statement.where(SubmissionRow.source_id == source_id)
    if before is not None:
        statement = statement.where(tuple_(SubmissionRow.received_at, SubmissionRow.id) < before)
    statement = statement.order_by(SubmissionRow.received_at.desc(), SubmissionRow.id.desc()).limit(limit)
    rows = (await tx.execute(statement.execution_options(populate_existing=True))).scalars()
    return [_submission(row) for row in rows]


async def count_held(tx: TenantTx) -> dict[HeldState, int]:
    """How many submissions stand in each state."""
    states = _standing()
    counts = [func.count().filter(condition).label(state) for state, condition in states.items()]
    statement = select(*counts).where(
        SubmissionRow.workspace_id == tx.workspace_id, SubmissionRow.quarantined | SubmissionRow.label.is_not(None)
    )
    row = (await tx.execute(statement)).mappings().one()
    return {state: row[state] for state in states}


async def submissions_of_lead(tx: TenantTx, lead_id: UUID) -> Sequence[Submission]:
    """The submissions merged into a lead, newest first."""
    statement = (
        select(SubmissionRow)
        .where(SubmissionRow.workspace_id == tx.workspace_id, SubmissionRow.lead_id == lead_id)
        .order_by(SubmissionRow.received_at.desc(), SubmissionRow.id.desc())
    )
    rows = (await tx.execute(statement.execution_options(populate_existing=True))).scalars()
    return [_submission(row) for row in rows]


async def change_submission(tx: TenantTx, submission_id: UUID, **values: object) -> bool:
    """Set columns of one submission; False for an unknown id."""
    statement = updating(SubmissionRow, named(values), "workspace_id", "id")
    return await statement.value(tx, workspace_id=tx.workspace_id, id=submission_id, **new(values)) is not None


async def add_submission(
    tx: TenantTx,
    submission_id: UUID,
    source: Source,
    *,
    fields: dict[str, Any],
    context: dict[str, Any],
    received_at: datetime,
) -> None:
    """Insert a submission with the source's lawful basis of today."""
    body = msgspec.json.encode(fields, order="sorted")
    await tx.execute(
        insert(SubmissionRow).values(
            workspace_id=tx.workspace_id,
            id=submission_id,
            source_id=source.id,
            received_at=received_at,
            fields=fields,
            context=context,
            body_hash=hashlib.sha256(body).digest(),
            lawful_basis=source.lawful_basis,
            notice_version=source.notice_version,
        )
    )


async def untaken(tx: TenantTx) -> int:
    """How many submissions intake has not looked at yet."""
    statement = select(func.count()).where(
        SubmissionRow.workspace_id == tx.workspace_id,
        SubmissionRow.lead_id.is_(None),
        SubmissionRow.intake_note.is_(None),
    )
    return int(await tx.scalar(statement) or 0)
