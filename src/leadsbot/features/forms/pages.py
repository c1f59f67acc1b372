"""The pages of forms: the list, a new one, and around the builder what is shared, published and set."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any
from uuid import UUID

from litestar import Response

from leadsbot.features.accounts.public import country_choices, members, workspace_settings
from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Kind
from leadsbot.features.forms import actions, public, store
from leadsbot.features.forms.changes import changes
from leadsbot.features.forms.embed import html_snippet, link_snippet, policy_lines, widget_snippets
from leadsbot.features.forms.findings import NotReady
from leadsbot.features.forms.model import Form, titled
from leadsbot.features.forms.schemas import NONE
from leadsbot.features.forms.starters import STARTERS, currency_of, starter
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids
from leadsbot.kit.errors import AppError, Conflict, Invalid, NotFound
from leadsbot.web.actor import Permission
from leadsbot.web.forms import Form as PostedForm
from leadsbot.web.inject import Caller, FromPath, InTx, PageRequest, Posted, Uses
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page
from leadsbot.web.shell import CSP

READ, WRITE = Permission.SOURCES_READ, Permission.SOURCES_WRITE
HERE, ONE = "/forms", "/forms/{form_id:str}"
FRAMING = {"Content-Security-Policy": f"{CSP}; frame-src 'self'"}
"""The policy of pages that show a preview."""
LINES = 100 * 300
MOST_VERSIONS = 100
DONE = {
    "published": "Published: visitors see it within a second.",
    "restored": "Rolled back: visitors see that version again, as a new one.",
    "kept": "Rolled back: visitors see that version again, as a new one. The draft stayed as it was.",
    "closed": "Closed: visitors are told that it takes no more answers. What came in stays.",
    "reopened": "Reopened: it takes submissions again.",
    "discarded": "The changes are gone: the draft is what visitors see.",
    "duplicated": "This is the copy. Nobody sees it until you publish it.",
}
UNDO = {"closed": "reopen", "reopened": "close"}
Answer = Response[Any]


@page("GET", HERE, needs=READ)
async def listing(request: PageRequest, tx: InTx) -> Answer:
    """Every form with its state, the newest first; ``?source=`` leads on to the form of a source."""
    forms = await public.list_forms(tx)
    wanted = request.query_params.get("source")
    if wanted:
        source = ids.read(ids.SOURCE, wanted)
        mine = next((each for each in forms if each.source.id == source), None)
        return redirect(path_of(mine.id) if mine else f"{HERE}/new?source={ids.show(ids.SOURCE, source)}")
    counts, begun = await capture.count_submissions(tx), await public.unfinished(tx)
    designed = {form.source.id for form in forms}
    bare = [each for each in await capture.list_sources(tx) if each.kind == Kind.FORM and each.id not in designed]
    rows = [
        {
            "id": ids.show(ids.FORM, each.id),
            "form": each,
            "counts": counts.get(each.source.id, NONE),
            "unfinished": begun.get(each.id, 0),
        }
        for each in sorted(forms, key=lambda each: each.created_at, reverse=True)
    ]
    undesigned = [
        {"id": ids.show(ids.SOURCE, each.id), "source": each, "counts": counts.get(each.id, NONE)}
        for each in bare if each.open
    ]  # fmt: skip
    return render(request, "forms/list.html", rows=rows, undesigned=undesigned)


@page("GET", f"{HERE}/new", needs=WRITE)
async def new(request: PageRequest, tx: InTx) -> Answer:
    """Choose what to begin with."""
    return await _new(request, tx, request.query_params.get("source") or "", {}, None)


@page("POST", HERE, needs=WRITE)
async def create(request: PageRequest, form: Posted, actor: Caller, tx: InTx) -> Answer:
    """Make a form from a starter, unpublished, and open the builder."""
    source = form.get("source", "")
    try:
        chosen = starter(form.text("starter", limit=20, label="What to begin with"))
        if chosen is None:
            raise Invalid("starter", "Choose one of these.")
        name = form.text("name", required=False)
        begun = titled(chosen.make(currency_of((await workspace_settings(tx)).country)), name)
        made = await actions.create_form(
            tx, begun, name=name or chosen.name, by=actor.tag, publish_now=False,
            source_id=ids.read(ids.SOURCE, source) if source else None,
        )  # fmt: skip
    except (Invalid, Conflict) as error:
        return await _new(request, tx, source, form, error)
    return redirect(path_of(made.id))


async def _new(request: PageRequest, tx: TenantTx, source: str, values: Any, error: AppError | None) -> Answer:
    found = await capture.get_source(tx, ids.read(ids.SOURCE, source)) if source else None
    if source and (found is None or found.kind != Kind.FORM):
        raise NotFound("There is no such source.")
    return render(
        request, "forms/new.html", status=error.status if error else 200, starters=STARTERS, values=values,
        error=error, source=found, source_id=source,
    )  # fmt: skip


@page("GET", f"{ONE}/share", needs=READ)
async def share(request: PageRequest, form_id: FromPath[str], tx: InTx, services: Uses) -> Answer:
    """What to paste, and whether something came in."""
    found = await find(tx, form_id)
    live = public.live(found.source)
    definition = live.definition if live else found.draft
    base = services.url()
    hosted = f"{base}/f/{found.source.key}"
    return await framed(
        request, tx, found, "share", hosted=hosted, widgets=widget_snippets(base, found.source.key, definition),
        others=[html_snippet(hosted, definition), link_snippet(hosted, definition.title or found.name)],
        policy=policy_lines(base), own_origin=base, source_id=ids.show(ids.SOURCE, found.source.id),
    )  # fmt: skip


@page("GET", f"{ONE}/versions", needs=READ)
async def versions(request: PageRequest, form_id: FromPath[str], tx: InTx, services: Uses) -> Answer:
    """What was published, the newest first, each with what it changed."""
    found = await find(tx, form_id)
    known = await store.list_versions(tx, found.id, limit=MOST_VERSIONS)
    mail = services.mailer is not None
    rows = [
        {"version": each, "changes": changes(before.definition, each.definition, mail=mail) if before else []}
        for each, before in zip_longest(known, known[1:])
    ]
    return await framed(request, tx, found, "versions", rows=rows, names=await _names(tx), most=MOST_VERSIONS)


@page("GET", f"{ONE}/versions/{{version:int}}", needs=READ)
async def version(
    request: PageRequest, form_id: FromPath[str], version: FromPath[int], tx: InTx, services: Uses
) -> Answer:
    """One version: what it changed, how it looked, and the way back to it."""
    found = await find(tx, form_id)
    return await _version(request, tx, found, version, mail=services.mailer is not None)


@page("POST", f"{ONE}/versions/{{version:int}}/restore", needs=WRITE)
async def restore(
    request: PageRequest, form_id: FromPath[str], version: FromPath[int], actor: Caller, tx: InTx, services: Uses
) -> Answer:
    """Publish an earlier version once more."""
    found = await find(tx, form_id)
    try:
        done = await actions.roll_back(tx, found.id, known_version(version), by=actor.tag)
    except NotReady as error:
        return await _version(request, tx, found, version, mail=services.mailer is not None, status=422, error=error)
    return redirect(f"{path_of(found.id)}/versions?done={'kept' if done.changed else 'restored'}")


async def _version(
    request: PageRequest,
    tx: TenantTx,
    form: Form,
    number: int,
    *,
    mail: bool,
    status: int = 200,
    error: NotReady | None = None,
) -> Answer:
    wanted = await public.get_version(tx, form.id, known_version(number))
    if wanted is None:
        raise NotFound("There is no such version.")
    before = next(iter(await store.list_versions(tx, form.id, before=number, limit=1)), None)
    live = public.live(form.source)
    return await framed(
        request, tx, form, "version", status=status, version=wanted, before=before, error=error,
        changes=changes(before.definition, wanted.definition, mail=mail) if before else [],
        back=changes(live.definition, wanted.definition, mail=mail) if live and number != form.live_version else [],
        names=await _names(tx), headers=FRAMING,
    )  # fmt: skip


@page("GET", f"{ONE}/settings", needs=READ)
async def settings(request: PageRequest, form_id: FromPath[str], tx: InTx, services: Uses) -> Answer:
    """What belongs to the form but to none of its versions: name, web sites, thank-you pages; its end."""
    return await _settings(request, tx, await find(tx, form_id), services)


@page("POST", f"{ONE}/settings", needs=WRITE)
async def change_settings(
    request: PageRequest, form_id: FromPath[str], form: Posted, actor: Caller, tx: InTx, services: Uses
) -> Answer:
    """Change them; what was typed stays on the page when something is wrong with it."""
    found = await find(tx, form_id)
    try:
        await capture.update_source(tx, found.source.id, by=actor.tag, **_options(form))
        await actions.follow_name(tx, found, by=actor.tag)
    except Invalid as error:
        return await _settings(request, tx, found, services, values=form, error=error, status=422)
    return redirect(f"{path_of(found.id)}/settings", notice="saved")


def _options(form: PostedForm) -> dict[str, Any]:
    return {
        "name": form.text("name"),
        "allowed_origins": form.text("allowed_origins", limit=LINES, required=False).split(),
        "redirect_allow": form.text("redirect_allow", limit=LINES, required=False).split(),
        "country": form.text("country", limit=2, required=False) or None,
    }


async def _settings(request: PageRequest, tx: TenantTx, form: Form, services: Uses, **more: Any) -> Answer:
    source = form.source
    values = {
        "name": source.name, "allowed_origins": "\n".join(source.allowed_origins),
        "redirect_allow": "\n".join(source.redirect_allow), "country": source.country or "",
    }  # fmt: skip
    context = {"values": values, "error": None, "own_origin": services.url(),
               "countries": country_choices((await workspace_settings(tx)).country, source.country or ""),
               "source_id": ids.show(ids.SOURCE, source.id)}  # fmt: skip
    return await framed(request, tx, form, "settings", **{**context, **more})


@page("POST", f"{ONE}/duplicate", needs=WRITE)
async def duplicate(form_id: FromPath[str], actor: Caller, tx: InTx) -> Answer:
    """A copy of one's own, opened in the builder."""
    made = await actions.duplicate(tx, ids.read(ids.FORM, form_id), by=actor.tag)
    return redirect(f"{path_of(made.id)}?done=duplicated")


