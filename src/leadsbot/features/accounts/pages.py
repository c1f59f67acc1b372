"""Pages for people who are not signed in yet: first run, sign-in, new password."""

from __future__ import annotations

from typing import Any

from litestar import Response
from litestar.datastructures import Cookie

from leadsbot.features.accounts import actions, jobs, model, store
from leadsbot.features.accounts.authenticate import cookie_name
from leadsbot.features.accounts.countries import COUNTRIES
from leadsbot.features.accounts.model import Person
from leadsbot.infra import program
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.infra.proxy import client_address
from leadsbot.infra.services import Services
from leadsbot.kit import useragent
from leadsbot.kit.errors import Invalid
from leadsbot.kit.ids import new_id
from leadsbot.web.actor import SIGNED_IN, Actor, Public
from leadsbot.web.inject import Caller, FromQuery, PageRequest, Posted, Uses
from leadsbot.web.render import local, redirect, render
from leadsbot.web.routes import page

HOME = "/leads"
COMMAND = "reset-password you@example.com"
WRONG = "The e-mail address or the password is wrong."


def session_cookie(services: Services, secret: str | None) -> Cookie:
    """The cookie of a session; None ends it."""
    return Cookie(
        key=cookie_name(services.settings),
        value=secret or "",
        path="/",
        httponly=True,
        samesite="lax",
        secure=services.settings.https,
        max_age=int(model.SESSION_LONGEST.total_seconds()) if secret else 0,
    )


def browser_of(request: PageRequest) -> str:
    """Families of the caller's browser: ``Firefox on Linux``."""
    agent = useragent.parse(request.headers.get("user-agent"))
    return " on ".join(part for part in (agent.browser, agent.os) if part)


async def signed_in(request: PageRequest, services: Services, person: Person, target: str) -> Response[None]:
    """A fresh session, whatever the browser had before."""
    secret = await actions.begin_session(services.db, person, browser=browser_of(request))
    return redirect(target, cookies=[session_cookie(services, secret)])


@page("GET", "/", needs=SIGNED_IN)
async def home() -> Response[None]:
    """The start is the list of leads."""
    return redirect(HOME)


@page("GET", "/setup", needs=Public("the first account is made with a one-time link"))
async def setup(request: PageRequest, services: Uses, token: FromQuery[str] = "") -> Response[str]:
    """The form that makes the owner's account."""
    async with services.db.system() as tx:
        await actions.setup_link(tx, token)
    return _setup_form(request, token)


def _setup_form(request: PageRequest, token: str, values: Any = None, error: Invalid | None = None) -> Response[str]:
    return render(
        request, "accounts/setup.html", status=422 if error else 200, token=token, values=values or {}, error=error,
        countries=list(COUNTRIES.items()),
    )  # fmt: skip


@page("POST", "/setup", needs=Public("the first account is made with a one-time link"))
async def set_up(request: PageRequest, form: Posted, services: Uses) -> Response[Any]:
    """Make the owner's account and workspace, and sign in."""
    token = form.text("token")
    try:
        person, _workspace = await actions.set_up(
            services.db,
            token,
            name=form.text("name", label="Your name"),
            email=form.text("email", label="Your e-mail address", limit=320),
            password=form.secret("password"),
            workspace=form.text("workspace", label="The workspace's name"),
            country=form.text("country"),
            timezone=model.first_zone(form.get("timezone", ""), form.text("country")),
        )
    except Invalid as error:
        return _setup_form(request, token, form, error)
    return await signed_in(request, services, person, HOME)


@page("GET", "/login", needs=Public("the sign-in page"))
async def login_form(request: PageRequest, actor: Caller, services: Uses, next: FromQuery[str] = "") -> Response[Any]:
    """The sign-in form; before anybody has an account, where to find the link that makes one."""
    if actor.kind == "person":
        return redirect(local(next, HOME))
    async with services.db.system() as tx:
        nobody = not await store.anybody(tx)
    return render(request, "accounts/login.html", target=local(next, ""), email="", error="", nobody=nobody)


