"""Deliveries as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from leadsbot.features.deliveries.model import Attempt, Delivery, State
from leadsbot.kit import ids
from leadsbot.web.params import Moment

StateName = Literal["due", "sending", "sent", "failed", "uncertain", "held", "cancelled"]
OutcomeName = Literal["sent", "rejected", "retry", "uncertain"]
STATES: dict[State, StateName] = {
    State.DUE: "due",
    State.SENDING: "sending",
    State.SENT: "sent",
    State.FAILED: "failed",
    State.UNCERTAIN: "uncertain",
    State.HELD: "held",
    State.CANCELLED: "cancelled",
}


class DeliveryOut(msgspec.Struct):
    """One message to one destination. `external_id` is what the other side calls it; `reason` says why it stands so."""

    id: str
    channel: str
    kind: str
    state: StateName
    reason: str | None
    lead_id: str | None
    destination_id: str | None
    attempts: int
    external_id: str | None
    created_at: Moment
    next_at: Moment | None
    ended_at: Moment | None


class AttemptOut(msgspec.Struct):
    """One try. `status` is the other side's HTTP status, if it answered; `detail` is masked and cut."""

    n: int
    at: Moment
    outcome: OutcomeName
    status: int | None
    milliseconds: int
    detail: str | None


class DeliveryLog(DeliveryOut):
    """A delivery with every attempt of the last 30 days, the first one first."""

    log: list[AttemptOut]


def delivery_out(delivery: Delivery) -> DeliveryOut:
    """A delivery as the API shows it."""
    return DeliveryOut(
        id=ids.show(ids.DELIVERY, delivery.id),
        channel=delivery.channel,
        kind=delivery.kind,
        state=STATES[delivery.state],
        reason=delivery.reason,
        lead_id=ids.show(ids.LEAD, delivery.lead_id) if delivery.lead_id else None,
        destination_id=ids.show(ids.DESTINATION, delivery.destination_id) if delivery.destination_id else None,
        attempts=delivery.attempts,
        external_id=delivery.external_id,
        created_at=delivery.created_at,
        next_at=delivery.next_at,
        ended_at=delivery.ended_at,
    )


def delivery_log(delivery: Delivery, attempts: Sequence[Attempt]) -> DeliveryLog:
    """A delivery with its attempts."""
    log = [
        AttemptOut(each.n, each.at, each.outcome.value, each.status, each.milliseconds, each.detail)
        for each in attempts
    ]
    return DeliveryLog(**msgspec.structs.asdict(delivery_out(delivery)), log=log)
