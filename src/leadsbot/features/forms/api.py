"""``/api/v1/forms``: design, publish, take back, and show forms as visitors see them."""

from __future__ import annotations

import re
from typing import Annotated, Any
from uuid import UUID

from litestar import Response
from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter, PathParameter, QueryParameter

from leadsbot.features.capture import public as capture
from leadsbot.features.forms import actions, public, store
from leadsbot.features.forms.definition import Definition, json_schema
from leadsbot.features.forms.lint import lint
from leadsbot.features.forms.localized import ShownForm, language_for, shown_form
from leadsbot.features.forms.model import Form
from leadsbot.features.forms.schemas import (
    DiscardIn,
    DuplicateIn,
    FormIn,
    FormOut,
    FormPatch,
    FormSummary,
    LintIn,
    PublishIn,
    ReportOut,
    RestoreIn,
    VersionOut,
    VersionSummary,
    form_out,
    summary_out,
    version_out,
    version_summary,
)
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.services import Services
from leadsbot.kit import ids
from leadsbot.kit.errors import Invalid, NotFound
from leadsbot.web.actor import Permission
from leadsbot.web.inject import Caller, Cursor, InTx, JSONBody, Limit, Uses
from leadsbot.web.pagination import Page, paged, position
from leadsbot.web.params import flag, path_id, read_flag
from leadsbot.web.routes import api

READ, WRITE = Permission.SOURCES_READ, Permission.SOURCES_WRITE
TAG = "Forms"
ALL, ONE = "/api/v1/forms", "/api/v1/forms/{form_id:str}"
LARGEST = 2_147_483_647
"""PostgreSQL's largest integer: no version or revision is beyond it."""
FormId = Annotated[str, path_id(ids.FORM, "The form")]
Number = Annotated[int, PathParameter(description="The version's number.", ge=1, le=LARGEST)]
REVISED = [ResponseHeader("ETag", description="The draft's revision, for `If-Match`.", documentation_only=True)]
_TAG = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match", description="The `ETag` you read: 409 when the draft changed since.", max_length=100
    ),
]


@api("GET", ALL, needs=READ, summary="List forms", tag=TAG)
async def list_forms(tx: InTx, services: Uses, limit: Limit = 50, cursor: Cursor = None) -> Page[FormSummary]:
    """Every form with what came in through it, the oldest first."""
    at = position(cursor)
    forms = [each for each in await public.list_forms(tx) if at is None or (each.created_at, each.id) > at]
    counts, begun = await capture.count_submissions(tx), await public.unfinished(tx)
    return paged(
        forms[: limit + 1],
        limit,
        lambda each: summary_out(services.url(), each, counts.get(each.source.id), begun.get(each.id, 0)),
        lambda each: (each.created_at, each.id),
    )


@api("POST", ALL, needs=WRITE, status=201, errors=(404, 409), summary="Make a form", tag=TAG, response_headers=REVISED)
async def make_form(data: JSONBody[FormIn], actor: Caller, tx: InTx, services: Uses) -> Response[FormOut]:
    """Makes a form and the source that it belongs to. A definition without errors is published as version 1, unless
    `publish` is false; until then the form is closed.
    """
    options: dict[str, Any] = {"allowed_origins": data.allowed_origins, "redirect_allow": data.redirect_allow}
    source = None if data.source is None else ids.read(ids.SOURCE, data.source)
    if source is not None and any(options.values()):
        raise Invalid("source", "A source that exists has its own addresses. Change them there.")
    made = await actions.create_form(
        tx,
        data.definition,
        name=data.name,
        by=actor.tag,
        source_id=source,
        publish_now=data.publish,
        **({} if source else options),
    )
    return await _answer(tx, services, made, status=201)


@api("GET", f"{ALL}/schema", needs=READ, summary="The JSON Schema of a form's definition", tag=TAG)
async def get_schema() -> dict[str, Any]:
    """JSON Schema 2020-12. A definition that fits it can be saved; whether it can be published says `lint`."""
    return json_schema()


@api("POST", f"{ALL}/lint", needs=WRITE, status=200, summary="Look at a definition", tag=TAG)
async def lint_definition(data: JSONBody[LintIn], services: Uses) -> ReportOut:
    """What is wrong with a definition (`errors` keep it from being published) or worth a second look (`hints`)."""
    report = lint(data.definition, data.redirect_allow, mail=services.mailer is not None)
    return ReportOut(report.errors, report.hints)


@api("GET", ONE, needs=READ, errors=(404,), summary="Read a form", tag=TAG, response_headers=REVISED)
async def get_form(form_id: FormId, tx: InTx, services: Uses) -> Response[FormOut]:
    """One form with its draft and what keeps that from being published. The `ETag` is its revision."""
    return await _answer(tx, services, await _found(tx, form_id))


