"""Pages of somebody who is signed in: account, workspaces, settings, API keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from litestar import Response

from leadsbot.features.accounts import actions, model, store
from leadsbot.features.accounts.countries import COUNTRIES
from leadsbot.features.accounts.model import STAGES
from leadsbot.features.accounts.pages import HOME, session_cookie
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Invalid, NotFound, Unauthorised
from leadsbot.web.actor import SIGNED_IN, Actor, Permission
from leadsbot.web.inject import Caller, FromPath, InTx, PageRequest, Posted, Uses
from leadsbot.web.once import forget, show_once, told_once
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page

MOST_KEYS = 200
NEW_KEY = "new API key"
GRANTABLE = {
    Permission.LEADS_READ: "read leads",
    Permission.LEADS_WRITE: "change leads",
    Permission.SOURCES_READ: "read sources",
    Permission.SOURCES_WRITE: "change sources",
    Permission.DELIVERIES_READ: "read the delivery log",
    Permission.DELIVERIES_WRITE: "retry deliveries",
    Permission.TELEGRAM_WRITE: "connect Telegram chats",
    Permission.KEYS_READ: "list API keys",
    Permission.KEYS_WRITE: "make and revoke API keys",
    Permission.WORKSPACE_READ: "read the settings",
    Permission.WORKSPACE_WRITE: "change the settings",
}


def _person(actor: Actor) -> UUID:
    if actor.person_id is None:
        raise Unauthorised
    return actor.person_id


async def _account(request: PageRequest, actor: Actor, services: Uses, error: Invalid | None = None) -> Response[str]:
    async with services.db.system() as tx:
        sessions = await store.sessions(tx, _person(actor), utcnow())
    return render(request, "accounts/account.html", status=422 if error else 200, sessions=sessions, error=error)


@page("GET", "/account", needs=SIGNED_IN)
async def account(request: PageRequest, actor: Caller, services: Uses) -> Response[str]:
    """Name, password and sessions."""
    return await _account(request, actor, services)


@page("POST", "/account", needs=SIGNED_IN)
async def rename(request: PageRequest, form: Posted, actor: Caller, services: Uses) -> Response[Any]:
    """Change the name."""
    try:
        await actions.rename_person(services.db, _person(actor), form.text("name", label="Your name"))
    except Invalid as error:
        return await _account(request, actor, services, error)
    return redirect("/account", notice="saved")


@page("POST", "/account/password", needs=SIGNED_IN)
async def change_password(request: PageRequest, form: Posted, actor: Caller, services: Uses) -> Response[Any]:
    """Change the password; the present one is asked for, and guesses are counted."""
    try:
        bucket = (model.CHANGE_PASSWORD, str(_person(actor)))
        await actions.count_attempt(services.db, services.crypto, bucket)
        await actions.change_password(
            services.db, _person(actor), actor.session_id, old=form.secret("current"), new=form.secret("password")
        )
    except Invalid as error:
        return await _account(request, actor, services, error)
    return redirect("/account", notice="password")


@page("POST", "/account/sessions/{session:uuid}/end", needs=SIGNED_IN)
async def end_session(session: FromPath[UUID], actor: Caller, services: Uses) -> Response[None]:
    """Sign one browser out."""
    async with services.db.system() as tx:
        await store.end_session(tx, _person(actor), session)
    return redirect("/account", notice="saved")


@page("POST", "/logout/everywhere", needs=SIGNED_IN)
async def logout_everywhere(actor: Caller, services: Uses) -> Response[None]:
    """Sign every browser out, this one too."""
    async with services.db.system() as tx:
        await store.end_sessions(tx, _person(actor))
    return redirect("/login", notice="signed-out-everywhere", cookies=[session_cookie(services, None)])


@page("POST", "/workspaces/switch", needs=SIGNED_IN)
async def switch(form: Posted, actor: Caller, services: Uses) -> Response[None]:
    """Look at another workspace of one's own."""
    wanted = next((space.id for space in actor.workspaces if str(space.id) == form.get("workspace")), None)
    if wanted is None or actor.session_id is None:
        raise NotFound("You do not belong to this workspace.")
    async with services.db.system() as tx:
        await store.point_session(tx, actor.session_id, wanted)
    return redirect(HOME, notice="switched")


def _new_workspace(request: PageRequest, values: Any = None, error: Invalid | None = None) -> Response[str]:
    return render(
        request, "accounts/new_workspace.html", status=422 if error else 200, values=values or {}, error=error,
        countries=list(COUNTRIES.items()),
    )  # fmt: skip


@page("GET", "/workspaces/new", needs=SIGNED_IN)
async def new_workspace(request: PageRequest) -> Response[str]:
    """The form for another workspace."""
    return _new_workspace(request)


