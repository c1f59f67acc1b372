"""The SQL of forms, their versions, beginnings and the files that came with submissions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from leadsbot.features.forms import definition as definitions
from leadsbot.features.forms.beginnings import Beginning
from leadsbot.features.forms.files import NewFile, Upload
from leadsbot.features.forms.model import FormRecord, Version
from leadsbot.features.forms.tables import PARTIAL_DAYS, FormRow, FormVersionRow, PartialRow, UploadRow
from leadsbot.infra.db.tx import TenantTx


def _form(row: FormRow) -> FormRecord:
    return FormRecord(
        id=row.id,
        source_id=row.source_id,
        draft=row.draft,
        revision=row.revision,
        live_version=row.live_version,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _version(row: FormVersionRow) -> Version:
    return Version(
        version=row.version,
        definition=definitions.decode(row.definition),
        note=row.note,
        published_by=row.published_by,
        published_at=row.published_at,
    )


async def add_form(tx: TenantTx, form_id: UUID, source_id: UUID, draft: dict[str, Any]) -> bool:
    """Insert a form; False when the source has one."""
    statement = (
        insert(FormRow)
        .values(workspace_id=tx.workspace_id, id=form_id, source_id=source_id, draft=draft)
        .on_conflict_do_nothing()
        .returning(FormRow.id)
    )
    return await tx.scalar(statement) is not None


async def get_form(tx: TenantTx, form_id: UUID, *, lock: bool = False) -> FormRecord | None:
    """One form; with ``lock`` nobody else changes it until the transaction ends."""
    statement = select(FormRow).where(FormRow.workspace_id == tx.workspace_id, FormRow.id == form_id)
    if lock:
        statement = statement.with_for_update()
    row = await tx.scalar(statement.execution_options(populate_existing=True))
    return _form(row) if row else None


async def form_of_source(tx: TenantTx, source_id: UUID) -> FormRecord | None:
    """The form that belongs to a source, if one was designed."""
    statement = select(FormRow).where(FormRow.workspace_id == tx.workspace_id, FormRow.source_id == source_id)
    row = await tx.scalar(statement.execution_options(populate_existing=True))
    return _form(row) if row else None


async def list_forms(tx: TenantTx) -> list[FormRecord]:
    """Every form of the workspace, oldest first."""
    statement = select(FormRow).where(FormRow.workspace_id == tx.workspace_id).order_by(FormRow.created_at, FormRow.id)
    rows = (await tx.execute(statement.execution_options(populate_existing=True))).scalars()
    return [_form(row) for row in rows]


async def save_draft(tx: TenantTx, form_id: UUID, draft: dict[str, Any], revision: int) -> bool:
    """Replace the draft if it still has this revision, and move it on; False when it has another one."""
    statement = (
        update(FormRow)
        .where(FormRow.workspace_id == tx.workspace_id, FormRow.id == form_id, FormRow.revision == revision)
        .values(draft=draft, revision=FormRow.revision + 1, changed_at=func.clock_timestamp())
        .returning(FormRow.id)
        .execution_options(synchronize_session=False)
    )
    return await tx.scalar(statement) is not None


async def set_live(tx: TenantTx, form_id: UUID, version: int, draft: dict[str, Any]) -> None:
    """Point a form to the version that is live now, which its draft becomes too: whoever holds an earlier one is
    told."""
    await tx.execute(
        update(FormRow)
        .where(FormRow.workspace_id == tx.workspace_id, FormRow.id == form_id)
        .values(live_version=version, draft=draft, revision=FormRow.revision + 1, changed_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


async def delete_form(tx: TenantTx, form_id: UUID) -> None:
    """Delete a form with its versions and beginnings."""
    await tx.execute(delete(FormRow).where(FormRow.workspace_id == tx.workspace_id, FormRow.id == form_id))


async def add_version(
    tx: TenantTx, form_id: UUID, version: int, definition: dict[str, Any], *, note: str, by: str
) -> None:
    """Insert what is published."""
    await tx.execute(
        insert(FormVersionRow).values(
            workspace_id=tx.workspace_id, form_id=form_id, version=version, definition=definition, note=note,
            published_by=by,
        )
    )  # fmt: skip


async def get_version(tx: TenantTx, form_id: UUID, version: int) -> Version | None:
    """One version."""
    statement = select(FormVersionRow).where(
        FormVersionRow.workspace_id == tx.workspace_id,
        FormVersionRow.form_id == form_id,
        FormVersionRow.version == version,
    )
    row = await tx.scalar(statement)
    return _version(row) if row else None


async def newest_version(tx: TenantTx, form_id: UUID) -> int:
    """The number of the newest version; 0 before the first."""
    statement = select(func.max(FormVersionRow.version)).where(
        FormVersionRow.workspace_id == tx.workspace_id, FormVersionRow.form_id == form_id
    )
    return int(await tx.scalar(statement) or 0)


async def list_versions(tx: TenantTx, form_id: UUID, *, before: int | None = None, limit: int = 100) -> list[Version]:
    """The versions of a form, the newest first."""
    statement = select(FormVersionRow).where(
        FormVersionRow.workspace_id == tx.workspace_id, FormVersionRow.form_id == form_id
    )
    if before is not None:
        statement = statement.where(FormVersionRow.version < before)
    rows = (await tx.execute(statement.order_by(FormVersionRow.version.desc()).limit(limit))).scalars()
    return [_version(row) for row in rows]


_ABOUT = (
    UploadRow.id, UploadRow.source_id, UploadRow.submission_id, UploadRow.field, UploadRow.name, UploadRow.media_type,
    UploadRow.size,
)  # fmt: skip


async def add_uploads(tx: TenantTx, source_id: UUID, files: Sequence[NewFile]) -> None:
    """Insert files; those that are there already (the same request once more) stay as they are."""
    for file in files:
        await tx.execute(
            insert(UploadRow)
            .values(
                workspace_id=tx.workspace_id, id=file.id, source_id=source_id, field=file.field, name=file.name,
                media_type=file.media_type, size=len(file.content), sha256=file.sha256, content=file.content,
            )
            .on_conflict_do_nothing()
        )  # fmt: skip


async def claim_uploads(tx: TenantTx, source_id: UUID, submission_id: UUID, uploads: Collection[UUID]) -> None:
    """Give files to the submission that names them, unless they belong to another one."""
    await tx.execute(
        update(UploadRow)
        .where(
            UploadRow.workspace_id == tx.workspace_id,
            UploadRow.id.in_(uploads),
            UploadRow.source_id == source_id,
            UploadRow.submission_id.is_(None),
        )
        .values(submission_id=submission_id)
        .execution_options(synchronize_session=False)
    )


async def unclaimed_uploads(tx: TenantTx, uploads: Collection[UUID]) -> list[tuple[UUID, UUID, datetime]]:
    """Those of these files that belong to no submission: id, source, when they came."""
    statement = select(UploadRow.id, UploadRow.source_id, UploadRow.created_at).where(
        UploadRow.workspace_id == tx.workspace_id, UploadRow.id.in_(uploads), UploadRow.submission_id.is_(None)
    )
    return [(row.id, row.source_id, row.created_at) for row in await tx.execute(statement.with_for_update())]


async def drop_uploads(tx: TenantTx, uploads: Collection[UUID]) -> None:
    """Delete files."""
    await tx.execute(delete(UploadRow).where(UploadRow.workspace_id == tx.workspace_id, UploadRow.id.in_(uploads)))


async def uploads_of(tx: TenantTx, submissions: Collection[UUID]) -> list[Upload]:
    """The files of submissions, in the order in which they were sent."""
    statement = (
        select(*_ABOUT)
        .where(UploadRow.workspace_id == tx.workspace_id, UploadRow.submission_id.in_(submissions))
        .order_by(UploadRow.created_at, UploadRow.id)
    )
    return [Upload(**row) for row in (await tx.execute(statement)).mappings()] if submissions else []


async def get_upload(tx: TenantTx, upload_id: UUID) -> Upload | None:
    """One file that belongs to a submission, without its content."""
    statement = select(*_ABOUT).where(
        UploadRow.workspace_id == tx.workspace_id, UploadRow.id == upload_id, UploadRow.submission_id.is_not(None)
    )
    row = (await tx.execute(statement)).mappings().one_or_none()
    return Upload(**row) if row else None


async def upload_content(tx: TenantTx, upload_id: UUID) -> bytes | None:
    """What is in a file."""
    found: bytes | None = await tx.scalar(
        select(UploadRow.content).where(UploadRow.workspace_id == tx.workspace_id, UploadRow.id == upload_id)
    )
    return found


PURGE_PARTIALS = "DELETE FROM form_partial"
"""As the queue's role, which sees only what was kept for longer than it may be."""