@api(
    "PATCH", ONE, needs=WRITE, status=200, errors=(404, 409), summary="Save a draft", tag=TAG, response_headers=REVISED
)
async def patch_form(
    form_id: FormId, data: JSONBody[FormPatch], actor: Caller, tx: InTx, services: Uses, if_match: IfMatch = None
) -> Response[FormOut]:
    """Saves a draft made from the revision that `revision` or `If-Match` names, and gives the form another `name`.
    Visitors see nothing of it until it is published. 409 when somebody saved a newer draft: its revision is the `ETag`.
    """
    changed = await _found(tx, form_id)
    if isinstance(data.name, str):
        changed = await actions.rename(tx, changed.id, data.name, by=actor.tag)
    if isinstance(data.definition, Definition):
        revision = data.revision or _revision(if_match)
        if revision is None:
            raise Invalid(
                "revision", "Say which revision your draft was made from, here or as If-Match.", code="missing"
            )
        changed = await actions.save_draft(tx, changed.id, data.definition, revision=revision, by=actor.tag)
    return await _answer(tx, services, changed)


@api("DELETE", ONE, needs=WRITE, status=204, errors=(404, 409), summary="Delete a form", tag=TAG)
async def delete_form(form_id: FormId, actor: Caller, tx: InTx) -> None:
    """Deletes a closed form with its versions. Its source and what came in through it stay. 409 for an open one."""
    await actions.delete(tx, ids.read(ids.FORM, form_id), by=actor.tag)


@api("GET", f"{ONE}/lint", needs=READ, errors=(404,), summary="Look at a draft", tag=TAG)
async def lint_draft(form_id: FormId, tx: InTx, services: Uses) -> ReportOut:
    """What keeps the draft from being published (`errors`), and what is worth a second look (`hints`)."""
    found = await _found(tx, form_id)
    report = lint(found.draft, found.source.redirect_allow, mail=services.mailer is not None)
    return ReportOut(report.errors, report.hints)


@api("GET", f"{ONE}/public", needs=READ, errors=(404,), summary="A form as visitors see it", tag=TAG)
async def get_public(
    form_id: FormId,
    tx: InTx,
    lang: Annotated[str, QueryParameter(description="A language tag, e.g. `de`.", max_length=35)] = "",
    draft: Annotated[str | None, flag("The draft instead of what is live.")] = None,
) -> ShownForm:
    """The form in one language with everything resolved, as page and widget draw it. 404 before it was published."""
    found = await _found(tx, form_id)
    wants_draft = read_flag(draft, "draft")
    live = None if wants_draft else public.live(found.source)
    if live is None and not wants_draft:
        raise NotFound("This form was not published yet.")
    definition, version = (found.draft, 0) if live is None else (live.definition, live.version)
    country = live.country if live else await public.country_of(tx, found.source)
    return shown_form(
        definition, language_for(definition, lang), key=found.source.key, version=version, country=country
    )


@api(
    "POST",
    f"{ONE}/publish",
    needs=WRITE,
    status=200,
    errors=(404, 409),
    summary="Publish the draft",
    tag=TAG,
    response_headers=REVISED,
)
async def publish(
    form_id: FormId, actor: Caller, tx: InTx, services: Uses, data: JSONBody[PublishIn | None] = None
) -> Response[FormOut]:
    """Makes the draft a new version, which visitors see within a second; nothing happens when it is live already. 422
    with every error that is in the way. The first publishing opens the form.
    """
    wanted = data or PublishIn()
    done = await actions.publish(
        tx, ids.read(ids.FORM, form_id), by=actor.tag, note=wanted.note, revision=wanted.revision
    )
    return await _answer(tx, services, done)


@api(
    "POST",
    f"{ONE}/discard",
    needs=WRITE,
    status=200,
    errors=(404, 409),
    summary="Discard the draft",
    tag=TAG,
    response_headers=REVISED,
)
async def discard(
    form_id: FormId, tx: InTx, services: Uses, data: JSONBody[DiscardIn | None] = None
) -> Response[FormOut]:
    """Throws away what was changed since the last publishing. 409 before the first one."""
    return await _answer(
        tx,
        services,
        await actions.discard_draft(tx, ids.read(ids.FORM, form_id), revision=data.revision if data else None),
    )


