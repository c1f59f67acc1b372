"""Leads that arrive while no chat works: they wait, and are told in order when one does."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from leadsbot.contracts.events import DestinationBound, LeadCreated, LeadSubmissionJoined
from leadsbot.features.alerts import actions, handlers
from leadsbot.features.alerts.feature import FEATURE as ALERTS
from leadsbot.features.alerts.model import Destination
from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.deliveries.feature import FEATURE as DELIVERIES
from leadsbot.features.deliveries.public import Delivery, State
from leadsbot.features.leads import store as leads
from leadsbot.infra.db.pool import Database
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import DESTINATION, new_id, show
from tests.cast import Cast, application, browser, services
from tests.features.alerts.conftest import Team


async def announced(team: Team) -> UUID:
    lead = new_id()
    async with team.db.tenant(team.workspace) as tx:
        await handlers.announce(tx, team.context, LeadCreated(lead_id=lead, submission_id=None, source_id=None))
    return lead


async def of(team: Team, chat: Destination, *states: State) -> list[Delivery]:
    async with team.db.tenant(team.workspace) as tx:
        return await deliveries.of_destination(tx, chat.id, *states)


async def queued(team: Team, chat: Destination) -> list[str]:
    """The deliveries in the chat's lane, in the order in which they will be sent."""
    async with team.db.system() as tx:
        rows = await tx.execute(
            text(
                "SELECT payload->>'delivery_id' AS id FROM job "
                "WHERE lane = :lane AND kind = 'alerts.send' ORDER BY due_at, id"
            ),
            {"lane": chat.lane},
        )
        return [row.id for row in rows]


async def test_what_arrives_while_the_only_chat_is_paused_is_held_and_sent_in_order_when_it_is_resumed(
    team: Team, db: Database, cast: Cast
) -> None:
    group = await team.group()
    async with browser(application(services(db), ALERTS, DELIVERIES)) as alice:
        await alice.sign_in(cast.alice.email)
        path = f"/telegram/{show(DESTINATION, group.id)}/state"
        assert (await alice.post(path, {"do": "pause"})).status_code == 303
        told = [await announced(team) for _ in range(3)]
        async with db.tenant(team.workspace) as tx:
            joined = LeadSubmissionJoined(lead_id=told[0], submission_id=new_id(), source_id=None)
            await handlers.announce_repeat(tx, team.context, joined)
        held = await of(team, group, State.HELD)
        assert [each.lead_id for each in held] == told, "the card that waits will show the repeat"
        assert {each.reason for each in held} == {"The chat is paused."}
        assert await queued(team, group) == []
        assert (await alice.post(path, {"do": "resume"})).status_code == 303
    assert await of(team, group, State.HELD) == []
    assert await queued(team, group) == [str(each.id) for each in held]


async def bound_alone(team: Team, chat: Destination) -> None:
    async with team.db.tenant(team.workspace) as tx:
        await handlers.catch_up(tx, team.context, DestinationBound(destination_id=chat.id))


@pytest.fixture
async def leads_of_before(team: Team) -> list[UUID]:
    """Thirty leads that nobody was told of, oldest first: the first is too old, the last but one is junk."""
    made = []
    async with team.db.tenant(team.workspace) as tx:
        for n in range(30):
            at = utcnow() - (timedelta(days=8) if n == 0 else timedelta(minutes=60 - n))
            made.append(
                await leads.add(
                    tx, name=f"Lead {n}", stage="junk" if n == 28 else "new", created_at=at, last_activity_at=at
                )
            )
    return made


async def test_the_first_chat_is_told_once_of_the_latest_leads_that_came_before_it(
    team: Team, leads_of_before: list[UUID]
) -> None:
    group = await team.group()
    await bound_alone(team, group)
    await bound_alone(team, group)
    expected = [*leads_of_before[9:28], leads_of_before[29]]
    async with team.db.tenant(team.workspace) as tx:
        rows = await tx.execute(
            text("SELECT lead_id FROM alert_card WHERE destination_id = :chat ORDER BY created_at, id"),
            {"chat": group.id},
        )
        assert [row.lead_id for row in rows] == expected
    second = await team.group()
    await bound_alone(team, second)
    assert await of(team, second, *State) == []
    async with team.db.tenant(team.workspace) as tx:
        assert await actions.remove(tx, second.id) == group.id
