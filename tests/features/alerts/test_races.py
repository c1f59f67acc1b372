"""The same news told twice at the same moment, and news that cross each other: in every possible overlap."""

from __future__ import annotations

from functools import partial
from uuid import UUID

import pytest

from leadsbot.channels.telegram.card import DIGEST_LINES
from leadsbot.contracts.events import LeadCreated
from leadsbot.features.alerts import actions, handlers, sending, store
from leadsbot.features.alerts.bot import Bot
from leadsbot.features.alerts.model import STORM_CARDS, Destination, DestinationState
from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.deliveries.public import State
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.net.http import HttpClient
from leadsbot.kit.errors import Gone
from leadsbot.kit.ids import new_id
from tests.features.alerts.conftest import Team
from tests.features.alerts.overlap import every_overlap


async def test_a_chat_that_is_told_twice_at_once_to_have_moved_is_kept(team: Team) -> None:
    group, moved_to = await team.group(), team.new_chat()

    async def move(tx: TenantTx) -> None:
        await actions.moved(tx, group.id, moved_to)

    async for halted in every_overlap(team.db, team.workspace, move, move):
        found = await team.find(group.id)
        assert found is not None, f"forgotten when the later one was halted before statement {halted}"
        assert found.chat_id == moved_to
        assert (await team.told(group.id)).count("destination.moved") == 1
        group, moved_to = await team.group(), team.new_chat()


BOT = Bot(HttpClient(trusted=True), "1:token", "http://127.0.0.1:1")


async def bind(tx: TenantTx, link: UUID, chat: int) -> Destination:
    bound, _ = await actions.bind(
        tx, link, chat_id=chat, thread_id=None, chat_kind="group", title="Sales", telegram_id=7,
        telegram_name="Alice", by="telegram:7",
    )  # fmt: skip
    return bound


async def test_a_link_that_is_opened_twice_at_once_binds_one_chat(team: Team) -> None:
    link, chat = await team.link(), team.new_chat()

    async def open_it(tx: TenantTx) -> None:
        await bind(tx, link, chat)

    async for _ in every_overlap(team.db, team.workspace, open_it, open_it):
        (found,) = await team.at(chat)
        assert await team.told(found.id) == ["destination.bound"]
        link, chat = await team.link(), team.new_chat()


async def test_a_link_that_two_chats_open_at_once_binds_one_of_them(team: Team) -> None:
    link, ours, theirs = await team.link(), team.new_chat(), team.new_chat()

    async def first(tx: TenantTx) -> None:
        await bind(tx, link, ours)

    async def second(tx: TenantTx) -> None:
        with pytest.raises(Gone):
            await bind(tx, link, theirs)

    async for _ in every_overlap(team.db, team.workspace, first, second):
        assert len(await team.at(ours)) == 1
        assert await team.at(theirs) == []
        link, ours, theirs = await team.link(), team.new_chat(), team.new_chat()


async def test_two_links_that_are_opened_at_once_in_one_chat_bind_it_once(team: Team) -> None:
    links, chat = [await team.link(), await team.link()], team.new_chat()

    async def first(tx: TenantTx) -> None:
        await bind(tx, links[0], chat)

    async def second(tx: TenantTx) -> None:
        await bind(tx, links[1], chat)

    async for _ in every_overlap(team.db, team.workspace, first, second):
        assert len(await team.at(chat)) == 1
        links, chat = [await team.link(), await team.link()], team.new_chat()


@pytest.mark.parametrize("first_is_told", [True, False])
async def test_a_supergroup_that_is_bound_while_the_group_moves_there_is_one_destination(
    team: Team, first_is_told: bool
) -> None:
    group, link, chat = await team.group(), await team.link(), team.new_chat()

    async def told(tx: TenantTx) -> None:
        await actions.moved(tx, group.id, chat)

    async def bound(tx: TenantTx) -> None:
        await bind(tx, link, chat)

    order = (told, bound) if first_is_told else (bound, told)
    async for _ in every_overlap(team.db, team.workspace, *order):
        assert len(await team.at(chat)) == 1
        assert await team.at(group.chat_id) == []
        group, link, chat = await team.group(), await team.link(), team.new_chat()


