"""Every write to destinations, links and cards; alerts are planned here and sent by jobs."""

from __future__ import annotations

import base64
from datetime import datetime
from uuid import UUID

from leadsbot.channels.telegram.card import DIGEST_LINES
from leadsbot.contracts.events import DestinationBound, DestinationDisabled, DestinationMoved
from leadsbot.features.accounts import public as accounts
from leadsbot.features.alerts import model, store
from leadsbot.features.alerts.model import AlertCard, Destination, DestinationState
from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.deliveries.public import Delivery, State
from leadsbot.infra.db.tx import TenantTx, Tx
from leadsbot.infra.events.log import emit
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Gone, NotFound
from leadsbot.kit.ids import new_id
from leadsbot.kit.signing import Signer

CHANNEL = "telegram"
TOPIC_LIMIT = 128


async def make_link(tx: TenantTx, signer: Signer, *, by: UUID | None) -> tuple[UUID, str, datetime]:
    """A one-time code that binds the chat in which the bot receives it; returns (id, code, when it ends)."""
    link_id = new_id()
    code = link_code(signer, link_id)
    expires = utcnow() + model.LINK_LIVES
    await store.add_link(tx, id=link_id, code_hash=model.code_hash(code), created_by=by, expires_at=expires)
    return link_id, code, expires


def link_code(signer: Signer, link_id: UUID) -> str:
    """The code of a link: made from its id with our key, so that its page can be shown again and no code is stored."""
    return base64.urlsafe_b64encode(signer.mac("telegram link", link_id.bytes)[:30]).decode()


async def note_trouble(tx: Tx, bot_id: int, sentence: str | None) -> None:
    """Write down why what people do with the bot does not reach us; None when it does."""
    await store.set_trouble(tx, bot_id, sentence)


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
    topic: str | None = None,
) -> tuple[Destination, bool]:
    """Use a link: the chat becomes a destination and the person who opened it one of the team.

    Returns the destination and whether it is new. Opening a used link again in the same chat is harmless; anything
    else raises Gone.
    """
    # Two links opened in one chat at the same moment make one destination.
    await store.lock_chat(tx, chat_id)
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
    members = {member.person_id: member for member in await accounts.members(tx)}
    if link.created_by is not None and link.created_by not in members:
        raise Gone("Whoever made this link is not in the team any more. Ask somebody who is for another one.")
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
            topic=topic and topic[:TOPIC_LIMIT],
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


async def member_left(tx: TenantTx, person_id: UUID) -> None:
    """Forget who somebody who left the team is in Telegram, and stop what goes to their own chat."""
    for telegram_id in await store.forget(tx, person_id):
        # A private chat has the id of the person in it.
        own = await store.destination_at(tx, telegram_id, None)
        if own is not None:
            await disable(tx, own.id, "left", "Whoever connected this chat is not in the team any more.")


async def disable(
    tx: TenantTx, destination_id: UUID, code: str, sentence: str, *, seen: Destination | None = None
) -> bool:
    """Telegram refuses the chat: stop sending there and say why in the dashboard. Alerts wait; none is dropped.

    False when the refusal is old news: the destination was changed (connected anew, say) after it was ``seen`` as the
    refused message found it.
    """
    destination = await store.destination(tx, destination_id, lock=True)
    if destination is None:
        return False
    if destination.state is DestinationState.DISABLED:
        return True
    if seen is not None and seen.changed_at != destination.changed_at:
        return False
    await store.change_destination(tx, destination_id, state=DestinationState.DISABLED.value, reason=sentence)
    await emit(tx, DestinationDisabled(destination_id=destination_id, reason=code))
    return True


async def set_paused(tx: TenantTx, destination_id: UUID, *, paused: bool) -> None:
    """Pause or resume a destination by hand."""
    if await store.destination(tx, destination_id, lock=True) is None:
        raise NotFound("There is no such destination.")
    state = DestinationState.PAUSED if paused else DestinationState.ACTIVE
    await store.change_destination(tx, destination_id, state=state.value, reason=None)


async def set_anyone_may_act(tx: TenantTx, destination_id: UUID, *, allowed: bool) -> None:
    """Whether people of the chat whom LeadsBot does not know may press buttons."""
    if await store.destination(tx, destination_id) is None:
        raise NotFound("There is no such destination.")
    await store.change_destination(tx, destination_id, anyone_may_act=allowed)


