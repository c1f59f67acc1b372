"""The builder of a form, which also works as a plain page of inputs, and the look at a draft before it is published."""

from __future__ import annotations

from typing import Annotated, Any
from zlib import crc32

import msgspec
from litestar import Response

from leadsbot.contracts.intake import Published
from leadsbot.features.accounts.public import workspace_settings
from leadsbot.features.forms import actions, plain, public
from leadsbot.features.forms import page as hosted
from leadsbot.features.forms.actions import Stale
from leadsbot.features.forms.answers import FormCompiler
from leadsbot.features.forms.catalogue import catalogue
from leadsbot.features.forms.changes import TYPES, changes, sentence
from leadsbot.features.forms.definition import Definition, encode
from leadsbot.features.forms.files import References, of_files
from leadsbot.features.forms.findings import NotReady
from leadsbot.features.forms.lint import lint
from leadsbot.features.forms.model import Form
from leadsbot.features.forms.pages import FRAMING, ONE, READ, WRITE, Answer, find, framed, known_version, path_of
from leadsbot.features.forms.schemas import form_out
from leadsbot.features.forms.starters import currency_of
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.services import Services
from leadsbot.kit import ids
from leadsbot.kit.errors import AppError, Invalid, NotFound
from leadsbot.kit.jsonbody import encode as as_json
from leadsbot.web.inject import Caller, FromPath, InTx, JSONBody, PageRequest, Posted, Uses
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page
from leadsbot.web.shell import CSP


@page("GET", ONE, needs=READ)
async def builder(request: PageRequest, form_id: FromPath[str], tx: InTx, services: Uses) -> Answer:
    """The draft, to be changed by who may."""
    return await _builder(request, tx, await find(tx, form_id), _mail(services))


@page("GET", f"{ONE}/preview", needs=READ)
async def preview(request: PageRequest, form_id: FromPath[str], actor: Caller, tx: InTx, services: Uses) -> Answer:
    """The draft, or the ``?version=``, as visitors will see it; in a frame of ours, or by itself."""
    found, definition, query = await _looked_at(request, tx, form_id)
    live = public.Live(
        source=found.source, version=found.live_version or 0, definition=definition,
        country=await public.country_of(tx, found.source),
    )  # fmt: skip
    if request.query_params.get("as") == "widget":
        return _as_widget(request, live, ids.show(ids.FORM, found.id))
    theme = crc32(repr(definition.theme).encode())
    tried = actor.may(WRITE) and not query
    return hosted.preview(
        request, services, live, f"{path_of(found.id)}/preview.css?{query}v={theme}",
        f"{path_of(found.id)}/try" if tried else "",
    )  # fmt: skip


def _as_widget(request: PageRequest, live: public.Live, id: str) -> Answer:
    """The same, drawn by the widget: steps one by one, and conditions at work."""
    shown = public.localized(live, request.query_params.get("lang", "")[:35])
    scheme = request.query_params.get("scheme", "")
    theme = shown["theme"]
    if theme["scheme"] == "auto" and scheme in ("light", "dark"):
        theme = {**theme, "scheme": scheme}
    return render(
        request, "forms/tried.html", form={**shown, "theme": theme, "token": ""}, id=id, title=shown["title"],
        headers={"Content-Security-Policy": CSP.replace("frame-ancestors 'none'", "frame-ancestors 'self'")},
    )  # fmt: skip


class TrialIn(msgspec.Struct, forbid_unknown_fields=True):
    """Answers to a draft, to see what becomes of them."""

    fields: dict[str, Any]
    language: Annotated[str, msgspec.Meta(max_length=35)] = ""


@page("POST", f"{ONE}/try", needs=WRITE)
async def try_out(form_id: FromPath[str], data: JSONBody[TrialIn], tx: InTx, services: Uses) -> Answer:
    """Check answers against the draft and tell the ending, as JSON. Nothing is stored. 422 names the fields, 410 says
    that the form would be closed."""
    found = await find(tx, form_id)
    source = found.source
    stored = as_json({"version": 1, "definition": encode(found.draft)}).decode()
    country = await public.country_of(tx, source)
    compiled = FormCompiler(services.signer)(Published(source.key, stored, source.redirect_allow, country))
    return Response({"ending": compiled.check(_with_files(found, data.fields, services), data.language).ending})


def _with_files(form: Form, fields: dict[str, Any], services: Services) -> dict[str, Any]:
    """The answers with something that stands for each file: a trial says its name, and nothing else of it."""
    asked, references = of_files(form.draft), References(services.signer)
    chosen = {key: fields[key] for key in asked if isinstance(fields.get(key), list)}
    return fields | {
        key: [references.tried(form.source.key, key, name) for name in names if isinstance(name, str)]
        for key, names in chosen.items()
    }


@page("GET", f"{ONE}/preview.css", needs=READ)
async def preview_style(request: PageRequest, form_id: FromPath[str], tx: InTx) -> Answer:
    """How that page looks."""
    return hosted.look(request, (await _looked_at(request, tx, form_id))[1].theme)