@api(
    "POST",
    f"{ONE}/duplicate",
    needs=WRITE,
    status=201,
    errors=(404,),
    summary="Duplicate a form",
    tag=TAG,
    response_headers=REVISED,
)
async def duplicate(
    form_id: FormId, actor: Caller, tx: InTx, services: Uses, data: JSONBody[DuplicateIn | None] = None
) -> Response[FormOut]:
    """Makes a new, unpublished form from the draft of this one, with the same settings."""
    made = await actions.duplicate(tx, ids.read(ids.FORM, form_id), name=data.name if data else "", by=actor.tag)
    return await _answer(tx, services, made, status=201)


@api(
    "POST",
    f"{ONE}/close",
    needs=WRITE,
    status=200,
    errors=(404,),
    summary="Close a form",
    tag=TAG,
    response_headers=REVISED,
)
async def close(form_id: FormId, actor: Caller, tx: InTx, services: Uses) -> Response[FormOut]:
    """Takes no more submissions: 410 from now on. What came in stays. Closing twice changes nothing."""
    return await _answer(tx, services, await actions.close(tx, ids.read(ids.FORM, form_id), by=actor.tag))


@api(
    "POST",
    f"{ONE}/reopen",
    needs=WRITE,
    status=200,
    errors=(404, 409),
    summary="Reopen a form",
    tag=TAG,
    response_headers=REVISED,
)
async def reopen(form_id: FormId, actor: Caller, tx: InTx, services: Uses) -> Response[FormOut]:
    """Takes submissions again at the same address. 409 for a form that was not published or has reached its maximum."""
    return await _answer(tx, services, await actions.reopen(tx, ids.read(ids.FORM, form_id), by=actor.tag))


@api("GET", f"{ONE}/versions", needs=READ, errors=(404,), summary="List versions", tag=TAG)
async def list_versions(form_id: FormId, tx: InTx, limit: Limit = 50, cursor: Cursor = None) -> Page[VersionSummary]:
    """What was published, the newest first."""
    found = await _found(tx, form_id)
    at = position(cursor)
    before = min(at[1].int, LARGEST) if at else None
    versions = await store.list_versions(tx, found.id, before=before, limit=limit + 1)
    return paged(
        versions,
        limit,
        lambda each: version_summary(each, found.live_version),
        lambda each: (each.published_at, UUID(int=each.version)),
    )


@api("GET", f"{ONE}/versions/{{version:int}}", needs=READ, errors=(404,), summary="Read a version", tag=TAG)
async def get_version(form_id: FormId, version: Number, tx: InTx) -> VersionOut:
    """One published version: what submissions with this `form_version` were filled into."""
    found = await _found(tx, form_id)
    wanted = await public.get_version(tx, found.id, version)
    if wanted is None:
        raise NotFound("There is no such version.")
    return version_out(wanted, found.live_version)


@api(
    "POST", f"{ONE}/versions/{{version:int}}/restore", needs=WRITE, status=200, errors=(404, 409),
    summary="Roll back to a version", tag=TAG, response_headers=REVISED
)  # fmt: skip
async def restore(
    form_id: FormId,
    version: Number,
    actor: Caller,
    tx: InTx,
    services: Uses,
    data: JSONBody[RestoreIn | None] = None,
) -> Response[FormOut]:
    """Publishes an earlier version once more, as a new one. A draft that was not published stays as it is; otherwise
    it becomes the same."""
    note = data.note if data else ""
    done = await actions.roll_back(tx, ids.read(ids.FORM, form_id), version, by=actor.tag, note=note)
    return await _answer(tx, services, done)


def _revision(if_match: str | None) -> int | None:
    """The revision in an ``If-Match`` header."""
    if if_match is None:
        return None
    found = _TAG.fullmatch(if_match.strip())
    if found is None:
        raise Invalid("If-Match", 'Send the ETag that you read, for example "3".')
    return int(found.group(1))


async def _found(tx: TenantTx, shown: str) -> Form:
    found = await public.get_form(tx, ids.read(ids.FORM, shown))
    if found is None:
        raise NotFound("There is no such form.")
    return found


async def _answer(tx: TenantTx, services: Services, form: Form, *, status: int = 200) -> Response[FormOut]:
    counts = await capture.count_submissions(tx, source_id=form.source.id)
    report = lint(form.draft, form.source.redirect_allow, mail=services.mailer is not None)
    begun = await public.unfinished(tx, form.id)
    shown = form_out(services.url(), form, counts.get(form.source.id), report, begun.get(form.id, 0))
    return Response(shown, status_code=status, headers={"ETag": f'"{form.revision}"'})


routes = (
    list_forms, make_form, get_schema, lint_definition, get_form, patch_form, delete_form, lint_draft, get_public,
    publish, discard, duplicate, close, reopen, list_versions, get_version, restore,
)  # fmt: skip
