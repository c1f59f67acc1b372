"""The public contract of capture, over real HTTP against the real database."""

from __future__ import annotations

import json

from .conftest import Door


async def test_a_json_lead_is_stored_and_answered_with_its_id(door: Door) -> None:
    source = await door.source()
    answer = await door.post(source, json={"name": "Ada", "email": "ada@example.com", "budget": 5000})
    assert answer.status == 201
    assert answer.json == {"id": answer.json["id"], "status": "accepted"}
    (row,) = await door.rows(source)
    assert row["id"] == answer.id
    assert row["fields"] == {"name": "Ada", "email": "ada@example.com", "budget": 5000}
    assert (row["lawful_basis"], row["notice_version"], row["quarantined"]) == ("legitimate_interests", "1", False)
    (event,) = await door.query("SELECT * FROM outbox WHERE subject_id = $1", answer.id)
    assert (event["type"], event["version"], event["logged"]) == ("submission.received", 1, False)
    assert json.loads(event["payload"]) == {"submission_id": str(answer.id), "source_id": str(source.id)}
    assert event["correlation_id"] == answer.headers["X-Request-Id"]
    assert door.wakes
