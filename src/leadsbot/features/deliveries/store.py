"""The SQL of deliveries and their attempts."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, or_, select, tuple_, update

from leadsbot.features.deliveries.model import OPEN, Attempt, Delivery, Outcome, State
from leadsbot.features.deliveries.tables import AttemptRow, DeliveryRow
from leadsbot.infra.db.fixed import Fixed, inserting, named, new, updating
from leadsbot.infra.db.tx import TenantTx

DELIVERY: Any = DeliveryRow.__table__
_MINE = (
    DELIVERY.c.workspace_id == bindparam("workspace"),
    DELIVERY.c.id == bindparam("delivery"),
)
_ONE = Fixed(lambda: select(DELIVERY).where(*_MINE))
_LOCKED = Fixed(lambda: select(DELIVERY).where(*_MINE).with_for_update())
_SINCE = Fixed(
    lambda: select(func.count()).where(
        DELIVERY.c.workspace_id == bindparam("workspace"),
        DELIVERY.c.destination_id == bindparam("destination"),
        DELIVERY.c.created_at >= bindparam("since"),
        DELIVERY.c.kind == bindparam("kind"),
    )
)


def _beginning() -> Any:
    was = (
        select(DELIVERY.c.id, DELIVERY.c.state, DELIVERY.c.intent_at)
        .where(*_MINE, or_(*(DELIVERY.c.state == state.value for state in OPEN)))
        .with_for_update()
        .cte("was")
    )
    values: dict[str, Any] = {"state": State.SENDING.value, "intent_at": bindparam("now"), "next_at": None}
    return (
        update(DELIVERY)
        .where(_MINE[0], DELIVERY.c.id == was.c.id)
        .values(attempts=DELIVERY.c.attempts + 1, **values)
        .returning(*DELIVERY.c, was.c.state.label("was"), was.c.intent_at.label("intended"))
    )


_BEGIN = Fixed(_beginning)


def _delivery(row: Any) -> Delivery:
    return Delivery(
        id=row.id,
        channel=row.channel,
        kind=row.kind,
        destination_id=row.destination_id,
        lead_id=row.lead_id,
        dedupe_key=row.dedupe_key,
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
    values = {
        "workspace_id": tx.workspace_id,
        "id": delivery_id,
        "channel": channel,
        "kind": kind,
        "destination_id": destination_id,
        "lead_id": lead_id,
        "dedupe_key": dedupe_key,
    }
    statement = inserting(DeliveryRow, *values, returning="id", unless_there=True)
    return await statement.value(tx, **values) is not None


async def get(tx: TenantTx, delivery_id: UUID, *, lock: bool = False) -> Delivery | None:
    """One delivery, optionally locked until the transaction ends."""
    row = await (_LOCKED if lock else _ONE).row(tx, workspace=tx.workspace_id, delivery=delivery_id)
    return _delivery(row) if row else None


async def begin(tx: TenantTx, delivery_id: UUID, now: datetime) -> tuple[Delivery, Delivery] | None:
    """Make an open delivery ``sending`` and count the attempt; how it was before and how it is now."""
    found = await _BEGIN.row(tx, workspace=tx.workspace_id, delivery=delivery_id, now=now)
    if found is None:
        return None
    is_now = _delivery(found)
    before = replace(is_now, state=State(found.was), intent_at=found.intended, attempts=is_now.attempts - 1)
    return before, is_now


async def change(tx: TenantTx, delivery_id: UUID, *, only: Sequence[State] = (), **values: object) -> bool:
    """Set columns of one delivery, if it stands in one of ``only`` (nothing given: however it stands)."""
    if not only:
        every = updating(DeliveryRow, named(values), "workspace_id", "id")
        return await every.value(tx, workspace_id=tx.workspace_id, id=delivery_id, **new(values)) is not None
    statement = update(DeliveryRow).where(
        DeliveryRow.workspace_id == tx.workspace_id,
        DeliveryRow.id == delivery_id,
        DeliveryRow.state.in_([state.value for state in only]),
    )
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
    values = {
        "workspace_id": tx.workspace_id,
        "delivery_id": delivery_id,
        "at": attempt.at,
        "n": attempt.n,
        "outcome": attempt.outcome.value,
        "status": attempt.status,
        "milliseconds": attempt.milliseconds,
        "detail": attempt.detail,
    }
    await inserting(AttemptRow, *values).rows(tx, **values)


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
    found = await _SINCE.value(tx, workspace=tx.workspace_id, destination=destination_id, since=since, kind=kind)
    return int(found)


async def planned_of_kind(tx: TenantTx, kind: str, since: datetime) -> int:
    """How many deliveries of one kind the workspace planned since a moment."""
    statement = select(func.count()).where(
        DeliveryRow.workspace_id == tx.workspace_id, DeliveryRow.kind == kind, DeliveryRow.created_at >= since
    )
    return int(await tx.scalar(statement) or 0)


async def some(tx: TenantTx, ids: Collection[UUID]) -> list[Delivery]:
    """The deliveries with these ids."""
    rows = await tx.execute(
        select(DeliveryRow).where(DeliveryRow.workspace_id == tx.workspace_id, DeliveryRow.id.in_(list(ids)))
    )
    return [_delivery(row) for row in rows.scalars()]


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
