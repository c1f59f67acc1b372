"""Every write to deliveries: plan, begin, record, retry, hold, cancel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from leadsbot.contracts.events import DeliveryFailed, DeliverySent
from leadsbot.features.deliveries import store
from leadsbot.features.deliveries.model import OPEN, RETRYABLE, Attempt, Delivery, Outcome, State
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.log import emit
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Conflict, NotFound
from leadsbot.kit.ids import new_id
from leadsbot.kit.redact import redact

DETAIL_LIMIT = 500
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
    """
    delivery = await store.get(tx, delivery_id, lock=True)
    if delivery is None or delivery.state not in OPEN:
        return None
    await store.change(
        tx, delivery_id, state=State.SENDING.value, attempts=delivery.attempts + 1, intent_at=utcnow(), next_at=None
    )
    return await store.get(tx, delivery_id)


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
) -> bool:
    """Record how an attempt ended and move the delivery.

    ``retry`` and ``uncertain`` leave it due again unless ``final``; only the last word is announced as an event.

    False when the delivery is not where this attempt left it: the outcome was recorded already (by a commit whose
    answer was lost), or another process took over from one that stood still for too long. Then nothing is moved and
    nothing that follows from the outcome may be done; a late attempt still shows in the log.
    """
    now = utcnow()
    note = redact(detail)[:DETAIL_LIMIT] if detail else None
    elapsed = max(0, int((now - started).total_seconds() * 1000))
    attempt = Attempt(
        n=delivery.attempts, at=started, outcome=outcome, status=status, milliseconds=elapsed, detail=note
    )
    current = await store.get(tx, delivery.id, lock=True)
    if current is None or (current.attempts == delivery.attempts and current.state not in UNRECORDED):
        return False
    await store.add_attempt(tx, delivery.id, attempt)
    if current.attempts != delivery.attempts:
        return False
    if outcome is Outcome.SENT:
        await store.change(
            tx, delivery.id, state=State.SENT.value, external_id=external_id, reason=None, ended_at=now, next_at=None
        )
        await emit(tx, DeliverySent(delivery_id=delivery.id, lead_id=delivery.lead_id, channel=delivery.channel))
    elif outcome is Outcome.REJECTED or final:
        state = State.UNCERTAIN if outcome is Outcome.UNCERTAIN else State.FAILED
        await store.change(tx, delivery.id, state=state.value, reason=note, ended_at=now, next_at=None)
        await emit(
            tx,
            DeliveryFailed(
                delivery_id=delivery.id, lead_id=delivery.lead_id, channel=delivery.channel, reason=outcome.value
            ),
        )
    else:
        await store.change(tx, delivery.id, state=State.DUE.value, reason=note, next_at=next_at)
    return True


async def hold(tx: TenantTx, delivery_id: UUID, reason: str) -> None:
    """Keep a delivery until its destination works again; never drop it."""
    await store.change(tx, delivery_id, state=State.HELD.value, reason=reason, next_at=None)


async def cancel(tx: TenantTx, delivery_id: UUID, reason: str) -> None:
    """End a delivery that became pointless."""
    await store.change(tx, delivery_id, state=State.CANCELLED.value, reason=reason, ended_at=utcnow(), next_at=None)


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
    again = await store.get(tx, delivery_id)
    return again or delivery
