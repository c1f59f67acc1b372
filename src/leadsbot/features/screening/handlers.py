"""What screening does when sources come and change, and when somebody says what a submission is."""

from __future__ import annotations

from leadsbot.contracts.events import FormPublished, SourceCreated, SubmissionLabelled
from leadsbot.features.screening import actions, checks
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.kinds import URGENT, Handler, JobContext


async def equip(tx: TenantTx, context: JobContext, event: SourceCreated) -> None:
    """A new source carries the workspace's choices."""
    await checks.apply(tx)


async def learn_languages(tx: TenantTx, context: JobContext, event: FormPublished) -> None:
    """The source of a form knows which scripts its languages are written in."""
    await checks.apply(tx)


async def teach(tx: TenantTx, context: JobContext, event: SubmissionLabelled) -> None:
    """The filter learns."""
    await actions.teach(tx, event.submission_id)


HANDLERS = (
    Handler(name="screening.equip", event=SourceCreated, run=equip, priority=URGENT),
    Handler(name="screening.languages", event=FormPublished, run=learn_languages),
    Handler(name="screening.teach", event=SubmissionLabelled, run=teach, priority=URGENT),
)
