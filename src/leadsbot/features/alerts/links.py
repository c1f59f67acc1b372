"""Make the deep links that bind chats, for the API and for the page, and show one again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from leadsbot.channels.telegram.updates import group_link, start_link
from leadsbot.features.accounts import public as accounts
from leadsbot.features.alerts import actions, model, store
from leadsbot.features.alerts.bot import require
from leadsbot.features.alerts.model import Destination
from leadsbot.features.alerts.schemas import LinkOut
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.services import Services
from leadsbot.kit.clock import utcnow
from leadsbot.web.actor import Actor


async def new_link(services: Services, actor: Actor) -> tuple[UUID, LinkOut]:
    """A link for whoever asks, and its id. Who opens it is known as that person and may claim leads in their name.

    A link made with an API key acts for the workspace's first owner, because a key is nobody.
    """
    username = await require(services).learn_username()
    async with services.db.tenant(actor.workspace()) as tx:
        person = actor.person_id
        if person is None:
            person = next((m.person_id for m in await accounts.members(tx) if m.role == "owner"), None)
        link_id, code, expires = await actions.make_link(tx, services.signer, by=person)
    return link_id, LinkOut(start_link(username, code), code, group_link(username, code), expires)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A link on the page of whoever made it."""

    state: Literal["waiting", "used", "ended"]
    out: LinkOut | None = None
    destination: Destination | None = None
    """The chat that it bound, unless that was removed since."""


async def shown_link(tx: TenantTx, services: Services, actor: Actor, link_id: UUID, username: str) -> Shown:
    """How a link stands. Somebody else's is as good as ended: who opens it is taken for who made it."""
    link = await store.link(tx, link_id)
    if link is None or link.created_by is None or link.created_by != actor.person_id:
        return Shown(state="ended")
    if link.used_at is not None:
        bound = await store.destination(tx, link.destination_id) if link.destination_id else None
        return Shown(state="used", destination=bound)
    code = actions.link_code(services.signer, link.id)
    if link.expires_at <= utcnow() or not username or model.code_hash(code) != link.code_hash:
        return Shown(state="ended")
    out = LinkOut(start_link(username, code), code, group_link(username, code), link.expires_at)
    return Shown(state="waiting", out=out)
