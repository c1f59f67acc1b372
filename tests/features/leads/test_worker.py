"""From the outbox to the lead, through the engine that runs in production."""

from __future__ import annotations

import asyncio

from leadsbot.contracts.events import SubmissionReceived
from leadsbot.features.leads.feature import FEATURE
from leadsbot.infra.db.base import QUEUE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.events.log import emit
from leadsbot.infra.jobs.registry import Kinds
from leadsbot.infra.jobs.worker import Worker
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase
from tests.features.leads.conftest import open_desk


async def test_events_delivered_twice_and_all_at_once_make_one_lead_per_person(
    fresh_database: TestDatabase, fresh_db: Database
) -> None:
    desk = await open_desk(fresh_db, f"{new_id()}@example.org")
    submissions = [await desk.submit({"email": f"p{n % 4}@example.org", "message": str(n)}) for n in range(20)]
    async with fresh_db.tenant(desk.workspace) as tx:
        for submission_id in submissions * 2:
            await emit(tx, SubmissionReceived(submission_id=submission_id, source_id=desk.source))
    stop = asyncio.Event()
    worker = Worker(fresh_database.of(QUEUE), fresh_db, Kinds(FEATURE.jobs, FEATURE.handlers), None)

    running = asyncio.create_task(worker.run(stop))
    try:
        async with asyncio.timeout(60):
            while sum(lead.submission_count for lead in await desk.all()) < len(submissions):
                await asyncio.sleep(0.05)
    finally:
        stop.set()
        await running

    assert [lead.submission_count for lead in await desk.all()] == [5, 5, 5, 5]
