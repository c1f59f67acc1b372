"""What other features may use of leads."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from leadsbot.features.accounts.public import workspace_settings
from leadsbot.features.capture.public import (
    Submission,
    get_source,
    get_submission,
    list_sources,
    submissions_of_lead,
)
from leadsbot.features.forms.public import Answer, forms_filled_in, read_answers
from leadsbot.features.leads import answers, store
from leadsbot.features.leads.actions import Claim, add_note, assign, claim, edit_fields, merge, set_stage, set_tags
from leadsbot.features.leads.mapping import recognise
from leadsbot.features.leads.model import LABELS, STAGES, Lead, Note
from leadsbot.features.leads.timeline import label, name_places
from leadsbot.features.leads.views import LeadView, SourceRef, view
from leadsbot.infra.db.tx import TenantTx


async def views(tx: TenantTx, leads: Sequence[Lead]) -> list[LeadView]:
    """Leads with their sources, in the same order."""
    known = {source.id: source for source in await list_sources(tx)} if leads else {}
    return [view(lead, known.get(lead.source_id) if lead.source_id else None) for lead in leads]


async def get_lead(tx: TenantTx, lead_id: UUID) -> LeadView | None:
    """The lead that answers to an id; its own ``id`` differs when it was merged. None when there is none."""
    lead = await store.get(tx, lead_id)
    if lead is None:
        return None
    return view(lead, await get_source(tx, lead.source_id) if lead.source_id else None)


async def newest(tx: TenantTx, *, limit: int) -> list[LeadView]:
    """The latest active leads."""
    return await views(tx, await store.page(tx, store.Filter(), None, limit))


async def recent(tx: TenantTx, *, since: datetime, limit: int = 200) -> list[Lead]:
    """The leads that came since a moment, latest active first."""
    return await store.page(tx, store.Filter(created_after=since), None, limit)


async def display_names(tx: TenantTx, lead_ids: Collection[UUID]) -> dict[UUID, str]:
    """What to call these leads in one line; unknown ids are absent."""
    return {lead.id: lead.display for lead in await store.some(tx, lead_ids)}


async def possible_duplicates(tx: TenantTx, lead_id: UUID, *, limit: int = 5) -> list[LeadView]:
    """Other leads with an address or number in common, latest active first. Nobody merges them but a person."""
    return await views(tx, await store.sharing_keys(tx, lead_id, limit))


async def family(tx: TenantTx, lead_id: UUID) -> list[UUID]:
    """A lead's id and those of all leads merged into it: what history and submissions are looked up by."""
    return await store.family(tx, lead_id)


async def submissions(tx: TenantTx, lead_id: UUID) -> list[Submission]:
    """Every submission of a lead and of those merged into it, newest first."""
    rows = [row for each in await store.family(tx, lead_id) for row in await submissions_of_lead(tx, each)]
    return sorted(rows, key=lambda row: (row.received_at, row.id), reverse=True)


async def named_answers(tx: TenantTx, lead: LeadView) -> list[Answer]:
    """What a lead answered beside its core fields, under the labels of the forms that were filled in."""
    filled = await forms_filled_in(tx, await submissions(tx, lead.id)) if lead.fields else {}
    return read_answers(lead.fields, filled.values())


async def written(tx: TenantTx, submission_id: UUID) -> str:
    """What somebody wrote in one submission: the message, else the other answers in one line. Empty when it is gone."""
    submission = await get_submission(tx, submission_id)
    if submission is None:
        return ""
    found = recognise(submission.fields)
    forms = await forms_filled_in(tx, [submission]) if not found.message else {}
    return found.message or answers.one_line(found.fields, forms.get(submission.id))


async def stage_labels(tx: TenantTx) -> dict[str, str]:
    """What this workspace calls the stages, in their order."""
    own = (await workspace_settings(tx)).stage_labels
    return {stage: own.get(stage) or label for stage, label in LABELS.items()}


async def notes(tx: TenantTx, lead_id: UUID) -> list[Note]:
    """The notes on a lead and on those merged into it, newest first."""
    return await store.notes(tx, await store.family(tx, lead_id))


__all__ = [
    "LABELS",
    "STAGES",
    "Answer",
    "Claim",
    "LeadView",
    "Note",
    "SourceRef",
    "add_note",
    "assign",
    "claim",
    "display_names",
    "edit_fields",
    "family",
    "get_lead",
    "label",
    "merge",
    "name_places",
    "named_answers",
    "newest",
    "notes",
    "possible_duplicates",
    "set_stage",
    "set_tags",
    "stage_labels",
    "submissions",
    "views",
    "written",
]
