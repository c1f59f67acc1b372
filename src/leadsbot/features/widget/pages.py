"""What the widget is made of, what it tells, and the page of the forms that it met."""

from __future__ import annotations

import gzip
from typing import Any, Final

from litestar import Response

from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Kind, Source
from leadsbot.features.sources.public import script_tag
from leadsbot.features.widget import actions, loads, model, modules, store
from leadsbot.features.widget.builds import NAME as BUILDS
from leadsbot.features.widget.builds import SCRIPT, Builds
from leadsbot.features.widget.loads import Loads
from leadsbot.infra.proxy import client_address
from leadsbot.infra.ratelimit import Limit
from leadsbot.infra.services import Services
from leadsbot.kit import ids, jsonbody
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import AppError, Forbidden, Gone, Invalid, NotFound, TooLarge
from leadsbot.web import static
from leadsbot.web.actor import Permission, Public
from leadsbot.web.inject import FromPath, FromQuery, InTx, PageRequest, Posted, Uses
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page
from leadsbot.web.static import EVERYWHERE

EVERGREEN: Final = {**EVERYWHERE, "Cache-Control": "public, max-age=3600, stale-while-revalidate=86400"}
BUILD_LIMIT: Final = Limit("widget-build", 60, 60)
"""Calls by address for builds that are not at hand."""
FORM_LIMIT: Final = Limit("widget-form", 120, 60)
SEEN_LIMITS: Final = Limit("widget-seen", 60, 60), Limit("widget-seen-source", 1200, 60)
"""Calls by address and source, and by source."""
VISITORS: Final = Public("visitors of web sites with the widget are not signed in")
HERE: Final = "/widget/forms"
Answer = Response[Any]


@page("GET", f"/{SCRIPT}", needs=Public("a script for everybody's pages"), cookieless=True)
async def script(request: PageRequest) -> Answer:
    """The newest widget; browsers ask again after an hour and use the old one meanwhile."""
    return static.answer(request, static.built(SCRIPT), EVERGREEN)


@page("GET", "/widget/builds/{name:str}", needs=Public("a script for everybody's pages"), cookieless=True)
async def build(request: PageRequest, services: Uses, name: FromPath[str]) -> Answer:
    """One build, for ever, to those who pinned it: the shell leads ``/widget.v1.HASH.js`` here."""
    if name == static.file_name(SCRIPT):
        return static.answer(request, static.built(SCRIPT), EVERYWHERE)
    builds: Builds = services.extra[BUILDS]
    try:
        body = builds.at_hand(name)
        if body is None:
            _limit(request, services, BUILD_LIMIT)
            body = await builds.find(name)
    except AppError as error:
        error.headers.update(EVERYWHERE)
        raise
    return static.answer(request, static.asset(name, body), EVERYWHERE)


@page("GET", "/api/widget/form.js", needs=VISITORS, cookieless=True)
async def form_module(request: PageRequest, services: Uses) -> Answer:
    """The module that draws a form, with the form and a fresh token: ``?token=…&form=…&lang=…``. Nearly always 200,
    because a browser runs no other module."""
    _limit(request, services, FORM_LIMIT)
    # By hand: `form` is what routes call a posted form.
    token, form, lang = (str(request.query_params.get(name, ""))[:100] for name in ("token", "form", "lang"))
    accept = request.headers.get("accept-language", "")
    text = await modules.module(services, token, form, lang, accept, request.headers.get("origin"))
    headers = {**EVERYWHERE, "Cache-Control": "no-store", "Vary": "Accept-Encoding, Accept-Language, Origin"}
    body = text.encode()
    if "gzip" in request.headers.get("accept-encoding", ""):
        body, headers["Content-Encoding"] = gzip.compress(body, 5, mtime=0), "gzip"
    return Response(body, media_type="text/javascript", headers=headers)


