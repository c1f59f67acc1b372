"""Send, edit and collect: claim and commit, then the network with no transaction open, then record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from leadsbot.channels.base import Rejected, RetryLater, Sent, Uncertain
from leadsbot.channels.telegram.transport import Migrated, SendOutcome, TopicGone
from leadsbot.features.alerts import actions, editing, present, store
from leadsbot.features.alerts.bot import Bot, bot_for, patiently, workspace_of
from leadsbot.features.alerts.model import AlertCard, Destination, DestinationState, lane_of
from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.deliveries.public import Delivery, Outcome
from leadsbot.features.leads import public as leads
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
TOPIC = "Leads"


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
    reply_to: int | None = None


class ReactJob(msgspec.Struct, frozen=True):
    """A sign under a message that it was taken."""

    chat_id: int
    message_id: int
    emoji: str


async def send_delivery(context: JobContext, job: DeliveryJob) -> None:
    """Send one alert, repeat or test message; every attempt is in the log."""
    bot, db = bot_for(context), context.services.db
    workspace_id = workspace_of(context)
    waited = 0.0
    while True:
        async with db.tenant(workspace_id) as tx:
            prepared = await _prepare(tx, context, bot, job.delivery_id)
        if not isinstance(prepared, float):
            break
        waited = await patiently(prepared, waited)
    if prepared is None:
        bot.pacing.leave(job.delivery_id)
        return
    point("intent")
    started = utcnow()
    outcome = await _send(bot, context, prepared)
    bot.pacing.done(prepared.destination.chat_id)
    point("sent")

    async def record() -> Retry | None:
        async with db.tenant(workspace_id) as tx:
            return await _record(tx, context, prepared, outcome, started)

    # Without this record the message would be sent again.
    again = await insist(record)
    metrics.DELIVERIES.labels("telegram", type(outcome).__name__.lower()).inc()
    if isinstance(outcome, RetryLater) and outcome.after is not None:
        bot.pacing.back_off(outcome.after.total_seconds(), prepared.destination.chat_id)
    if again is not None:
        raise again


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What an attempt was begun with."""

    delivery: Delivery
    destination: Destination
    message: present.Message


async def _prepare(tx: TenantTx, context: JobContext, bot: Bot, delivery_id: UUID) -> Prepared | float | None:
    """Write down the intent and read what to say; None when there is nothing to send (any more).

    The seconds to wait, with nothing written, while the chat or the bot is at its limit: an intent that waits would be
    taken for a message that may have been sent if its process died.
    """
    known = await deliveries.get(tx, delivery_id)
    if known is None or known.state not in deliveries.OPEN or known.destination_id is None:
        return None
    destination = await store.destination(tx, known.destination_id)
    if destination is not None and destination.state is not DestinationState.ACTIVE:
        # Locked before it waits: cured at this moment, the destination would never learn of what is held for it.
        destination = await store.destination(tx, known.destination_id, lock=True)
    if destination is None:
        await deliveries.cancel(tx, "The chat was removed.", delivery_id)
        return None
    if destination.state is not DestinationState.ACTIVE:
        await deliveries.hold(tx, delivery_id, destination.why_waiting)
        return None
    if delay := bot.pacing.try_acquire(delivery_id, destination.chat_id, destination.is_group):
        return delay
    if known.kind == "repeat" and await card_waits(tx, known.lead_id, destination.id):
        await deliveries.cancel(tx, "Told by the card, which was still to be sent.", delivery_id)
        return None
    message = await present.message_of(tx, context.services, known)
    if message is None:
        await deliveries.cancel(tx, "The lead is gone.", delivery_id)
        return None
    delivery = await deliveries.begin(tx, delivery_id)
    return Prepared(delivery=delivery, destination=destination, message=message) if delivery else None


async def card_waits(tx: TenantTx, lead_id: UUID | None, destination_id: UUID) -> bool:
    """Whether a lead's card is still to be sent there: it will show what happened meanwhile."""
    family = await leads.family(tx, lead_id) if lead_id else []
    for card in await store.cards_of_leads(tx, family, destination_id):
        delivery = await deliveries.get(tx, card.delivery_id)
        if card.message_id is None and delivery is not None and delivery.state in deliveries.UNSENT:
            return True
    return False


