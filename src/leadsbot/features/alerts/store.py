"""The SQL of destinations, links, known Telegram users and cards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Text, any_, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY, insert

from leadsbot.features.alerts.model import AlertCard, Destination, DestinationState, Link
from leadsbot.features.alerts.tables import AccountRow, CardRow, CursorRow, DestinationRow, LinkRow, PlaceRow
from leadsbot.infra.db.fixed import Fixed, inserting, named, new, updating
from leadsbot.infra.db.tx import TenantTx, Tx

PLACE: Any = DestinationRow.__table__
CARD: Any = CardRow.__table__
_WORKSPACE: Any = bindparam("workspace")
_PLACES = Fixed(
    lambda: (
        select(PLACE)
        .where(PLACE.c.workspace_id == _WORKSPACE, PLACE.c.state == any_(bindparam("states", type_=ARRAY(Text))))
        .order_by(PLACE.c.created_at, PLACE.c.id)
    )
)
_A_PLACE = Fixed(lambda: select(PLACE).where(PLACE.c.workspace_id == _WORKSPACE, PLACE.c.id == bindparam("id")))
_CARD_AT = Fixed(
    lambda: select(CARD).where(
        CARD.c.workspace_id == _WORKSPACE,
        CARD.c.lead_id == bindparam("lead"),
        CARD.c.destination_id == bindparam("destination"),
    )
)
_CARD_OF_DELIVERY = Fixed(
    lambda: select(CARD).where(CARD.c.workspace_id == _WORKSPACE, CARD.c.delivery_id == bindparam("delivery"))
)


def _destination(row: Any) -> Destination:
    return Destination(
        id=row.id,
        chat_id=row.chat_id,
        thread_id=row.thread_id,
        chat_kind=row.chat_kind,
        title=row.title,
        topic=row.topic,
        anyone_may_act=row.anyone_may_act,
        state=DestinationState(row.state),
        reason=row.reason,
        created_by=row.created_by,
        created_at=row.created_at,
        changed_at=row.changed_at,
    )


def _card(row: Any) -> AlertCard:
    return AlertCard(
        id=row.id,
        lead_id=row.lead_id,
        destination_id=row.destination_id,
        delivery_id=row.delivery_id,
        chat_id=row.chat_id,
        message_id=row.message_id,
        shown_hash=row.shown_hash,
        token_hash=row.token_hash,
        gone=row.gone,
        created_at=row.created_at,
    )


async def lock_chat(tx: TenantTx, chat_id: int) -> None:
    """Let nobody else bind, move to or rearrange this chat until the transaction ends; taken before any row's lock."""
    await tx.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"),
        {"key": f"telegram chat {tx.workspace_id} {chat_id}"},
    )


async def destinations(tx: TenantTx, *states: DestinationState) -> list[Destination]:
    """The workspace's destinations, oldest first; only those in one of the states, if any are given."""
    wanted = [state.value for state in states or DestinationState]
    return [_destination(row) for row in await _PLACES.rows(tx, workspace=tx.workspace_id, states=wanted)]


async def destination(tx: TenantTx, destination_id: UUID, *, lock: bool = False) -> Destination | None:
    """One destination, optionally locked."""
    if not lock:
        found = await _A_PLACE.row(tx, workspace=tx.workspace_id, id=destination_id)
        return _destination(found) if found else None
    statement = (
        select(DestinationRow)
        .where(DestinationRow.workspace_id == tx.workspace_id, DestinationRow.id == destination_id)
        .execution_options(populate_existing=True)
    )
    row = await tx.scalar(statement.with_for_update())
    return _destination(row) if row else None


async def destination_at(tx: TenantTx, chat_id: int, thread_id: int | None) -> Destination | None:
    """The destination that is this chat and topic."""
    row = await tx.scalar(
        select(DestinationRow).where(
            DestinationRow.workspace_id == tx.workspace_id,
            DestinationRow.chat_id == chat_id,
            DestinationRow.thread_id.is_not_distinct_from(thread_id),
        )
    )
    return _destination(row) if row else None


async def add_destination(tx: TenantTx, **values: Any) -> bool:
    """Insert a destination; False when the chat and topic are one already."""
    statement = insert(DestinationRow).values(workspace_id=tx.workspace_id, **values).on_conflict_do_nothing()
    return await tx.scalar(statement.returning(DestinationRow.id)) is not None


async def change_destination(tx: TenantTx, destination_id: UUID, **values: Any) -> None:
    """Set columns of one destination."""
    await tx.execute(
        update(DestinationRow)
        .where(DestinationRow.workspace_id == tx.workspace_id, DestinationRow.id == destination_id)
        .values(changed_at=func.clock_timestamp(), **values)
    )


async def remove_destination(tx: TenantTx, destination_id: UUID) -> None:
    """Delete a destination with its cards."""
    await tx.execute(
        delete(DestinationRow).where(
            DestinationRow.workspace_id == tx.workspace_id, DestinationRow.id == destination_id
        )
    )


