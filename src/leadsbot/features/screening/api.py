"""``/api/v1/submissions`` and ``/api/v1/screening``: what came in, what was held back and why, and how to screen."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import HeldState
from leadsbot.features.screening import actions, store
from leadsbot.features.screening.schemas import (
    LabelIn,
    ScreeningOut,
    ScreeningPatch,
    SubmissionOut,
    screening_out,
    submission_out,
)
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids
from leadsbot.kit.errors import Invalid, NotFound
from leadsbot.web.actor import Permission
from leadsbot.web.inject import Caller, Cursor, InTx, JSONBody, Limit, Uses
from leadsbot.web.pagination import Page, paged, position
from leadsbot.web.params import flag, path_id, query_id, read_flag
from leadsbot.web.routes import api

READ, WRITE = Permission.LEADS_READ, Permission.LEADS_WRITE
SEE, SET = Permission.WORKSPACE_READ, Permission.WORKSPACE_WRITE
TAG = "Screening"
STATES: tuple[HeldState, ...] = ("quarantined", "blocked", "spam", "released")
ONE = "/api/v1/submissions/{submission:str}"
SubmissionId = Annotated[str, path_id(ids.SUBMISSION, "The submission")]


@api("GET", "/api/v1/submissions", needs=READ, summary="List submissions", tag=TAG)
async def list_submissions(
    tx: InTx,
    quarantined: Annotated[str | None, flag("Only those that are held back, or not.")] = None,
    # Not named `state`: the framework keeps that name for itself, and its refusals would name ours.
    standing: Annotated[
        str | None,
        QueryParameter(
            name="state",
            description="How those stand that were doubted: waiting, called spam, released.",
            max_length=20,
            schema_extra={"enum": list(STATES)},
        ),
    ] = None,
    source: Annotated[str | None, query_id(ids.SOURCE, "The id of a source.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[SubmissionOut]:
    """Every submission exactly as it came, the newest first, with what screening said of it. What is held back makes no
    lead and is deleted after 30 days unless it is released."""
    try:
        source_id = None if source is None else ids.read(ids.SOURCE, source)
    except ids.InvalidId as error:
        raise Invalid("source", error.detail) from None
    wanted, before = _state(standing), position(cursor)
    rows = await capture.page_submissions(
        tx, state=wanted, quarantined=read_flag(quarantined, "quarantined"), source_id=source_id, before=before,
        limit=limit + 1,
    )  # fmt: skip
    return paged(rows, limit, submission_out, lambda each: (each.received_at, each.id))


@api("GET", ONE, needs=READ, errors=(404,), summary="Read a submission", tag=TAG)
async def get_submission(submission: SubmissionId, tx: InTx) -> SubmissionOut:
    """One submission."""
    return await _shown(tx, submission)


@api("POST", f"{ONE}/release", needs=WRITE, errors=(404,), status=200, summary="Release a submission", tag=TAG)
async def release(submission: SubmissionId, actor: Caller, tx: InTx) -> SubmissionOut:
    """Takes a submission out of quarantine: it becomes a lead like any other, once however often this is asked for, and
    the filter learns that it is genuine."""
    await actions.label(tx, ids.read(ids.SUBMISSION, submission), spam=False, by=actor.tag)
    return await _shown(tx, submission)


@api("POST", f"{ONE}/label", needs=WRITE, errors=(404,), status=200, summary="Label a submission", tag=TAG)
async def label(submission: SubmissionId, data: JSONBody[LabelIn], actor: Caller, tx: InTx) -> SubmissionOut:
    """Says what a submission is, and the filter learns from it. Spam that has become a lead leaves the lead as it is;
    what is held back and genuine is released."""
    await actions.label(tx, ids.read(ids.SUBMISSION, submission), spam=data.label == "spam", by=actor.tag)
    return await _shown(tx, submission)


@api("GET", "/api/v1/screening", needs=SEE, summary="Read how submissions are screened", tag=TAG)
async def get_screening(tx: InTx) -> ScreeningOut:
    """The workspace's choices."""
    return screening_out(await store.choice(tx), await store.learned(tx))


@api("PATCH", "/api/v1/screening", needs=SET, status=200, summary="Change how submissions are screened", tag=TAG)
async def patch_screening(data: JSONBody[ScreeningPatch], tx: InTx, services: Uses) -> ScreeningOut:
    """Changes what is named and leaves the rest; in force for every source within a second."""
    chosen = await actions.choose(tx, services.crypto, **data.given())
    return screening_out(chosen, await store.learned(tx))


def _state(name: str | None) -> HeldState | None:
    if name is not None and name not in STATES:
        raise Invalid("state", f"The states are {', '.join(STATES)}.")
    return name


async def _shown(tx: TenantTx, shown: str) -> SubmissionOut:
    found = await capture.get_submission(tx, ids.read(ids.SUBMISSION, shown))
    if found is None:
        raise NotFound("There is no such submission.")
    return submission_out(found)


routes = (list_submissions, get_submission, release, label, get_screening, patch_screening)
