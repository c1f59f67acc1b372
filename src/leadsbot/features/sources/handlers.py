"""What sources do when a workspace is made: open the first doors, so that the first page has something to paste."""

from __future__ import annotations

from leadsbot.contracts.events import WorkspaceCreated
from leadsbot.features.capture import public as capture
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs.kinds import URGENT, Handler, JobContext

FIRST = (("webhook", "API"), ("widget", "Website widget"))


async def open_first_sources(tx: TenantTx, context: JobContext, event: WorkspaceCreated) -> None:
    """A webhook and a widget token, unless somebody was quicker; the first form is made by forms."""
    known = {source.kind for source in await capture.list_sources(tx)}
    for kind, name in FIRST:
        if kind not in known:
            await capture.create_source(tx, kind, name)


HANDLERS = (Handler(name="sources.open_first", event=WorkspaceCreated, run=open_first_sources, priority=URGENT),)
