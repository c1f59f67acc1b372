"""What screening does later: what a person asked for after the time to undo it, captchas, chores."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from leadsbot.features.screening import actions, store
from leadsbot.features.screening.captcha import NAME, CaptchaCheck, NoAnswer
from leadsbot.features.screening.model import UNDO_S
from leadsbot.infra import logging
from leadsbot.infra.crypto import CannotOpen
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.cron import HOUR
from leadsbot.infra.jobs.kinds import URGENT, Cron, JobContext, JobKind, Retry
from leadsbot.infra.jobs.queue import cancel, enqueue
from leadsbot.infra.upkeep import Nothing, purge_rows
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import NotFound
from leadsbot.kit.retry import RetryPolicy

log = logging.get(__name__)


class Settle(msgspec.Struct, frozen=True):
    """What a person said about a submission."""

    submission_id: UUID
    spam: bool
    by: str


class Captcha(msgspec.Struct, frozen=True):
    """A submission whose captcha must be checked."""

    submission_id: UUID


async def settle(tx: TenantTx, context: JobContext, job: Settle) -> None:
    """Make so what a person asked for; gone submissions are nobody's business any more."""
    try:
        await actions.label(tx, job.submission_id, spam=job.spam, by=job.by)
    except NotFound:
        log.info("screening.settled_nothing", submission_id=str(job.submission_id))


async def check_captcha(context: JobContext, job: Captcha) -> None:
    """Ask the provider and act on its answer; when it gives none in time, the submission stays in the folder."""
    workspace, services = context.workspace_id, context.services
    if workspace is None:
        raise ValueError("a captcha belongs to a workspace")
    async with services.db.tenant(workspace) as tx:
        chosen, token = await store.choice(tx), await actions.captcha_of(tx, job.submission_id)
    if token is None:
        return
    try:
        outcome: str = await _asked(context, chosen, token)
    except NoAnswer as error:
        if not context.last_attempt:
            raise Retry(f"the captcha's provider gave no answer: {error}") from error
        outcome = "unchecked"
    async with services.db.tenant(workspace) as tx:
        await actions.settle_captcha(tx, job.submission_id, outcome)


async def _asked(context: JobContext, chosen: store.Choice, token: str) -> str:
    checker: CaptchaCheck | None = context.services.extra.get(NAME)
    if checker is None or chosen.captcha_secret is None or chosen.captcha == "none":
        return "unchecked"
    try:
        secret = context.services.crypto.open(
            chosen.captcha_secret, workspace=context.workspace_id, kind=actions.KIND, id=context.workspace_id
        ).decode()
    except CannotOpen:
        log.error("screening.captcha_secret_unreadable", workspace_id=str(context.workspace_id))
        return "unchecked"
    return await checker.ask(chosen.captcha, secret, token)


async def purge_proofs(context: JobContext, job: Nothing) -> None:
    """Forget challenges that have long expired."""
    await purge_rows(context, "screening_proof", store.PURGE_PROOFS, utcnow() - timedelta(days=31))


SETTLE = JobKind(name="screening.settle", payload=Settle, run=settle, priority=URGENT)
CHECK_CAPTCHA = JobKind(
    name="screening.check_captcha",
    payload=Captcha,
    run=check_captcha,
    mode="effect",
    # Tokens are good for two to five minutes: later there is nothing to ask.
    policy=RetryPolicy((1, 3, 10, 30)),
    priority=URGENT,
)
PURGE_PROOFS = JobKind(name="screening.purge_proofs", payload=Nothing, run=purge_proofs, mode="effect")
KINDS = (SETTLE, CHECK_CAPTCHA, PURGE_PROOFS)
SCHEDULE = (Cron(name="screening.purge_proofs", every=HOUR, kind=PURGE_PROOFS, payload=Nothing()),)


def _key(submission_id: UUID) -> str:
    return f"screening {submission_id}"


async def propose(tx: TenantTx, submission_id: UUID, *, spam: bool, by: str) -> bool:
    """Do what a person asked for after the time to undo it; False when somebody was quicker. Raises NotFound."""
    if not await actions.propose(tx, submission_id, spam=spam):
        return False
    due = utcnow() + timedelta(seconds=UNDO_S)
    await enqueue(tx, SETTLE, Settle(submission_id, spam, by), due_at=due, unique=_key(submission_id))
    return True


async def withdraw(tx: TenantTx, submission_id: UUID) -> None:
    """Undo. Raises Conflict when it has happened already, NotFound."""
    await actions.withdraw(tx, submission_id)
    await cancel(tx, _key(submission_id))


async def look_closer(tx: TenantTx, submission_id: UUID) -> None:
    """Have the captcha of a submission checked."""
    await enqueue(tx, CHECK_CAPTCHA, Captcha(submission_id), unique=f"captcha {submission_id}")
