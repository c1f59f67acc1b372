"""What forms do later: files whose submission never came are deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from leadsbot.features.forms import actions
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.kinds import LATER, JobContext, JobKind
from leadsbot.infra.jobs.queue import enqueue
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


DROP_ORPHANS = JobKind(name="forms.drop_orphans", payload=Files, run=drop_orphans, priority=LATER)
KINDS = (DROP_ORPHANS,)
