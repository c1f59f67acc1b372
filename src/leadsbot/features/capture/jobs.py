"""The chore of capture: what was held back and nobody wanted is deleted after 30 days."""

from __future__ import annotations

from datetime import timedelta

from leadsbot.features.capture import store
from leadsbot.features.capture.tables import HELD_DAYS
from leadsbot.infra.jobs.cron import HOUR
from leadsbot.infra.jobs.kinds import Cron, JobContext, JobKind
from leadsbot.infra.upkeep import Nothing, purge_rows
from leadsbot.kit.clock import utcnow


async def purge_held(context: JobContext, job: Nothing) -> None:
    """Delete submissions that were in quarantine for 30 days, with their labels, and leave a record of it."""
    await purge_rows(context, "submission", store.PURGE_HELD, utcnow() - timedelta(days=HELD_DAYS))


PURGE_HELD = JobKind(name="capture.purge_held", payload=Nothing, run=purge_held, mode="effect")
SCHEDULE = (Cron(name="capture.purge_held", every=HOUR, kind=PURGE_HELD, payload=Nothing()),)