async def _send(bot: Bot, context: JobContext, prepared: Prepared) -> SendOutcome:
    """One request; a forum topic that was deleted is made anew, so that the next attempt finds one."""
    destination, message = prepared.destination, prepared.message
    outcome = await bot.transport.send(
        destination.chat_id,
        message.text,
        thread_id=destination.thread_id,
        keyboard=message.keyboard,
        reply_to=message.reply_to,
    )
    return await _remake_topic(bot, context, destination) if isinstance(outcome, TopicGone) else outcome


async def _remake_topic(bot: Bot, context: JobContext, destination: Destination) -> SendOutcome:
    async with context.services.db.tenant(workspace_of(context)) as tx:
        current = await store.destination(tx, destination.id)
    if current is None or current.thread_id != destination.thread_id:
        return TopicGone("topic_gone")  # Somebody was quicker, or the chat was removed meanwhile.
    name = destination.topic or TOPIC
    made = await bot.new_topic(destination.chat_id, name)
    if isinstance(made, RetryLater):
        return made
    async with context.services.db.tenant(workspace_of(context)) as tx:
        await actions.set_topic(tx, destination.id, was=destination.thread_id, now=made, name=name)
    return TopicGone("topic_gone")


async def _record(
    tx: TenantTx, context: JobContext, prepared: Prepared, outcome: SendOutcome, started: datetime
) -> Retry | None:
    """Write the outcome of one attempt down, do what follows from it, and say whether to try again."""
    delivery, destination = prepared.delivery, prepared.destination
    if isinstance(outcome, Sent):
        await _sent(tx, prepared, outcome, started)
        return None
    if isinstance(outcome, Rejected):
        return await _rejected(tx, prepared, outcome, started)
    if isinstance(outcome, Uncertain):
        # No answer came: it may have arrived. An alert is sent once more, because a lead seen twice is better than
        # a lead not seen; after a second silence a person decides.
        earlier = [a for a in await deliveries.attempts(tx, delivery.id) if a.outcome is Outcome.UNCERTAIN]
        retry = None if earlier or context.last_attempt else Retry(outcome.code, AMBIGUOUS_PAUSE)
        await _not_sent(tx, delivery, Outcome.UNCERTAIN, outcome.code, started, retry)
        return retry
    if isinstance(outcome, Migrated):
        await actions.moved(tx, destination.id, outcome.chat_id)
    pause = outcome.after if isinstance(outcome, RetryLater) else timedelta(0)
    code = "moved" if isinstance(outcome, Migrated) else outcome.code
    retry = None if context.last_attempt else Retry(code, pause)
    await _not_sent(tx, delivery, Outcome.RETRY, code, started, retry)
    return retry


async def _not_sent(
    tx: TenantTx, delivery: Delivery, outcome: Outcome, code: str, started: datetime, retry: Retry | None
) -> None:
    next_at = utcnow() + retry.delay if retry is not None and retry.delay is not None else None
    await deliveries.record(tx, delivery, outcome, detail=code, started=started, final=retry is None, next_at=next_at)


async def _sent(tx: TenantTx, prepared: Prepared, outcome: Sent, started: datetime) -> None:
    chat_id, message = prepared.destination.chat_id, prepared.message
    told = await deliveries.record(
        tx,
        prepared.delivery,
        Outcome.SENT,
        external_id=f"{chat_id}:{outcome.external_id}",
        status=200,
        detail=outcome.note,
        started=started,
    )
    if not told:
        return
    if message.card_id is not None and outcome.external_id:
        await actions.placed(tx, message.card_id, chat_id, int(outcome.external_id), message.hash)
    if message.about is not None and outcome.external_id:
        await actions.mentioned(tx, message.about, chat_id, int(outcome.external_id))
    if message.digest:
        await actions.digest_shown(tx, prepared.delivery.id, message.hash)
    _observe(message)


async def _rejected(tx: TenantTx, prepared: Prepared, outcome: Rejected, started: datetime) -> Retry | None:
    delivery, destination = prepared.delivery, prepared.destination
    if not outcome.permanent:
        await deliveries.record(tx, delivery, Outcome.REJECTED, detail=outcome.sentence, started=started)
        return None
    if await actions.disable(tx, destination.id, outcome.code, outcome.sentence, seen=destination):
        # The message is as good as it was: it waits for the chat. Only a test is of no use later.
        hold = delivery.kind != "test"
        await deliveries.record(tx, delivery, Outcome.REJECTED, detail=outcome.sentence, started=started, hold=hold)
        return None
    retry = Retry(outcome.code, timedelta(0))
    await _not_sent(tx, delivery, Outcome.RETRY, outcome.sentence, started, retry)
    return retry


