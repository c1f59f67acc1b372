"""The lead list and the lead page. Every form works without a script: it posts, is stored, and leads back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Response

from leadsbot.features.accounts.public import look_at, members, workspace_settings
from leadsbot.features.capture.public import Source, list_sources
from leadsbot.features.forms.public import forms_filled_in, read_answers, snippets_of, uploads_of
from leadsbot.features.leads import actions, answers, public, query, store
from leadsbot.features.leads.model import STAGES, Lead
from leadsbot.features.leads.public import LeadView
from leadsbot.features.leads.timeline import Names, entries, happened, places
from leadsbot.features.screening.public import label as label_submission
from leadsbot.features.sources.public import snippets
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.services import Services
from leadsbot.kit import ids
from leadsbot.kit.errors import Conflict, Invalid, NotFound
from leadsbot.web.actor import Actor, Permission
from leadsbot.web.forms import Form
from leadsbot.web.inject import Caller, FromPath, InTx, PageRequest, Posted, Uses
from leadsbot.web.pagination import paged, position
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page

READ, WRITE = Permission.LEADS_READ, Permission.LEADS_WRITE
ROWS = 50
EVENTS = 200
UNDO_FROM = "__"
"""Between what was and what is now, in the notice that offers an undo."""
TONES = {"new": "accent", "contacted": "warn", "qualified": "good", "won": "good", "lost": "plain", "junk": "plain"}
Answer = Response[str] | Response[None]


@page("GET", "/leads", needs=READ)
async def inbox(request: PageRequest, actor: Caller, tx: InTx, services: Uses) -> Response[str]:
    """The list, filtered by the address."""
    get = request.query_params.get
    filters = _filter(request, actor.person_id)
    rows = await store.page(tx, filters, position(get("cursor")), ROWS + 1)
    shown = paged(await public.views(tx, rows), ROWS, lambda lead: lead, lambda lead: (lead.last_activity_at, lead.id))
    names = await _names(tx)
    sources = await list_sources(tx)
    known = {each.id: each for each in sources}
    counts = await store.stage_counts(tx, _without_stage(filters))
    chips = [("", "All", sum(counts.values()))]
    chips += [(stage, names.stages[stage], counts.get(stage, 0)) for stage in STAGES]
    filtered = any(get(name) for name in query.NAMES)
    return render(
        request,
        "leads/list.html",
        leads=shown.data,
        lines={each.id: answers.in_one_line(each, known) for each in shown.data if not each.message},
        next_cursor=shown.next_cursor,
        view=query.encoded(get),
        chips=[
            {
                "label": label,
                "count": count,
                "href": _address(query.encoded(get, stage=stage)),
                "current": (get("stage") or "") == stage,
            }
            for stage, label, count in chips
        ],
        get={name: get(name) or "" for name in query.NAMES},
        filtered=filtered,
        names=names,
        tones=TONES,
        owners=[("", "Any owner"), ("me", "Mine"), ("none", "Nobody's"), *_people(names)],
        sources=[("", "Any source"), *((ids.show(ids.SOURCE, each.id), each.name) for each in sources)],
        tags=[("", "Any tag"), *((tag, tag) for tag in await store.tags_in_use(tx))],
        first=not shown.data and not filtered and not await store.any_lead(tx),
        curl=_first_snippet(services.url(), sources, "webhook", "curl"),
        form=_first_snippet(services.url(), sources, "form", "html"),
        show_id=_show_id,
    )


@page("GET", "/leads/{lead:str}", needs=READ)
async def lead_page(request: PageRequest, lead: FromPath[str], actor: Caller, tx: InTx, services: Uses) -> Answer:
    """One lead. The address of a merged one leads to the lead it went into; that of another workspace of the person
    (a card in Telegram knows nothing of what the browser looks at) switches to it."""
    try:
        found = await _found(tx, lead)
    except NotFound:
        elsewhere = await _elsewhere(services, actor, lead)
        if elsewhere is None or actor.session_id is None:
            raise
        await look_at(services.db, actor.session_id, elsewhere)
        return redirect(f"/leads/{lead}", notice="switched")
    if _show_id(found.id) != lead.lower():
        return redirect(_lead_address(found.id, _view(request)))
    return await _lead(request, tx, found, actor.person_id)


@page("POST", "/leads/{lead:str}/stage", needs=WRITE)
async def move(request: PageRequest, lead: FromPath[str], form: Posted, actor: Caller, tx: InTx) -> Answer:
    """Another stage."""

    async def go(lead_id: UUID) -> bool:
        await _unchanged(tx, lead_id, form, lambda now: now.stage)
        return await actions.set_stage(tx, lead_id, form.text("stage"), by=actor.tag)

    return await _change(request, tx, lead, actor.person_id, go, undo=("moved", lambda now: now.stage))


@page("POST", "/leads/{lead:str}/owner", needs=WRITE)
async def give(request: PageRequest, lead: FromPath[str], form: Posted, actor: Caller, tx: InTx) -> Answer:
    """Another owner, or none."""

    async def assign(lead_id: UUID) -> bool:
        owner = form.text("owner", required=False)
        person = query.some_id(ids.PERSON, owner, "owner") if owner else None
        if person is not None and person not in {member.person_id for member in await members(tx)}:
            raise Invalid("owner", "This person is not a member of the workspace.")
        await _unchanged(tx, lead_id, form, _owner_now)
        return await actions.assign(tx, lead_id, person, by=actor.tag)

    return await _change(request, tx, lead, actor.person_id, assign, undo=("given", _owner_now))


@page("POST", "/leads/{lead:str}/claim", needs=WRITE)
async def claim(request: PageRequest, lead: FromPath[str], actor: Caller, tx: InTx) -> Answer:
    """Take a lead that nobody has."""

    async def take(lead_id: UUID) -> bool:
        if actor.person_id is None:
            raise Invalid("owner", "Only a person can claim a lead.")
        won = await actions.claim(tx, lead_id, actor.person_id, by=actor.tag)
        if not won.won and won.owner_id != actor.person_id:
            name = (await _names(tx)).person(str(won.owner_id))
            raise Invalid("owner", f"{name} was faster and has this lead.")
        return won.won

    return await _change(request, tx, lead, actor.person_id, take, undo=("given", _owner_now))


@page("POST", "/leads/{lead:str}/tags", needs=WRITE)
async def tag(request: PageRequest, lead: FromPath[str], form: Posted, actor: Caller, tx: InTx) -> Answer:
    """The tags, separated by commas."""
    return await _change(
        request, tx, lead, actor.person_id,
        lambda each: actions.set_tags(tx, each, form.text("tags", limit=2000, required=False).split(","), by=actor.tag),
        form=form,
    )  # fmt: skip


@page("POST", "/leads/{lead:str}/edit", needs=WRITE)
async def edit(request: PageRequest, lead: FromPath[str], form: Posted, actor: Caller, tx: InTx) -> Answer:
    """Name, address, number, company."""

    async def write(lead_id: UUID) -> bool:
        edits = {name: form.get(name, "") for name in ("name", "email", "phone", "company") if name in form}
        return await actions.edit_fields(
            tx, lead_id, edits, country=(await workspace_settings(tx)).country, by=actor.tag
        )

    return await _change(request, tx, lead, actor.person_id, write, form=form)


@page("POST", "/leads/{lead:str}/notes", needs=WRITE)
async def note(request: PageRequest, lead: FromPath[str], form: Posted, actor: Caller, tx: InTx) -> Answer:
    """A note. The form carries the note's id, so that sending it twice writes it once."""

    async def write(lead_id: UUID) -> UUID:
        note_id = query.some_id(ids.NOTE, form.get("note", ""), "note")
        return await actions.add_note(tx, lead_id, form.get("body", ""), by=actor.tag, via="dashboard", note_id=note_id)

    return await _change(request, tx, lead, actor.person_id, write, form=form)


