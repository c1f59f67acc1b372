"""What was held back goes after 30 days, by the worker, with a record; everything else stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import insert, text

from leadsbot.features.capture import jobs
from leadsbot.features.capture.public import create_source
from leadsbot.features.capture.tables import Submission
from leadsbot.features.screening import actions, later
from leadsbot.infra.db.base import QUEUE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.jobs.kinds import JobContext
from leadsbot.infra.upkeep import QUEUE_DSN, Nothing
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase
from tests.cast import services


class Store:
    """A database of one's own with submissions of any age, and the worker's view of it."""

    def __init__(self, database: TestDatabase, db: Database) -> None:
        self.database, self.db = database, db
        extra: dict[str, Any] = {QUEUE_DSN: database.of(QUEUE)}
        self.context = JobContext(services(db, extra=extra), None, 1, 1, 1)

    async def workspace(self) -> UUID:
        made = new_id()
        async with self.db.tenant(made) as tx:
            self.source = (await create_source(tx, "form", "Contact")).id
        return made

    async def submission(self, workspace: UUID, source: UUID, days: float, **more: Any) -> UUID:
        made = new_id()
        async with self.db.tenant(workspace) as tx:
            await tx.execute(
                insert(Submission).values(
                    workspace_id=workspace, id=made, source_id=source, fields={"name": "Kevin"}, context={},
                    body_hash=b"", received_at=utcnow() - timedelta(days=days), lawful_basis="consent",
                    notice_version="1", **more,
                )
            )  # fmt: skip
        return made

    async def left(self) -> set[UUID]:
        connection = await asyncpg.connect(self.database.superuser)
        try:
            return {row[0] for row in await connection.fetch("SELECT id FROM submission")}
        finally:
            await connection.close()


@pytest.fixture
def store(fresh_database: TestDatabase, fresh_db: Database) -> Store:
    return Store(fresh_database, fresh_db)


async def test_what_was_held_back_goes_after_thirty_days_and_leaves_a_record(store: Store) -> None:
    kept, gone = set(), set()
    for _ in range(2):
        workspace = await store.workspace()
        source = store.source
        gone.add(await store.submission(workspace, source, 31, quarantined=True))
        labelled = await store.submission(workspace, source, 30.1, quarantined=True, label="spam")
        async with store.db.tenant(workspace) as tx:
            await actions.label(tx, labelled, spam=True, by="system")
        gone.add(labelled)
        kept.add(await store.submission(workspace, source, 29, quarantined=True))
        kept.add(await store.submission(workspace, source, 400, quarantined=False))
        kept.add(await store.submission(workspace, source, 400, quarantined=True, lead_id=new_id()))
    assert await store.left() == kept | gone

    await jobs.purge_held(store.context, Nothing())

    assert await store.left() == kept
    async with store.db.system() as tx:
        runs = (await tx.execute(text("SELECT table_name, rows_deleted, cutoff FROM purge_run"))).all()
    (run,) = [run for run in runs if run[0] == "submission"]
    assert run[1] == 4
    assert abs((utcnow() - timedelta(days=30) - run[2]).total_seconds()) < 60
    async with store.db.tenant(workspace) as tx:
        assert await tx.scalar(text("SELECT count(*) FROM screening_label")) == 0


async def test_the_chore_can_reach_nothing_else(store: Store) -> None:
    workspace = await store.workspace()
    await store.submission(workspace, store.source, 1)
    await store.submission(workspace, store.source, 29, quarantined=True)
    connection = await asyncpg.connect(store.database.of(QUEUE))
    try:
        assert await connection.fetchval("SELECT count(quarantined) FROM submission") == 0
        assert await connection.execute("DELETE FROM submission") == "DELETE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT fields FROM submission")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute("UPDATE submission SET quarantined = true")
    finally:
        await connection.close()


async def test_challenges_are_forgotten_long_after_they_expired(store: Store) -> None:
    workspace = await store.workspace()
    connection = await asyncpg.connect(store.database.superuser)
    for days in (0, 30, 32):
        await connection.execute(
            "INSERT INTO screening_proof VALUES ($1, $2, $3, now() - $4::int * interval '1 day')",
            workspace, str(days), new_id(), days,
        )  # fmt: skip
    await later.purge_proofs(store.context, Nothing())
    left = [row[0] for row in await connection.fetch("SELECT mark FROM screening_proof ORDER BY mark")]
    await connection.close()
    assert left == ["0", "30"]
