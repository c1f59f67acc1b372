"""The manifest of confirmations."""

from __future__ import annotations

from leadsbot.contracts.events import LeadCreated, LeadSubmissionJoined
from leadsbot.features.confirmations import sending
from leadsbot.features.confirmations.model import CHANNEL
from leadsbot.features.deliveries.public import RESEND
from leadsbot.infra.feature import Feature
from leadsbot.infra.jobs.kinds import Handler

FEATURE = Feature(
    name="confirmations",
    handlers=(
        Handler(name="confirmations.confirm", event=LeadCreated, run=sending.confirm),
        Handler(name="confirmations.confirm_repeat", event=LeadSubmissionJoined, run=sending.confirm),
    ),
    jobs=(sending.SEND,),
)

RESEND[CHANNEL] = sending.resend
