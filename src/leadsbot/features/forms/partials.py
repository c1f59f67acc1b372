"""Where beginnings are kept and given back: for the widget as JSON, for the hosted page by a button without a script.

The code is part of an address only on our own page, which sends no referrer to others and is kept by no cache.
"""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

import msgspec
from litestar import Response

from leadsbot.contracts.intake import TRAP_FIELD
from leadsbot.features.capture.public import Kind, Source, published_source
from leadsbot.features.forms import actions, beginnings, store
from leadsbot.features.forms.model import Form
from leadsbot.infra.proxy import client_address
from leadsbot.infra.ratelimit import Limit, sender
from leadsbot.infra.services import Services
from leadsbot.kit import ids
from leadsbot.kit.body import tree
from leadsbot.kit.errors import AppError, Forbidden, Gone, Invalid, NotFound
from leadsbot.kit.jsonbody import decode
from leadsbot.web.actor import Public
from leadsbot.web.inject import FromPath, PageRequest, Uses
from leadsbot.web.routes import page
from leadsbot.web.static import EVERYWHERE

VISITORS: Final = Public("visitors who fill in a form are not signed in")
NO_COOKIE: Final = "sent by visitors, without a cookie"
LIMITS: Final = Limit("beginnings", 30, 60), Limit("beginnings-source", 600, 60)
"""By address and form, and by form."""
RESUME: Final = "resume"
HEADERS: Final = {**EVERYWHERE, "Cache-Control": "no-store"}


class Typed(msgspec.Struct):
    """What the widget sends: answers to keep, or nothing but the code to have them back."""

    resume: Annotated[str, msgspec.Meta(max_length=100)] = ""
    answers: dict[str, Any] | None = None
    step: Annotated[str, msgspec.Meta(max_length=100)] = ""


@page("POST", "/f/{form_key:str}/partial", needs=VISITORS, cookieless=True, csrf_exempt=NO_COOKIE)
async def keep(request: PageRequest, form_key: FromPath[str], services: Uses) -> Response[Any]:
    """Keep answers: ``{"resume", "id"}``, or nothing where none are kept. Without answers give those back that were
    kept under ``resume``: ``{"answers", "step", "id"}``; 404 when they are gone."""
    try:
        return Response(await _said(request, form_key, services), media_type="application/json", headers=HEADERS)
    except AppError as error:
        error.headers.update(EVERYWHERE)
        raise


async def _said(request: PageRequest, key: str, services: Services) -> dict[str, Any]:
    source = await _admitted(request, key, services)
    try:
        typed = msgspec.convert(decode(await request.body()), Typed)
    except msgspec.ValidationError as error:
        raise Invalid(None, str(error)[:200]) from None
    if typed.answers is None:
        found = await find(services, source, typed.resume)
        if found is None:
            raise NotFound("What was kept is gone.")
        return {"answers": found.answers, "step": found.step, "id": ids.show(ids.PARTIAL, found.id)}
    if private(request):
        return {}
    kept = await _keep(services, source, typed.answers, typed.step, typed.resume)
    return {"resume": kept[0], "id": ids.show(ids.PARTIAL, kept[1])} if kept else {}


@page("POST", "/f/{form_key:str}/save", needs=VISITORS, cookieless=True, csrf_exempt=NO_COOKIE)
async def save(request: PageRequest, form_key: FromPath[str], services: Uses) -> Response[None]:
    """The button of the hosted page: keep what was filled in and lead to the address that brings it back."""
    source = await _admitted(request, form_key, services)
    sent, _, _ = tree(request.headers.get("content-type", ""), await request.body(), text_is_json=False)
    fields = sent if isinstance(sent, dict) else {}
    code, lang = request.query_params.get(RESUME, ""), str(fields.get("_lang") or "")[:35]
    query = {"lang": lang} if lang else {}
    if not private(request) and not fields.get(TRAP_FIELD):
        kept = await _keep(services, source, fields, "", code)
        query |= {RESUME: kept[0], "kept": "1"} if kept else {}
    address = f"/f/{source.key}" + (f"?{urlencode(query)}" if query else "")
    return Response(None, status_code=303, headers={"Location": address, "Cache-Control": "no-store"})


async def find(services: Services, source: Source, code: str) -> beginnings.Beginning | None:
    """What was kept under a code for the form of a source."""
    mark = beginnings.hashed(code)
    if mark is None:
        return None
    async with services.db.tenant(source.workspace_id) as tx:
        form = await store.form_of_source(tx, source.id)
        return await store.beginning(tx, form.id, mark) if form else None


def private(request: PageRequest) -> bool:
    """Whether the visitor's browser asks that nothing be kept (Global Privacy Control)."""
    return request.headers.get("sec-gpc", "").strip() == "1"


async def _keep(
    services: Services, source: Source, answers: dict[str, Any], step: str, code: str
) -> tuple[str, Any] | None:
    async with services.db.tenant(source.workspace_id) as tx:
        form: Form | None = await actions.live_form(tx, source.id)
        return await actions.keep_beginning(tx, form, answers, step, code) if form else None


async def _admitted(request: PageRequest, key: str, services: Services) -> Source:
    address = client_address(request.scope, services.settings.trusted_proxies)
    _count(services, LIMITS[0], (key[:64], sender(address)))
    source = await published_source(services.db, key)
    if source is None or source.kind != Kind.FORM:
        raise NotFound("There is no such form.")
    _count(services, LIMITS[1], source.id)
    origin = request.headers.get("origin", "").lower()
    if source.signed or (origin and source.allowed_origins and origin not in source.allowed_origins):
        raise Forbidden("This form is not for this web site. Add its origin on the Sources page.")
    if not source.open:
        raise Gone("This form is closed.")
    return source


def _count(services: Services, limit: Limit, key: Any) -> None:
    if verdict := services.limiter.take(limit, key):
        verdict.require()


routes = (keep, save)