async def remove(tx: TenantTx, destination_id: UUID) -> UUID | None:
    """Forget a destination. What waits for it goes to a chat that works, whose id is returned; without one it ends."""
    destination = await store.destination(tx, destination_id, lock=True)
    if destination is None:
        raise NotFound("There is no such destination.")
    others = [d for d in await store.destinations(tx, DestinationState.ACTIVE) if d.id != destination_id]
    if others:
        await _inherit(tx, destination, others[0], waiting_only=True)
    await deliveries.cancel_all(tx, "The chat was removed.", destination_id)
    await store.remove_destination(tx, destination_id)
    return others[0].id if others else None


async def moved(tx: TenantTx, destination_id: UUID, chat_id: int) -> None:
    """The group became a supergroup: everything about it lives under a new id from now on."""
    # Locked, because the refused message and Telegram's own update tell the same news at the same moment: without the
    # lock the later one would find its own row under the new id, take it for a twin and forget the chat.
    await store.lock_chat(tx, chat_id)
    destination = await store.destination(tx, destination_id, lock=True)
    if destination is None or destination.chat_id == chat_id:
        return
    twin = await store.destination_at(tx, chat_id, destination.thread_id)
    if twin is not None:
        # Somebody bound the supergroup anew before we noticed; the new binding stays.
        await _merge(tx, destination, twin)
        return
    await store.change_destination(
        tx, destination_id, chat_id=chat_id, chat_hash=model.chat_hash(chat_id), chat_kind="supergroup"
    )
    await emit(tx, DestinationMoved(destination_id=destination_id))


async def set_topic(
    tx: TenantTx, destination_id: UUID, *, was: int | None, now: int | None, name: str | None = None
) -> None:
    """The forum topic ``was`` is gone: it was made anew (with this name), or given up (None). Nothing, when somebody
    was quicker."""
    destination = await store.destination(tx, destination_id)
    if destination is None:
        return
    await store.lock_chat(tx, destination.chat_id)
    destination = await store.destination(tx, destination_id, lock=True)
    if destination is None or destination.thread_id != was:
        return
    twin = await store.destination_at(tx, destination.chat_id, now)
    if twin is not None:
        # The chat itself is connected, too: what was for the topic arrives there.
        await _merge(tx, destination, twin)
        return
    named = {"topic": name[:TOPIC_LIMIT]} if name and now is not None else {}
    await store.change_destination(tx, destination_id, thread_id=now, **named)


async def _merge(tx: TenantTx, destination: Destination, twin: Destination) -> None:
    """Two destinations turn out to be one chat: the twin takes over everything, and the other is forgotten."""
    await _inherit(tx, destination, twin, waiting_only=False)
    await store.remove_destination(tx, destination.id)
    await emit(tx, DestinationMoved(destination_id=twin.id))


async def _inherit(tx: TenantTx, destination: Destination, heir: Destination, *, waiting_only: bool) -> None:
    """Give cards and deliveries to another destination, except those of leads that were announced there already."""
    doubled = await store.doubled(tx, destination.id, heir.id)
    await deliveries.cancel(tx, f"Announced in {heir.name} already.", *doubled, kind="alert")
    waiting = await deliveries.of_destination(tx, destination.id, *deliveries.UNSENT) if waiting_only else None
    only = None if waiting is None else [each.id for each in waiting]
    await store.hand_over_cards(tx, destination.id, heir.id, only)
    await deliveries.hand_over(tx, destination.id, heir.id, waiting_only=waiting_only)


async def plan_card(tx: TenantTx, signer: Signer, lead_id: UUID, destination: Destination) -> tuple[str, UUID] | None:
    """Plan the card of a lead in a destination.

    Returns ``("alert", delivery)`` or, while a storm lasts, ``("digest", delivery)`` of the digest that it joins: that
    is to be sent. None when there is nothing to send now: the lead has a card, or the chat does not work (it is
    paused, or Telegram refuses it) and the alert waits until it does.
    """
    if await store.card_at(tx, lead_id, destination.id) is not None:
        return None
    waits = destination.state is not DestinationState.ACTIVE
    recent = await _recent(tx, destination)
    if waits or recent < model.STORM_CARDS:
        kind, delivery_id = "alert", await _plan(tx, "alert", destination, f"alert:{lead_id}:{destination.id}", lead_id)
    else:
        kind, delivery_id = "digest", await _open_digest(tx, destination)
    card_id = new_id()
    added = await store.add_card(
        tx,
        id=card_id,
        lead_id=lead_id,
        destination_id=destination.id,
        delivery_id=delivery_id,
        token_hash=model.token_hash(card_token(signer, card_id)),
    )
    if waits:
        await deliveries.hold(tx, delivery_id, destination.why_waiting)
    return (kind, delivery_id) if added and not waits else None


