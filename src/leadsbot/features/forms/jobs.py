"""What forms do later: files whose submission never came and old beginnings are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from leadsbot.features.forms import actions, store
from leadsbot.features.forms.tables import PARTIAL_DAYS
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.cron import HOUR
from leadsbot.infra.jobs.kinds import LATER, Cron, JobContext, JobKind
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.infra.upkeep import Nothing, purge_rows
from leadsbot.kit.clock import utcnow

ORPHAN_LIFE: Final = timedelta(days=1)


class Files(msgspec.Struct, frozen=True):
    """The files of one request."""

    uploads: list[UUID]


async def drop_orphans(tx: TenantTx, context: JobContext, job: Files) -> None:
    """Delete those that belong to no submission by now."""
    await actions.drop_orphans(tx, job.uploads)


async def look_again(tx: TenantTx, uploads: Sequence[UUID]) -> None:
    """Have files looked at in a day. Not a purge by age: after a long standstill of the workers that would delete what
    they have not given to its submission yet."""
    await enqueue(tx, DROP_ORPHANS, Files(list(uploads)), due_at=utcnow() + ORPHAN_LIFE)


async def purge_partials(context: JobContext, job: Nothing) -> None:
    """Delete beginnings that nobody went on with for 30 days, and leave a record of it."""
    await purge_rows(context, "form_partial", store.PURGE_PARTIALS, utcnow() - timedelta(days=PARTIAL_DAYS))


DROP_ORPHANS = JobKind(name="forms.drop_orphans", payload=Files, run=drop_orphans, priority=LATER)
PURGE_PARTIALS = JobKind(name="forms.purge_partials", payload=Nothing, run=purge_partials, mode="effect")
KINDS = (DROP_ORPHANS, PURGE_PARTIALS)
SCHEDULE = (Cron(name="forms.purge_partials", every=HOUR, kind=PURGE_PARTIALS, payload=Nothing()),)
