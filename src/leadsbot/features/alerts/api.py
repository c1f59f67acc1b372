"""The API of Telegram links and destinations, and the door for pushed updates."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response

from leadsbot.channels.telegram.api import number_update
from leadsbot.features.alerts import store
from leadsbot.features.alerts.bot import require
from leadsbot.features.alerts.links import new_link
from leadsbot.features.alerts.polling import WEBHOOK_PATH, store_updates
from leadsbot.features.alerts.schemas import DestinationOut, LinkOut, destination_out
from leadsbot.infra.services import Services
from leadsbot.kit.errors import Forbidden
from leadsbot.kit.signing import constant_time_equal
from leadsbot.web.actor import Permission, Public
from leadsbot.web.inject import Caller, InTx, Uses
from leadsbot.web.routes import api, page

TAG = "Telegram"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a header's name


@api(
    "POST",
    "/api/v1/telegram/links",
    needs=Permission.TELEGRAM_WRITE,
    status=201,
    errors=(409,),
    tag=TAG,
    summary="Make a link that binds a chat",
)
async def make_link(services: Uses, actor: Caller) -> LinkOut:
    """A one-time deep link, good for 15 minutes: the chat in which somebody opens it (`url`), or the group they add the
    bot to (`group_url`), gets the alerts of the workspace. In a forum topic, send `/start CODE` there.
    """
    return (await new_link(services, actor))[1]


@api("GET", "/api/v1/telegram/destinations", needs=Permission.TELEGRAM_WRITE, tag=TAG, summary="List connected chats")
async def list_destinations(tx: InTx) -> list[DestinationOut]:
    """Every chat that gets alerts, with its state and, when it is disabled, the reason."""
    return [destination_out(each) for each in await store.destinations(tx)]


def webhook_secret(services: Services) -> str:
    """What Telegram must send with every pushed update: derived, so that nothing has to be stored."""
    return services.signer.mac("telegram webhook", b"").hex()


@page(
    "POST",
    WEBHOOK_PATH,
    needs=Public("Telegram pushes updates here"),
    csrf_exempt="Telegram proves itself by the secret token header",
    cookieless=True,
)
async def receive_update(request: Request[Any, Any, Any], services: Uses) -> Response[None]:
    """Take one pushed update. Whatever cannot be understood is answered 200, or Telegram would send it again."""
    sent = request.headers.get(SECRET_HEADER, "")
    if not constant_time_equal(sent, webhook_secret(services)):
        raise Forbidden("The secret token is missing or wrong.")
    update = number_update(await request.body())
    if update is not None:
        await store_updates(services.db, require(services).id, [update], ordered=False)
    return Response(None, status_code=200)


routes = (make_link, list_destinations, receive_update)
