"""Nothing acknowledged is lost and nothing unacknowledged is claimed, whatever the database or the client does."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadsbot.features.capture.commit import Committer, Row, Work
from leadsbot.infra.asgi import Room
from leadsbot.infra.db.base import APP, CAPTURE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.raw import Link
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Gone, Invalid, Unavailable
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase, TestServer

from .conftest import Door, open_door
from .test_endpoint import answers, eventually


async def test_when_the_database_is_away_nothing_is_acknowledged_and_it_comes_back_by_itself(
    postgres: TestServer, fresh_database: TestDatabase
) -> None:
    name = fresh_database.name
    db = Database(fresh_database.of(APP))
    async with open_door(fresh_database, db) as door:
        source, other = await door.source(), await door.source()
        assert (await door.post(source, json={"a": 1})).status == 201
        await db.close()
        await postgres._admin(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        await postgres._admin(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        try:
            known = await door.post(source, json={"a": 2})
            assert known.status == 503
            assert int(known.headers["Retry-After"]) >= 1
            unknown = await door.send("POST", f"{door.base}/api/inbound/w/{'Z' * 22}/leads", json={"a": 1})
            assert unknown.status == 503
            del other
        finally:
            await postgres._admin(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        assert (await door.post(source, json={"a": 3})).status == 201
        await eventually(lambda: answers(door, source, 201))
        assert {"a": 2} not in [row["fields"] for row in await door.rows(source)]


async def test_connections_that_were_cut_are_replaced_without_anybody_noticing(
    postgres: TestServer, fresh_door: Door, fresh_database: TestDatabase
) -> None:
    source = await fresh_door.source()
    assert (await fresh_door.post(source, json={"a": 1})).status == 201
    await postgres._admin(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE datname = '{fresh_database.name}' AND application_name LIKE 'leadsbot-capture%'"
    )
    found = await asyncio.gather(*(fresh_door.post(source, json={"a": n}) for n in range(20)))
    assert {answer.status for answer in found} == {201}
    assert len(await fresh_door.rows(source)) == 21


async def test_a_client_that_leaves_does_not_break_its_neighbours(door: Door) -> None:
    source = await door.source()
    address = urlsplit(door.base)
    head = f"POST /api/inbound/w/{source.key}/leads HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for sent in (head + 'Content-Length: 9\r\n\r\n{"a": "x"', head + "Content-Length: 99\r\n\r\n{"):
        for _ in range(10):
            connection = socket.create_connection((address.hostname, address.port))
            connection.sendall(sent.encode())
            connection.close()
    found = await asyncio.gather(*(door.post(source, json={"a": n}) for n in range(20)))
    assert {answer.status for answer in found} == {201}


async def test_a_body_that_dribbles_is_given_up(database: TestDatabase, db: Database) -> None:
    async with open_door(database, db, room=Room(deadline=0.2)) as door:
        source = await door.source()

        async def never_ends() -> AsyncIterator[bytes]:
            yield b'{"a":'
            await asyncio.sleep(2)
            yield b"1}"

        answer = await door.post(source, data=never_ends(), headers={"Content-Type": "application/json"})
        assert answer.status == 408


async def test_no_more_requests_are_held_than_there_is_room_for(database: TestDatabase, db: Database) -> None:
    async with open_door(database, db, room=Room(requests=0)) as door:
        answer = await door.post(await door.source(), json={"a": 1})
        assert (answer.status, answer.headers["Retry-After"]) == (503, "1")
    async with open_door(database, db, room=Room(size=100)) as door:
        source = await door.source()
        assert (await door.post(source, json={"a": "x" * 200})).status == 503
        assert (await door.post(source, json={"a": "x"})).status == 201


def row(door: Door, source: Any, **changes: Any) -> Row:
    id = new_id()
    made = Row(
        workspace_id=door.workspace_id,
        id=id,
        head=id,
        source_id=source.id,
        received_at=utcnow(),
        fields=msgspec.Raw(b'{"a": 1}'),
        context=msgspec.Raw(b"{}"),
        ip="127.0.0.1",
        key=None,
        body_hash="aa",
        answer=None,
        lawful_basis="legitimate_interests",
        notice_version="1",
        correlation_id="req_x",
        form_version=None,
        consents=None,
    )
    return msgspec.structs.replace(made, **changes)


def passing(_arriving: object) -> None:
    """Nothing speaks against anybody."""


async def settle(link: Link, committer: Committer, rows: list[Row]) -> list[Any]:
    """Hand over every row before the first commit starts, so that they share one statement."""
    waiting = [asyncio.ensure_future(committer.accept(Work([each], []))) for each in rows]
    await asyncio.sleep(0)
    task = asyncio.ensure_future(committer.run(link))
    try:
        return await asyncio.gather(*waiting, return_exceptions=True)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await link.close()


async def test_poison_in_a_batch_harms_only_its_own_request(door: Door, database: TestDatabase) -> None:
    source, closed = await door.source(), await door.source()
    await door.query("UPDATE source SET state = 'closed' WHERE id = $1", closed.id)
    rows = [
        row(door, source),
        row(door, closed),
        row(door, source, fields=msgspec.Raw(b'{"a": "\\u0000"}')),
        row(door, source, workspace_id=new_id()),
        row(door, source, ip="nonsense"),
        row(door, source),
    ]
    found = await settle(Link(database.of(CAPTURE), "capture"), Committer(passing, lambda: None), rows)
    assert [type(each).__name__ for each in found] == ["Stored", "Gone", "Invalid", "Gone", "Invalid", "Stored"]
    assert isinstance(found[1], Gone)
    assert isinstance(found[2], Invalid)
    assert [each["id"] for each in await door.rows(source)] == [rows[0].id, rows[5].id]


async def test_twins_in_one_batch_become_one_row(door: Door, database: TestDatabase) -> None:
    source = await door.source()
    rows = [row(door, source, key="k") for _ in range(3)] + [row(door, source, key="k", body_hash="bb")]
    found = await settle(Link(database.of(CAPTURE), "capture"), Committer(passing, lambda: None), rows)
    assert [each.id for each in found[:3]] == [rows[0].id] * 3
    assert [each.repeated for each in found[:3]] == [False, True, True]
    assert isinstance(found[3], Invalid)
    events = await door.query("SELECT 1 FROM outbox WHERE subject_id = ANY($1)", [each.id for each in rows])
    assert len(events) == 1


async def test_sending_a_batch_again_after_a_lost_connection_stores_it_once(door: Door, database: TestDatabase) -> None:
    source = await door.source()
    rows = [row(door, source), row(door, source)]
    for _ in range(2):
        found = await settle(Link(database.of(CAPTURE), "capture"), Committer(passing, lambda: None), rows)
        assert [(each.id, each.repeated) for each in found] == [(rows[0].id, False), (rows[1].id, False)]
    assert len(await door.rows(source)) == 2


async def test_a_full_queue_refuses_at_once(door: Door) -> None:
    source = await door.source()
    for committer in (Committer(passing, lambda: None, rows=2), Committer(passing, lambda: None, size=12)):
        waiting = [asyncio.ensure_future(committer.accept(Work([row(door, source)], []))) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await committer.accept(Work([row(door, source)], []))
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_flood_of_invented_keys_leaves_the_known_source_working(door: Door) -> None:
    source = await door.source()
    flood = [door.send("POST", f"{door.base}/api/inbound/w/{n:022d}/leads", json={"a": 1}) for n in range(200)]
    found = await asyncio.gather(*flood, door.post(source, json={"a": 1}))
    assert {answer.status for answer in found[:-1]} <= {404, 503}
    assert found[-1].status == 201


KINDS = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b", "text/plain", "x"]
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec=None)), inner),
)
BODIES = (
    st.binary(max_size=600)
    | TREES.map(lambda tree: json.dumps(tree).encode())
    | st.dictionaries(
        st.sampled_from(["email", "fields", "context", "leads", "token", "_next", "_gotcha", "a[b]"]), TREES
    ).map(lambda tree: json.dumps(tree).encode())
)

HEADERS = st.text(
    st.characters(min_codepoint=160, max_codepoint=255) | st.characters(min_codepoint=33, max_codepoint=126),
    max_size=40,
)


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(body=BODIES, kind=st.sampled_from(KINDS), header=HEADERS)
async def test_nothing_whatever_is_answered_with_a_server_error(
    door: Door, body: bytes, kind: str, header: str
) -> None:
    for source in await _three(door):
        headers = {"Content-Type": kind, "User-Agent": header, "Referer": header, "Accept-Language": header}
        answer = await door.post(source, data=body, headers=headers)
        assert answer.status in (200, 201, 303, 400, 413, 415, 422), answer.text


async def _three(door: Door) -> list[Any]:
    if not hasattr(door, "three"):
        door.three = [await door.source(kind) for kind in ("webhook", "form", "widget")]  # type: ignore[attr-defined]
    return door.three  # type: ignore[attr-defined,no-any-return]
