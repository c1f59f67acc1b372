"""Events are logged and dispatched with the change they tell of, once per handler, whatever comes between."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest

from leadsbot.contracts.events import EVENTS, LeadCreated, LeadTagged, SubmissionReceived, decode
from leadsbot.infra.correlation import request_id
from leadsbot.infra.db.base import CAPTURE, QUEUE
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.live import Live
from leadsbot.infra.events.log import emit, history
from leadsbot.infra.jobs import queries
from leadsbot.infra.jobs.kinds import Handler, JobContext
from leadsbot.infra.jobs.registry import Kinds
from leadsbot.infra.jobs.wake import Waker
from leadsbot.kit.ids import new_id
from tests.infra.jobs.lab import QUICK, Lab


class Heard:
    def __init__(self) -> None:
        self.events: list[Any] = []
        self.contexts: list[JobContext] = []
        self.requests: list[str | None] = []

    async def __call__(self, _tx: TenantTx, context: JobContext, event: Any) -> None:
        self.events.append(event)
        self.contexts.append(context)
        self.requests.append(request_id.get())


def created(lead: UUID) -> LeadCreated:
    return LeadCreated(lead_id=lead, submission_id=new_id(), source_id=None)


async def test_every_handler_hears_an_event_once_with_its_id_time_and_request(lab: Lab) -> None:
    first, second = Heard(), Heard()
    lab.handlers += [
        Handler(name="one", event=LeadCreated, run=first, policy=QUICK),
        Handler(name="two", event=LeadCreated, run=second, policy=QUICK),
    ]
    event, token = created(new_id()), request_id.set("req-1")
    async with lab.worker():
        async with lab.db.tenant(lab.workspace) as tx:
            event_id = await emit(tx, event, by="person:x")
        request_id.reset(token)
        await lab.empty()

    assert first.events == second.events == [event]
    assert first.contexts[0].event_id == event_id
    assert first.contexts[0].workspace_id == lab.workspace
    assert first.requests == ["req-1"]
    async with lab.db.tenant(lab.workspace) as tx:
        (logged,) = await history(tx, event.lead_id)
    assert (logged.id, logged.actor, decode(logged.type, logged.payload)) == (event_id, "person:x", event)
    assert logged.occurred_at == first.contexts[0].occurred_at


async def test_an_event_of_a_rolled_back_change_was_never_told(lab: Lab) -> None:
    async def half_way() -> None:
        async with lab.db.tenant(lab.workspace) as tx:
            await emit(tx, created(new_id()))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await half_way()

    assert await lab.owner.fetchval("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM event_log)") == 0


async def test_the_dispatcher_writes_the_log_that_the_capture_path_left_out(lab: Lab) -> None:
    heard, submission, source = Heard(), new_id(), new_id()
    lab.handlers.append(Handler(name="intake", event=SubmissionReceived, run=heard, policy=QUICK))
    capture = await asyncpg.connect(lab.database.of(CAPTURE))
    payload = msgspec.json.encode({"submission_id": submission, "source_id": source}).decode()
    await capture.execute(
        "INSERT INTO outbox (event_id, workspace_id, type, payload, subject_id) VALUES ($1, $2, $3, $4, $5)",
        new_id(),
        lab.workspace,
        "submission.received",
        payload,
        submission,
    )
    await capture.close()
    async with lab.worker():
        await lab.empty()

    assert heard.events == [SubmissionReceived(submission_id=submission, source_id=source)]
    async with lab.db.tenant(lab.workspace) as tx:
        assert len(await history(tx, submission)) == 1


async def test_dispatchers_side_by_side_share_the_outbox_and_repeat_nothing(lab: Lab) -> None:
    heard = Heard()
    lab.handlers.append(Handler(name="one", event=LeadCreated, run=heard, policy=QUICK))
    async with lab.db.tenant(lab.workspace) as tx:
        for _ in range(200):
            await emit(tx, created(new_id()))
    subscriptions = Kinds([], lab.handlers).subscriptions
    connections = [await asyncpg.connect(lab.database.of(QUEUE)) for _ in range(4)]
    rows = await asyncio.gather(*(c.fetchrow(queries.DISPATCH, 60, *subscriptions) for c in connections))
    for connection in connections:
        await connection.close()

    assert sum(row["events"] for row in rows if row) == 200
    assert sum(row["jobs"] for row in rows if row) == 200
    assert await lab.owner.fetchval("SELECT count(*) FROM outbox") == 0


async def test_an_event_that_is_logged_already_does_not_hold_up_the_others(lab: Lab) -> None:
    async with lab.db.tenant(lab.workspace) as tx:
        await emit(tx, created(new_id()))
        await emit(tx, created(new_id()))
    await lab.owner.execute("UPDATE outbox SET logged = false")

    async with lab.worker():
        await lab.empty()

    assert await lab.owner.fetchval("SELECT count(*) FROM event_log") == 2


async def test_history_is_paged_newest_first_and_knows_its_workspace(lab: Lab) -> None:
    lead = new_id()
    async with lab.db.tenant(lab.workspace) as tx:
        ids = [await emit(tx, LeadTagged(lead_id=lead, added=(str(n),), removed=())) for n in range(5)]
    async with lab.db.tenant(new_id()) as tx:
        assert await history(tx, lead) == []
    async with lab.db.tenant(lab.workspace) as tx:
        page = await history(tx, lead, limit=3)
        rest = await history(tx, lead, before=(page[-1].occurred_at, page[-1].id))

    assert [logged.id for logged in page + rest] == ids[::-1]


async def test_an_open_dashboard_hears_its_own_workspace_only_and_again_after_a_gap(lab: Lab) -> None:
    live, waker = Live(lab.database.of(QUEUE)), Waker(lab.database.of(QUEUE))
    tasks = [asyncio.create_task(live.run()), asyncio.create_task(waker.run())]
    with live.subscribe(lab.workspace) as mine, live.subscribe(new_id()) as others:
        assert await asyncio.wait_for(mine.get(), 10) == "*"
        assert await asyncio.wait_for(others.get(), 10) == "*"
        async with lab.worker(waker=waker):
            async with lab.db.tenant(lab.workspace) as tx:
                await emit(tx, created(new_id()))
            assert await asyncio.wait_for(mine.get(), 10) == "lead.created"
        await lab.owner.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
            "AND query LIKE 'LISTEN%'"
        )
        assert await asyncio.wait_for(mine.get(), 10) == "*"
        assert await asyncio.wait_for(others.get(), 10) == "*"
        for _ in range(300):
            live._heard(f"{lab.workspace} lead.updated")
        names = {mine.get_nowait() for _ in range(mine.qsize())}
        assert "*" in names
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert not live._subscribers


def _sample(kind: str) -> object:
    samples = {"UUID": new_id(), "tuple": ("a",), "bool": True, "int": 3}
    return next((sample for word, sample in samples.items() if word in kind), "code")


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_an_event_carries_ids_and_codes_and_survives_the_way_through_the_log(name: str) -> None:
    event_type = EVENTS[name]
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(event_type):
        values[field.name] = _sample(str(field.type))
    event = event_type(**values)

    assert decode(name, msgspec.json.decode(msgspec.json.encode(event))) == event
    assert event.subject_id is None or isinstance(event.subject_id, UUID)
    assert not {"name", "email", "phone", "message", "text", "body", "address"} & set(values)
