"""The technical log: every request of a busy second is in it, with families instead of people."""

from __future__ import annotations

import asyncpg

from leadsbot.features.accounts.feature import FEATURE
from leadsbot.infra import metrics
from leadsbot.infra.db.pool import Database
from leadsbot.infra.technical.recorder import Recorder
from leadsbot.testing.postgres import TestDatabase
from leadsbot.web.app import build_app
from tests.cast import browser, services
from tests.web.conftest import by_header

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.4 Mobile/15E148 Safari/604.1"
)


async def test_every_request_is_logged_however_many_come_at_once(
    fresh_database: TestDatabase, fresh_db: Database
) -> None:
    recorder = Recorder(fresh_db)
    app = build_app((FEATURE,), services(fresh_db), authenticate=by_header, recorder=recorder)
    counted = metrics.REQUESTS.labels("dashboard", "200")
    before = counted._value.get()
    async with browser(app) as somebody:
        for number in range(40):
            await somebody.get(f"/login?next=/leads/{number}", headers={"user-agent": PHONE})
        await somebody.get("/nowhere/pat@example.com")
    await recorder.flush()

    owner = await asyncpg.connect(fresh_database.superuser)
    rows = await owner.fetch("SELECT * FROM request_log ORDER BY id")
    await owner.close()
    assert recorder.dropped == 0
    assert counted._value.get() == before + 40
    assert [(row["route"], row["status"]) for row in rows] == [("/login", 200)] * 40 + [("(none)", 404)]
    assert {(row["browser"], row["system"]) for row in rows[:40]} == {("Mobile Safari", "iOS")}
    assert "pat@" not in str(rows)


async def test_rows_that_cannot_be_written_are_counted_and_harm_nothing(
    fresh_database: TestDatabase, fresh_db: Database
) -> None:
    recorder = Recorder(fresh_db)
    owner = await asyncpg.connect(fresh_database.superuser)
    await owner.execute("REVOKE INSERT ON error_trace FROM leadsbot_app")
    dropped = metrics.DROPPED._value.get()

    for _ in range(3):
        recorder.error("a test", ValueError("no"), None)
    await recorder.flush()
    await owner.execute("GRANT INSERT ON error_trace TO leadsbot_app")
    recorder.error("a test", ValueError("Call +49 30 1234567"), "req_1")
    recorder.error("a test", ValueError("Write to pat@example.com"), "req_2")
    await recorder.flush()

    assert recorder.dropped == 3
    assert metrics.DROPPED._value.get() == dropped + 3
    rows = await owner.fetch("SELECT type, trace FROM error_trace ORDER BY id")
    await owner.close()
    assert [tuple(row) for row in rows] == [
        ("ValueError", "ValueError: Call [phone]"),
        ("ValueError", "ValueError: Write to [e-mail]"),
    ]