def _observe(message: present.Message) -> None:
    if message.accepted_at is not None:
        metrics.ALERT_SECONDS.observe((utcnow() - message.accepted_at).total_seconds())


async def refresh_card(context: JobContext, job: CardJob) -> None:
    """Edit a card, or the digest that stands for it, so that it shows what is true now."""
    digest = await editing.edit_card(context, bot_for(context), job.card_id)
    if digest is not None:
        async with context.services.db.tenant(workspace_of(context)) as tx:
            await _enqueue_digest_of(tx, digest)


async def _enqueue_digest_of(tx: TenantTx, delivery_id: UUID) -> None:
    delivery = await deliveries.get(tx, delivery_id)
    if delivery is not None:
        await resend(tx, delivery)


async def send_digest(context: JobContext, job: DeliveryJob) -> None:
    """Send or edit the one message that stands for many leads during a storm."""
    if await editing.edit_digest(context, bot_for(context), job.delivery_id):
        await send_delivery(context, job)


async def answer_press(context: JobContext, job: AnswerJob) -> None:
    """Stop a pressed button's spinner with a word; too late is nobody's loss."""
    await bot_for(context).transport.answer(job.callback_id, job.text, alert=job.alert)


async def react(context: JobContext, job: ReactJob) -> None:
    """Show that a message was taken; where the chat allows no reactions nothing is shown."""
    await bot_for(context).transport.react(job.chat_id, job.message_id, job.emoji)


async def say(context: JobContext, job: SayJob) -> None:
    """Send a short message of the bot."""
    bot, waited = bot_for(context), 0.0
    while delay := bot.pacing.try_acquire(context.job_id, job.chat_id, job.chat_id < 0):
        waited = await patiently(delay, waited)
    outcome = await bot.transport.send(job.chat_id, job.text, thread_id=job.thread_id, reply_to=job.reply_to)
    bot.pacing.done(job.chat_id)
    if isinstance(outcome, RetryLater):
        if outcome.after is not None:
            bot.pacing.back_off(outcome.after.total_seconds(), job.chat_id)
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
REACT = JobKind(
    name="alerts.react", payload=ReactJob, run=react, mode="effect", policy=RetryPolicy(()), pool=POOL, priority=URGENT
)
SAY = JobKind(name="alerts.say", payload=SayJob, run=say, mode="effect", policy=POLICY, pool=POOL)


async def enqueue_send(tx: TenantTx, delivery_id: UUID, destination: Destination) -> None:
    """Put a delivery into its destination's lane."""
    await enqueue(tx, SEND, DeliveryJob(delivery_id), lane=destination.lane)


async def enqueue_digest(tx: TenantTx, delivery_id: UUID, destination: Destination) -> None:
    """Bring a digest up to date in a moment; leads that come meanwhile are in the same edit."""
    slot = int(utcnow().timestamp() // DIGEST_PAUSE.total_seconds()) + 1
    due = datetime.fromtimestamp(slot * DIGEST_PAUSE.total_seconds(), tz=utcnow().tzinfo)
    # The slot is part of the key: a lead that joins while an older edit runs gets an edit of its own afterwards.
    await enqueue(
        tx, DIGEST, DeliveryJob(delivery_id), lane=destination.lane, unique=f"digest {delivery_id} {slot}", due_at=due
    )


async def enqueue_refresh(tx: TenantTx, card: AlertCard, *, urgent: bool = False) -> None:
    """Bring a card up to date, after whatever its destination's lane is busy with; ``urgent`` before other edits."""
    priority = URGENT if urgent else None
    await enqueue(tx, REFRESH, CardJob(card.id), lane=lane_of(card.destination_id), priority=priority)


async def resend(tx: TenantTx, delivery: Delivery) -> None:
    """Put a delivery that somebody retries back into its queue. Raises Conflict when its chat was removed."""
    destination = await store.destination(tx, delivery.destination_id) if delivery.destination_id else None
    if destination is None:
        raise Conflict("The chat of this delivery was removed, so there is nowhere to send it.")
    await (enqueue_digest if delivery.kind == "digest" else enqueue_send)(tx, delivery.id, destination)


async def release(tx: TenantTx, destination_id: UUID) -> None:
    """Send what waits for a destination that works (again); nothing while it does not."""
    destination = await store.destination(tx, destination_id, lock=True)
    if destination is None or destination.state is not DestinationState.ACTIVE:
        return
    for delivery in await actions.gather(tx, destination):
        await deliveries.retry(tx, delivery.id, resend)
