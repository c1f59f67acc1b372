"""The SQL of leads, their keys and their notes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import aliased

from leadsbot.features.leads.model import Candidate, Lead, Note, folded
from leadsbot.features.leads.tables import LeadKeyRow, LeadNoteRow, LeadRow
from leadsbot.infra.db.fixed import Fixed, inserting
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit.ids import new_id

Position = tuple[datetime, UUID]
_LOCK_KEYS = """
SELECT pg_advisory_xact_lock(hashtextextended(key, 0))
FROM (SELECT key FROM unnest($1::text[]) WITH ORDINALITY AS given (key, place) ORDER BY place) AS sorted"""


_ADD_KEYS = """
INSERT INTO lead_key (workspace_id, lead_id, key) SELECT $1, $2, key FROM unnest($3::text[]) AS given (key)
ON CONFLICT DO NOTHING"""
LEAD: Any = LeadRow.__table__


def _lead(row: Any) -> Lead:
    return Lead(
        id=row.id, name=row.name, email=row.email, phone=row.phone, phone_e164=row.phone_e164, company=row.company,
        message=row.message, stage=row.stage, owner_id=row.owner_id, tags=tuple(row.tags), fields=row.fields,
        context=row.context, source_id=row.source_id, submission_count=row.submission_count, score=row.score,
        lawful_basis=row.lawful_basis, notice_version=row.notice_version, merged_into=row.merged_into,
        created_at=row.created_at, updated_at=row.updated_at, last_activity_at=row.last_activity_at,
    )  # fmt: skip


def _note(row: LeadNoteRow) -> Note:
    return Note(
        id=row.id, lead_id=row.lead_id, author=row.author, author_name=row.author_name, body=row.body, via=row.via,
        created_at=row.created_at,
    )  # fmt: skip


async def lock_keys(tx: TenantTx, keys: Sequence[str]) -> None:
    """Hold these keys until the transaction ends, so that two submissions of one person are taken in one by one.

    In sorted order, so that two submissions that share two keys cannot wait for each other.
    """
    if keys:
        await tx.fetch(_LOCK_KEYS, ([f"lead {tx.workspace_id} {key}" for key in sorted(keys)],))


def _holding() -> Any:
    """Who has one of the keys, for whom they stand, and all keys of those."""
    holder, survivor, own, family = aliased(LeadRow), aliased(LeadRow), aliased(LeadKeyRow), aliased(LeadRow)
    workspace: BindParameter[UUID] = bindparam("workspace", type_=LeadRow.workspace_id.type)
    found = (
        select(func.coalesce(holder.merged_into, holder.id).label("id"))
        .join(LeadKeyRow, and_(LeadKeyRow.workspace_id == holder.workspace_id, LeadKeyRow.lead_id == holder.id))
        .where(LeadKeyRow.workspace_id == workspace, LeadKeyRow.key == any_(bindparam("keys", type_=ARRAY(Text))))
        .distinct()
        .subquery()
    )
    return (
        select(survivor.id, survivor.stage, survivor.last_activity_at, func.array_agg(own.key).label("keys"))
        .join(found, found.c.id == survivor.id)
        .join(family, and_(family.workspace_id == workspace, _family(family, survivor.id)))
        .join(own, and_(own.workspace_id == workspace, own.lead_id == family.id))
        .where(survivor.workspace_id == workspace)
        .group_by(survivor.id, survivor.stage, survivor.last_activity_at)
    )


_HOLDING = Fixed(_holding)


async def candidates(tx: TenantTx, keys: Sequence[str]) -> list[Candidate]:
    """Every lead that has one of the keys, with all of its keys; merged ones stand for the lead they went into."""
    rows = await _HOLDING.rows(tx, workspace=tx.workspace_id, keys=list(keys)) if keys else []
    return [Candidate(row.id, row.stage, row.last_activity_at, frozenset(row.keys)) for row in rows]


def _family(row: type[LeadRow], lead_id: Any) -> ColumnElement[bool]:
    return or_(row.id == lead_id, row.merged_into == lead_id)


async def family(tx: TenantTx, lead_id: UUID) -> list[UUID]:
    """A lead and all that were merged into it."""
    statement = select(LeadRow.id).where(LeadRow.workspace_id == tx.workspace_id, _family(LeadRow, lead_id))
    return list((await tx.execute(statement)).scalars())


def _answering() -> Any:
    answer = LEAD.alias("answer")
    asked = select(func.coalesce(LEAD.c.merged_into, LEAD.c.id)).where(
        LEAD.c.workspace_id == bindparam("workspace"), LEAD.c.id == bindparam("lead")
    )
    return select(answer).where(answer.c.workspace_id == bindparam("workspace"), answer.c.id == asked.scalar_subquery())


_ONE = Fixed(_answering)
_LOCKED = Fixed(lambda: _answering().with_for_update())


async def get(tx: TenantTx, lead_id: UUID, *, lock: bool = False) -> Lead | None:
    """The lead that answers to an id, which is another one if it was merged; optionally locked."""
    row = await (_LOCKED if lock else _ONE).row(tx, workspace=tx.workspace_id, lead=lead_id)
    if row is not None and row.merged_into is not None:
        # It was merged while we waited for its lock.
        return await get(tx, row.merged_into, lock=lock)
    return _lead(row) if row else None


async def some(tx: TenantTx, lead_ids: Collection[UUID]) -> list[Lead]:
    """The leads with these ids, merged ones as they are, in no order."""
    statement = select(LeadRow).where(LeadRow.workspace_id == tx.workspace_id, LeadRow.id.in_(lead_ids))
    return [_lead(row) for row in (await tx.execute(statement)).scalars()] if lead_ids else []


async def add(tx: TenantTx, **values: Any) -> UUID:
    """Insert a lead; returns its id."""
    given = {"workspace_id": tx.workspace_id, "id": new_id(), **values}
    await inserting(LeadRow, *given).rows(tx, **given)
    return cast("UUID", given["id"])


async def change(tx: TenantTx, lead_id: UUID, **values: Any) -> None:
    """Set columns of one lead and move its ``updated_at`` by the database's clock."""
    await tx.execute(
        update(LeadRow)
        .where(LeadRow.workspace_id == tx.workspace_id, LeadRow.id == lead_id)
        .values(updated_at=func.clock_timestamp(), **values)
        .execution_options(synchronize_session=False)
    )


