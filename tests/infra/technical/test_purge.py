"""Technical logs are gone after 30 days, by the scheduled job and with proof (R26)."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import asyncpg
from prometheus_client import REGISTRY

from leadsbot import wiring
from leadsbot.infra.db.base import QUEUE
from leadsbot.infra.db.create import models
from leadsbot.infra.db.pool import Database
from leadsbot.infra.jobs.worker import Worker
from leadsbot.infra.upkeep import QUEUE_DSN
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase
from tests.cast import services
from tests.product import until

ROWS: dict[str, dict[str, Any]] = {
    "request_log": {"request_id": "req_1", "method": "GET", "route": "/leads", "status": 200, "milliseconds": 1},
    "error_trace": {"place": "a test", "type": "ValueError", "trace": "ValueError"},
    "delivery_attempt": {
        "workspace_id": new_id(), "delivery_id": new_id(), "n": 1, "outcome": "sent", "milliseconds": 1,
    },
    "widget_load": {
        "workspace_id": new_id(), "source_id": new_id(), "site": "https://a.example", "mode": "inline", "loads": 1,
    },
    "source_refusal": {"workspace_id": new_id(), "source_id": new_id(), "code": "forbidden", "times": 1},
}  # fmt: skip
"""A row of every technical table; one that is not here fails the test."""
AGES = {"a day too old": timedelta(days=31), "an hour too old": timedelta(days=30, hours=1), "kept": timedelta(days=29)}


async def _insert(owner: asyncpg.Connection[asyncpg.Record], table: str, at: datetime) -> None:
    row = {"at": at, **ROWS[table]}
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await owner.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", *row.values())


async def test_the_scheduled_purge_takes_what_is_older_than_thirty_days_and_proves_it(
    fresh_database: TestDatabase, fresh_db: Database
) -> None:
    partitioned = {model.__tablename__ for model in models() if model.__partition__}
    assert partitioned == ROWS.keys()
    owner, now = await asyncpg.connect(fresh_database.superuser), utcnow()
    # The days that the rows belong to have partitions, as they have in an installation that runs for a month.
    await owner.execute("SELECT keep_partitions($1)", now - timedelta(days=32))
    for table in ROWS:
        for age in AGES.values():
            await _insert(owner, table, now - age)
    for age in (31, 29):
        await owner.execute(
            "INSERT INTO job (kind, payload, state, last_error, ended_at) VALUES ('x', '{}', 2, $1, $2)",
            f"{age} days", now - timedelta(days=age),
        )  # fmt: skip

    await _work_until_purged(fresh_database, fresh_db, owner)

    runs = {row["table_name"]: row for row in await owner.fetch("SELECT * FROM purge_run WHERE ran_at >= $1", now)}
    for table in ROWS:
        assert [row["at"] for row in await owner.fetch(f"SELECT at FROM {table}")] == [now - AGES["kept"]]
        run = runs[table]
        assert run["partitions_dropped"] >= 1
        assert run["rows_deleted"] == 1
        assert run["oldest_row"] == now - AGES["kept"]
        assert timedelta(days=30) <= utcnow() - run["cutoff"] < timedelta(days=30, minutes=5)
        days = REGISTRY.get_sample_value("leadsbot_oldest_log_row_days", {"table": table})
        assert days is not None
        assert 29 <= days < 29.1
    dead = await owner.fetch("SELECT last_error FROM job WHERE state = 2")
    assert [row["last_error"] for row in dead] == ["29 days"]
    await owner.close()


async def _work_until_purged(database: TestDatabase, db: Database, owner: asyncpg.Connection[asyncpg.Record]) -> None:
    """Let a worker with the program's own schedule run until the purge has left its record for every table."""
    given = services(db, extra={QUEUE_DSN: database.of(QUEUE)})
    stop = asyncio.Event()
    worker = Worker(database.of(QUEUE), db, wiring.kinds(), given, schedule=wiring.schedule())
    running = asyncio.create_task(worker.run(stop))
    before = await owner.fetchval("SELECT count(*) FROM purge_run")
    await until(lambda: owner.fetchval("SELECT count(*) >= $1 FROM purge_run", before + len(ROWS)))
    stop.set()
    await running
