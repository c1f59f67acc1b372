"""Intake: every accepted submission joins an open lead or becomes a new one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from leadsbot.contracts.events import SubmissionReceived, SubmissionReleased
from leadsbot.features.accounts.public import workspace_settings
from leadsbot.features.capture.public import Submission, get_source, get_submission, mark_taken
from leadsbot.features.leads import actions, model, store
from leadsbot.features.leads.mapping import recognise
from leadsbot.features.leads.model import Arrival
from leadsbot.features.screening.public import hold_back
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.kinds import URGENT, Handler, JobContext

QUARANTINED = "Held back as suspicious; no lead was made."


async def take_in(tx: TenantTx, context: JobContext, event: SubmissionReceived | SubmissionReleased) -> None:
    """Merge one submission into a lead, exactly once however often it is told, received or released.

    A quarantined submission makes no lead and says so. One without any contact detail still becomes a lead: nothing
    is lost.
    """
    # Two deliveries of one event may run at once: the second waits here and then sees what the first one did.
    await store.lock_keys(tx, [f"submission {event.submission_id}"])
    submission = await get_submission(tx, event.submission_id)
    if submission is None or submission.lead_id is not None:
        return
    if await hold_back(tx, submission):
        if submission.intake_note is None:
            await mark_taken(tx, submission.id, lead_id=None, note=QUARANTINED)
        return
    home = await workspace_settings(tx)
    source = await get_source(tx, submission.source_id)
    arrival = arrived(submission, (source.country if source else None) or home.country)
    await store.lock_keys(tx, arrival.keys)
    lead_id = model.lead_to_join(
        arrival.keys,
        await store.candidates(tx, arrival.keys),
        submission.received_at,
        timedelta(days=home.merge_window_days),
    )
    if lead_id is not None:
        await actions.join(
            tx, lead_id, arrival, submission_id=submission.id, source_id=submission.source_id,
            at=submission.received_at,
        )  # fmt: skip
    else:
        lead_id = await actions.create(
            tx, arrival, submission_id=submission.id, source_id=submission.source_id, at=submission.received_at,
            lawful_basis=submission.lawful_basis, notice_version=submission.notice_version,
        )  # fmt: skip
    await mark_taken(tx, submission.id, lead_id=lead_id)


def arrived(submission: Submission, country: str | None) -> Arrival:
    """What a submission says. Numbers without a country code are read by ``country``, of the source or else of the
    workspace; the visitor's language never decides, since people travel and browsers speak English."""
    found = recognise(submission.fields)
    e164 = model.to_e164(found.phone, country)
    context: dict[str, Any] = {**found.context, **submission.context}
    return Arrival(
        name=found.name, email=found.email, phone=found.phone, phone_e164=e164, company=found.company,
        message=found.message, fields=found.fields, context=context, keys=model.contact_keys(found.email, e164),
    )  # fmt: skip


TAKE_IN = Handler(name="leads.take_in", event=SubmissionReceived, run=take_in, priority=URGENT)
TAKE_IN_RELEASED = Handler(name="leads.take_in_released", event=SubmissionReleased, run=take_in, priority=URGENT)
