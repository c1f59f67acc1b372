"""What forms do when something happened: the first form of a workspace, the files of a submission, and the end of a
form that is full."""

from __future__ import annotations

from leadsbot.contracts.events import SubmissionReceived, SubmissionReleased, WorkspaceCreated
from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Kind
from leadsbot.features.forms import actions
from leadsbot.features.forms.model import contact_form
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.kinds import URGENT, Handler, JobContext


async def make_first_form(tx: TenantTx, context: JobContext, event: WorkspaceCreated) -> None:
    """A contact form, unless somebody was quicker."""
    if not any(source.kind == Kind.FORM for source in await capture.list_sources(tx)):
        await actions.create_form(tx, contact_form(), name="Contact")


async def after_submission(tx: TenantTx, context: JobContext, event: SubmissionReceived | SubmissionReleased) -> None:
    """Give a submission its files, forget what was kept of it before it was sent, and close a form that has as many
    submissions as it may have.

    The last of it happens after the submission was accepted, so what arrives in the same moment is taken too: a maximum
    may be overshot by a few, and nobody is turned away after having been thanked.
    """
    form = await actions.live_form(tx, event.source_id)
    if form is not None:
        await actions.claim_files(tx, form, event.submission_id)
        await actions.end_beginning(tx, form, event.submission_id)
        await actions.close_when_full(tx, form)


HANDLERS = (
    Handler(name="forms.make_first", event=WorkspaceCreated, run=make_first_form, priority=URGENT),
    Handler(name="forms.after_submission", event=SubmissionReceived, run=after_submission),
    Handler(name="forms.after_release", event=SubmissionReleased, run=after_submission),
)
