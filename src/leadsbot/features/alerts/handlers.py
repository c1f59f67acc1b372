"""What the team is told when something happens to a lead. Each may run twice: keys make the second time a no-op."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from leadsbot.contracts.events import (
    DestinationBound,
    DestinationMoved,
    Event,
    LeadAssigned,
    LeadCreated,
    LeadMerged,
    LeadNoteAdded,
    LeadStageChanged,
    LeadSubmissionJoined,
    LeadTagged,
    LeadUpdated,
    MemberLeft,
)
from leadsbot.features.accounts import public as accounts
from leadsbot.features.alerts import actions, model, sending, store
from leadsbot.features.alerts.model import Destination, DestinationState
from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.leads import public as leads
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.kinds import URGENT, Handler, JobContext
from leadsbot.kit.clock import utcnow

BACKLOG_AGE = timedelta(days=7)
BACKLOG_LEADS = 20
"""What the first chat is told of the time before it: no older leads and no more than these."""


async def announce(tx: TenantTx, context: JobContext, event: LeadCreated) -> None:
    """Plan a card in every destination; where it is paused, or Telegram refuses us, the card waits for that to end."""
    for destination in await _listening(tx):
        await _announce(tx, context, event.lead_id, destination)


async def _announce(tx: TenantTx, context: JobContext, lead_id: UUID, destination: Destination) -> None:
    planned = await actions.plan_card(tx, context.services.signer, lead_id, destination)
    if planned is not None:
        kind, delivery_id = planned
        await (sending.enqueue_digest if kind == "digest" else sending.enqueue_send)(tx, delivery_id, destination)


async def _listening(tx: TenantTx) -> list[Destination]:
    """Where alerts belong: everywhere. A destination that does not work is locked: resumed or cured at this moment, it
    would never learn of an alert that is held for it."""
    found = []
    for destination in await store.destinations(tx):
        current: Destination | None = destination
        if destination.state is not DestinationState.ACTIVE:
            current = await store.destination(tx, destination.id, lock=True)
        if current is not None:
            found.append(current)
    return found


async def announce_repeat(tx: TenantTx, context: JobContext, event: LeadSubmissionJoined) -> None:
    """Somebody wrote again: the card shows it, and a short answer to the card rings. A chat that never had a card of
    this lead gets one instead."""
    # Edited first: where somebody deleted the card, that shows, and the whole card is sent in place of the answer.
    await _refresh(tx, event, urgent=True)
    family = await leads.family(tx, event.lead_id)
    for destination in await _listening(tx):
        if not await store.cards_of_leads(tx, family, destination.id):
            await _announce(tx, context, event.lead_id, destination)
            continue
        waits = destination.state is not DestinationState.ACTIVE
        if waits and await sending.card_waits(tx, event.lead_id, destination.id):
            continue
        delivery_id = await deliveries.plan(
            tx,
            channel=actions.CHANNEL,
            kind="repeat",
            destination_id=destination.id,
            lead_id=event.lead_id,
            dedupe_key=model.repeat_key(event.submission_id, destination.id),
        )
        if delivery_id is not None and waits:
            await deliveries.hold(tx, delivery_id, destination.why_waiting)
        elif delivery_id is not None:
            await sending.enqueue_send(tx, delivery_id, destination)


async def refresh(tx: TenantTx, context: JobContext, event: Event) -> None:
    """Bring every card of the lead up to date."""
    await _refresh(tx, event)


async def _refresh(tx: TenantTx, event: Event, *, urgent: bool = False) -> None:
    if event.subject_id is None:
        return
    for card in await store.cards_of_leads(tx, await leads.family(tx, event.subject_id)):
        if not card.gone:
            await sending.enqueue_refresh(tx, card, urgent=urgent)


async def catch_up(tx: TenantTx, context: JobContext, event: DestinationBound | DestinationMoved) -> None:
    """A chat works (again): what waited for it is sent now, and the only chat hears of what came before it."""
    await sending.release(tx, event.destination_id)
    destinations = await store.destinations(tx)
    if len(destinations) == 1 and destinations[0].state is DestinationState.ACTIVE:
        for lead_id in await _unannounced(tx):
            await _announce(tx, context, lead_id, destinations[0])


async def _unannounced(tx: TenantTx) -> list[UUID]:
    """The latest leads that came while no chat was connected and are not junk, the newest last."""
    recent = [lead for lead in await leads.recent(tx, since=utcnow() - BACKLOG_AGE) if lead.stage != "junk"]
    # Cut before it is asked who is told already: told twice, the news must not reach back further.
    ids = [lead.id for lead in sorted(recent, key=lambda lead: lead.created_at)][-BACKLOG_LEADS:]
    told = await store.leads_with_cards(tx, ids) | await deliveries.leads_told(tx, ids)
    return [lead_id for lead_id in ids if lead_id not in told]


async def member_left(tx: TenantTx, context: JobContext, event: MemberLeft) -> None:
    """Who is not in the team any more hears of no lead in their own chat."""
    if event.person_id not in {member.person_id for member in await accounts.members(tx)}:
        await actions.member_left(tx, event.person_id)


HANDLERS: tuple[Handler[Any], ...] = (
    Handler(name="alerts.announce", event=LeadCreated, run=announce, priority=URGENT),
    Handler(name="alerts.announce_repeat", event=LeadSubmissionJoined, run=announce_repeat, priority=URGENT),
    Handler(name="alerts.catch_up", event=DestinationBound, run=catch_up),
    Handler(name="alerts.member_left", event=MemberLeft, run=member_left, priority=URGENT),
    Handler(name="alerts.follow", event=DestinationMoved, run=catch_up),
    *(
        Handler(name=f"alerts.refresh.{event.type}", event=event, run=refresh)
        for event in (LeadStageChanged, LeadAssigned, LeadUpdated, LeadNoteAdded, LeadTagged, LeadMerged)
    ),
)