async def _looked_at(request: PageRequest, tx: TenantTx, form_id: str) -> tuple[Form, Definition, str]:
    """The form, what of it is looked at, and how the address says so."""
    found = await find(tx, form_id)
    number = request.query_params.get("version", "")
    if not number:
        return found, found.draft, ""
    known = await public.get_version(tx, found.id, known_version(int(number) if number.isdecimal() else 0))
    if known is None:
        raise NotFound("There is no such version.")
    return found, known.definition, f"version={known.version}&"


@page("POST", ONE, needs=WRITE)
async def edit(
    request: PageRequest, form_id: FromPath[str], form: Posted, actor: Caller, tx: InTx, services: Uses
) -> Answer:
    """Save what was typed on the plain page, and do what its button says."""
    found = await find(tx, form_id)
    act, typed = form.get("do", "save"), found.draft
    try:
        typed = plain.edited(found.draft, form)
        currency = currency_of((await workspace_settings(tx)).country)
        wanted, place = plain.acted(typed, act, form, currency=currency)
        revision = form.number("revision", low=1, high=2_147_483_647)
        await actions.save_draft(tx, found.id, wanted, revision=revision, by=actor.tag)
    except Stale as error:
        return await _builder(request, tx, found, _mail(services), typed, error=error)
    except Invalid as error:
        return await _builder(request, tx, found, _mail(services), typed, error=error)
    if act == "publish":
        return redirect(f"{path_of(found.id)}/publish")
    return redirect(path_of(found.id) + (f"#field-{place}" if place else ""), notice="saved")


def _mail(services: Services) -> bool:
    """Whether confirmations can be sent at all."""
    return services.mailer is not None


async def _builder(
    request: PageRequest,
    tx: TenantTx,
    form: Form,
    mail: bool,
    typed: Definition | None = None,
    *,
    error: AppError | None = None,
) -> Answer:
    draft = typed or form.draft
    fields = {field.key: field for field in draft.fields()}
    report = lint(draft, form.source.redirect_allow, mail=mail)
    return await framed(
        request, tx, form, "builder", status=error.status if error else 200, draft=draft, error=error, types=TYPES,
        report=report, details=plain.details, as_lines=plain.as_lines, headers=FRAMING,
        as_megabytes=plain.as_megabytes, as_number=plain.as_number, takes_files=bool(of_files(draft)),
        says=lambda conditions: sentence(conditions, fields), given=await _given(tx, form, mail) if not error else None,
    )  # fmt: skip


async def _given(tx: TenantTx, form: Form, mail: bool) -> dict[str, Any]:
    """What the builder's script begins with."""
    country = await public.country_of(tx, form.source)
    live = public.live(form.source)
    report = lint(form.draft, form.source.redirect_allow, mail=mail)
    return {
        **catalogue(),
        "form": msgspec.to_builtins(form_out("", form, None, report)),
        "live": encode(live.definition) if live else None,
        "currency": currency_of(country),
        "country": country,
        "redirects": list(form.source.redirect_allow),
    }


@page("GET", f"{ONE}/publish", needs=READ)
async def review(request: PageRequest, form_id: FromPath[str], tx: InTx, services: Uses) -> Answer:
    """What publishing would change, and what is in the way."""
    return await _review(request, tx, await find(tx, form_id), _mail(services))


@page("POST", f"{ONE}/publish", needs=WRITE)
async def publish(
    request: PageRequest, form_id: FromPath[str], form: Posted, actor: Caller, tx: InTx, services: Uses
) -> Answer:
    """Publish that very draft which was looked at."""
    found = await find(tx, form_id)
    first = found.live_version is None
    try:
        revision = form.number("revision", low=1, high=2_147_483_647)
        note = form.text("note", limit=500, required=False)
        await actions.publish(tx, found.id, by=actor.tag, note=note, revision=revision)
    except (NotReady, Stale, Invalid) as error:
        return await _review(request, tx, await find(tx, form_id), _mail(services), error=error)
    return redirect(f"{path_of(found.id)}{'/share' if first else ''}?done=published")


@page("POST", f"{ONE}/discard", needs=WRITE)
async def discard(form_id: FromPath[str], form: Posted, tx: InTx) -> Answer:
    """Throw away what was changed since the last publishing."""
    found = await find(tx, form_id)
    revision = form.number("revision", low=1, high=2_147_483_647)
    await actions.discard_draft(tx, found.id, revision=revision)
    return redirect(f"{path_of(found.id)}?done=discarded")


async def _review(
    request: PageRequest, tx: TenantTx, form: Form, mail: bool, *, error: AppError | None = None
) -> Answer:
    live = public.live(form.source)
    return await framed(
        request, tx, form, "publish", status=error.status if error else 200, error=error,
        report=lint(form.draft, form.source.redirect_allow, mail=mail), live=live,
        changes=changes(live.definition, form.draft, mail=mail) if live else [],
    )  # fmt: skip


routes = (builder, edit, preview, try_out, preview_style, review, publish, discard)
