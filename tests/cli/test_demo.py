"""``leadsbot demo``: a workspace that a visitor believes, made by the code that makes real ones."""

from __future__ import annotations

import asyncio
import random
import re
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest

from leadsbot.cli.demo_people import DAYS, LEADS, ZONE, people
from leadsbot.kit.clock import in_zone
from leadsbot.testing.postgres import TestDatabase
from tests.cli.serving import ROOT, environment


@pytest.mark.parametrize("weekday", range(7))
def test_people_are_told_apart_and_their_answers_fit_together(weekday: int) -> None:
    now = datetime(2026, 3, 2 + weekday, 9, 30, tzinfo=UTC)
    found = people(random.Random(20), now)

    assert len(found) == len({each.email for each in found}) == len({each.fields["name"] for each in found}) == LEADS
    numbers = [each.fields["phone"] for each in found if "phone" in each.fields]
    assert len(numbers) == len(set(numbers))
    texts = [each.fields["message"] for each in found if "message" in each.fields]
    texts += [text for each in found for _, text in each.again]
    assert len(texts) == len(set(texts)) > 150
    assert not [text for text in texts if "{" in text]
    beginnings = Counter(re.split(r"(?<=[.?!]) ", text)[0] for text in texts)
    assert max(beginnings.values()) <= 14
    moments = [each.at for each in found] + [at for each in found for at, _ in each.again]
    assert max(moments) < now
    assert min(moments) > now - timedelta(days=DAYS)
    by_day = [8 <= in_zone(each.at, ZONE).hour < 20 for each in found]
    assert sum(by_day) > len(found) * 0.6
    for each in found:
        mailbox, _, host = each.email.partition("@")
        assert each.junk or each.first.lower()[0] in mailbox
        assert host.rpartition(".")[2] == "example" or host.startswith("example."), "nobody real is written to"
        if "company" in each.fields:
            assert host[:3] == "".join(c for c in each.fields["company"].lower() if c.isalnum())[:3]
        assert ("Estimate" in each.fields) == (each.door == "calculator")


async def test_the_demo_fills_a_workspace_whose_history_reads_like_three_weeks_of_work(
    data: Path, fresh_database: TestDatabase
) -> None:
    env = environment(data, DATABASE_URL=fresh_database.owner)
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "leadsbot", "demo"], env=env, cwd=ROOT, capture_output=True, text=True,
        timeout=180,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"A workspace with {LEADS} leads is there. Sign out" in done.stdout
    assert "http://127.0.0.1:8000/login\n" in done.stdout
    assert "No chat is connected" in done.stdout

    connection = await asyncpg.connect(fresh_database.superuser)
    try:
        leads = await connection.fetch("SELECT *, clock_timestamp() - created_at AS age FROM lead")
        events = await connection.fetch("SELECT * FROM event_log WHERE type LIKE 'lead.%'")
        lag = await connection.fetchval("SELECT max(clock_timestamp() - occurred_at) FROM outbox")
    finally:
        await connection.close()
    assert len(leads) == LEADS
    assert {each["stage"] for each in leads} == {"new", "contacted", "qualified", "won", "lost", "junk"}
    assert not [each for each in leads if each["stage"] == "new" and each["age"] > timedelta(days=3)]
    assert not [each for each in leads if each["stage"] in {"won", "lost"} and each["age"] < timedelta(days=2)]
    assert len({each["owner_id"] for each in leads} - {None}) == 3
    assert sum(bool(each["tags"]) for each in leads) > 50
    assert sum(each["submission_count"] > 1 for each in leads) > 8
    created = {each["subject_id"]: each["occurred_at"] for each in events if each["type"] == "lead.created"}
    for each in events:
        assert each["occurred_at"] >= created[each["subject_id"]]
    assert {each["id"]: each["created_at"] for each in leads} == created
    assert sum(each["type"] == "lead.note_added" for each in events) > 50
    # What is told of the past is dispatched as of now: nobody is alarmed by work that waits for weeks.
    assert lag is None or lag < timedelta(minutes=10)
