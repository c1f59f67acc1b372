"""The SQL of screening: choices, models, labels, spent challenges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from leadsbot.features.screening.tables import LabelRow, ModelRow, ProofRow, SettingRow
from leadsbot.infra.db.tx import TenantTx

PURGE_PROOFS = "DELETE FROM screening_proof"
"""As the queue's role, which sees only what has long expired."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a workspace chose. ``captcha_secret`` is sealed."""

    sensitivity: str = "normal"
    proof_of_work: str = "off"
    captcha: str = "none"
    captcha_site_key: str = ""
    captcha_secret: bytes | None = None


@dataclass(frozen=True, slots=True)
class Label:
    """What was said about a submission, and what the filter has learned of it."""

    spam: bool
    taught: bool | None
    by: str


async def choice(tx: TenantTx) -> Choice:
    """The workspace's choices, or the defaults."""
    row = await tx.scalar(select(SettingRow).where(SettingRow.workspace_id == tx.workspace_id))
    if row is None:
        return Choice()
    return Choice(
        sensitivity=row.sensitivity, proof_of_work=row.proof_of_work, captcha=row.captcha,
        captcha_site_key=row.captcha_site_key, captcha_secret=row.captcha_secret,
    )  # fmt: skip


async def choose(tx: TenantTx, **values: Any) -> None:
    """Store choices; those that are not named stay."""
    changed = {**values, "changed_at": func.clock_timestamp()}
    await tx.execute(
        insert(SettingRow)
        .values(workspace_id=tx.workspace_id, **values)
        .on_conflict_do_update(index_elements=[SettingRow.workspace_id], set_=changed)
        .execution_options(synchronize_session=False)
    )
    tx.session.expire_all()


async def swap_secret(tx: TenantTx, before: bytes, after: bytes) -> bool:
    """Replace the captcha's sealed secret if it is still the one that was read."""
    statement = (
        update(SettingRow)
        .where(SettingRow.workspace_id == tx.workspace_id, SettingRow.captcha_secret == before)
        .values(captcha_secret=after)
        .returning(SettingRow.workspace_id)
        .execution_options(synchronize_session=False)
    )
    return await tx.scalar(statement) is not None


async def sealed_secrets(dsn: str) -> Sequence[tuple[UUID, bytes]]:
    """The captcha secrets of all workspaces, as the capture role, which may see them sealed."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "SELECT workspace_id, captcha_secret FROM screening_setting WHERE captcha_secret IS NOT NULL"
        )
    finally:
        await connection.close()
    return [(row["workspace_id"], row["captcha_secret"]) for row in rows]


async def model(tx: TenantTx) -> bytes | None:
    """What the filter has learned, locked until the transaction ends; None before the first lesson.

    The lock is on the workspace, so that two first lessons do not overwrite each other.
    """
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"screening {tx.workspace_id}", 0))))
    state: bytes | None = await tx.scalar(select(ModelRow.state).where(ModelRow.workspace_id == tx.workspace_id))
    return state


async def save_model(tx: TenantTx, state: bytes) -> None:
    """Store what was learned from one more submission."""
    values = {"state": state, "changed_at": func.clock_timestamp()}
    await tx.execute(
        insert(ModelRow)
        .values(workspace_id=tx.workspace_id, state=state, learned=1)
        .on_conflict_do_update(index_elements=[ModelRow.workspace_id], set_={**values, "learned": ModelRow.learned + 1})
        .execution_options(synchronize_session=False)
    )


async def learned(tx: TenantTx) -> int:
    """From how many submissions the filter has learned."""
    return int(await tx.scalar(select(ModelRow.learned).where(ModelRow.workspace_id == tx.workspace_id)) or 0)


async def forget_model(tx: TenantTx) -> None:
    """Begin again with the shipped weights."""
    await tx.execute(delete(ModelRow).where(ModelRow.workspace_id == tx.workspace_id))
    await tx.execute(update(LabelRow).where(LabelRow.workspace_id == tx.workspace_id).values(taught=None))


async def label(tx: TenantTx, submission_id: UUID) -> Label | None:
    """What was said about a submission, locked until the transaction ends."""
    statement = (
        select(LabelRow)
        .where(LabelRow.workspace_id == tx.workspace_id, LabelRow.submission_id == submission_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = await tx.scalar(statement)
    return Label(row.spam, row.taught, row.by) if row else None


async def save_label(tx: TenantTx, submission_id: UUID, *, spam: bool, by: str) -> None:
    """The newest word about a submission."""
    changed = {"spam": spam, "by": by, "at": func.clock_timestamp()}
    await tx.execute(
        insert(LabelRow)
        .values(workspace_id=tx.workspace_id, submission_id=submission_id, spam=spam, by=by)
        .on_conflict_do_update(index_elements=[LabelRow.workspace_id, LabelRow.submission_id], set_=changed)
        .execution_options(synchronize_session=False)
    )


async def mark_taught(tx: TenantTx, submission_id: UUID, *, spam: bool) -> None:
    """Remember what the filter has learned of a submission."""
    await tx.execute(
        update(LabelRow)
        .where(LabelRow.workspace_id == tx.workspace_id, LabelRow.submission_id == submission_id)
        .values(taught=spam)
        .execution_options(synchronize_session=False)
    )


async def spend(tx: TenantTx, mark: str, submission_id: UUID) -> bool:
    """Enter a solved challenge for a submission; False when another submission has used it."""
    await tx.execute(
        insert(ProofRow)
        .values(workspace_id=tx.workspace_id, mark=mark, submission_id=submission_id)
        .on_conflict_do_nothing()
    )
    used_by: UUID = await tx.scalar(
        select(ProofRow.submission_id).where(ProofRow.workspace_id == tx.workspace_id, ProofRow.mark == mark)
    )
    return used_by == submission_id