@page("POST", "/workspaces/new", needs=SIGNED_IN)
async def make_workspace(request: PageRequest, form: Posted, actor: Caller, services: Uses) -> Response[Any]:
    """Make another workspace, own it and look at it."""
    try:
        name, country = form.text("workspace", label="The workspace's name"), form.text("country")
        zone = model.first_zone(form.get("timezone", ""), country)
        owner = model.Person(_person(actor), actor.email, actor.name, None)
        async with services.db.tenant(ids.new_id()) as tx:
            made = await actions.create_workspace(tx, name=name, country=country, owner=owner, timezone=zone)
            if actor.session_id:
                await store.point_session(tx, actor.session_id, made.workspace_id)
    except Invalid as error:
        return _new_workspace(request, form, error)
    return redirect(HOME, notice="created")


async def _settings(
    request: PageRequest, tx: TenantTx, values: Any = None, error: Invalid | None = None
) -> Response[str]:
    present = await actions.settings_of(tx)
    return render(
        request,
        "accounts/settings.html",
        status=422 if error else 200,
        settings=present,
        values=values or {},
        error=error,
        stages=STAGES,
        countries=list(COUNTRIES.items()),
        timezones=[(name, name.replace("_", " ")) for name in sorted(available_timezones())],
        members=await store.members(tx),
    )


@page("GET", "/settings", needs=Permission.WORKSPACE_WRITE)
async def settings(request: PageRequest, tx: InTx) -> Response[str]:
    """The workspace's settings."""
    return await _settings(request, tx)


@page("POST", "/settings", needs=Permission.WORKSPACE_WRITE)
async def save_settings(request: PageRequest, form: Posted, tx: InTx) -> Response[Any]:
    """Change the workspace's settings."""
    try:
        await actions.change_settings(
            tx,
            name=form.text("name", label="The workspace's name"),
            country=form.text("country"),
            timezone=form.text("timezone"),
            merge_window_days=form.number("merge_window_days", low=0, high=3650),
            stage_labels={key: form.text(f"stage_{key}", limit=40, required=False) for key in STAGES},
        )
    except Invalid as error:
        return await _settings(request, tx, form, error)
    return redirect("/settings", notice="saved")


async def _keys(request: PageRequest, actor: Actor, tx: TenantTx, **more: Any) -> Response[str]:
    given = {"secret": "", "error": None, "values": {}, "ticked": (), **more}
    shown = {scope: text for scope, text in GRANTABLE.items() if actor.may(scope)}
    status = 422 if given["error"] else 200
    keys = await store.keys(tx, MOST_KEYS)
    return render(request, "accounts/keys.html", status=status, keys=keys, grantable=shown, **given)


@page("GET", "/keys", needs=Permission.KEYS_READ)
async def keys(request: PageRequest, actor: Caller, tx: InTx, services: Uses) -> Response[Any]:
    """The API keys; one that was just made is shown, this once."""
    secret = told_once(request, services, actor, NEW_KEY)
    answer = await _keys(request, actor, tx, secret=secret)
    return forget(answer) if secret else answer


@page("POST", "/keys", needs=Permission.KEYS_WRITE)
async def make_key(request: PageRequest, form: Posted, actor: Caller, tx: InTx, services: Uses) -> Response[Any]:
    """Make a key and lead to the page that shows it once."""
    try:
        ticked = form.all("scope")
        # Who ticked something meant only that, whatever the choice above it says.
        scopes = [model.EVERY_SCOPE] if form.get("access") == "all" and not ticked else ticked
        _key, secret = await actions.issue_key(
            tx, name=form.text("name"), scopes=scopes, giver=actor.scopes, created_by=actor.person_id
        )
    except Invalid as error:
        return await _keys(request, actor, tx, error=error, values=form, ticked=form.all("scope"))
    return show_once("/keys", services, actor, NEW_KEY, secret)


@page("POST", "/keys/{key:str}/revoke", needs=Permission.KEYS_WRITE)
async def revoke_key(key: FromPath[str], tx: InTx) -> Response[None]:
    """Stop a key. For a while it can be taken back."""
    key_id = ids.read(ids.KEY, key)
    await actions.revoke_key(tx, key_id)
    return redirect("/keys", notice="revoked", about=ids.show(ids.KEY, key_id))


@page("POST", "/keys/{key:str}/restore", needs=Permission.KEYS_WRITE)
async def restore_key(key: FromPath[str], tx: InTx) -> Response[None]:
    """Take back that a key was revoked."""
    await actions.restore_key(tx, ids.read(ids.KEY, key))
    return redirect("/keys", notice="restored")


routes = (
    account, rename, change_password, end_session, logout_everywhere, switch, new_workspace, make_workspace, settings,
    save_settings, keys, make_key, revoke_key, restore_key,
)  # fmt: skip
