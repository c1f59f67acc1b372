"""``/api/v1/leads``: read, change, note, merge."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import ResponseHeader
from litestar.params import HeaderParameter, QueryParameter

from leadsbot.features.accounts.public import members, workspace_settings
from leadsbot.features.forms.public import uploads_of
from leadsbot.features.leads import actions, public, query, store
from leadsbot.features.leads.public import LeadView
from leadsbot.features.leads.schemas import (
    EventOut,
    Items,
    LeadOut,
    LeadPatch,
    MergeIn,
    NoteIn,
    NoteOut,
    Stage,
    event_out,
    lead_out,
    note_out,
    submission_out,
)
from leadsbot.features.leads.timeline import happened
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids
from leadsbot.kit.errors import Invalid, NotFound
from leadsbot.web.actor import Permission
from leadsbot.web.inject import Caller, InTx, JSONBody
from leadsbot.web.pagination import Cursor, Limit, Page, paged, position
from leadsbot.web.params import moment, path_id, query_id, read_moment
from leadsbot.web.routes import api

READ, WRITE = Permission.LEADS_READ, Permission.LEADS_WRITE
TAG = "Leads"
VERSIONED = [
    ResponseHeader("ETag", description="What the lead looks like now, for `If-Match`.", documentation_only=True)
]
LeadId = Annotated[str, path_id(ids.LEAD, "The lead")]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match", description="The `ETag` you read: 409 when the lead changed since.", max_length=100
    ),
]


def _about(text: str) -> QueryParameter:
    return QueryParameter(description=text, max_length=200)


@api("GET", "/api/v1/leads", needs=READ, summary="List leads", tag=TAG)
async def list_leads(
    tx: InTx,
    stage: Annotated[list[Stage] | None, QueryParameter(description="One or more stages.", max_items=6)] = None,
    owner: Annotated[str | None, query_id(ids.PERSON, "The id of a person, or `none`.", query.NOBODY)] = None,
    source: Annotated[str | None, query_id(ids.SOURCE, "The id of a source.")] = None,
    tag: Annotated[str | None, _about("A tag.")] = None,
    q: Annotated[str | None, _about("Words to be found in contact, message or fields.")] = None,
    created_after: Annotated[str | None, moment("Created then or later.")] = None,
    created_before: Annotated[str | None, moment("Created before.")] = None,
    updated_after: Annotated[str | None, moment("Changed later than that; orders by change, oldest first.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[LeadOut]:
    """Latest active first. Merged leads are listed as the one they went into.

    With `updated_after` the oldest change comes first, and continuing from the last `updated_at` you saw misses
    nothing: changes are listed once no earlier one can still be committed, usually within milliseconds.
    """
    filters = query.wanted(
        stage=stage or (),
        owner=owner,
        source=source,
        tag=tag,
        q=q,
        created_after=read_moment(created_after, "created_after"),
        created_before=read_moment(created_before, "created_before"),
        updated_after=read_moment(updated_after, "updated_after"),
    )
    at = position(cursor)
    after = (query.moment(at[0], "cursor") or at[0], at[1]) if at else None
    by_change = filters.updated_after is not None
    rows = await (store.changed if by_change else store.page)(tx, filters, after, limit + 1)
    views = await public.views(tx, rows)
    return paged(
        views, limit, lead_out, lambda lead: (lead.updated_at if by_change else lead.last_activity_at, lead.id)
    )


@api(
    "GET", "/api/v1/leads/{lead:str}", needs=READ, errors=(404,), summary="Read a lead", tag=TAG,
    response_headers=VERSIONED,
)  # fmt: skip
async def get_lead(lead: LeadId, tx: InTx) -> Response[LeadOut]:
    """A lead by its id. The id of a merged lead answers with the lead it went into."""
    return _answer(await _found(tx, lead))


@api(
    "PATCH", "/api/v1/leads/{lead:str}", needs=WRITE, errors=(404, 409), summary="Change a lead", tag=TAG,
    response_headers=VERSIONED,
)  # fmt: skip
async def patch_lead(
    lead: LeadId, data: JSONBody[LeadPatch], actor: Caller, tx: InTx, if_match: IfMatch = None
) -> Response[LeadOut]:
    """Changes what is named and leaves the rest. Each change is told as its own event; what changes nothing is not."""
    lead_id = ids.read(ids.LEAD, lead)
    actions.must_match(await actions.locked(tx, lead_id), if_match)
    if texts := data.texts():
        country = (await workspace_settings(tx)).country
        await actions.edit_fields(tx, lead_id, texts, country=country, by=actor.tag)
    if data.stage is not msgspec.UNSET:
        await actions.set_stage(tx, lead_id, data.stage, by=actor.tag)
    if not isinstance(data.owner, msgspec.UnsetType):
        await assign(tx, lead_id, data.owner, by=actor.tag)
    if not isinstance(data.tags, msgspec.UnsetType):
        await actions.set_tags(tx, lead_id, data.tags, by=actor.tag)
    return _answer(await _found(tx, lead))


async def assign(tx: TenantTx, lead_id: UUID, owner: str | None, *, by: str) -> None:
    """Give a lead to a member by the id that was sent, or to nobody."""
    person = query.some_id(ids.PERSON, owner, "owner") if owner else None
    if person is not None and person not in {member.person_id for member in await members(tx)}:
        raise Invalid("owner", "This person is not a member of the workspace.", code="not_a_member")
    await actions.assign(tx, lead_id, person, by=by)


@api("GET", "/api/v1/leads/{lead:str}/notes", needs=READ, errors=(404,), summary="List a lead's notes", tag=TAG)
async def list_notes(lead: LeadId, tx: InTx, limit: Limit = 50, cursor: Cursor = None) -> Page[NoteOut]:
    """Newest first, with those of leads merged into it."""
    found, at = await _found(tx, lead), position(cursor)
    before = (query.moment(at[0], "cursor") or at[0], at[1]) if at else None
    rows = await store.notes(tx, await store.family(tx, found.id), before=before, limit=limit + 1)
    return paged(rows, limit, note_out, lambda note: (note.created_at, note.id))


@api("POST", "/api/v1/leads/{lead:str}/notes", needs=WRITE, errors=(404,), status=201, summary="Write a note", tag=TAG)
async def add_note(lead: LeadId, data: JSONBody[NoteIn], actor: Caller, tx: InTx) -> NoteOut:
    """Writes a note of at most 10,000 characters."""
    note_id = await actions.add_note(tx, ids.read(ids.LEAD, lead), data.body, by=actor.tag, via="api")
    note = await store.get_note(tx, note_id)
    if note is None:
        raise NotFound("There is no such note.")
    return note_out(note)


@api("GET", "/api/v1/leads/{lead:str}/timeline", needs=READ, errors=(404,), summary="Read a lead's history", tag=TAG)
async def timeline(lead: LeadId, tx: InTx, limit: Limit = 50, cursor: Cursor = None) -> Page[EventOut]:
    """What happened to a lead and to those merged into it, newest first."""
    found, at = await _found(tx, lead), position(cursor)
    before = (query.moment(at[0], "cursor") or at[0], at[1]) if at else None
    rows = await happened(tx, await store.family(tx, found.id), limit=limit + 1, before=before)
    return paged(rows, limit, event_out, lambda event: (event.occurred_at, event.id))


@api(
    "GET",
    "/api/v1/leads/{lead:str}/submissions",
    needs=READ,
    errors=(404,),
    summary="Read a lead's submissions",
    tag=TAG,
)
async def submissions(lead: LeadId, tx: InTx) -> Items:
    """Every submission that was merged into the lead, exactly as it came, newest first."""
    found = await _found(tx, lead)
    rows = await public.submissions(tx, found.id)
    files = await uploads_of(tx, [row.id for row in rows])
    return Items([submission_out(row, files.get(row.id, ())) for row in rows])


@api(
    "POST", "/api/v1/leads/{lead:str}/merge", needs=WRITE, errors=(404,), status=200, summary="Merge two leads",
    tag=TAG, response_headers=VERSIONED,
)  # fmt: skip
async def merge(lead: LeadId, data: JSONBody[MergeIn], actor: Caller, tx: InTx) -> Response[LeadOut]:
    """Merges the lead named in the body into the one in the address. Empty fields are filled, nothing is overwritten
    but the message if the other is newer; both ids keep answering. Merging what is merged changes nothing."""
    other = query.some_id(ids.LEAD, data.lead_id, "lead_id")
    if await store.get(tx, other) is None:
        raise Invalid("lead_id", "There is no such lead.", code="unknown_lead")
    await actions.merge(tx, ids.read(ids.LEAD, lead), other, by=actor.tag)
    return _answer(await _found(tx, lead))


async def _found(tx: TenantTx, shown: str) -> LeadView:
    lead = await public.get_lead(tx, ids.read(ids.LEAD, shown))
    if lead is None:
        raise NotFound("There is no such lead.")
    return lead


def _answer(lead: LeadView) -> Response[LeadOut]:
    return Response(lead_out(lead), headers={"ETag": actions.version(lead.updated_at)})


routes = (list_leads, get_lead, patch_lead, list_notes, add_note, timeline, submissions, merge)
