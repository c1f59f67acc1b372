"""Every write to deliveries: plan, begin, record, retry, hold, cancel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from leadsbot.contracts.events import DeliveryFailed, DeliverySent
from leadsbot.features.deliveries import store
from leadsbot.features.deliveries.model import OPEN, RETRYABLE, UNSENT, Attempt, Delivery, Outcome, State
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.log import emit
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Conflict, NotFound
from leadsbot.kit.ids import new_id
from leadsbot.kit.redact import redact

DETAIL_LIMIT = 500
VANISHED = "The process that was sending ended before it knew the answer."
UNRECORDED = (State.SENDING, State.CANCELLED)
"""Where a delivery stands while an attempt is under way; it may be cancelled meanwhile."""


async def plan(
    tx: TenantTx, *, channel: str, kind: str, destination_id: UUID | None, lead_id: UUID | None, dedupe_key: str
) -> UUID | None:
    """Write down that a message must be sent; None when the same message (by its key) is planned already."""
    delivery_id = new_id()
    added = await store.add(
        tx,
        delivery_id,
        channel=channel,
        kind=kind,
        destination_id=destination_id,
        lead_id=lead_id,
        dedupe_key=dedupe_key,
    )
    return delivery_id if added else None


async def begin(tx: TenantTx, delivery_id: UUID) -> Delivery | None:
    """Commit the intent to send, before the network is touched; None when there is nothing (more) to send.

    After a crash the row still says ``sending`` with its ``intent_at``: the message may or may not have gone out.
    Whoever begins again writes that attempt down, because nobody else can.
    """
    now = utcnow()
    found = await store.begin(tx, delivery_id, now)
    if found is None:
        return None
    before, begun = found
    if before.state is State.SENDING:
        started = before.intent_at or now
        await store.add_attempt(tx, delivery_id, _attempt(before, Outcome.UNCERTAIN, started, None, VANISHED))
    return begun


def _attempt(
    delivery: Delivery, outcome: Outcome, started: datetime, status: int | None, detail: str | None
) -> Attempt:
    elapsed = max(0, int((utcnow() - started).total_seconds() * 1000))
    note = redact(detail)[:DETAIL_LIMIT] if detail else None
    return Attempt(n=delivery.attempts, at=started, outcome=outcome, status=status, milliseconds=elapsed, detail=note)


async def record(
    tx: TenantTx,
    delivery: Delivery,
    outcome: Outcome,
    *,
    started: datetime,
    status: int | None = None,
    detail: str | None = None,
    external_id: str | None = None,
    next_at: datetime | None = None,
    final: bool = False,
    hold: bool = False,
) -> bool:
    """Record how an attempt ended and move the delivery.

    ``retry`` and ``uncertain`` leave it due again unless ``final``; with ``hold`` it waits for its destination. Only
    the last word is announced as an event. What somebody cancelled meanwhile stays cancelled, unless it was sent.

    False when the delivery is not where this attempt left it: the outcome was recorded already (by a commit whose
    answer was lost), or another process took over from one that stood still for too long. Then nothing is moved and
    nothing that follows from the outcome may be done; a late attempt still shows in the log.
    """
    now = utcnow()
    current = await store.get(tx, delivery.id, lock=True)
    if current is None or (current.attempts == delivery.attempts and current.state not in UNRECORDED):
        return False
    attempt = _attempt(delivery, outcome, started, status, detail)
    await store.add_attempt(tx, delivery.id, attempt)
    if current.attempts != delivery.attempts:
        return False
    if outcome is Outcome.SENT:
        await store.change(
            tx, delivery.id, state=State.SENT.value, external_id=external_id, reason=None, ended_at=now, next_at=None
        )
        await emit(tx, DeliverySent(delivery_id=delivery.id, lead_id=delivery.lead_id, channel=delivery.channel))
    elif hold or not (outcome is Outcome.REJECTED or final):
        state = State.HELD if hold else State.DUE
        await store.change(tx, delivery.id, only=OPEN, state=state.value, reason=attempt.detail, next_at=next_at)
    else:
        state = State.UNCERTAIN if outcome is Outcome.UNCERTAIN else State.FAILED
        if await store.change(
            tx, delivery.id, only=OPEN, state=state.value, reason=attempt.detail, ended_at=now, next_at=None
        ):
            await emit(
                tx,
                DeliveryFailed(
                    delivery_id=delivery.id, lead_id=delivery.lead_id, channel=delivery.channel, reason=outcome.value
                ),
            )
    return True


async def hold(tx: TenantTx, delivery_id: UUID, reason: str) -> None:
    """Keep a delivery until its destination works again; never drop it.

    The caller holds the destination's lock, or else it may begin to work between the look and the commit, and nobody
    would ever come for this delivery.
    """
    await store.change(tx, delivery_id, only=OPEN, state=State.HELD.value, reason=reason, next_at=None)


async def again(tx: TenantTx, delivery_id: UUID, *, held: str | None = None) -> None:
    """A message that was sent has to be sent anew, because it is gone: due, or with a reason ``held``."""
    state = State.DUE if held is None else State.HELD
    await store.change(tx, delivery_id, only=(State.SENT,), state=state.value, reason=held, ended_at=None)


async def cancel(tx: TenantTx, reason: str, *delivery_ids: UUID, kind: str | None = None) -> None:
    """End deliveries that became pointless (only those of one kind, if given); what was sent or failed stays so."""
    await store.change_many(tx, _cancelled(reason), ids=delivery_ids, states=UNSENT, kind=kind)


async def cancel_all(tx: TenantTx, reason: str, destination_id: UUID) -> None:
    """End everything that waits for a destination that is given up."""
    await store.change_many(tx, _cancelled(reason), destination_id=destination_id, states=UNSENT)


def _cancelled(reason: str) -> dict[str, object]:
    return {"state": State.CANCELLED.value, "reason": reason, "ended_at": utcnow(), "next_at": None}


async def hand_over(tx: TenantTx, destination_id: UUID, heir: UUID, *, waiting_only: bool = False) -> None:
    """Let another destination have the deliveries of one: all of them, or those that wait."""
    states = UNSENT if waiting_only else ()
    await store.change_many(tx, {"destination_id": heir}, destination_id=destination_id, states=states)


async def retry(tx: TenantTx, delivery_id: UUID, resend: Callable[[TenantTx, Delivery], Awaitable[None]]) -> Delivery:
    """Make a failed, uncertain or held delivery due again, with the same id. A second click changes nothing.

    ``resend`` is given by the channel's feature and puts the delivery back into its queue. Raises NotFound for an
    unknown id and Conflict for a delivery that was sent.
    """
    delivery = await store.get(tx, delivery_id, lock=True)
    if delivery is None:
        raise NotFound("No such delivery.")
    if delivery.state in OPEN:
        return delivery
    if delivery.state not in RETRYABLE:
        raise Conflict(f"This delivery is {delivery.state.value}; only failed, uncertain or held ones can be retried.")
    await store.change(tx, delivery_id, state=State.DUE.value, ended_at=None, next_at=utcnow())
    await resend(tx, delivery)
    return await store.get(tx, delivery_id) or delivery
