"""Edit what was sent, so that cards and digests show what is true now. What cannot be shown there is sent anew."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from leadsbot.channels.base import Rejected, RetryLater, Sent, Uncertain
from leadsbot.channels.telegram.transport import EditOutcome, Migrated
from leadsbot.features.alerts import actions, present, store
from leadsbot.features.alerts.bot import Bot, patiently, workspace_of
from leadsbot.features.alerts.model import AlertCard, Destination, DestinationState
from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.deliveries.public import Delivery, State
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.kinds import JobContext, Retry


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A message that shows something old: where it is and what it must say."""

    destination: Destination
    chat_id: int
    message_id: int
    message: present.Message

    @property
    def moved_away(self) -> bool:
        """Whether the chat lives under another id by now, in which old messages cannot be edited."""
        return self.chat_id != self.destination.chat_id


async def edit_card(context: JobContext, bot: Bot, card_id: UUID) -> UUID | None:
    """Bring a card up to date; returns the delivery of the digest that has a line for it, if one does."""
    db, workspace_id = context.services.db, workspace_of(context)
    async with db.tenant(workspace_id) as tx:
        card = await store.card(tx, card_id)
        if card is None or card.gone:
            return None
        digest = await _digest_of(tx, card)
        edit = await _stale_card(tx, context, card)
    if edit is None:
        bot.pacing.leave(card_id)
        return digest
    outcome = await _edit(bot, edit, card_id, urgent=False)
    async with db.tenant(workspace_id) as tx:
        if isinstance(outcome, Sent):
            await actions.shown(tx, card_id, edit.message.hash)
        elif not isinstance(outcome, RetryLater | Uncertain):
            await _refused(tx, edit, outcome)
            if edit.moved_away or not isinstance(outcome, Rejected):
                await actions.card_gone(tx, card_id)
    _retry_if_asked(bot, edit, outcome)
    return digest


async def _digest_of(tx: TenantTx, card: AlertCard) -> UUID | None:
    delivery = await deliveries.get(tx, card.delivery_id)
    return delivery.id if delivery is not None and delivery.kind == "digest" and delivery.state is State.SENT else None


async def _stale_card(tx: TenantTx, context: JobContext, card: AlertCard) -> Edit | None:
    destination = await store.destination(tx, card.destination_id)
    message = await present.card_message(tx, context.services, card)
    if card.chat_id is None or card.message_id is None or destination is None or message is None:
        return None
    if destination.state is not DestinationState.ACTIVE or message.hash == card.shown_hash:
        return None
    return Edit(destination=destination, chat_id=card.chat_id, message_id=card.message_id, message=message)


async def edit_digest(context: JobContext, bot: Bot, delivery_id: UUID) -> bool:
    """Bring a digest up to date. True when it has to be sent: it never was, or its message is gone."""
    db, workspace_id = context.services.db, workspace_of(context)
    async with db.tenant(workspace_id) as tx:
        delivery = await deliveries.get(tx, delivery_id)
        if delivery is None or delivery.state is not State.SENT:
            return delivery is not None and delivery.state in deliveries.OPEN
        edit = await _stale_digest(tx, context, delivery)
    if edit is None:
        bot.pacing.leave(delivery_id)
        return False
    outcome = await _edit(bot, edit, delivery_id, urgent=True)
    async with db.tenant(workspace_id) as tx:
        if isinstance(outcome, Sent):
            await actions.digest_shown(tx, delivery_id, edit.message.hash)
        elif not isinstance(outcome, RetryLater | Uncertain):
            held = await _refused(tx, edit, outcome)
            # Leads that only the refused text names must not be lost with it.
            await deliveries.again(tx, delivery_id, held=held)
            return held is None
    _retry_if_asked(bot, edit, outcome)
    return False


async def _stale_digest(tx: TenantTx, context: JobContext, delivery: Delivery) -> Edit | None:
    message = await present.message_of(tx, context.services, delivery)
    if message is None or delivery.destination_id is None or delivery.external_id is None:
        return None
    # Who wrote again has a message of their own since, which says nothing about what the digest shows.
    lines = [card for card in await store.cards_of_delivery(tx, delivery.id) if card.message_id is None]
    if lines and all(card.shown_hash == message.hash for card in lines):
        return None
    destination = await store.destination(tx, delivery.destination_id)
    if destination is not None and destination.state is not DestinationState.ACTIVE:
        destination = await store.destination(tx, delivery.destination_id, lock=True)
    if destination is None:
        return None
    if destination.state is not DestinationState.ACTIVE:
        await deliveries.again(tx, delivery.id, held=destination.reason or "The chat is paused.")
        return None
    chat_id, _, message_id = delivery.external_id.partition(":")
    return Edit(destination=destination, chat_id=int(chat_id), message_id=int(message_id), message=message)


async def _edit(bot: Bot, edit: Edit, key: UUID, *, urgent: bool) -> EditOutcome:
    waited, message = 0.0, edit.message
    while delay := bot.pacing.try_acquire(key, edit.chat_id, edit.destination.is_group, urgent=urgent):
        waited = await patiently(delay, waited)
    outcome = await bot.transport.edit(edit.chat_id, edit.message_id, message.text, keyboard=message.keyboard)
    bot.pacing.done(edit.chat_id)
    return outcome


async def _refused(tx: TenantTx, edit: Edit, outcome: EditOutcome) -> str | None:
    """Do what follows from a refusal; the reason, when the chat itself is closed to us now."""
    if edit.moved_away:
        return None  # What is refused there says nothing about the chat as it is.
    if isinstance(outcome, Migrated):
        await actions.moved(tx, edit.destination.id, outcome.chat_id)
    closed = isinstance(outcome, Rejected) and outcome.permanent
    if isinstance(outcome, Rejected) and closed:
        seen = edit.destination
        if await actions.disable(tx, seen.id, outcome.code, outcome.sentence, seen=seen):
            return outcome.sentence
    return None


def _retry_if_asked(bot: Bot, edit: Edit, outcome: EditOutcome) -> None:
    if isinstance(outcome, RetryLater):
        if outcome.after is not None:
            bot.pacing.back_off(outcome.after.total_seconds(), edit.chat_id)
        raise Retry(outcome.code, outcome.after)
    if isinstance(outcome, Uncertain):
        # An edit can be repeated safely: the same text twice is "not modified".
        raise Retry(outcome.code)