async def workspaces_of_chat(tx: Tx) -> list[tuple[UUID, UUID]]:
    """(workspace, destination) pairs of the chat whose hash the transaction bears."""
    rows = await tx.execute(select(DestinationRow.workspace_id, DestinationRow.id))
    return [(row.workspace_id, row.id) for row in rows]


async def add_link(tx: TenantTx, **values: Any) -> None:
    """Insert a link."""
    await tx.execute(insert(LinkRow).values(workspace_id=tx.workspace_id, **values))


async def link_borne(tx: Tx) -> Link | None:
    """The link whose code's hash the transaction bears."""
    row = await tx.scalar(select(LinkRow))
    return _link(row) if row else None


async def link(tx: TenantTx, link_id: UUID, *, lock: bool = False) -> Link | None:
    """One link, optionally locked."""
    statement = select(LinkRow).where(LinkRow.workspace_id == tx.workspace_id, LinkRow.id == link_id)
    row = await tx.scalar(statement.with_for_update() if lock else statement)
    return _link(row) if row else None


def _link(row: LinkRow) -> Link:
    return Link(
        id=row.id,
        workspace_id=row.workspace_id,
        created_by=row.created_by,
        expires_at=row.expires_at,
        used_at=row.used_at,
        destination_id=row.destination_id,
        code_hash=row.code_hash,
    )


async def use_link(tx: TenantTx, link_id: UUID, destination_id: UUID) -> None:
    """Mark a link used."""
    await tx.execute(
        update(LinkRow)
        .where(LinkRow.workspace_id == tx.workspace_id, LinkRow.id == link_id)
        .values(used_at=func.clock_timestamp(), destination_id=destination_id)
    )


async def know(tx: TenantTx, telegram_id: int, person_id: UUID | None, name: str) -> None:
    """Remember a Telegram user as one of the team."""
    statement = insert(AccountRow).values(
        workspace_id=tx.workspace_id, telegram_id=telegram_id, person_id=person_id, name=name
    )
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "telegram_id"],
            set_={"name": name, "person_id": func.coalesce(statement.excluded.person_id, AccountRow.person_id)},
        )
    )


async def known(tx: TenantTx, telegram_id: int) -> tuple[bool, UUID | None]:
    """Whether the workspace knows a Telegram user, and which member it is."""
    row = (
        await tx.execute(
            select(AccountRow.person_id).where(
                AccountRow.workspace_id == tx.workspace_id, AccountRow.telegram_id == telegram_id
            )
        )
    ).first()
    return (row is not None, row.person_id if row else None)


async def forget(tx: TenantTx, person_id: UUID) -> list[int]:
    """Forget who a person is in Telegram; the ids that they had there."""
    statement = delete(AccountRow).where(AccountRow.workspace_id == tx.workspace_id, AccountRow.person_id == person_id)
    return list((await tx.execute(statement.returning(AccountRow.telegram_id))).scalars())


async def names(tx: TenantTx, telegram_ids: Sequence[int]) -> dict[int, str]:
    """The names of known Telegram users."""
    rows = await tx.execute(
        select(AccountRow.telegram_id, AccountRow.name).where(
            AccountRow.workspace_id == tx.workspace_id, AccountRow.telegram_id.in_(telegram_ids)
        )
    )
    return {row.telegram_id: row.name for row in rows}


async def add_card(tx: TenantTx, **values: Any) -> bool:
    """Insert a card; False when the lead has one there."""
    given = {"workspace_id": tx.workspace_id, **values}
    return await inserting(CardRow, *given, returning="id", unless_there=True).value(tx, **given) is not None


async def card_at(tx: TenantTx, lead_id: UUID, destination_id: UUID) -> AlertCard | None:
    """The card of a lead in a destination."""
    row = await _CARD_AT.row(tx, workspace=tx.workspace_id, lead=lead_id, destination=destination_id)
    return _card(row) if row else None


