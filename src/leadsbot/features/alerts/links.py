"""Make the deep links that bind chats, for the API and for the page."""

from __future__ import annotations

from leadsbot.channels.telegram.updates import group_link, start_link
from leadsbot.features.accounts import public as accounts
from leadsbot.features.alerts import actions
from leadsbot.features.alerts.bot import require
from leadsbot.features.alerts.schemas import LinkOut
from leadsbot.infra.services import Services
from leadsbot.web.actor import Actor


async def new_link(services: Services, actor: Actor) -> LinkOut:
    """A link for whoever asks. Who opens it is known as that person and may claim leads in their name.

    A link made with an API key acts for the workspace's first owner, because a key is nobody.
    """
    username = await require(services).learn_username()
    async with services.db.tenant(actor.workspace()) as tx:
        person = actor.person_id
        if person is None:
            person = next((m.person_id for m in await accounts.members(tx) if m.role == "owner"), None)
        _, code, expires = await actions.make_link(tx, by=person)
    return LinkOut(start_link(username, code), code, group_link(username, code), expires)
