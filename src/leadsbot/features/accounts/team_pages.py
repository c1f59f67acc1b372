"""The team: who belongs to the workspace, as what, and a way in for new colleagues."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response

from leadsbot.features.accounts import actions, jobs, model, store
from leadsbot.features.accounts.model import MATRIX, Role
from leadsbot.features.accounts.pages import HOME
from leadsbot.features.accounts.settings_pages import GRANTABLE
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.infra.services import Services
from leadsbot.kit import ids
from leadsbot.kit.errors import Conflict, Invalid
from leadsbot.web.actor import Actor, Permission
from leadsbot.web.inject import Caller, FromPath, InTx, PageRequest, Posted, Uses
from leadsbot.web.once import forget, show_once, told_once
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page

HERE = "/settings/team"
WRITE = Permission.MEMBERS_WRITE
LINK = "welcome link"
ABOUT_ROLES = {
    Role.OWNER: "everything, also who else is an owner",
    Role.ADMIN: "everything but owners",
    Role.MEMBER: "works on leads",
    Role.VIEWER: "only reads",
}


async def _team(
    request: PageRequest, tx: TenantTx, services: Services, actor: Actor, *, values: Any = None,
    error: Invalid | Conflict | None = None, link: str = "",
) -> Response[str]:  # fmt: skip
    members = await store.members(tx)
    people = await store.people(tx, [member.person_id for member in members])
    mine = actor.role == Role.OWNER
    name, _, address = link.partition("\n")
    return render(
        request,
        "accounts/team.html",
        status=error.status if error else 200,
        rows=[
            {
                "member": member,
                "id": ids.show(ids.PERSON, member.person_id),
                "email": people[member.person_id].email if member.person_id in people else "",
                "waits": member.person_id in people and people[member.person_id].password_hash is None,
                "changeable": mine or member.role is not Role.OWNER,
            }
            for member in members
        ],
        choices=[(role.value, role.value.capitalize()) for role in Role if mine or role is not Role.OWNER],
        offered=[
            (role.value, f"{role.value.capitalize()}: {ABOUT_ROLES[role]}")
            for role in reversed(Role)
            if mine or role is not Role.OWNER
        ],
        roles=list(Role),
        matrix=MATRIX,
        grantable={**GRANTABLE, WRITE: "change the team"},
        values=values or {},
        error=error,
        link=address,
        link_for=name,
        mail=services.mailer is not None,
    )


@page("GET", HERE, needs=WRITE)
async def team(request: PageRequest, actor: Caller, tx: InTx, services: Uses) -> Response[Any]:
    """Who belongs to the workspace; the link of a colleague who was just added is shown, this once."""
    link = told_once(request, services, actor, LINK)
    answer = await _team(request, tx, services, actor, link=link)
    return forget(answer) if link else answer


@page("POST", HERE, needs=WRITE)
async def add(request: PageRequest, form: Posted, actor: Caller, services: Uses) -> Response[Any]:
    """Add a colleague, mail them where mail is set up, and lead to their link."""
    workspace = actor.workspace()
    try:
        name, email = form.text("name", label="The colleague's name"), form.text("email", limit=320)
        role = model.check_role(form.text("role", limit=20))
        async with services.db.tenant(workspace) as tx:
            person, made = await actions.add_colleague(
                tx, email=email, name=name, role=role, giver=actor.role, by=actor.tag
            )
            if services.mailer is not None:
                await enqueue(tx, jobs.WELCOME_MAIL, jobs.WelcomeMail(person.id, workspace, actor.name))
    except Invalid as error:
        async with services.db.tenant(workspace) as tx:
            return await _team(request, tx, services, actor, values=form, error=error)
    if not made and person.password_hash is not None:
        return redirect(HERE, notice="added")
    return await _hand_over(services, actor, person.id, person.name)


async def _hand_over(services: Services, actor: Actor, person_id: UUID, name: str) -> Response[None]:
    """Lead to the link of somebody without a password; where it is not ours to show, say so."""
    secret = await actions.welcome_link(services.db, actor.workspace(), person_id)
    if secret is None:
        return redirect(HERE, notice="added-mail" if services.mailer is not None else "added-elsewhere")
    return show_once(HERE, services, actor, LINK, f"{name}\n{services.url(f'/reset/new?token={secret}')}")


@page("POST", f"{HERE}/{{person:str}}/link", needs=WRITE)
async def new_link(person: FromPath[str], actor: Caller, services: Uses) -> Response[Any]:
    """Another link for a colleague who has no password yet; the one before ends."""
    person_id = ids.read(ids.PERSON, person)
    async with services.db.tenant(actor.workspace()) as tx:
        member = await actions.member(tx, person_id)
        known = await store.person(tx, person_id)
        model.check_giving(actor.role, member.role)
    if known is None or known.password_hash is not None:
        raise Conflict("This colleague has chosen a password already.")
    return await _hand_over(services, actor, person_id, member.name)


@page("POST", f"{HERE}/{{person:str}}/role", needs=WRITE)
async def change_role(
    request: PageRequest, person: FromPath[str], form: Posted, actor: Caller, tx: InTx, services: Uses
) -> Response[Any]:
    """Another role."""
    person_id = ids.read(ids.PERSON, person)
    try:
        role = model.check_role(form.text("role", limit=20))
        changed = await actions.change_role(tx, person_id, role, giver=actor.role, by=actor.tag)
    except (Invalid, Conflict) as error:
        return await _team(request, tx, services, actor, error=error)
    # Who gave the own rights away cannot see this page any more.
    here = HERE if person_id != actor.person_id or WRITE in MATRIX[role] else HOME
    return redirect(here, notice="saved" if changed else None)


@page("POST", f"{HERE}/{{person:str}}/remove", needs=WRITE)
async def remove(request: PageRequest, person: FromPath[str], actor: Caller, tx: InTx, services: Uses) -> Response[Any]:
    """End a membership."""
    person_id = ids.read(ids.PERSON, person)
    try:
        await actions.remove_member(tx, person_id, giver=actor.role, by=actor.tag)
    except Conflict as error:
        return await _team(request, tx, services, actor, error=error)
    return redirect("/account" if person_id == actor.person_id else HERE, notice="removed")


routes = (team, add, new_link, change_role, remove)
