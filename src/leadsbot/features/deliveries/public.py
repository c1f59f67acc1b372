"""What other features may use of deliveries."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from uuid import UUID

from leadsbot.features.deliveries import store
from leadsbot.features.deliveries.actions import (
    again,
    begin,
    cancel,
    cancel_all,
    hand_over,
    hold,
    plan,
    record,
    retry,
)
from leadsbot.features.deliveries.model import OPEN, UNSENT, Attempt, Delivery, Outcome, State
from leadsbot.features.deliveries.store import (
    attempts,
    counts,
    get,
    held_counts,
    leads_told,
    newest,
    of_destination,
    page,
    planned,
    planned_of_kind,
    planned_since,
)
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit.errors import Conflict, NotFound

Resend = Callable[[TenantTx, Delivery], Awaitable[None]]
RESEND: dict[str, Resend] = {}
"""How each channel puts a delivery back into its queue. The channel's feature enters it in its manifest."""
PLACES: dict[str, Callable[[TenantTx], Awaitable[dict[UUID, str]]]] = {}
"""What each channel's destinations are called, for the log; entered like ``RESEND``."""


async def places(tx: TenantTx, deliveries: Sequence[Delivery]) -> dict[UUID, str]:
    """What the destinations of these deliveries are called, by destination; those that were removed are absent."""
    found: dict[UUID, str] = {}
    for channel in {each.channel for each in deliveries} & PLACES.keys():
        found |= await PLACES[channel](tx)
    return found


async def where_to(tx: TenantTx, delivery_ids: Collection[UUID]) -> dict[UUID, str]:
    """What the destinations of deliveries are called, by delivery; for the timeline of leads."""
    told = await store.some(tx, delivery_ids)
    names = await places(tx, told)
    return {each.id: names[each.destination_id] for each in told if each.destination_id in names}


async def resend(tx: TenantTx, delivery_id: UUID) -> Delivery:
    """Try a delivery again through its channel. Raises NotFound, or Conflict when it cannot be tried again."""
    delivery = await store.get(tx, delivery_id)
    if delivery is None:
        raise NotFound("There is no such delivery.")
    if delivery.channel not in RESEND:
        raise Conflict(f"The channel {delivery.channel} is not set up here, so nothing can be sent through it.")
    return await retry(tx, delivery_id, RESEND[delivery.channel])


__all__ = [
    "OPEN",
    "PLACES",
    "RESEND",
    "UNSENT",
    "Attempt",
    "Delivery",
    "Outcome",
    "Resend",
    "State",
    "again",
    "attempts",
    "begin",
    "cancel",
    "cancel_all",
    "counts",
    "get",
    "hand_over",
    "held_counts",
    "hold",
    "leads_told",
    "newest",
    "of_destination",
    "page",
    "places",
    "plan",
    "planned",
    "planned_of_kind",
    "planned_since",
    "record",
    "resend",
    "retry",
    "where_to",
]
