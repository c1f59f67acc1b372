"""Plan a confirmation when a lead came in by a form that wants one, and hand it to the mail server."""

from __future__ import annotations

from uuid import UUID

import msgspec

from leadsbot.contracts.events import LeadCreated, LeadSubmissionJoined
from leadsbot.contracts.ports import Mail, MailError
from leadsbot.features.accounts.public import workspace_settings
from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Submission
from leadsbot.features.confirmations import model
from leadsbot.features.confirmations.model import CHANNEL, KIND, Confirmation
from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.deliveries.public import Delivery, Outcome
from leadsbot.features.forms import public as forms
from leadsbot.features.forms.public import Definition
from leadsbot.infra.db.patience import insist
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.kinds import Dead, JobContext, JobKind, Retry
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.infra.services import Services
from leadsbot.kit.clock import utcnow
from leadsbot.kit.contact import email_key
from leadsbot.kit.retry import RetryPolicy

POLICY = RetryPolicy((30, 120, 600, 1800, 3600, 7200, 14400))
"""A confirmation that is half a day late confuses more than it helps."""
NO_MAIL = "Mail is not set up on this installation (LEADSBOT_SMTP_URL, LEADSBOT_MAIL_FROM)."
TOO_MANY = f"More than {model.PER_HOUR} confirmations within an hour: this may be somebody who misuses the form."


class ConfirmationJob(msgspec.Struct, frozen=True):
    """One confirmation to send."""

    delivery_id: UUID


async def confirm(tx: TenantTx, context: JobContext, event: LeadCreated | LeadSubmissionJoined) -> None:
    """Plan the confirmation of a submission that became or joined a lead, if its form wants one.

    What screening held back became no lead, so nothing of it gets here. An address gets one a day in each workspace,
    and a workspace sends 200 an hour; beyond that the delivery log says why nothing was sent.
    """
    services: Services = context.services
    if event.submission_id is None:
        return
    submission = await capture.get_submission(tx, event.submission_id)
    definition = await _definition(tx, submission)
    if submission is None or definition is None or utcnow() - submission.received_at > model.FRESH:
        return
    key = email_key(model.address(definition, submission.fields))
    if key is None:
        return
    mac = services.signer.mac(KIND, key.encode())
    planned = await deliveries.plan(
        tx, channel=CHANNEL, kind=KIND, destination_id=None, lead_id=event.lead_id,
        dedupe_key=model.dedupe_key(mac, submission.received_at),
    )  # fmt: skip
    if planned is None:
        return
    if await deliveries.planned_of_kind(tx, KIND, utcnow() - model.PERIOD) > model.PER_HOUR:
        await deliveries.cancel(tx, TOO_MANY, planned)
        return
    await enqueue(tx, SEND, ConfirmationJob(planned), workspace_id=tx.workspace_id)


async def _definition(tx: TenantTx, submission: Submission | None) -> Definition | None:
    """What the form was when it was filled in, if it confirms."""
    if submission is None or submission.form_version is None:
        return None
    form = await forms.form_of_source(tx, submission.source_id)
    version = await forms.get_version(tx, form.id, submission.form_version) if form else None
    return version.definition if version and version.definition.confirmation.enabled else None


async def send(context: JobContext, job: ConfirmationJob) -> None:
    """Hand the mail over; every attempt is in the delivery log."""
    services: Services = context.services
    if context.workspace_id is None:
        raise Dead("a confirmation belongs to a workspace")
    workspace = context.workspace_id
    async with services.db.tenant(workspace) as tx:
        known = await deliveries.get(tx, job.delivery_id)
        mail = await _written(tx, known) if known and known.state in deliveries.OPEN else None
        if known is not None and mail is None:
            await deliveries.cancel(tx, "The lead or its answers are gone.", job.delivery_id)
        delivery = await deliveries.begin(tx, job.delivery_id) if mail else None
    if delivery is None or mail is None:
        return
    started = utcnow()
    outcome, detail = await _handed_over(services, delivery, mail)
    final = outcome is not Outcome.RETRY or context.last_attempt

    async def record() -> None:
        async with services.db.tenant(workspace) as tx:
            await deliveries.record(tx, delivery, outcome, started=started, detail=detail, final=final)

    # Without this record the mail would be sent again.
    await insist(record)
    if not final:
        raise Retry(detail)


async def _written(tx: TenantTx, delivery: Delivery) -> Confirmation | None:
    """The mail for the lead's newest submission that asks for one."""
    if delivery.lead_id is None:
        return None
    sender = (await workspace_settings(tx)).name
    for submission in await capture.submissions_of_lead(tx, delivery.lead_id):
        definition = await _definition(tx, submission)
        to = model.address(definition, submission.fields) if definition else ""
        if definition is not None and email_key(to) is not None:
            language = str(submission.context.get("lang") or definition.language)
            return model.written(definition, submission.fields, language, to=to, sender=sender)
    return None


async def _handed_over(services: Services, delivery: Delivery, mail: Confirmation) -> tuple[Outcome, str]:
    if services.mailer is None:
        return Outcome.REJECTED, NO_MAIL
    message = Mail(mail.to, mail.subject, mail.text, f"confirmation-{delivery.id}", sender=mail.sender, reply=True)
    try:
        await services.mailer.send(message)
    except MailError as error:
        return (Outcome.REJECTED if error.permanent else Outcome.RETRY), str(error)
    return Outcome.SENT, ""


async def resend(tx: TenantTx, delivery: Delivery) -> None:
    """Put a confirmation back into the queue."""
    await enqueue(tx, SEND, ConfirmationJob(delivery.id), workspace_id=tx.workspace_id)


SEND = JobKind(name="confirmations.send", payload=ConfirmationJob, run=send, mode="effect", policy=POLICY)
