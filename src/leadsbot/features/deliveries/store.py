"""The SQL of deliveries and their attempts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from leadsbot.features.deliveries.model import Attempt, Delivery, Outcome, State
from leadsbot.features.deliveries.tables import AttemptRow, DeliveryRow
from leadsbot.infra.db.tx import TenantTx


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        id=row.id,
        channel=row.channel,
        kind=row.kind,
        destination_id=row.destination_id,
        lead_id=row.lead_id,
        state=State(row.state),
        reason=row.reason,
        attempts=row.attempts,
        intent_at=row.intent_at,
        external_id=row.external_id,
        created_at=row.created_at,
        next_at=row.next_at,
        ended_at=row.ended_at,
    )


def _attempt(row: AttemptRow) -> Attempt:
    return Attempt(
        n=row.n,
        at=row.at,
        outcome=Outcome(row.outcome),
        status=row.status,
        milliseconds=row.milliseconds,
        detail=row.detail,
    )


async def add(
    tx: TenantTx,
    delivery_id: UUID,
    *,
    channel: str,
    kind: str,
    destination_id: UUID | None,
    lead_id: UUID | None,
    dedupe_key: str,
) -> bool:
    """Insert a due delivery; False when one with this key exists."""
    statement = (
        insert(DeliveryRow)
        .values(
            workspace_id=tx.workspace_id,
            id=delivery_id,
            channel=channel,
            kind=kind,
            destination_id=destination_id,
            lead_id=lead_id,
            dedupe_key=dedupe_key,
        )
        .on_conflict_do_nothing()
        .returning(DeliveryRow.id)
    )
    return await tx.scalar(statement) is not None


async def get(tx: TenantTx, delivery_id: UUID, *, lock: bool = False) -> Delivery | None:
    """One delivery, optionally locked until the transaction ends."""
    statement = (
        select(DeliveryRow)
        .where(DeliveryRow.workspace_id == tx.workspace_id, DeliveryRow.id == delivery_id)
        .execution_options(populate_existing=True)
    )
    row = await tx.scalar(statement.with_for_update() if lock else statement)
    return _delivery(row) if row else None


async def change(tx: TenantTx, delivery_id: UUID, *, only: Sequence[State] = (), **values: object) -> bool:
    """Set columns of one delivery, if it stands in one of ``only`` (nothing given: however it stands)."""
    statement = update(DeliveryRow).where(DeliveryRow.workspace_id == tx.workspace_id, DeliveryRow.id == delivery_id)
    if only:
        statement = statement.where(DeliveryRow.state.in_([state.value for state in only]))
    return await tx.scalar(statement.values(**values).returning(DeliveryRow.id)) is not None


async def change_many(
    tx: TenantTx,
    values: Mapping[str, object],
    *,
    ids: Sequence[UUID] | None = None,
    destination_id: UUID | None = None,
    states: Sequence[State] = (),
    kind: str | None = None,
) -> None:
    """Set columns of every delivery that has one of the ids or the destination, one of the states and the kind."""
    statement = update(DeliveryRow).where(DeliveryRow.workspace_id == tx.workspace_id)
    if ids is not None:
        statement = statement.where(DeliveryRow.id.in_(ids))
    if destination_id is not None:
        statement = statement.where(DeliveryRow.destination_id == destination_id)
    if states:
        statement = statement.where(DeliveryRow.state.in_([state.value for state in states]))
    if kind is not None:
        statement = statement.where(DeliveryRow.kind == kind)
    if ids or destination_id is not None:
        await tx.execute(statement.values(**values))


async def add_attempt(tx: TenantTx, delivery_id: UUID, attempt: Attempt) -> None:
    """Append one attempt."""
    await tx.execute(
        insert(AttemptRow).values(
            workspace_id=tx.workspace_id,
            delivery_id=delivery_id,
            at=attempt.at,
            n=attempt.n,
            outcome=attempt.outcome.value,
            status=attempt.status,
            milliseconds=attempt.milliseconds,
            detail=attempt.detail,
        )
    )


async def attempts(tx: TenantTx, delivery_id: UUID) -> list[Attempt]:
    """Every attempt of the last 30 days, first to last."""
    rows = (
        await tx.execute(
            select(AttemptRow)
            .where(AttemptRow.workspace_id == tx.workspace_id, AttemptRow.delivery_id == delivery_id)
            .order_by(AttemptRow.at)
        )
    ).scalars()
    return [_attempt(row) for row in rows]


async def attempts_of(tx: TenantTx, delivery_ids: Sequence[UUID]) -> dict[UUID, list[Attempt]]:
    """The attempts of several deliveries, first to last; those of which none is kept are absent."""
    if not delivery_ids:
        return {}
    statement = (
        select(AttemptRow)
        .where(AttemptRow.workspace_id == tx.workspace_id, AttemptRow.delivery_id.in_(delivery_ids))
        .order_by(AttemptRow.at)
    )
    found: dict[UUID, list[Attempt]] = {}
    for row in (await tx.execute(statement)).scalars():
        found.setdefault(row.delivery_id, []).append(_attempt(row))
    return found


async def page(
    tx: TenantTx, *, states: Sequence[State], lead_id: UUID | None, before: tuple[datetime, UUID] | None, limit: int
) -> list[Delivery]:
    """Newest first; ``before`` is the last row of the page above."""
    statement = select(DeliveryRow).where(DeliveryRow.workspace_id == tx.workspace_id)
    if states:
        statement = statement.where(DeliveryRow.state.in_([state.value for state in states]))
    if lead_id:
        statement = statement.where(DeliveryRow.lead_id == lead_id)
    if before:
        statement = statement.where(tuple_(DeliveryRow.created_at, DeliveryRow.id) < before)
    statement = statement.order_by(DeliveryRow.created_at.desc(), DeliveryRow.id.desc()).limit(limit)
    return [_delivery(row) for row in (await tx.execute(statement)).scalars()]


async def counts(tx: TenantTx) -> dict[State, int]:
    """How many deliveries stand in each state."""
    rows = await tx.execute(
        select(DeliveryRow.state, func.count().label("number"))
        .where(DeliveryRow.workspace_id == tx.workspace_id)
        .group_by(DeliveryRow.state)
    )
    return {State(row.state): row.number for row in rows}


async def planned_since(tx: TenantTx, destination_id: UUID, since: datetime, kind: str) -> int:
    """How many deliveries of one kind a destination was given since a moment; storms are noticed by it."""
    return int(
        await tx.scalar(
            select(func.count()).where(
                DeliveryRow.workspace_id == tx.workspace_id,
                DeliveryRow.destination_id == destination_id,
                DeliveryRow.created_at >= since,
                DeliveryRow.kind == kind,
            )
        )
        or 0
    )


async def planned(tx: TenantTx, dedupe_key: str) -> UUID | None:
    """The delivery with this key."""
    found: UUID | None = await tx.scalar(
        select(DeliveryRow.id).where(DeliveryRow.workspace_id == tx.workspace_id, DeliveryRow.dedupe_key == dedupe_key)
    )
    return found


async def newest(tx: TenantTx, destination_id: UUID, kind: str, since: datetime) -> Delivery | None:
    """The latest delivery of one kind that a destination was given since a moment."""
    row = await tx.scalar(
        select(DeliveryRow)
        .where(
            DeliveryRow.workspace_id == tx.workspace_id,
            DeliveryRow.destination_id == destination_id,
            DeliveryRow.created_at >= since,
            DeliveryRow.kind == kind,
        )
        .order_by(DeliveryRow.created_at.desc(), DeliveryRow.id.desc())
        .limit(1)
    )
    return _delivery(row) if row else None


async def held_counts(tx: TenantTx, destination_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many deliveries wait for each of these destinations; those for which none waits are absent."""
    if not destination_ids:
        return {}
    rows = await tx.execute(
        select(DeliveryRow.destination_id, func.count().label("number"))
        .where(
            DeliveryRow.workspace_id == tx.workspace_id,
            DeliveryRow.destination_id.in_(destination_ids),
            DeliveryRow.state == State.HELD.value,
        )
        .group_by(DeliveryRow.destination_id)
    )
    return {row.destination_id: row.number for row in rows}


async def leads_told(tx: TenantTx, lead_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the leads about which something was sent."""
    rows = await tx.execute(
        select(DeliveryRow.lead_id).where(
            DeliveryRow.workspace_id == tx.workspace_id,
            DeliveryRow.lead_id.in_(lead_ids),
            DeliveryRow.state == State.SENT.value,
        )
    )
    return {lead_id for lead_id in rows.scalars() if lead_id is not None}


async def of_destination(tx: TenantTx, destination_id: UUID, *states: State) -> list[Delivery]:
    """The deliveries of a destination in these states, oldest first."""
    rows = await tx.execute(
        select(DeliveryRow)
        .where(
            DeliveryRow.workspace_id == tx.workspace_id,
            DeliveryRow.destination_id == destination_id,
            DeliveryRow.state.in_([state.value for state in states]),
        )
        .order_by(DeliveryRow.created_at, DeliveryRow.id)
    )
    return [_delivery(row) for row in rows.scalars()]