@page("POST", "/login", needs=Public("the sign-in page"))
async def login(request: PageRequest, form: Posted, actor: Caller, services: Uses) -> Response[Any]:
    """Sign in. Wrong address and wrong password look the same and take the same time."""
    email, target = form.text("email", limit=320, required=False), local(form.get("next"), "")
    person = await actions.check_password(
        services.db,
        services.crypto,
        email=email,
        password=form.secret("password"),
        address=client_address(request.scope, services.settings.trusted_proxies),
    )
    if person is None:
        return render(request, "accounts/login.html", status=422, target=target, email=email, error=WRONG)
    await _end_present(services, actor)
    return await signed_in(request, services, person, target or HOME)


async def _end_present(services: Services, actor: Caller) -> None:
    """The session that a browser had before signing in again is over, so nothing of it can be carried along."""
    if actor.person_id and actor.session_id:
        async with services.db.system() as tx:
            await store.end_session(tx, actor.person_id, actor.session_id)


@page("POST", "/logout", needs=SIGNED_IN)
async def logout(actor: Caller, services: Uses) -> Response[None]:
    """End this session."""
    await _end_present(services, actor)
    answer = redirect("/login", notice="signed-out", cookies=[session_cookie(services, None)])
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@page("GET", "/reset", needs=Public("somebody who forgot the password cannot sign in"))
async def reset_form(request: PageRequest, services: Uses) -> Response[str]:
    """Ask for a reset mail."""
    mail = services.mailer is not None
    return render(request, "accounts/reset.html", mail=mail, done=False, command=program.told(COMMAND))


@page("POST", "/reset", needs=Public("somebody who forgot the password cannot sign in"))
async def reset(request: PageRequest, form: Posted, services: Uses) -> Response[str]:
    """Queue the mail. The answer and the work are the same whether or not somebody has this address."""
    if services.mailer is None:
        return render(request, "accounts/reset.html", mail=False, done=False, command=program.told(COMMAND))
    _, key = model.check_email(form.text("email", limit=320))
    address = client_address(request.scope, services.settings.trusted_proxies)
    await actions.count_attempt(
        services.db, services.crypto, (model.RESET_BY_EMAIL, key), (model.RESET_BY_ADDRESS, model.network(address, 32))
    )
    async with services.db.system() as tx:
        person = await store.person_by_email(tx, key)
        await enqueue(tx, jobs.RESET_MAIL, jobs.ResetMail(person.id if person else new_id()))
    return render(request, "accounts/reset.html", mail=True, done=True, command=program.told(COMMAND))


@page("GET", "/reset/new", needs=Public("the link of the mail"))
async def new_password_form(
    request: PageRequest, actor: Caller, services: Uses, token: FromQuery[str] = ""
) -> Response[str]:
    """The form for a new password. Somebody else who is signed in here is told what will happen."""
    return await _new_password_form(request, services, actor, token)


async def _new_password_form(
    request: PageRequest, services: Services, actor: Actor, token: str, error: Invalid | None = None
) -> Response[str]:
    async with services.db.system() as tx:
        _, person = await actions.link_owner(tx, token)
    # The address is for the browser's password manager, which files the new password under it.
    return render(
        request, "accounts/new_password.html", status=422 if error else 200, token=token, email=person.email,
        error=error.detail if error else "", other=actor.email if actor.person_id not in (None, person.id) else "",
    )  # fmt: skip


@page("POST", "/reset/new", needs=Public("the link of the mail"))
async def new_password(request: PageRequest, form: Posted, actor: Caller, services: Uses) -> Response[Any]:
    """Set the new password, sign out everywhere, sign in here, whoever was signed in before."""
    token = form.text("token")
    try:
        person = await actions.set_password_by_link(services.db, token, form.secret("password"))
    except Invalid as error:
        return await _new_password_form(request, services, actor, token, error)
    await _end_present(services, actor)
    return await signed_in(request, services, person, HOME)


routes = (
    home, setup, set_up, login_form, login, logout, reset_form, reset, new_password_form, new_password,
)  # fmt: skip