async def test_a_chat_that_refuses_two_messages_at_once_is_disabled_once(team: Team) -> None:
    group = await team.group()

    async def refuse(tx: TenantTx) -> None:
        await actions.disable(tx, group.id, "kicked", "The bot was removed.", seen=group)

    async for _ in every_overlap(team.db, team.workspace, refuse, refuse):
        assert await team.told(group.id) == ["destination.disabled"]
        group = await team.group()


async def test_an_old_refusal_does_not_disable_a_chat_that_was_connected_anew(team: Team) -> None:
    group = await team.group()
    async with team.db.tenant(team.workspace) as tx:
        await actions.disable(tx, group.id, "kicked", "The bot was removed.")
        await bind(tx, await team.link(), group.chat_id)
    async with team.db.tenant(team.workspace) as tx:
        assert not await actions.disable(tx, group.id, "kicked", "The bot was removed.", seen=group)

    found = await team.find(group.id)

    assert found is not None
    assert found.state is DestinationState.ACTIVE


async def test_a_topic_that_two_leads_find_deleted_at_once_is_made_once(team: Team) -> None:
    topic = await team.group(thread_id=5)

    async def remade_as(thread: int, tx: TenantTx) -> None:
        await actions.set_topic(tx, topic.id, was=5, now=thread)

    async for _ in every_overlap(team.db, team.workspace, partial(remade_as, 7), partial(remade_as, 8)):
        found = await team.find(topic.id)
        assert found is not None
        assert found.thread_id == 7
        topic = await team.group(thread_id=5)


async def test_a_topic_given_up_for_a_chat_that_is_connected_itself_hands_everything_over(team: Team) -> None:
    topic = await team.group(thread_id=5)
    chat, lead = await team.group(topic.chat_id), new_id()
    alert = await team.alert(topic, lead)
    async with team.db.tenant(team.workspace) as tx:
        await actions.set_topic(tx, topic.id, was=5, now=None)

    assert await team.find(topic.id) is None
    assert (await team.delivery(alert)).destination_id == chat.id


@pytest.mark.parametrize("cured_first", [True, False])
@pytest.mark.parametrize("late", ["announced", "sent"])
async def test_an_alert_that_meets_a_chat_while_it_is_cured_does_not_wait_forever(
    team: Team, cured_first: bool, late: str
) -> None:
    async def begin() -> tuple[Destination, UUID]:
        group, lead = await team.group(), new_id()
        if late == "sent":
            await team.alert(group, lead)
        async with team.db.tenant(team.workspace) as tx:
            await actions.disable(tx, group.id, "kicked", "The bot was removed.")
        return group, lead

    group, lead = await begin()

    async def cured(tx: TenantTx) -> None:
        await actions.set_paused(tx, group.id, paused=False)
        await sending.release(tx, group.id)

    async def alerted(tx: TenantTx) -> None:
        if late == "announced":
            await handlers.announce(tx, team.context, LeadCreated(lead_id=lead, submission_id=None, source_id=None))
        else:
            (alert,) = await deliveries.of_destination(tx, group.id, *deliveries.UNSENT)
            await sending._prepare(tx, team.context, BOT, alert.id)

    order = (cured, alerted) if cured_first else (alerted, cured)
    async for halted in every_overlap(team.db, team.workspace, *order):
        async with team.db.tenant(team.workspace) as tx:
            held = await deliveries.of_destination(tx, group.id, State.HELD)
        assert held == [], f"waits for nothing when the later one was halted before statement {halted}"
        async with team.db.tenant(team.workspace) as tx:
            await actions.remove(tx, group.id)
        group, lead = await begin()


async def test_two_leads_that_join_a_digest_at_once_do_not_both_take_its_last_line(team: Team) -> None:
    async def storm() -> Destination:
        group = await team.group()
        for _ in range(STORM_CARDS + DIGEST_LINES - 1):
            await team.alert(group, new_id())
        return group

    group = await storm()

    async def join(tx: TenantTx) -> None:
        await actions.plan_card(tx, team.context.services.signer, new_id(), group)

    async for _ in every_overlap(team.db, team.workspace, join, join):
        async with team.db.tenant(team.workspace) as tx:
            planned = await deliveries.of_destination(tx, group.id, State.DUE)
            lines = [await store.count_cards(tx, each.id) for each in planned if each.kind == "digest"]
        assert lines == [DIGEST_LINES, 1]
        group = await storm()