async def fold_into(tx: TenantTx, other: UUID, survivor: UUID) -> None:
    """Make one lead, and all that had been merged into it, answer as another."""
    await tx.execute(
        update(LeadRow)
        .where(LeadRow.workspace_id == tx.workspace_id, _family(LeadRow, other))
        .values(merged_into=survivor, updated_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


async def add_keys(tx: TenantTx, lead_id: UUID, keys: Sequence[str]) -> None:
    """Let a lead be recognised by more keys."""
    if keys:
        await tx.fetch(_ADD_KEYS, (tx.workspace_id, lead_id, list(keys)))


async def drop_keys(tx: TenantTx, lead_id: UUID, keys: Sequence[str]) -> None:
    """Let a lead no longer be recognised by these keys."""
    if keys:
        await tx.execute(
            LeadKeyRow.__table__.delete().where(  # type: ignore[attr-defined]
                LeadKeyRow.workspace_id == tx.workspace_id, LeadKeyRow.lead_id == lead_id, LeadKeyRow.key.in_(keys)
            )
        )


async def keys_of(tx: TenantTx, lead_ids: Sequence[UUID]) -> list[str]:
    """Every key of these leads."""
    statement = select(LeadKeyRow.key).where(
        LeadKeyRow.workspace_id == tx.workspace_id, LeadKeyRow.lead_id.in_(lead_ids)
    )
    return sorted(set((await tx.execute(statement)).scalars()))


async def sharing_keys(tx: TenantTx, lead_id: UUID, limit: int) -> list[Lead]:
    """Other leads that have an address or number in common with this one, latest active first."""
    ids = await family(tx, lead_id)
    keys = await keys_of(tx, ids)
    others = [each.id for each in await candidates(tx, keys) if each.id not in ids]
    statement = (
        select(LeadRow)
        .where(LeadRow.workspace_id == tx.workspace_id, LeadRow.id.in_(others))
        .order_by(LeadRow.last_activity_at.desc(), LeadRow.id.desc())
        .limit(limit)
    )
    return [_lead(row) for row in (await tx.execute(statement)).scalars()] if others else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which leads a list shows. Empty means every lead that was not merged into another."""

    stages: tuple[str, ...] = ()
    owner_id: UUID | None = None
    unowned: bool = False
    source_id: UUID | None = None
    tag: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    q: str | None = None


def _where(tx: TenantTx, wanted: Filter) -> list[ColumnElement[bool]]:
    parts: list[ColumnElement[bool]] = [LeadRow.workspace_id == tx.workspace_id, LeadRow.merged_into.is_(None)]
    if wanted.stages:
        parts.append(LeadRow.stage.in_(wanted.stages))
    if wanted.unowned:
        parts.append(LeadRow.owner_id.is_(None))
    if wanted.owner_id:
        parts.append(LeadRow.owner_id == wanted.owner_id)
    if wanted.source_id:
        parts.append(LeadRow.source_id == wanted.source_id)
    if wanted.tag:
        parts.append(LeadRow.tags.contains([wanted.tag]))
    if wanted.created_after:
        parts.append(LeadRow.created_at >= wanted.created_after)
    if wanted.created_before:
        parts.append(LeadRow.created_at < wanted.created_before)
    parts += [LeadRow.search.contains(word, autoescape=True) for word in folded(wanted.q or "").split()]
    return parts


async def page(tx: TenantTx, wanted: Filter, after: Position | None, limit: int) -> list[Lead]:
    """Latest active first; ``after`` is the last row of the page before."""
    statement = select(LeadRow).where(*_where(tx, wanted))
    if wanted.updated_after:
        statement = statement.where(LeadRow.updated_at > wanted.updated_after)
    if after:
        statement = statement.where(tuple_(LeadRow.last_activity_at, LeadRow.id) < after)
    statement = statement.order_by(LeadRow.last_activity_at.desc(), LeadRow.id.desc()).limit(limit)
    return await _leads(tx, statement)


async def changed(tx: TenantTx, wanted: Filter, after: Position | None, limit: int) -> list[Lead]:
    """Leads changed after ``wanted.updated_after``, oldest change first, up to :func:`settled`.

    A transaction that wrote earlier and commits later than others cannot be overtaken: whoever continues from the
    last row seen misses nothing, because rows younger than the oldest open transaction are left for the next call.
    """
    until = await settled(tx)
    statement = select(LeadRow).where(*_where(tx, wanted), LeadRow.updated_at < until)
    if after:
        statement = statement.where(tuple_(LeadRow.updated_at, LeadRow.id) > after)
    elif wanted.updated_after:
        statement = statement.where(LeadRow.updated_at > wanted.updated_after)
    return await _leads(tx, statement.order_by(LeadRow.updated_at, LeadRow.id).limit(limit))


async def settled(tx: TenantTx) -> datetime:
    """A moment before which nothing can be committed any more: the start of the oldest open transaction of ours."""
    moment: datetime = await tx.scalar(
        text(
            "SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity "
            "WHERE usename = current_user AND pid <> pg_backend_pid() AND datname = current_database()"
        )
    )
    return moment


async def _leads(tx: TenantTx, statement: Select[LeadRow]) -> list[Lead]:
    return [_lead(row) for row in (await tx.execute(statement.execution_options(populate_existing=True))).scalars()]


async def neighbours(tx: TenantTx, wanted: Filter, at: Position) -> tuple[UUID | None, UUID | None]:
    """The leads above and below one position of a filtered list."""
    here = tuple_(LeadRow.last_activity_at, LeadRow.id)
    base = select(LeadRow.id).where(*_where(tx, wanted)).limit(1)
    above = await tx.scalar(base.where(here > at).order_by(LeadRow.last_activity_at, LeadRow.id))
    below = await tx.scalar(base.where(here < at).order_by(LeadRow.last_activity_at.desc(), LeadRow.id.desc()))
    return above, below


async def stage_counts(tx: TenantTx, wanted: Filter) -> dict[str, int]:
    """How many leads stand in each stage."""
    rows = await tx.execute(
        select(LeadRow.stage, func.count().label("leads")).where(*_where(tx, wanted)).group_by(LeadRow.stage)
    )
    return {row.stage: row.leads for row in rows}


async def tags_in_use(tx: TenantTx, limit: int = 100) -> list[str]:
    """The tags of the workspace, most used first."""
    tag = func.unnest(LeadRow.tags).label("tag")
    inner = select(tag).where(LeadRow.workspace_id == tx.workspace_id, LeadRow.merged_into.is_(None)).subquery()
    statement = select(inner.c.tag).group_by(inner.c.tag).order_by(func.count().desc(), inner.c.tag).limit(limit)
    return list((await tx.execute(statement)).scalars())


async def any_lead(tx: TenantTx) -> bool:
    """Whether the workspace has a lead at all."""
    return await tx.scalar(select(LeadRow.id).where(LeadRow.workspace_id == tx.workspace_id).limit(1)) is not None


async def add_note(
    tx: TenantTx, note_id: UUID, lead_id: UUID, *, author: str, author_name: str | None, body: str, via: str
) -> bool:
    """Insert a note; False when there is one with this id."""
    statement = (
        insert(LeadNoteRow)
        .values(
            workspace_id=tx.workspace_id, id=note_id, lead_id=lead_id, author=author, author_name=author_name,
            body=body, via=via,
        )
        .on_conflict_do_nothing()
        .returning(LeadNoteRow.id)
    )  # fmt: skip
    return await tx.scalar(statement) is not None


async def notes(
    tx: TenantTx, lead_ids: Sequence[UUID], *, before: Position | None = None, limit: int = 500
) -> list[Note]:
    """The notes on these leads, newest first."""
    statement = select(LeadNoteRow).where(
        LeadNoteRow.workspace_id == tx.workspace_id, LeadNoteRow.lead_id.in_(lead_ids)
    )
    if before:
        statement = statement.where(tuple_(LeadNoteRow.created_at, LeadNoteRow.id) < before)
    statement = statement.order_by(LeadNoteRow.created_at.desc(), LeadNoteRow.id.desc()).limit(limit)
    return [_note(row) for row in (await tx.execute(statement)).scalars()]


async def get_note(tx: TenantTx, note_id: UUID) -> Note | None:
    """One note."""
    row = await tx.scalar(
        select(LeadNoteRow).where(LeadNoteRow.workspace_id == tx.workspace_id, LeadNoteRow.id == note_id)
    )
    return _note(row) if row else None