@page("POST", "/leads/{lead:str}/spam", needs=WRITE)
async def spam(request: PageRequest, lead: FromPath[str], form: Posted, actor: Caller, tx: InTx) -> Answer:
    """Call a lead's submissions spam and the lead junk, or take the word back; the filter learns either way."""
    wrong = form.get("spam") == "1"

    async def write(lead_id: UUID) -> bool:
        for submission in await public.submissions(tx, lead_id):
            await label_submission(tx, submission.id, spam=wrong, by=actor.tag)
        return await actions.set_stage(tx, lead_id, "junk" if wrong else "new", by=actor.tag)

    return await _change(request, tx, lead, actor.person_id, write)


@page("POST", "/leads/{lead:str}/merge", needs=WRITE)
async def merge(request: PageRequest, lead: FromPath[str], form: Posted, actor: Caller, tx: InTx) -> Answer:
    """Merge another lead into this one."""
    return await _change(
        request, tx, lead, actor.person_id,
        lambda each: actions.merge(tx, each, query.some_id(ids.LEAD, form.text("other"), "other"), by=actor.tag),
    )  # fmt: skip


async def _change(
    request: PageRequest, tx: TenantTx, shown: str, me: UUID | None, act: Callable[[UUID], Awaitable[object]],
    *, form: Form | None = None, undo: tuple[str, Callable[[LeadView | Lead], str]] | None = None,
) -> Answer:  # fmt: skip
    """Act and lead back to the page; what was wrong is said on the page, with what was typed still there.

    ``undo`` names the notice that offers to take it back, and what of the lead it is about. The page is told what that
    was before and what it is now, so that its Undo takes back this change and no later one.
    """
    found = await _found(tx, shown)
    try:
        changed = await act(found.id)
    except (Invalid, Conflict) as error:
        return await _lead(request, tx, await _found(tx, shown), me, error=error, typed=form)
    back = _lead_address(found.id, _view(request))
    if not changed:
        return redirect(back)
    if undo is None:
        return redirect(back, notice="saved")
    notice, part = undo
    return redirect(back, notice=notice, about=f"{part(found)}{UNDO_FROM}{part(await _found(tx, shown))}")


