"""Every write to destinations, links and cards; alerts are planned here and sent by jobs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from leadsbot.contracts.events import DestinationBound, DestinationDisabled
from leadsbot.features.alerts import model, store
from leadsbot.features.alerts.model import Destination, DestinationState
from leadsbot.features.deliveries import public as deliveries
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.log import emit
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Gone, NotFound
from leadsbot.kit.ids import base62, new_id
from leadsbot.kit.signing import Signer

CHANNEL = "telegram"


async def make_link(tx: TenantTx, *, by: UUID | None) -> tuple[UUID, str, datetime]:
    """A one-time code that binds the chat in which the bot receives it; returns (id, code, when it ends)."""
    code, link_id = base62(40), new_id()
    expires = utcnow() + model.LINK_LIVES
    await store.add_link(tx, id=link_id, code_hash=model.code_hash(code), created_by=by, expires_at=expires)
    return link_id, code, expires


async def bind(
    tx: TenantTx,
    link_id: UUID,
    *,
    chat_id: int,
    thread_id: int | None,
    chat_kind: str,
    title: str,
    telegram_id: int,
    telegram_name: str,
    by: str,
) -> tuple[Destination, bool]:
    """Use a link: the chat becomes a destination and the person who opened it one of the team.

    Returns the destination and whether it is new. Opening a used link again in the same chat is harmless; anything
    else raises Gone.
    """
    link = await store.link(tx, link_id, lock=True)
    if link is None:
        raise Gone("This link does not exist.")
    existing = await store.destination_at(tx, chat_id, thread_id)
    if link.used_at is not None:
        if existing is not None and existing.id == link.destination_id:
            return existing, False
        raise Gone("This link was used already. Make a new one in LeadsBot.")
    if link.expires_at < utcnow():
        raise Gone("This link has expired. Make a new one in LeadsBot.")
    if telegram_id:
        await store.know(tx, telegram_id, link.created_by, telegram_name)
    destination_id = existing.id if existing else new_id()
    if existing is None:
        await store.add_destination(
            tx,
            id=destination_id,
            chat_id=chat_id,
            thread_id=thread_id,
            chat_kind=chat_kind,
            title=title[:200],
            chat_hash=model.chat_hash(chat_id),
            created_by=link.created_by,
        )
    elif existing.state is not DestinationState.ACTIVE:
        await store.change_destination(tx, destination_id, state=DestinationState.ACTIVE.value, reason=None)
    await store.use_link(tx, link_id, destination_id)
    await emit(tx, DestinationBound(destination_id=destination_id), by=by)
    bound = await store.destination(tx, destination_id)
    if bound is None:
        raise NotFound("The chat could not be connected.")
    return bound, existing is None


async def disable(tx: TenantTx, destination_id: UUID, code: str, sentence: str) -> None:
    """Telegram refuses the chat: stop sending there and say why in the dashboard. Alerts wait; none is dropped."""
    destination = await store.destination(tx, destination_id)
    if destination is None or destination.state is DestinationState.DISABLED:
        return
    await store.change_destination(tx, destination_id, state=DestinationState.DISABLED.value, reason=sentence)
    await emit(tx, DestinationDisabled(destination_id=destination_id, reason=code))


async def set_paused(tx: TenantTx, destination_id: UUID, *, paused: bool) -> None:
    """Pause or resume a destination by hand."""
    if await store.destination(tx, destination_id) is None:
        raise NotFound("There is no such destination.")
    state = DestinationState.PAUSED if paused else DestinationState.ACTIVE
    await store.change_destination(tx, destination_id, state=state.value, reason=None)


async def set_anyone_may_act(tx: TenantTx, destination_id: UUID, *, allowed: bool) -> None:
    """Whether people of the chat whom LeadsBot does not know may press buttons."""
    if await store.destination(tx, destination_id) is None:
        raise NotFound("There is no such destination.")
    await store.change_destination(tx, destination_id, anyone_may_act=allowed)


async def remove(tx: TenantTx, destination_id: UUID) -> None:
    """Forget a destination."""
    if await store.destination(tx, destination_id) is None:
        raise NotFound("There is no such destination.")
    await store.remove_destination(tx, destination_id)


async def moved(tx: TenantTx, destination_id: UUID, chat_id: int) -> None:
    """The group became a supergroup: everything about it lives under a new id from now on."""
    # Locked, because the refused message and Telegram's own update tell the same news at the same moment: without the
    # lock the later one would find its own row under the new id, take it for a twin and forget the chat.
    destination = await store.destination(tx, destination_id, lock=True)
    if destination is None or destination.chat_id == chat_id:
        return
    twin = await store.destination_at(tx, chat_id, destination.thread_id)
    if twin is not None:
        # Somebody bound the supergroup anew before we noticed; the new binding stays.
        await store.remove_destination(tx, destination_id)
        return
    await store.change_destination(
        tx, destination_id, chat_id=chat_id, chat_hash=model.chat_hash(chat_id), chat_kind="supergroup"
    )


async def set_topic(tx: TenantTx, destination_id: UUID, thread_id: int | None) -> None:
    """The forum topic was made anew (or given up, with None)."""
    await store.change_destination(tx, destination_id, thread_id=thread_id)


async def plan_card(tx: TenantTx, signer: Signer, lead_id: UUID, destination: Destination) -> tuple[str, UUID] | None:
    """Plan the card of a lead in a destination; None when there is one.

    Returns ``("alert", delivery)`` or, while a storm lasts, ``("digest", delivery)`` of the digest that it joins.
    """
    now = utcnow()
    recent = await deliveries.planned_since(tx, destination.id, now - model.STORM_WINDOW, "alert")
    kind = "digest" if recent >= model.STORM_CARDS else "alert"
    if kind == "alert":
        key = f"alert:{lead_id}:{destination.id}"
    else:
        bucket = int(now.timestamp() // model.DIGEST_OPEN_FOR.total_seconds())
        key = f"digest:{destination.id}:{bucket}"
    delivery_id = await deliveries.plan(
        tx,
        channel=CHANNEL,
        kind=kind,
        destination_id=destination.id,
        lead_id=lead_id if kind == "alert" else None,
        dedupe_key=key,
    ) or await deliveries.planned(tx, key)
    if delivery_id is None:
        return None
    card_id = new_id()
    token = card_token(signer, card_id)
    added = await store.add_card(
        tx,
        id=card_id,
        lead_id=lead_id,
        destination_id=destination.id,
        delivery_id=delivery_id,
        token_hash=model.token_hash(token),
    )
    return (kind, delivery_id) if added else None


def card_token(signer: Signer, card_id: UUID) -> str:
    """The token inside the buttons of a card."""
    return model.card_token(signer.mac("alert card", card_id.bytes))


async def placed(tx: TenantTx, card_id: UUID, chat_id: int, message_id: int, shown: bytes) -> None:
    """Remember which message a card became and what it shows."""
    await store.change_card(
        tx,
        card_id,
        chat_id=chat_id,
        message_id=message_id,
        place_hash=model.place_hash(chat_id, message_id),
        shown_hash=shown,
        gone=False,
    )


async def shown(tx: TenantTx, card_id: UUID, shown_hash: bytes) -> None:
    """Remember what a card shows after an edit."""
    await store.change_card(tx, card_id, shown_hash=shown_hash)


async def card_gone(tx: TenantTx, card_id: UUID) -> None:
    """Somebody deleted the message, or it is too old to be edited."""
    await store.change_card(tx, card_id, gone=True)
