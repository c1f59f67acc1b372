"""What a lead answered beside its core fields, as people read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from leadsbot.features.capture.public import Source, Submission
from leadsbot.features.forms.public import Definition, live, read_answers
from leadsbot.features.leads.model import Lead
from leadsbot.kit.headline import CHOSEN, UNTOLD, Told, headline

DEFAULT_BASIS: Final = "legitimate_interests"
DEFAULT_NOTICE: Final = "1"
"""What a source says of itself as long as nobody told it otherwise."""


def in_one_line(lead: Lead, sources: Mapping[UUID, Source]) -> str:
    """What a lead without a message says, by the live form of the source that it came in through."""
    source = sources.get(lead.source_id) if lead.source_id else None
    form = live(source) if source is not None else None
    return one_line(lead.fields, form.definition if form else None)


def one_line(fields: Mapping[str, Any], form: Definition | None) -> str:
    """Answers without a message as one line, by the form that was filled in if there was one."""
    answers = read_answers(fields, [form] if form else [])
    return headline(
        Told(each.label, each.value, each.type not in CHOSEN) for each in answers if each.type not in UNTOLD
    )


class Agreed(NamedTuple):
    """What was asked to be agreed to: the exact words that were shown, and whether they were."""

    label: str
    given: bool
    text: str
    version: str
    language: str


def agreed(submission: Submission, form: Definition | None) -> list[Agreed]:
    """The consents that were recorded with a submission, in the order of its form."""
    labels = {each.key: each.label for each in form.fields()} if form else {}
    return [
        Agreed(
            labels.get(str(each.get("field"))) or "Consent", bool(each.get("given")), str(each.get("text") or ""),
            str(each.get("text_version") or ""), str(each.get("language") or ""),
        )
        for each in submission.consents or ()
    ]  # fmt: skip


def lawful(submission: Submission, form: Definition | None) -> tuple[str, str]:
    """The lawful basis, and the version of the privacy notice, that somebody chose; empty where a default of ours was
    stored because nobody did."""
    based = submission.lawful_basis != DEFAULT_BASIS or (form is not None and form.lawful_basis)
    noticed = submission.notice_version != DEFAULT_NOTICE or (form and (form.notice_url or form.notice_version))
    basis = submission.lawful_basis.replace("_", " ").capitalize() if based else ""
    return basis, submission.notice_version if noticed else ""
