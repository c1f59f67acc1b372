"""The Telegram page: connect chats, see whether they work, test them."""

from __future__ import annotations

from litestar import Response

from leadsbot.features.alerts import actions, sending, store
from leadsbot.features.alerts.bot import bot_of, require
from leadsbot.features.alerts.links import new_link, shown_link
from leadsbot.features.deliveries import public as deliveries
from leadsbot.kit.errors import AppError, Conflict, Invalid, NotFound
from leadsbot.kit.ids import DESTINATION, TELEGRAM_LINK, new_id, read, show
from leadsbot.web.actor import Permission
from leadsbot.web.inject import Caller, FromPath, InTx, PageRequest, Posted, Uses
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page

HERE = "/telegram"


@page("GET", HERE, needs=Permission.LEADS_READ)
async def show_page(request: PageRequest, services: Uses, actor: Caller) -> Response[str]:
    """Connected chats, and how to connect one; with ``link`` the steps for a link that was just made."""
    bot, username, trouble = bot_of(services), "", ""
    try:
        username = await require(services).learn_username()
    except AppError as error:
        trouble = error.detail
    writable, connectable = actor.may(Permission.TELEGRAM_WRITE), actor.may(Permission.LEADS_WRITE)
    asked = request.query_params.get("link")
    # Opened only now, because no transaction may wait for Telegram.
    async with services.db.tenant(actor.workspace()) as tx:
        chats = await store.destinations(tx)
        waiting = await deliveries.held_counts(tx, [each.id for each in chats])
        link = None
        if asked and connectable:
            link = await shown_link(tx, services, actor, read(TELEGRAM_LINK, asked), username)
        if bot is not None and not trouble:
            trouble = await store.trouble(tx, bot.id) or ""
    rows = [(show(DESTINATION, each.id), each, waiting.get(each.id, 0)) for each in chats]
    return render(
        request, "alerts/telegram.html", destinations=rows, username=username, trouble=trouble, link=link,
        writable=writable, connectable=connectable,
    )  # fmt: skip


@page("POST", "/telegram/link", needs=Permission.LEADS_WRITE)
async def connect(services: Uses, actor: Caller) -> Response[None]:
    """Make a fresh link and lead to its page, which can be loaded again and left and come back to.

    Everybody who works on leads may: the link stands for whoever made it, so nobody else can make it for them.
    """
    try:
        link_id, _ = await new_link(services, actor)
    except AppError:
        return redirect(HERE)  # The page says what is wrong with the bot.
    return redirect(f"{HERE}?link={show(TELEGRAM_LINK, link_id)}")


@page("GET", "/telegram/link", needs=Permission.LEADS_READ)
async def back_to_page() -> Response[None]:
    """Where the form posts to is no page of its own; whoever types its address means the page."""
    return redirect(HERE)


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


routes = (show_page, connect, back_to_page, test_alert, change_state)
