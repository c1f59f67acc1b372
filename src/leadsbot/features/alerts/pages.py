"""The Telegram page: connect chats, see whether they work, test them."""

from __future__ import annotations

from typing import Any

from litestar import Response

from leadsbot.features.alerts import actions, sending, store
from leadsbot.features.alerts.bot import require
from leadsbot.features.alerts.links import new_link
from leadsbot.features.deliveries import public as deliveries
from leadsbot.kit.errors import AppError, Conflict, Invalid, NotFound
from leadsbot.kit.ids import DESTINATION, new_id, read, show
from leadsbot.web.actor import Permission
from leadsbot.web.inject import Caller, FromPath, InTx, PageRequest, Posted, Uses
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page

HERE = "/telegram"


@page("GET", HERE, needs=Permission.LEADS_READ)
async def show_page(request: PageRequest, services: Uses, actor: Caller) -> Response[str]:
    """Connected chats, and how to connect one."""
    return await _page(request, services, actor)


async def _page(request: PageRequest, services: Uses, actor: Caller, **more: Any) -> Response[str]:
    username, trouble = "", ""
    try:
        username = await require(services).learn_username()
    except AppError as error:
        trouble = error.detail
    # Opened only now, because no transaction may wait for Telegram.
    async with services.db.tenant(actor.workspace()) as tx:
        chats = await store.destinations(tx)
        waiting = await deliveries.held_counts(tx, [each.id for each in chats])
    rows = [(show(DESTINATION, each.id), each, waiting.get(each.id, 0)) for each in chats]
    context = {"destinations": rows, "username": username, "trouble": trouble, "link": None}
    return render(request, "alerts/telegram.html", **{**context, **more})


@page("POST", "/telegram/link", needs=Permission.TELEGRAM_WRITE)
async def connect(request: PageRequest, services: Uses, actor: Caller) -> Response[str]:
    """Show a fresh link."""
    try:
        link = await new_link(services, actor)
    except AppError as error:
        return await _page(request, services, actor, trouble=error.detail)
    return await _page(request, services, actor, link=link)


@page("POST", "/telegram/{destination:str}/test", needs=Permission.TELEGRAM_WRITE)
async def test_alert(tx: InTx, destination: FromPath[str]) -> Response[None]:
    """Send a test alert through exactly what real ones go through."""
    found = await store.destination(tx, read(DESTINATION, destination))
    if found is None:
        raise NotFound("There is no such destination.")
    if found.state.value != "active":
        raise Conflict("This chat is not active. Resume it or connect it again first.")
    delivery_id = await deliveries.plan(
        tx, channel=actions.CHANNEL, kind="test", destination_id=found.id, lead_id=None, dedupe_key=f"test:{new_id()}"
    )
    if delivery_id is not None:
        await sending.enqueue_send(tx, delivery_id, found)
    return redirect(HERE, notice="sent")


@page("POST", "/telegram/{destination:str}/state", needs=Permission.TELEGRAM_WRITE)
async def change_state(tx: InTx, destination: FromPath[str], form: Posted) -> Response[None]:
    """Pause, resume, admit the whole chat, or remove."""
    destination_id, verb = read(DESTINATION, destination), form.text("do", limit=20)
    if verb == "remove":
        heir = await actions.remove(tx, destination_id)
        if heir is not None:
            await sending.release(tx, heir)
        return redirect(HERE, notice="deleted")
    if verb in {"admit", "restrict"}:
        await actions.set_anyone_may_act(tx, destination_id, allowed=verb == "admit")
    elif verb not in {"pause", "resume"}:
        raise Invalid("do", "Choose one of pause, resume, admit, restrict, remove.")
    else:
        await actions.set_paused(tx, destination_id, paused=verb == "pause")
        await sending.release(tx, destination_id)
    return redirect(HERE, notice="saved")


routes = (show_page, connect, test_alert, change_state)