@page("POST", f"{ONE}/close", needs=WRITE)
async def close(form_id: FromPath[str], actor: Caller, tx: InTx) -> Answer:
    """Close, with a way back on the next page."""
    closed = await actions.close(tx, ids.read(ids.FORM, form_id), by=actor.tag)
    return redirect(f"{path_of(closed.id)}/settings?done=closed")


@page("POST", f"{ONE}/reopen", needs=WRITE)
async def reopen(request: PageRequest, form_id: FromPath[str], actor: Caller, tx: InTx, services: Uses) -> Answer:
    """Reopen, with a way back on the next page."""
    found = await find(tx, form_id)
    try:
        await actions.reopen(tx, found.id, by=actor.tag)
    except Conflict as error:
        return await _settings(request, tx, found, services, error=error, status=409)
    return redirect(f"{path_of(found.id)}/settings?done=reopened")


@page("POST", f"{ONE}/delete", needs=WRITE)
async def delete(request: PageRequest, form_id: FromPath[str], actor: Caller, tx: InTx, services: Uses) -> Answer:
    """Delete a closed form; what came in stays with its source."""
    found = await find(tx, form_id)
    try:
        await actions.delete(tx, found.id, by=actor.tag)
    except Conflict as error:
        return await _settings(request, tx, found, services, error=error, status=409)
    return redirect(HERE, notice="deleted")


