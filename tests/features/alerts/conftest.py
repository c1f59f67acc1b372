"""A workspace with a connected group, as the database knows it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from uuid import UUID

import pytest

from leadsbot.features.alerts import actions, store
from leadsbot.features.alerts.model import Destination, chat_hash
from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.deliveries.public import Delivery
from leadsbot.infra.db.pool import Database
from leadsbot.infra.events.log import history
from leadsbot.infra.jobs.kinds import JobContext
from leadsbot.kit.ids import new_id
from tests.cast import Cast, services

_chats = itertools.count(-4_000_001, -1)


@dataclass
class Team:
    """Alice's workspace and its chats."""

    db: Database
    workspace: UUID
    context: JobContext

    def new_chat(self) -> int:
        """The number of a group that nobody knows yet."""
        return next(_chats)

    async def group(
        self, chat_id: int | None = None, thread_id: int | None = None, *, title: str = "Sales"
    ) -> Destination:
        """A connected group."""
        chat = self.new_chat() if chat_id is None else chat_id
        destination_id = new_id()
        async with self.db.tenant(self.workspace) as tx:
            await store.add_destination(
                tx, id=destination_id, chat_id=chat, thread_id=thread_id, chat_kind="group", title=title,
                chat_hash=chat_hash(chat), created_by=None,
            )  # fmt: skip
        found = await self.find(destination_id)
        assert found is not None
        return found

    async def at(self, chat_id: int) -> list[Destination]:
        """Every destination that is this chat."""
        async with self.db.tenant(self.workspace) as tx:
            return [each for each in await store.destinations(tx) if each.chat_id == chat_id]

    async def alert(self, destination: Destination, lead_id: UUID) -> UUID:
        """Plan the card of a lead; returns its delivery, or that of the digest that it joined."""
        async with self.db.tenant(self.workspace) as tx:
            await actions.plan_card(tx, self.context.services.signer, lead_id, destination)
            card = await store.card_at(tx, lead_id, destination.id)
        assert card is not None
        return card.delivery_id

    async def delivery(self, delivery_id: UUID) -> Delivery:
        async with self.db.tenant(self.workspace) as tx:
            found = await deliveries.get(tx, delivery_id)
        assert found is not None
        return found

    async def find(self, destination_id: UUID) -> Destination | None:
        async with self.db.tenant(self.workspace) as tx:
            return await store.destination(tx, destination_id)

    async def link(self) -> UUID:
        """A fresh deep link."""
        async with self.db.tenant(self.workspace) as tx:
            link_id, _, _ = await actions.make_link(tx, self.context.services.signer, by=None)
        return link_id

    async def told(self, subject: UUID) -> list[str]:
        """The events about a destination, oldest first."""
        async with self.db.tenant(self.workspace) as tx:
            return [row.type for row in reversed(await history(tx, subject))]


@pytest.fixture
async def team(db: Database, cast: Cast) -> Team:
    return Team(db, cast.workspace_id, JobContext(services(db), cast.workspace_id, 1, 1, 10))