async def leads_with_cards(tx: TenantTx, lead_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the leads that have a card anywhere."""
    rows = await tx.execute(
        select(CardRow.lead_id).where(CardRow.workspace_id == tx.workspace_id, CardRow.lead_id.in_(lead_ids))
    )
    return set(rows.scalars())


async def count_cards(tx: TenantTx, delivery_id: UUID) -> int:
    """How many cards a delivery stands for."""
    statement = select(func.count()).where(CardRow.workspace_id == tx.workspace_id, CardRow.delivery_id == delivery_id)
    return int(await tx.scalar(statement) or 0)


async def doubled(tx: TenantTx, destination_id: UUID, other: UUID) -> list[UUID]:
    """The deliveries of a destination's cards whose leads have a card in the other one, too."""
    theirs = select(CardRow.lead_id).where(CardRow.workspace_id == tx.workspace_id, CardRow.destination_id == other)
    rows = await tx.execute(
        select(CardRow.delivery_id).where(
            CardRow.workspace_id == tx.workspace_id,
            CardRow.destination_id == destination_id,
            CardRow.lead_id.in_(theirs),
        )
    )
    return list(rows.scalars())


async def hand_over_cards(
    tx: TenantTx, destination_id: UUID, heir: UUID, delivery_ids: Sequence[UUID] | None = None
) -> None:
    """Give a destination's cards (of some deliveries, or all) to another one, if their leads have none there."""
    theirs = select(CardRow.lead_id).where(CardRow.workspace_id == tx.workspace_id, CardRow.destination_id == heir)
    statement = update(CardRow).where(
        CardRow.workspace_id == tx.workspace_id,
        CardRow.destination_id == destination_id,
        CardRow.lead_id.not_in(theirs),
    )
    if delivery_ids is not None:
        statement = statement.where(CardRow.delivery_id.in_(delivery_ids))
    await tx.execute(statement.values(destination_id=heir).execution_options(synchronize_session=False))


async def put_into_digest(tx: TenantTx, delivery_ids: Sequence[UUID], digest_id: UUID) -> None:
    """Let a digest stand for the cards of these deliveries."""
    await tx.execute(
        update(CardRow)
        .where(CardRow.workspace_id == tx.workspace_id, CardRow.delivery_id.in_(delivery_ids))
        .values(delivery_id=digest_id)
        .execution_options(synchronize_session=False)
    )


async def card_borne(tx: Tx) -> tuple[UUID, UUID] | None:
    """(workspace, card) of the token or place whose hash the transaction bears."""
    row = (await tx.execute(select(CardRow.workspace_id, CardRow.id))).first()
    row = row or (await tx.execute(select(PlaceRow.workspace_id, PlaceRow.card_id.label("id")))).first()
    return (row.workspace_id, row.id) if row else None


async def add_place(tx: TenantTx, card_id: UUID, place_hash: bytes) -> None:
    """Remember one more message in which people see the lead of a card."""
    values = {"workspace_id": tx.workspace_id, "card_id": card_id, "place_hash": place_hash}
    await tx.execute(insert(PlaceRow).values(**values).on_conflict_do_nothing())


async def card(tx: TenantTx, card_id: UUID) -> AlertCard | None:
    """One card."""
    row = await tx.scalar(
        select(CardRow)
        .where(CardRow.workspace_id == tx.workspace_id, CardRow.id == card_id)
        .execution_options(populate_existing=True)
    )
    return _card(row) if row else None


async def card_of_delivery(tx: TenantTx, delivery_id: UUID) -> AlertCard | None:
    """The card that a delivery is about."""
    row = await _CARD_OF_DELIVERY.row(tx, workspace=tx.workspace_id, delivery=delivery_id)
    return _card(row) if row else None


async def cards_of_leads(tx: TenantTx, lead_ids: Sequence[UUID], destination_id: UUID | None = None) -> list[AlertCard]:
    """Every card of some leads, or those in one destination, the oldest first."""
    statement = select(CardRow).where(CardRow.workspace_id == tx.workspace_id, CardRow.lead_id.in_(lead_ids))
    if destination_id is not None:
        statement = statement.where(CardRow.destination_id == destination_id)
    statement = statement.order_by(CardRow.created_at, CardRow.id).execution_options(populate_existing=True)
    return [_card(row) for row in (await tx.execute(statement)).scalars()]


async def change_card(tx: TenantTx, card_id: UUID, **values: Any) -> None:
    """Set columns of one card."""
    statement = updating(CardRow, named(values), "workspace_id", "id")
    await statement.rows(tx, workspace_id=tx.workspace_id, id=card_id, **new(values))


async def change_lines_of(tx: TenantTx, delivery_id: UUID, **values: Any) -> None:
    """Set columns of every card that has no message but its line in this delivery."""
    await tx.execute(
        update(CardRow)
        .where(
            CardRow.workspace_id == tx.workspace_id, CardRow.delivery_id == delivery_id, CardRow.message_id.is_(None)
        )
        .values(**values)
        .execution_options(synchronize_session=False)
    )


async def cards_of_delivery(tx: TenantTx, delivery_id: UUID) -> list[AlertCard]:
    """The cards that a delivery stands for, oldest first."""
    rows = (
        await tx.execute(
            select(CardRow)
            .where(CardRow.workspace_id == tx.workspace_id, CardRow.delivery_id == delivery_id)
            .order_by(CardRow.created_at, CardRow.id)
        )
    ).scalars()
    return [_card(row) for row in rows]


async def trouble(tx: Tx, bot_id: int) -> str | None:
    """Why what people do with the bot does not reach us; None while it does."""
    found: str | None = await tx.scalar(select(CursorRow.trouble).where(CursorRow.id == bot_id))
    return found


async def set_trouble(tx: Tx, bot_id: int, sentence: str | None) -> None:
    """Write it down. A bot whose stream was never read has seen nothing, which is number 0."""
    statement = insert(CursorRow).values(id=bot_id, seen=0, trouble=sentence)
    await tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_={"trouble": sentence}))
