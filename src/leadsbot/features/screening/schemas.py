"""Submissions, labels and choices as the API shows and takes them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from leadsbot.features.capture.public import Submission
from leadsbot.features.screening.reasons import reasons_of
from leadsbot.features.screening.store import Choice
from leadsbot.kit import ids
from leadsbot.web.params import Moment

Sensitivity = Literal["off", "low", "normal", "high"]
ProofOfWork = Literal["off", "doubtful", "always"]
Captcha = Literal["none", "turnstile", "hcaptcha"]


Said = Literal["genuine", "spam"]


class VerdictOut(msgspec.Struct):
    """What screening said. `score` is from 0 (a person) to 1 (a bot); `reasons` are codes, the weightiest first, and
    `explanations` the same in words."""

    verdict: Literal["allow", "quarantine", "block"]
    score: float
    reasons: list[str]
    explanations: list[str]


class SubmissionOut(msgspec.Struct):
    """One submission as it came. `label` is what a person said of it; `lead_id` the lead it went into."""

    id: str
    source_id: str
    quarantined: bool
    verdict: VerdictOut | None
    label: Said | None
    lead_id: str | None
    fields: dict[str, Any]
    context: dict[str, Any]
    ip: str | None
    lawful_basis: str
    notice_version: str
    received_at: Moment


class LabelIn(msgspec.Struct, forbid_unknown_fields=True):
    """What a submission is."""

    label: Annotated[Said, msgspec.Meta(description="`genuine` releases it when it is held back.")]


class ScreeningOut(msgspec.Struct):
    """How submissions are screened. `learned` is from how many labelled ones the filter has learned."""

    sensitivity: Sensitivity
    proof_of_work: ProofOfWork
    captcha: Captcha
    captcha_site_key: str
    captcha_secret_set: bool
    learned: int


class ScreeningPatch(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; what is left out stays."""

    sensitivity: Sensitivity | msgspec.UnsetType = msgspec.UNSET
    proof_of_work: ProofOfWork | msgspec.UnsetType = msgspec.UNSET
    captcha: Captcha | msgspec.UnsetType = msgspec.UNSET
    captcha_site_key: Annotated[str, msgspec.Meta(max_length=200)] | msgspec.UnsetType = msgspec.UNSET
    captcha_secret: (
        Annotated[str, msgspec.Meta(min_length=1, max_length=500, description="Never shown again.")] | msgspec.UnsetType
    ) = msgspec.UNSET

    def given(self) -> dict[str, Any]:
        """The choices that are to be changed."""
        return {name: value for name, value in msgspec.structs.asdict(self).items() if value is not msgspec.UNSET}


def submission_out(submission: Submission) -> SubmissionOut:
    """A submission as the API shows it."""
    return SubmissionOut(
        id=ids.show(ids.SUBMISSION, submission.id),
        source_id=ids.show(ids.SOURCE, submission.source_id),
        quarantined=submission.quarantined,
        verdict=_verdict(submission.verdict),
        label=submission.label,
        lead_id=ids.show(ids.LEAD, submission.lead_id) if submission.lead_id else None,
        fields=submission.fields,
        context=submission.context,
        ip=submission.ip,
        lawful_basis=submission.lawful_basis,
        notice_version=submission.notice_version,
        received_at=submission.received_at,
    )


def _verdict(stored: dict[str, Any] | None) -> VerdictOut | None:
    if stored is None:
        return None
    reasons = [str(each) for each in stored.get("reasons", [])]
    return VerdictOut(stored.get("verdict", "allow"), float(stored.get("score", 0)), reasons, reasons_of(stored))


def screening_out(chosen: Choice, learned: int) -> ScreeningOut:
    """The workspace's choices as the API shows them."""
    return ScreeningOut(
        sensitivity=chosen.sensitivity,  # type: ignore[arg-type]  # only choices are ever stored
        proof_of_work=chosen.proof_of_work,  # type: ignore[arg-type]
        captcha=chosen.captcha,  # type: ignore[arg-type]
        captcha_site_key=chosen.captcha_site_key,
        captcha_secret_set=chosen.captcha_secret is not None,
        learned=learned,
    )