async def beginning(tx: TenantTx, form_id: UUID, resume_hash: bytes) -> Beginning | None:
    """The beginning of a form that a code belongs to, unless it is too old."""
    statement = select(PartialRow).where(
        PartialRow.workspace_id == tx.workspace_id,
        PartialRow.form_id == form_id,
        PartialRow.resume_hash == resume_hash,
        PartialRow.changed_at >= func.clock_timestamp() - timedelta(days=PARTIAL_DAYS),
    )
    row = await tx.scalar(statement)
    if row is None:
        return None
    return Beginning(
        id=row.id, form_id=row.form_id, version=row.version, answers=row.answers, step=row.step,
        changed_at=row.changed_at,
    )  # fmt: skip


async def add_beginning(tx: TenantTx, partial_id: UUID, form_id: UUID, resume_hash: bytes, **values: Any) -> None:
    """Insert a beginning: ``version``, ``answers``, ``step``."""
    await tx.execute(
        insert(PartialRow).values(
            workspace_id=tx.workspace_id, id=partial_id, form_id=form_id, resume_hash=resume_hash, **values
        )
    )


async def change_beginning(tx: TenantTx, partial_id: UUID, **values: Any) -> bool:
    """Replace what a beginning says; False when it is gone."""
    statement = (
        update(PartialRow)
        .where(PartialRow.workspace_id == tx.workspace_id, PartialRow.id == partial_id)
        .values(**values, changed_at=func.clock_timestamp())
        .returning(PartialRow.id)
        .execution_options(synchronize_session=False)
    )
    return await tx.scalar(statement) is not None


async def drop_beginning(tx: TenantTx, form_id: UUID, partial_id: UUID) -> None:
    """Delete a beginning of a form."""
    await tx.execute(
        delete(PartialRow).where(
            PartialRow.workspace_id == tx.workspace_id, PartialRow.form_id == form_id, PartialRow.id == partial_id
        )
    )


async def count_beginnings(tx: TenantTx, form_id: UUID | None = None) -> dict[UUID, int]:
    """How many beginnings each form has, or one form; forms without any are absent."""
    statement = select(PartialRow.form_id, func.count()).where(PartialRow.workspace_id == tx.workspace_id)
    if form_id is not None:
        statement = statement.where(PartialRow.form_id == form_id)
    rows: Iterable[Any] = (await tx.execute(statement.group_by(PartialRow.form_id))).all()
    return dict(rows)
