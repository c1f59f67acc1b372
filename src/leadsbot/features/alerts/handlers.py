"""What the team is told when something happens to a lead. Each may run twice: keys make the second time a no-op."""

from __future__ import annotations

from typing import Any

from leadsbot.contracts.events import (
    DestinationBound,
    Event,
    LeadAssigned,
    LeadCreated,
    LeadMerged,
    LeadNoteAdded,
    LeadStageChanged,
    LeadSubmissionJoined,
    LeadTagged,
    LeadUpdated,
)
from leadsbot.features.alerts import actions, sending, store
from leadsbot.features.deliveries import public as deliveries
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.kinds import URGENT, Handler, JobContext
from leadsbot.infra.jobs.queue import enqueue


async def announce(tx: TenantTx, context: JobContext, event: LeadCreated) -> None:
    """Plan a card in every active destination."""
    for destination in await store.destinations(tx, active_only=True):
        planned = await actions.plan_card(tx, context.services.signer, event.lead_id, destination)
        if planned is None:
            continue
        kind, delivery_id = planned
        await (sending.enqueue_digest if kind == "digest" else sending.enqueue_send)(tx, delivery_id, destination)


async def announce_repeat(tx: TenantTx, context: JobContext, event: LeadSubmissionJoined) -> None:
    """Somebody wrote again: the card shows it, and a short answer to the card rings."""
    await _refresh(tx, event)
    for destination in await store.destinations(tx, active_only=True):
        delivery_id = await deliveries.plan(
            tx,
            channel=actions.CHANNEL,
            kind="repeat",
            destination_id=destination.id,
            lead_id=event.lead_id,
            dedupe_key=f"repeat:{event.submission_id}:{destination.id}",
        )
        if delivery_id is not None:
            await sending.enqueue_send(tx, delivery_id, destination)


async def refresh(tx: TenantTx, context: JobContext, event: Event) -> None:
    """Bring every card of the lead up to date."""
    await _refresh(tx, event)


async def _refresh(tx: TenantTx, event: Event) -> None:
    if event.subject_id is None:
        return
    for card in await store.cards_of_lead(tx, event.subject_id):
        if not card.gone:
            await enqueue(
                tx, sending.REFRESH, sending.CardJob(card.id), lane=f"telegram:{card.chat_id or card.destination_id}"
            )


async def catch_up(tx: TenantTx, context: JobContext, event: DestinationBound) -> None:
    """A chat works (again): what waited for it is sent now."""
    destination = await store.destination(tx, event.destination_id)
    if destination is None:
        return
    for delivery_id in await deliveries.held_for(tx, destination.id):
        await deliveries.retry(tx, delivery_id, sending.resend)


HANDLERS: tuple[Handler[Any], ...] = (
    Handler(name="alerts.announce", event=LeadCreated, run=announce, priority=URGENT),
    Handler(name="alerts.announce_repeat", event=LeadSubmissionJoined, run=announce_repeat, priority=URGENT),
    Handler(name="alerts.catch_up", event=DestinationBound, run=catch_up),
    *(
        Handler(name=f"alerts.refresh.{event.type}", event=event, run=refresh)
        for event in (LeadStageChanged, LeadAssigned, LeadUpdated, LeadNoteAdded, LeadTagged, LeadMerged)
    ),
)
