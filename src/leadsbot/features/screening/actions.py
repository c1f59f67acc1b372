"""Every write of screening: choices, what people say about submissions, what is learned from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from leadsbot.contracts.events import SubmissionLabelled
from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Label, Submission
from leadsbot.features.screening import checks, store
from leadsbot.features.screening.learning import words
from leadsbot.features.screening.learning.ftrl import BadState, Model
from leadsbot.features.screening.learning.prior import prior
from leadsbot.features.screening.model import CAPTCHAS, PROOF_MODES, SENSITIVITIES
from leadsbot.features.screening.signals.said import said
from leadsbot.features.screening.store import Choice
from leadsbot.infra.crypto import CannotOpen, Crypto, Resealed
from leadsbot.infra.db.base import CAPTURE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.log import emit
from leadsbot.kit import ids
from leadsbot.kit.errors import Conflict, Invalid, NotFound
from leadsbot.kit.text import clean

KIND = "captcha"
ALLOWED = {"sensitivity": SENSITIVITIES, "proof_of_work": PROOF_MODES, "captcha": CAPTCHAS}
PENDING = "captcha_pending"


async def choose(tx: TenantTx, crypto: Crypto, *, captcha_secret: str | None = None, **given: str) -> Choice:
    """Change choices (``sensitivity``, ``proof_of_work``, ``captcha``, ``captcha_site_key``); what is not named stays.

    In force within a second of the commit, for every source. An empty ``captcha_secret`` leaves the stored one. Raises
    Invalid that names the field.
    """
    for name, allowed in ALLOWED.items():
        if name in given and given[name] not in allowed:
            raise Invalid(name, f"Choose one of {', '.join(allowed)}.", code="unknown_choice")
    values: dict[str, Any] = dict(given)
    if "captcha_site_key" in given:
        values["captcha_site_key"] = clean(given["captcha_site_key"], "captcha_site_key", 200).strip()
    if captcha_secret:
        secret = clean(captcha_secret, "captcha_secret", 500).strip()
        values["captcha_secret"] = crypto.seal(secret, workspace=tx.workspace_id, kind=KIND, id=tx.workspace_id)
    before = await store.choice(tx)
    after = Choice(**{name: values.get(name, getattr(before, name)) for name in Choice.__slots__})
    if after.captcha != "none" and not after.captcha_site_key:
        raise Invalid("captcha_site_key", "Paste the site key that the provider gave you.", code="missing")
    if after.captcha != "none" and not after.captcha_secret:
        raise Invalid("captcha_secret", "Paste the secret key that the provider gave you.", code="missing")
    if values:
        await store.choose(tx, **values)
        await checks.apply(tx)
    return after


async def label(tx: TenantTx, submission_id: UUID, *, spam: bool, by: str) -> None:
    """Say what a submission is: the filter learns from it, and what was held back and is genuine goes its way at once.

    A submission that is called spam after it became a lead leaves the lead as it is. Raises NotFound.
    """
    submission = await _locked(tx, submission_id)
    if submission.label != _word(spam=spam):
        await capture.label_submission(tx, submission_id, _word(spam=spam))
    if await _settled(tx, submission_id) != _word(spam=spam):
        await store.save_label(tx, submission_id, spam=spam, by=by)
        await emit(tx, SubmissionLabelled(submission_id=submission_id, spam=spam), by=by)
    if not spam:
        await capture.release_submission(tx, submission_id, by=by)


async def propose(tx: TenantTx, submission_id: UUID, *, spam: bool) -> bool:
    """Take a submission out of the folder as a person asked, before it has any effect; False when somebody was quicker.

    :func:`label` makes it so some seconds later; :func:`withdraw` takes it back until then.
    """
    submission = await _locked(tx, submission_id)
    wanted = _word(spam=spam)
    if not submission.quarantined or wanted == submission.label or await pending(tx, submission):
        return False
    await capture.label_submission(tx, submission_id, wanted)
    return True


async def pending(tx: TenantTx, submission: Submission) -> bool:
    """Whether something was proposed for this submission that has not taken effect and can be withdrawn."""
    return submission.quarantined and submission.label != await _settled(tx, submission.id)


async def withdraw(tx: TenantTx, submission_id: UUID) -> None:
    """Put a submission back into the folder. Raises Conflict when what was asked for has happened already."""
    submission = await _locked(tx, submission_id)
    if not await pending(tx, submission):
        raise Conflict("This has taken effect already and cannot be undone here.")
    await capture.label_submission(tx, submission_id, await _settled(tx, submission_id))


async def teach(tx: TenantTx, submission_id: UUID) -> bool:
    """Let the filter learn what was said last about a submission; False when there is nothing new to learn.

    Learning something once is all there is to it, however often it is told.
    """
    said_of = await store.label(tx, submission_id)
    submission = await capture.get_submission(tx, submission_id)
    if said_of is None or submission is None or said_of.taught is said_of.spam:
        return False
    await store.mark_taught(tx, submission_id, spam=said_of.spam)
    text = words.plain(said(submission.fields).text)
    if not text.strip():
        return False
    reading = words.read(text)
    state = await store.model(tx)
    try:
        model = Model() if state is None else Model.load(state)
    except BadState:
        model = Model()
    model.learn(reading.features, spam=said_of.spam, offset=prior().logit(reading))
    await store.save_model(tx, model.dump())
    return True


async def forget(tx: TenantTx) -> None:
    """Let the filter begin again as it was shipped."""
    await store.forget_model(tx)


async def spend(tx: TenantTx, submission: Submission) -> bool:
    """Use up the solved challenge of a submission; a second submission with it is held back, and False is returned."""
    verdict = submission.verdict or {}
    if await store.spend(tx, str(verdict.get("proof")), submission.id):
        return True
    reasons = ["proof_reused", *verdict.get("reasons", [])]
    await capture.hold_submission(tx, submission.id, {**verdict, "verdict": "quarantine", "reasons": reasons})
    return False


async def captcha_of(tx: TenantTx, submission_id: UUID) -> str | None:
    """The captcha token of a submission that waits for its check."""
    submission = await capture.get_submission(tx, submission_id)
    token = (submission.verdict or {}).get("captcha") if submission else None
    return str(token) if token else None


async def settle_captcha(tx: TenantTx, submission_id: UUID, outcome: str) -> bool:
    """Write down what the captcha's provider said (``passed``, ``failed``, ``unchecked``) and release what has passed;
    whether it was released. What somebody has looked at meanwhile stays as they left it."""
    submission = await capture.get_submission(tx, submission_id, lock=True)
    verdict = dict(submission.verdict or {}) if submission else {}
    if submission is None or "captcha" not in verdict:
        return False
    del verdict["captcha"]
    verdict["reasons"] = [f"captcha_{outcome}", *(each for each in verdict.get("reasons", []) if each != PENDING)]
    waiting = submission.quarantined and submission.label is None
    if waiting and outcome == "passed":
        return await capture.release_submission(tx, submission_id, by="system", verdict={**verdict, "verdict": "allow"})
    if submission.quarantined:
        await capture.hold_submission(tx, submission_id, verdict)
    return False


async def reseal(db: Database, address: Callable[[str], str], crypto: Crypto) -> Resealed:
    """Seal the captcha secrets of all workspaces with the present key."""
    done = Resealed()
    for workspace, envelope in await store.sealed_secrets(address(CAPTURE)):
        if crypto.is_current(envelope):
            done += Resealed(current=1)
            continue
        try:
            secret = crypto.open(envelope, workspace=workspace, kind=KIND, id=workspace)
        except CannotOpen:
            done += Resealed(lost=(f"the captcha secret of {ids.show(ids.WORKSPACE, workspace)}",))
            continue
        async with db.tenant(workspace) as tx:
            anew = crypto.seal(secret, workspace=workspace, kind=KIND, id=workspace)
            done += Resealed(anew=int(await store.swap_secret(tx, envelope, anew)))
    return done


def _word(*, spam: bool) -> Label:
    return "spam" if spam else "genuine"


async def _settled(tx: TenantTx, submission_id: UUID) -> Label | None:
    """What has taken effect of what was said about a submission."""
    known = await store.label(tx, submission_id)
    return None if known is None else _word(spam=known.spam)


async def _locked(tx: TenantTx, submission_id: UUID) -> Submission:
    submission = await capture.get_submission(tx, submission_id, lock=True)
    if submission is None:
        raise NotFound("There is no such submission.")
    return submission
