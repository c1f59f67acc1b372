"""What a delivery says now: facts of the lead at this moment turned into a message."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from leadsbot.channels.telegram import card as cards
from leadsbot.features.accounts import public as accounts
from leadsbot.features.alerts import actions, model, store
from leadsbot.features.alerts.model import AlertCard
from leadsbot.features.deliveries.public import Delivery
from leadsbot.features.leads import public as leads
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.services import Services
from leadsbot.kit.attached import told_files
from leadsbot.kit.clock import in_zone
from leadsbot.kit.ids import LEAD, show


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Text and buttons to send or show."""

    text: str
    keyboard: dict[str, Any] | None = None
    reply_to: int | None = None
    card_id: UUID | None = None
    """The card that this message is, when it is one."""
    about: UUID | None = None
    """The card whose lead this message has further news of."""
    digest: bool = False
    """Whether it stands for many cards."""
    accepted_at: datetime | None = None
    """When the submission was accepted, for an alert that is its first news."""

    @property
    def hash(self) -> bytes:
        """What is shown, as a hash: equal means that an edit would change nothing."""
        return hashlib.sha256(self.text.encode() + msgspec.json.encode(self.keyboard)).digest()


async def message_of(tx: TenantTx, services: Services, delivery: Delivery) -> Message | None:
    """What a delivery says; None when the lead is gone."""
    if delivery.kind == "test":
        workspace = await accounts.workspace_settings(tx)
        return Message(text=cards.test_message(workspace.name))
    if delivery.kind == "digest":
        return await _digest(tx, services, delivery)
    if delivery.kind == "repeat":
        return await _repeat(tx, services, delivery)
    card = await store.card_of_delivery(tx, delivery.id)
    return await card_message(tx, services, card) if card else None


async def card_message(tx: TenantTx, services: Services, card: AlertCard) -> Message | None:
    """A card as it must look now."""
    lead = await leads.get_lead(tx, card.lead_id)
    if lead is None:
        return None
    token = await actions.buttons_of(tx, services.signer, card)
    details = _details(await leads.named_answers(tx, lead))
    text, keyboard = cards.render(_facts(services, lead, await _names(tx, lead), details), token)
    return Message(text=text, keyboard=keyboard, card_id=card.id, accepted_at=lead.created_at)


async def _repeat(tx: TenantTx, services: Services, delivery: Delivery) -> Message | None:
    """A short answer to the card; the whole card where the chat has none to answer (any more)."""
    lead = await leads.get_lead(tx, delivery.lead_id) if delivery.lead_id else None
    if lead is None:
        return None
    own = await store.cards_of_leads(tx, await leads.family(tx, lead.id), delivery.destination_id)
    card = next((each for each in own if each.message_id is not None and not each.gone), None)
    if card is None and own:
        message = await card_message(tx, services, own[0])
        return replace(message, accepted_at=None) if message else None
    token = await actions.buttons_of(tx, services.signer, card) if card else None
    facts = replace(_facts(services, lead, await _names(tx, lead)), message=await _said(tx, delivery, lead))
    text, keyboard = cards.repeat(facts, token)
    return Message(
        text=text, keyboard=keyboard, reply_to=card.message_id if card else None, about=card.id if card else None
    )


async def _said(tx: TenantTx, delivery: Delivery, lead: leads.LeadView) -> str | None:
    """What was written in the submission that a repeat tells of; the newest message where that is gone."""
    submission_id = model.repeated(delivery.dedupe_key)
    return (await leads.written(tx, submission_id) if submission_id else "") or lead.message


async def _digest(tx: TenantTx, services: Services, delivery: Delivery) -> Message | None:
    members = [
        (card, await leads.get_lead(tx, card.lead_id)) for card in await store.cards_of_delivery(tx, delivery.id)
    ]
    names = await _names(tx, *[lead for _, lead in members if lead is not None])
    shown = [
        (_facts(services, lead, names), await actions.buttons_of(tx, services.signer, card))
        for card, lead in members
        if lead is not None
    ]
    if not shown:
        return None
    text, keyboard = cards.digest(shown, services.url("/leads"))
    return Message(text=text, keyboard=keyboard, digest=True)


async def place_names(tx: TenantTx) -> dict[UUID, str]:
    """What the chats and topics are called, for the delivery log."""
    return {destination.id: destination.name for destination in await store.destinations(tx)}


@dataclass(frozen=True, slots=True)
class Names:
    """What this workspace calls stages, who its members are, and by which clocks it lives."""

    stages: dict[str, str]
    members: dict[UUID, str]
    zone: str


async def _names(tx: TenantTx, *told: leads.LeadView) -> Names:
    owned = any(lead.owner_id is not None for lead in told)
    members = {member.person_id: member.name for member in await accounts.members(tx)} if owned else {}
    home = await accounts.workspace_settings(tx)
    return Names(home.stage_labels, members, home.timezone)


def _facts(
    services: Services, lead: leads.LeadView, names: Names, details: Sequence[tuple[str, str]] = ()
) -> cards.Card:
    owner = names.members.get(lead.owner_id, "a former member") if lead.owner_id is not None else None
    return cards.Card(
        title=lead.display,
        email=lead.email,
        phone=lead.phone,
        company=lead.company,
        message=lead.message,
        source=lead.source.name if lead.source else None,
        stage=lead.stage,
        stage_label=names.stages.get(lead.stage, lead.stage),
        labels=names.stages,
        owner=owner,
        received_at=in_zone(lead.created_at, names.zone),
        url=services.url(f"/leads/{show(LEAD, lead.id)}"),
        count=max(1, lead.submission_count),
        details=details,
    )


def _details(answers: Sequence[leads.Answer]) -> list[tuple[str, str]]:
    """Further answers that a person typed, files in words; technical fields (led by an underscore) and nested ones stay
    in LeadsBot."""
    told = [(each.label, _typed(each.value)) for each in answers if not each.key.startswith("_")]
    return [(label, text) for label, text in told if text is not None]


def _typed(value: Any) -> str | None:
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return str(value) if plain else told_files(value)
