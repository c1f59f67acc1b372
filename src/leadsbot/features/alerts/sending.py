"""Send, edit and collect: claim and commit, then the network with no transaction open, then record."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from leadsbot.channels.base import Rejected, RetryLater, Sent, Uncertain
from leadsbot.channels.telegram.transport import CardGone, Migrated, SendOutcome, TopicGone
from leadsbot.features.alerts import actions, present, store
from leadsbot.features.alerts.bot import Bot, bot_of
from leadsbot.features.alerts.model import Destination, DestinationState
from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.deliveries.public import Delivery, Outcome, State
from leadsbot.infra import metrics
from leadsbot.infra.crash import point
from leadsbot.infra.db.patience import insist
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.kinds import URGENT, JobContext, JobKind, Retry
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Conflict
from leadsbot.kit.retry import RetryPolicy

POOL = "telegram"
POLICY = RetryPolicy((2, 10, 30, 120, 300, 900, 1800, 3600, 7200, 14400, 28800))
AMBIGUOUS_PAUSE = timedelta(seconds=45)
DIGEST_PAUSE = timedelta(seconds=3)
MIGRATION_HOPS = 2


class DeliveryJob(msgspec.Struct, frozen=True):
    """One delivery to send."""

    delivery_id: UUID


class CardJob(msgspec.Struct, frozen=True):
    """One card to bring up to date."""

    card_id: UUID


class AnswerJob(msgspec.Struct, frozen=True):
    """The answer to a pressed button."""

    callback_id: str
    text: str
    alert: bool = False


class SayJob(msgspec.Struct, frozen=True):
    """A short message of the bot in a chat."""

    chat_id: int
    text: str
    thread_id: int | None = None


def _bot(context: JobContext) -> Bot:
    bot = bot_of(context.services)
    if bot is None:
        raise Retry("LEADSBOT_TELEGRAM_BOT_TOKEN is not set", timedelta(minutes=1), counted=False)
    return bot


async def send_delivery(context: JobContext, job: DeliveryJob) -> None:
    """Send one alert, repeat or test message; every attempt is in the log."""
    bot, db = _bot(context), context.services.db
    workspace_id = _workspace(context)
    async with db.tenant(workspace_id) as tx:
        prepared = await _prepare(tx, context, job.delivery_id)
    if prepared is None:
        return
    delivery, destination, message = prepared
    point("intent")
    await bot.pacing.acquire(destination.chat_id, destination.is_group)
    started = utcnow()
    outcome = await _send(bot, context, destination, message)
    point("sent")

    async def record() -> None:
        async with db.tenant(workspace_id) as tx:
            await _record(tx, context, bot, delivery, destination, message, outcome, started)

    # Without this record the message would be sent again.
    await insist(record)
    _retry_if_asked(outcome, delivery)


def _workspace(context: JobContext) -> UUID:
    if context.workspace_id is None:
        raise ValueError("this job belongs to a workspace")
    return context.workspace_id


async def _prepare(
    tx: TenantTx, context: JobContext, delivery_id: UUID
) -> tuple[Delivery, Destination, present.Message] | None:
    """Commit the intent and read what to say; None when there is nothing to send (any more)."""
    known = await deliveries.get(tx, delivery_id)
    if known is None or known.destination_id is None:
        return None
    destination = await store.destination(tx, known.destination_id)
    if destination is None:
        await deliveries.cancel(tx, delivery_id, "The chat was removed.")
        return None
    if destination.state is not DestinationState.ACTIVE:
        await deliveries.hold(tx, delivery_id, destination.reason or "The chat is paused.")
        return None
    message = await present.message_of(tx, context.services, known)
    if message is None:
        await deliveries.cancel(tx, delivery_id, "The lead is gone.")
        return None
    delivery = await deliveries.begin(tx, delivery_id)
    return (delivery, destination, message) if delivery else None


async def _send(bot: Bot, context: JobContext, destination: Destination, message: present.Message) -> SendOutcome:
    """Send, following a group that became a supergroup and remaking a topic that was deleted."""
    chat_id, thread_id = destination.chat_id, destination.thread_id
    for _ in range(MIGRATION_HOPS):
        outcome = await bot.transport.send(
            chat_id, message.text, thread_id=thread_id, keyboard=message.keyboard, reply_to=message.reply_to
        )
        if isinstance(outcome, Migrated):
            chat_id = outcome.chat_id
            async with context.services.db.tenant(_workspace(context)) as tx:
                await actions.moved(tx, destination.id, chat_id)
        elif isinstance(outcome, TopicGone):
            thread_id = await bot.new_topic(chat_id, destination.topic or "Leads")
            async with context.services.db.tenant(_workspace(context)) as tx:
                await actions.set_topic(tx, destination.id, thread_id)
        else:
            return outcome
    return RetryLater("moved")


async def _record(
    tx: TenantTx,
    context: JobContext,
    bot: Bot,
    delivery: Delivery,
    destination: Destination,
    message: present.Message,
    outcome: SendOutcome,
    started: datetime,
) -> None:
    """Write the outcome of one attempt down and do what follows from it."""
    if isinstance(outcome, Sent):
        current = await store.destination(tx, destination.id)
        chat_id = current.chat_id if current else destination.chat_id
        if await deliveries.record(
            tx,
            delivery,
            Outcome.SENT,
            external_id=f"{chat_id}:{outcome.external_id}",
            status=200,
            detail=outcome.note,
            started=started,
        ):
            if message.card_id is not None and outcome.external_id:
                await actions.placed(tx, message.card_id, chat_id, int(outcome.external_id), message.hash)
            _observe(message)
    elif isinstance(outcome, Rejected):
        told = await deliveries.record(tx, delivery, Outcome.REJECTED, detail=outcome.sentence, started=started)
        if told and outcome.permanent:
            await actions.disable(tx, destination.id, outcome.code, outcome.sentence)
    elif isinstance(outcome, Uncertain):
        # No answer came: it may have arrived. An alert is sent once more, because a lead seen twice is better than
        # a lead not seen; after a second silence a person decides.
        earlier = [a for a in await deliveries.attempts(tx, delivery.id) if a.outcome is Outcome.UNCERTAIN]
        await deliveries.record(
            tx,
            delivery,
            Outcome.UNCERTAIN,
            detail=outcome.code,
            final=bool(earlier),
            next_at=utcnow() + AMBIGUOUS_PAUSE,
            started=started,
        )
    else:
        code = getattr(outcome, "code", "moved")
        after = outcome.after if isinstance(outcome, RetryLater) else None
        if after is not None:
            bot.pacing.back_off(after.total_seconds(), destination.chat_id)
        await deliveries.record(
            tx,
            delivery,
            Outcome.RETRY,
            detail=code,
            final=context.last_attempt,
            next_at=utcnow() + after if after else None,
            started=started,
        )
    metrics.DELIVERIES.labels("telegram", type(outcome).__name__.lower()).inc()


def _observe(message: present.Message) -> None:
    if message.accepted_at is not None:
        metrics.ALERT_SECONDS.observe((utcnow() - message.accepted_at).total_seconds())


def _retry_if_asked(outcome: SendOutcome, delivery: Delivery) -> None:
    if isinstance(outcome, RetryLater):
        raise Retry(outcome.code, outcome.after)
    if isinstance(outcome, Uncertain) and delivery.attempts < POLICY.attempts:
        raise Retry(outcome.code, AMBIGUOUS_PAUSE)


async def refresh_card(context: JobContext, job: CardJob) -> None:
    """Edit a card so that it shows what is true now; does nothing when it does already."""
    bot, db, workspace_id = _bot(context), context.services.db, _workspace(context)
    async with db.tenant(workspace_id) as tx:
        card = await store.card(tx, job.card_id)
        if card is None or card.gone or card.message_id is None or card.chat_id is None:
            return
        destination = await store.destination(tx, card.destination_id)
        message = await present.card_message(tx, context.services, card)
    if destination is None or destination.state is not DestinationState.ACTIVE or message is None:
        return
    if message.hash == card.shown_hash:
        return
    await bot.pacing.acquire(card.chat_id, destination.is_group)
    outcome = await bot.transport.edit(card.chat_id, card.message_id, message.text, keyboard=message.keyboard)
    async with db.tenant(workspace_id) as tx:
        if isinstance(outcome, Sent):
            await actions.shown(tx, card.id, message.hash)
        elif isinstance(outcome, CardGone | Migrated | TopicGone):
            await actions.card_gone(tx, card.id)
        elif isinstance(outcome, Rejected) and outcome.permanent:
            await actions.disable(tx, destination.id, outcome.code, outcome.sentence)
    if isinstance(outcome, RetryLater):
        if outcome.after is not None:
            bot.pacing.back_off(outcome.after.total_seconds(), card.chat_id)
        raise Retry(outcome.code, outcome.after)
    if isinstance(outcome, Uncertain):
        # An edit can be repeated safely: the same text twice is "not modified".
        raise Retry(outcome.code)


async def send_digest(context: JobContext, job: DeliveryJob) -> None:
    """Send or edit the one message that stands for many leads during a storm."""
    bot, db, workspace_id = _bot(context), context.services.db, _workspace(context)
    async with db.tenant(workspace_id) as tx:
        delivery = await deliveries.get(tx, job.delivery_id)
        if delivery is None:
            return
        if delivery.state is not State.SENT:
            delivery = None
    if delivery is None:
        await send_delivery(context, job)
        return
    async with db.tenant(workspace_id) as tx:
        known = await deliveries.get(tx, job.delivery_id)
        message = await present.message_of(tx, context.services, known) if known else None
    if known is None or message is None or not known.external_id:
        return
    chat, _, number = known.external_id.partition(":")
    await bot.pacing.acquire(int(chat), int(chat) < 0)
    outcome = await bot.transport.edit(int(chat), int(number), message.text, keyboard=message.keyboard)
    if isinstance(outcome, RetryLater | Uncertain):
        raise Retry(outcome.code, outcome.after if isinstance(outcome, RetryLater) else None)


async def answer_press(context: JobContext, job: AnswerJob) -> None:
    """Stop a pressed button's spinner with a word; too late is nobody's loss."""
    await _bot(context).transport.answer(job.callback_id, job.text, alert=job.alert)


async def say(context: JobContext, job: SayJob) -> None:
    """Send a short message of the bot."""
    outcome = await _bot(context).transport.send(job.chat_id, job.text, thread_id=job.thread_id)
    if isinstance(outcome, RetryLater):
        raise Retry(outcome.code, outcome.after)


SEND = JobKind(
    name="alerts.send", payload=DeliveryJob, run=send_delivery, mode="effect", policy=POLICY, pool=POOL, priority=URGENT
)
DIGEST = JobKind(name="alerts.digest", payload=DeliveryJob, run=send_digest, mode="effect", policy=POLICY, pool=POOL)
REFRESH = JobKind(name="alerts.refresh", payload=CardJob, run=refresh_card, mode="effect", policy=POLICY, pool=POOL)
ANSWER = JobKind(
    name="alerts.answer",
    payload=AnswerJob,
    run=answer_press,
    mode="effect",
    policy=RetryPolicy(()),
    pool=POOL,
    priority=URGENT,
)
SAY = JobKind(name="alerts.say", payload=SayJob, run=say, mode="effect", policy=POLICY, pool=POOL)


async def enqueue_send(tx: TenantTx, delivery_id: UUID, destination: Destination) -> None:
    """Put a delivery into its chat's lane."""
    await enqueue(tx, SEND, DeliveryJob(delivery_id), lane=destination.lane, unique=f"send {delivery_id}")


async def enqueue_digest(tx: TenantTx, delivery_id: UUID, destination: Destination) -> None:
    """Bring a digest up to date in a moment; leads that come meanwhile are in the same edit."""
    slot = int(utcnow().timestamp() // DIGEST_PAUSE.total_seconds()) + 1
    due = datetime.fromtimestamp(slot * DIGEST_PAUSE.total_seconds(), tz=utcnow().tzinfo)
    # The slot is part of the key: a lead that joins while an older edit runs gets an edit of its own afterwards.
    await enqueue(
        tx, DIGEST, DeliveryJob(delivery_id), lane=destination.lane, unique=f"digest {delivery_id} {slot}", due_at=due
    )


async def resend(tx: TenantTx, delivery: Delivery) -> None:
    """Put a delivery that somebody retries back into its queue. Raises Conflict when its chat was removed."""
    destination = await store.destination(tx, delivery.destination_id) if delivery.destination_id else None
    if destination is None:
        raise Conflict("The chat of this delivery was removed, so there is nowhere to send it.")
    await (enqueue_digest if delivery.kind == "digest" else enqueue_send)(tx, delivery.id, destination)
