"""The pages of sources: the list, a new one, and one source with what to paste and how it behaves."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from litestar import Response

from leadsbot.features.accounts.public import country_choices, workspace_settings
from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Kind, Source, SourceCounts
from leadsbot.features.sources import actions, store
from leadsbot.features.sources.model import NOT_REDIRECTED, PERIOD, SLIPS, refused, times
from leadsbot.features.sources.snippets import DESIGNED, DesignedOf, address, snippets
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Invalid, NotFound
from leadsbot.web.actor import Permission
from leadsbot.web.forms import Form
from leadsbot.web.inject import Caller, FromPath, InTx, PageRequest, Posted, Uses
from leadsbot.web.once import forget, show_once, told_once
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page

READ, WRITE = Permission.SOURCES_READ, Permission.SOURCES_WRITE
HERE, ONE = "/sources", "/sources/{source:str}"
KINDS = {Kind.FORM.value: "Form", Kind.WEBHOOK.value: "Webhook", Kind.WIDGET.value: "Widget"}
NOTHING = SourceCounts(total=0, quarantined=0, last_at=None)
KIB = 1024
LINES = 100 * 300
Answer = Response[Any]


@page("GET", HERE, needs=READ)
async def listing(request: PageRequest, tx: InTx, services: Uses) -> Response[str]:
    """Every source, the open ones first."""
    counts = await capture.count_submissions(tx)
    counted = await store.refusals(tx, utcnow() - PERIOD)
    rows = [
        {
            "id": ids.show(ids.SOURCE, each.id),
            "source": each,
            "kind": KINDS[each.kind],
            "address": address(services.url(), each),
            "counts": counts.get(each.id, NOTHING),
            "refused": sum(kind.times for kind in refused(counted.get(each.id, ()))),
        }
        for each in sorted(await capture.list_sources(tx), key=lambda each: not each.open)
    ]
    return render(request, "sources/list.html", rows=rows)


@page("GET", "/sources/new", needs=WRITE)
async def new(request: PageRequest) -> Response[str]:
    """Choose what the enquiries come from."""
    return render(request, "sources/new.html", values={}, error=None)


@page("POST", HERE, needs=WRITE)
async def create(request: PageRequest, form: Posted, actor: Caller, tx: InTx) -> Answer:
    """Open a source and show what to paste."""
    try:
        kind = form.text("kind", limit=20)
        if kind not in (Kind.FORM, Kind.WEBHOOK):
            raise Invalid("kind", "Choose a form or a webhook.")
        made = await capture.create_source(tx, kind, form.text("name"), by=actor.tag)
    except Invalid as error:
        return render(request, "sources/new.html", status=422, values=form, error=error)
    return redirect(_path(made.id))


@page("GET", ONE, needs=READ)
async def one(request: PageRequest, source: FromPath[str], actor: Caller, tx: InTx, services: Uses) -> Response[Any]:
    """What to paste, what came in, and how the source behaves."""
    found = await _found(tx, source)
    made = told_once(request, services, actor, _about(found.id))
    answer = await _page(request, tx, services, found, secret=made)
    return forget(answer) if made else answer


@page("POST", ONE, needs=WRITE)
async def change(
    request: PageRequest, source: FromPath[str], form: Posted, actor: Caller, tx: InTx, services: Uses
) -> Answer:
    """Change the settings; what was typed stays on the page when something is wrong with it."""
    found = await _found(tx, source)
    try:
        await capture.update_source(tx, found.id, by=actor.tag, **_options(form, found))
    except Invalid as error:
        return await _page(request, tx, services, found, values=form, error=error, status=422)
    return redirect(_path(found.id), notice="saved")


@page("POST", f"{ONE}/close", needs=WRITE)
async def close(source: FromPath[str], actor: Caller, tx: InTx) -> Answer:
    """Close, with a way back on the next page."""
    closed = await capture.close_source(tx, ids.read(ids.SOURCE, source), by=actor.tag)
    return redirect(_path(closed.id), notice="closed")


@page("POST", f"{ONE}/reopen", needs=WRITE)
async def reopen(source: FromPath[str], actor: Caller, tx: InTx) -> Answer:
    """Reopen, with a way back on the next page."""
    opened = await capture.reopen_source(tx, ids.read(ids.SOURCE, source), by=actor.tag)
    return redirect(_path(opened.id), notice="reopened")


@page("POST", f"{ONE}/secret", needs=WRITE)
async def secret(source: FromPath[str], form: Posted, actor: Caller, tx: InTx, services: Uses) -> Answer:
    """Make a signing secret and lead to the page that shows it once, or remove it."""
    found = await _found(tx, source)
    if form.get("do") == "remove":
        await actions.remove_secret(tx, found.id, by=actor.tag)
        return redirect(_path(found.id), notice="saved")
    made = await actions.rotate_secret(tx, services.crypto, found.id, by=actor.tag)
    notice = None if found.signed else "signing"
    return show_once(_path(found.id), services, actor, _about(found.id), made, notice=notice)


def _about(source: UUID) -> str:
    return f"signing secret {source}"


def _options(form: Form, source: Source) -> dict[str, Any]:
    """The posted settings as options of ``update_source``; Invalid that names the field."""
    options: dict[str, Any] = {
        "name": form.text("name"),
        "allowed_origins": form.text("allowed_origins", limit=LINES, required=False).split(),
        "redirect_allow": form.text("redirect_allow", limit=LINES, required=False).split(),
        "country": form.text("country", limit=2, required=False) or None,
        "max_body": form.number("max_body", low=1, high=4096) * KIB,
    }
    if source.kind == Kind.FORM and source.form is None:
        options["settings"] = {**source.settings, "title": form.text("title", limit=100, required=False)}
    return options


def _values(source: Source) -> dict[str, str]:
    return {
        "name": source.name,
        "allowed_origins": "\n".join(source.allowed_origins),
        "redirect_allow": "\n".join(source.redirect_allow),
        "country": source.country or "",
        "max_body": str(source.max_body // KIB),
        "title": str(source.settings.get("title", "")),
    }


async def _found(tx: TenantTx, shown: str) -> Source:
    found = await capture.get_source(tx, ids.read(ids.SOURCE, shown))
    if found is None:
        raise NotFound("There is no such source.")
    return found


def _path(source: UUID) -> str:
    return f"{HERE}/{ids.show(ids.SOURCE, source)}"


async def _page(
    request: PageRequest, tx: TenantTx, services: Uses, source: Source, *, status: int = 200, **more: Any
) -> Response[str]:
    counts = await capture.count_submissions(tx)
    counted = (await store.refusals(tx, utcnow() - PERIOD, source.id)).get(source.id, [])
    ask: DesignedOf | None = services.extra.get(DESIGNED)
    designed = await ask(tx, services.url(), source) if ask else None
    context = {
        "id": ids.show(ids.SOURCE, source.id),
        "source": source,
        "kind": KINDS[source.kind],
        "address": address(services.url(), source),
        "snippets": designed.snippets if designed and not source.signed else snippets(services.url(), source),
        "share": designed.share if designed else None,
        "counts": counts.get(source.id, NOTHING),
        "refused": refused(counted),
        "slips": times(counted, SLIPS),
        "astray": times(counted, {NOT_REDIRECTED}),
        "values": _values(source),
        "own_origin": services.url(),
        "countries": country_choices((await workspace_settings(tx)).country, source.country or ""),
        "error": None,
        "secret": None,
    }
    return render(request, "sources/source.html", status=status, **{**context, **more})


routes = (listing, new, create, one, change, close, reopen, secret)
