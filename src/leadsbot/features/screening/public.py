"""What other features may use of screening. The edge is not among it: only processes that take submissions load it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from leadsbot.features.capture.public import Submission
from leadsbot.features.screening import actions, later
from leadsbot.features.screening.checks import Asks, asks
from leadsbot.features.screening.named import ANSWERS
from leadsbot.features.screening.reasons import in_words
from leadsbot.features.screening.token import mint_token
from leadsbot.infra.db.tx import TenantTx


async def hold_back(tx: TenantTx, submission: Submission) -> bool:
    """Whether a submission must not become a lead now; to be asked by intake, in the transaction that makes the lead.

    A solved challenge is used up here, so that however many web processes took it, one submission gets through. What
    waits for a captcha is checked by a job, which releases it.
    """
    verdict: dict[str, Any] = submission.verdict or {}
    if submission.quarantined:
        if verdict.get("captcha"):
            await later.look_closer(tx, submission.id)
        return True
    return bool(verdict.get("proof")) and not await actions.spend(tx, submission)


async def label(tx: TenantTx, submission_id: UUID, *, spam: bool, by: str) -> None:
    """Say what a submission is; see :func:`~leadsbot.features.screening.actions.label`."""
    await actions.label(tx, submission_id, spam=spam, by=by)


__all__ = ["ANSWERS", "Asks", "asks", "hold_back", "in_words", "label", "mint_token"]