async def find(tx: TenantTx, shown: str) -> Form:
    """The form with this id; NotFound."""
    found = await public.get_form(tx, ids.read(ids.FORM, shown))
    if found is None:
        raise NotFound("There is no such form.")
    return found


def path_of(form: UUID) -> str:
    """The address of the builder of a form."""
    return f"{HERE}/{ids.show(ids.FORM, form)}"


def known_version(number: int) -> int:
    """The number of a version as the database can hold it; NotFound."""
    if not 1 <= number <= 2_147_483_647:
        raise NotFound("There is no such version.")
    return number


async def framed(
    request: PageRequest,
    tx: TenantTx,
    form: Form,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Answer:
    """One of the pages of a form, with what the frame around them shows."""
    done = request.query_params.get("done", "")
    if (done == "closed") is form.source.open and done in UNDO:
        done = ""
    counts = await capture.count_submissions(tx)
    context = {
        "form": form, "id": ids.show(ids.FORM, form.id), "counts": counts.get(form.source.id, NONE),
        "unfinished": (await public.unfinished(tx, form.id)).get(form.id, 0),
        "done": DONE.get(done, ""), "undo": UNDO.get(done, ""), "tab": template,
    }  # fmt: skip
    return render(request, f"forms/{template}.html", status=status, headers=headers, **{**context, **more})


async def _names(tx: TenantTx) -> dict[str, str]:
    """What to call those who published, by how versions record them."""
    people = {f"person:{each.person_id}": each.name for each in await members(tx)}
    return {"system": "LeadsBot", **people}


routes = (
    listing, new, create, share, versions, version, restore, settings, change_settings, duplicate, close, reopen,
    delete,
)  # fmt: skip