@page("POST", "/api/widget/seen", needs=VISITORS, cookieless=True, csrf_exempt="sent by web sites, without a cookie")
async def seen(request: PageRequest, services: Uses) -> Answer:
    """Take a report: loads are counted, new forms remembered. Answers ``{"ignored": [places]}``."""
    try:
        answer = await _taken(request, services)
    except AppError as error:
        error.headers.update(EVERYWHERE)
        raise
    return Response(answer, media_type="application/json", headers=EVERYWHERE)


async def _taken(request: PageRequest, services: Services) -> dict[str, list[int]]:
    body = await request.body()
    if len(body) > model.MAX_BODY:
        raise TooLarge(f"A report may have {model.MAX_BODY} bytes.")
    report = model.report(jsonbody.decode(body))
    site, address = model.where(report.page)
    origin = request.headers.get("origin")
    source = await _admitted(services, report.token, origin)
    _limit(request, services, SEEN_LIMITS[0], source)
    if verdict := services.limiter.take(SEEN_LIMITS[1], source.id):
        verdict.require()
    if report.loads:
        counter: Loads = services.extra[loads.NAME]
        counter.count(source.workspace_id, (source.id, site, report.mode), report.loads)
    if not report.forms:
        return {"ignored": []}
    sightings = [model.sighting(met, site, address) for met in report.forms]
    async with services.db.tenant(source.workspace_id) as tx:
        return {"ignored": await actions.note_forms(tx, source.id, sightings)}


async def _admitted(services: Services, token: str, origin: str | None) -> Source:
    source = await capture.published_source(services.db, token)
    if source is None or source.kind not in (Kind.WIDGET, Kind.FORM):
        raise NotFound("There is no such widget. Copy its token again from the Sources page.")
    if origin is not None and source.allowed_origins and origin.lower() not in source.allowed_origins:
        raise Forbidden("This widget is not for this web site. Add its origin on the Sources page.")
    if not source.open:
        raise Gone("This source is closed.")
    return source


def _limit(request: PageRequest, services: Services, limit: Limit, source: Source | None = None) -> None:
    address = client_address(request.scope, services.settings.trusted_proxies)
    if verdict := services.limiter.take(limit, (source and source.id, address)):
        verdict.require()


@page("GET", HERE, needs=Permission.SOURCES_READ)
async def listing(request: PageRequest, tx: InTx, services: Uses, source: FromQuery[str] = "") -> Response[str]:
    """The forms that the listener met, of every source or of one."""
    chosen = ids.read(ids.SOURCE, source) if source else None
    sources = {each.id: each for each in await capture.list_sources(tx)}
    if chosen is not None and chosen not in sources:
        raise NotFound("There is no such source.")
    rows = [
        {
            "id": ids.show(ids.SEEN, each.id),
            "form": each,
            "fields": model.shown_fields(each),
            "source": sources[each.source_id].name,
        }
        for each in await store.list_seen(tx, chosen)
    ]
    counts = await store.loads_by_site(tx, model.since(utcnow()))
    sites = [(sources[of].name, site, count) for of, site, count in counts if of in sources]
    widgets = [each for each in sources.values() if each.kind == Kind.WIDGET and each.open]
    tag = script_tag(services.url(), widgets[0].key) if widgets else ""
    return render(request, "widget/forms.html", rows=rows, sites=sites, tag=tag, chosen=source)


@page("POST", f"{HERE}/{{seen_form:str}}", needs=Permission.SOURCES_WRITE)
async def ignore(seen_form: FromPath[str], form: Posted, tx: InTx) -> Answer:
    """Tell the listener to leave a form alone, or to hear it again."""
    wanted = form.text("ignored", limit=3)
    if wanted not in ("yes", "no"):
        raise Invalid("ignored", "Send yes or no.")
    await actions.ignore_form(tx, ids.read(ids.SEEN, seen_form), ignored=wanted == "yes")
    return redirect(HERE, notice="saved")


routes = (script, build, form_module, seen, listing, ignore)
