"""A chat that gets no alerts is told of on every page, to those who can connect it again, until they have."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from leadsbot.contracts.events import LeadCreated
from leadsbot.features.alerts import actions, handlers
from leadsbot.features.alerts.feature import FEATURE
from leadsbot.features.deliveries.feature import FEATURE as DELIVERIES
from leadsbot.features.leads.feature import FEATURE as LEADS
from leadsbot.infra.db.pool import Database
from leadsbot.kit.ids import DESTINATION, new_id, show
from tests.cast import Browser, Cast, application, browser, services
from tests.features.alerts.conftest import Team

PAGES = ("/leads", "/deliveries", "/telegram", "/account", "/settings", "/keys", "/workspaces/new")


@pytest.fixture
async def web(db: Database) -> AsyncIterator[Browser]:
    async with browser(application(services(db), LEADS, DELIVERIES, FEATURE)) as opened:
        yield opened


async def lead(team: Team) -> None:
    """A new lead, announced wherever alerts belong."""
    event = LeadCreated(lead_id=new_id(), submission_id=None, source_id=None)
    async with team.db.tenant(team.workspace) as tx:
        await handlers.announce(tx, team.context, event)


async def close(team: Team, title: str, sentence: str = "The bot was removed from the chat.") -> str:
    """A chat that Telegram refuses; returns its id as people see it."""
    group = await team.group(title=title)
    async with team.db.tenant(team.workspace) as tx:
        await actions.disable(tx, group.id, "kicked", sentence)
    return show(DESTINATION, group.id)


async def test_every_page_tells_the_owner_what_is_wrong_and_how_many_alerts_wait(
    web: Browser, cast: Cast, team: Team
) -> None:
    await close(team, "<b>Sales</b> & more")
    await web.sign_in(cast.alice.email)
    for path in PAGES:
        shown = (await web.get(path)).text
        assert "&lt;b&gt;Sales&lt;/b&gt; &amp; more gets no alerts. The bot was removed from the chat." in shown, path
        assert "waiting." not in shown
    await lead(team)
    assert "1 alert is waiting." in (await web.get("/leads")).text
    await lead(team)
    shown = (await web.get("/account")).text
    assert "2 alerts are waiting." in shown
    assert 'href="/telegram">Cure it</a>' in shown
    assert "2 waiting" in (await web.get("/telegram")).text


async def test_the_reader_and_the_outsider_are_told_nothing(web: Browser, cast: Cast, team: Team) -> None:
    await close(team, "Sales")
    for stranger in (cast.bob, cast.charlie):
        await web.sign_in(stranger.email)
        for path in ("/leads", "/telegram", "/account"):
            assert "gets no alerts" not in (await web.get(path)).text, (stranger.name, path)
        await web.post("/logout")


@pytest.mark.parametrize("cure", ["resume", "remove"])
async def test_the_cure_and_nothing_else_ends_the_notice(web: Browser, cast: Cast, team: Team, cure: str) -> None:
    chat = await close(team, "Sales")
    await web.sign_in(cast.alice.email)
    await web.post(f"/telegram/{chat}/state", {"do": "admit"}, on="/telegram")
    assert "Sales gets no alerts" in (await web.get("/leads")).text
    refused = await web.post(f"/telegram/{chat}/state", {"do": "dismiss"}, on="/telegram")
    assert refused.status_code == 422
    answer = await web.post(f"/telegram/{chat}/state", {"do": cure}, on="/telegram")
    assert answer.status_code == 303
    assert "gets no alerts" not in (await web.get("/leads")).text


async def test_a_chat_that_a_person_paused_is_no_trouble(web: Browser, cast: Cast, team: Team) -> None:
    group = await team.group()
    async with team.db.tenant(team.workspace) as tx:
        await actions.set_paused(tx, group.id, paused=True)
    await lead(team)
    await web.sign_in(cast.alice.email)
    assert "gets no alerts" not in (await web.get("/leads")).text


async def test_many_closed_chats_do_not_fill_the_page(web: Browser, cast: Cast, team: Team) -> None:
    for number in range(5):
        await close(team, f"Group {number}")
    await lead(team)
    await web.sign_in(cast.alice.email)
    shown = (await web.get("/leads")).text
    assert shown.count("Cure it") == 4
    assert "2 more chats get no alerts. 2 alerts are waiting." in shown