async def _unchanged(tx: TenantTx, lead_id: UUID, form: Form, part: Callable[[LeadView | Lead], str]) -> None:
    """Raise Conflict when an undo (a form that says what it ``expects``) comes after somebody else's change."""
    expected = form.text("expects", required=False)
    if expected and part(await actions.locked(tx, lead_id)) != expected:
        raise Conflict("It was changed since, so nothing was undone. This is how it stands now.", code="changed_since")


def _owner_now(lead: LeadView | Lead) -> str:
    return ids.show(ids.PERSON, lead.owner_id) if lead.owner_id else "nobody"


async def _lead(
    request: PageRequest, tx: TenantTx, lead: LeadView, me: UUID | None, *, error: Invalid | Conflict | None = None,
    typed: Form | None = None,
) -> Response[str]:  # fmt: skip
    family = await store.family(tx, lead.id)
    events = await happened(tx, family, limit=EVENTS)
    names = replace(await _names(tx), places=await places(tx, events))
    above, below = await store.neighbours(tx, _filter(request, me), (lead.last_activity_at, lead.id))
    view = _view(request)
    submissions = await public.submissions(tx, lead.id)
    filled = await forms_filled_in(tx, submissions)
    return render(
        request,
        "leads/lead.html",
        status=error.status if error else 200,
        lead=lead,
        lead_id=_show_id(lead.id),
        me=me,
        names=names,
        tones=TONES,
        stages=[(stage, names.stages[stage]) for stage in STAGES],
        owner=ids.show(ids.PERSON, lead.owner_id) if lead.owner_id else "",
        owners=[("", "Nobody"), *_people(names, lead.owner_id)],
        days=entries(events, await public.notes(tx, lead.id), names, (await workspace_settings(tx)).timezone),
        more=len(events) == EVENTS,
        submissions=submissions,
        answers={each.id: read_answers(each.fields, filter(None, [filled.get(each.id)])) for each in submissions},
        agreed={each.id: answers.agreed(each, filled.get(each.id)) for each in submissions},
        lawful={each.id: answers.lawful(each, filled.get(each.id)) for each in submissions},
        facts=read_answers(lead.fields, filled.values()),
        files=await uploads_of(tx, [each.id for each in submissions]),
        duplicates=await public.possible_duplicates(tx, lead.id),
        merged=[_show_id(each) for each in family if each != lead.id],
        above=_lead_address(above, view) if above else None,
        below=_lead_address(below, view) if below else None,
        back=_address(view),
        view=view,
        note_id=ids.show(ids.NOTE, ids.new_id()),
        error=error,
        typed=typed or {},
        show_id=_show_id,
    )


def _first_snippet(base: str, sources: Sequence[Source], kind: str, id: str) -> str | None:
    """What to paste for the first open source of a kind that anybody may submit to."""
    return next(
        (
            snippet.code
            for source in sources
            if source.kind == kind and source.open and not source.signed
            for snippet in snippets_of(base, source) or snippets(base, source)
            if snippet.id == id
        ),
        None,
    )


async def _elsewhere(services: Services, actor: Actor, shown: str) -> UUID | None:
    """Which other workspace of the person has the lead."""
    for space in actor.workspaces:
        if space.id == actor.workspace_id:
            continue
        async with services.db.tenant(space.id) as tx:
            if await public.get_lead(tx, ids.read(ids.LEAD, shown)) is not None:
                return space.id
    return None


async def _found(tx: TenantTx, shown: str) -> LeadView:
    lead = await public.get_lead(tx, ids.read(ids.LEAD, shown))
    if lead is None:
        raise NotFound("There is no such lead.")
    return lead


async def _names(tx: TenantTx) -> Names:
    people = {member.person_id: member.name for member in await members(tx)}
    sources = {source.id: source.name for source in await list_sources(tx)}
    return Names(people, sources, await public.stage_labels(tx))


def _people(names: Names, also: UUID | None = None) -> list[tuple[str, str]]:
    people = dict(names.people)
    if also is not None:
        people.setdefault(also, "Somebody who left")
    return [(ids.show(ids.PERSON, person), name) for person, name in people.items()]


def _filter(request: PageRequest, me: UUID | None) -> store.Filter:
    # A select that is left alone sends an empty value, which means nothing on a page and is a mistake in a program.
    given: dict[str, Any] = {name: request.query_params.get(name) or None for name in query.NAMES}
    stage = given.pop("stage")
    return query.wanted(stage=[stage] if stage else [], me=me, **given)


def _without_stage(wanted: store.Filter) -> store.Filter:
    return store.Filter(
        owner_id=wanted.owner_id, unowned=wanted.unowned, source_id=wanted.source_id, tag=wanted.tag, q=wanted.q
    )


def _view(request: PageRequest) -> str:
    return query.encoded(request.query_params.get)


def _show_id(lead_id: UUID) -> str:
    return ids.show(ids.LEAD, lead_id)


def _address(view: str) -> str:
    return f"/leads?{view}" if view else "/leads"


def _lead_address(lead_id: UUID, view: str) -> str:
    return f"/leads/{_show_id(lead_id)}" + (f"?{view}" if view else "")


routes = (inbox, lead_page, move, give, claim, tag, edit, note, spam, merge)