async def _recent(tx: TenantTx, destination: Destination) -> int:
    """How many cards the chat was given within the last minute.

    Those who announce at this moment do not see each other's cards before they commit. That is harmless in calm times;
    when a storm gathers, one waits for the other, or they would all find room for one more card.
    """
    since = utcnow() - model.STORM_WINDOW
    recent = await deliveries.planned_since(tx, destination.id, since, "alert")
    if model.STORM_CARDS // 2 <= recent < model.STORM_CARDS:
        await store.destination(tx, destination.id, lock=True)
        recent = await deliveries.planned_since(tx, destination.id, since, "alert")
    return recent


async def _plan(tx: TenantTx, kind: str, destination: Destination, key: str, lead_id: UUID | None = None) -> UUID:
    made = await deliveries.plan(
        tx, channel=CHANNEL, kind=kind, destination_id=destination.id, lead_id=lead_id, dedupe_key=key
    )
    found = made or await deliveries.planned(tx, key)
    if found is None:
        raise RuntimeError("a delivery is neither new nor known")
    return found


async def _open_digest(tx: TenantTx, destination: Destination) -> UUID:
    """The digest that the next lead joins: the latest one, while it is young and has room for another line."""
    # Locked, because members are counted: two that join at once would both take the last line.
    await store.destination(tx, destination.id, lock=True)
    latest = await deliveries.newest(tx, destination.id, "digest", utcnow() - model.DIGEST_OPEN_FOR)
    alive = latest is not None and latest.state in (*deliveries.OPEN, State.SENT)
    if latest is not None and alive and await store.count_cards(tx, latest.id) < DIGEST_LINES:
        return latest.id
    return await _plan(tx, "digest", destination, f"digest:{destination.id}:{new_id()}")


async def gather(tx: TenantTx, destination: Destination) -> list[Delivery]:
    """What waits for a destination that works again, the oldest first; many cards are put into digests instead."""
    waiting = await deliveries.of_destination(tx, destination.id, State.HELD)
    alerts = [each.id for each in waiting if each.kind == "alert"]
    if len(alerts) <= model.STORM_CARDS:
        return waiting
    for start in range(0, len(alerts), DIGEST_LINES):
        some = alerts[start : start + DIGEST_LINES]
        digest_id = await _plan(tx, "digest", destination, f"digest:{destination.id}:{new_id()}")
        await store.put_into_digest(tx, some, digest_id)
        await deliveries.hold(tx, digest_id, "Waits with others.")
        await deliveries.cancel(tx, "Told in a digest, because many were waiting.", *some)
    return await deliveries.of_destination(tx, destination.id, State.HELD)


def card_token(signer: Signer, card_id: UUID) -> str:
    """The token inside the buttons of a card."""
    return model.card_token(signer.mac("alert card", card_id.bytes))


async def buttons_of(tx: TenantTx, signer: Signer, card: AlertCard) -> str:
    """The token for the buttons of a card that is about to be drawn.

    Where the secret key has changed since it was drawn last, the stored hash follows: the old buttons go with the edit.
    """
    token = card_token(signer, card.id)
    if model.token_hash(token) != card.token_hash:
        await store.change_card(tx, card.id, token_hash=model.token_hash(token))
    return token


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


async def digest_shown(tx: TenantTx, delivery_id: UUID, shown_hash: bytes) -> None:
    """Remember what a digest shows, with each of the cards that it stands for."""
    await store.change_lines_of(tx, delivery_id, shown_hash=shown_hash)


async def mentioned(tx: TenantTx, card_id: UUID, chat_id: int, message_id: int) -> None:
    """Remember a further message about a card's lead, so that a reply to it finds the lead."""
    await store.add_place(tx, card_id, model.place_hash(chat_id, message_id))


async def card_gone(tx: TenantTx, card_id: UUID) -> None:
    """Somebody deleted the message, or it is too old to be edited."""
    await store.change_card(tx, card_id, gone=True)
