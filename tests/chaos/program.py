"""A small LeadsBot to be killed: capture, intake, announcement and sending over the real engine, with a file as the
outside world. ``python -m tests.chaos.program worker|capture DSN WORKSPACE FOLDER``."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from leadsbot.contracts.events import LeadCreated, LeadNoteAdded, SubmissionReceived
from leadsbot.features.deliveries import public as deliveries
from leadsbot.infra.db.base import APP, CAPTURE, QUEUE
from leadsbot.infra.db.migrate import dsn_as
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.log import emit
from leadsbot.infra.jobs import crash
from leadsbot.infra.jobs.kinds import Handler, JobContext, JobKind
from leadsbot.infra.jobs.pools import Pool
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.infra.jobs.registry import Kinds
from leadsbot.infra.jobs.worker import Worker
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id
from leadsbot.kit.retry import RetryPolicy

LEASE = timedelta(seconds=2)
BURST = 20
PATIENT = RetryPolicy((0.1,) * 30, jitter=0)
OUTBOX = """INSERT INTO outbox (event_id, workspace_id, type, payload, subject_id) VALUES ($1, $2, $3, $4, $5)"""


class Send(msgspec.Struct, frozen=True):
    delivery_id: UUID


class Slow(msgspec.Struct, frozen=True):
    seconds: float


class World:
    """The outside: append-only files that survive whoever writes to them."""

    def __init__(self, folder: Path, db: Database) -> None:
        self.folder = folder
        self.db = db

    def write(self, name: str, *words: object) -> None:
        handle = os.open(self.folder / name, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, (" ".join(map(str, words)) + "\n").encode())
        os.close(handle)


async def intake(tx: TenantTx, _context: JobContext, event: SubmissionReceived) -> None:
    await emit(tx, LeadCreated(lead_id=new_id(), submission_id=event.submission_id, source_id=event.source_id))


async def announce(tx: TenantTx, _context: JobContext, event: LeadCreated) -> None:
    planned = await deliveries.plan(
        tx, channel="file", kind="alert", destination_id=None, lead_id=event.lead_id,
        dedupe_key=f"alert:{event.lead_id}",
    )
    if planned:
        await enqueue(tx, SEND, Send(planned), lane=f"chat {event.lead_id.int % 4}")


async def send(context: JobContext, payload: Send) -> None:
    world: World = context.services
    assert context.workspace_id is not None
    async with world.db.tenant(context.workspace_id) as tx:
        delivery = await deliveries.begin(tx, payload.delivery_id)
    if delivery is None:
        return
    crash.point("intent")
    started = utcnow()
    world.write("sent", delivery.id, delivery.lead_id)
    crash.point("sent")
    async with world.db.tenant(context.workspace_id) as tx:
        await deliveries.record(tx, delivery, deliveries.Outcome.SENT, started=started, external_id="1")
        crash.point("before_record")


async def slow(tx: TenantTx, context: JobContext, payload: Slow) -> None:
    """Writes, then dawdles with its transaction open."""
    await emit(tx, LeadNoteAdded(lead_id=tx.workspace_id, note_id=new_id()))
    context.services.write("slow", os.getpid())
    if context.attempt == 1:
        await asyncio.sleep(payload.seconds)


SEND: JobKind[Send] = JobKind(name="chaos.send", payload=Send, run=send, mode="effect", pool="send", policy=PATIENT)
SLOW: JobKind[Slow] = JobKind(name="chaos.slow", payload=Slow, run=slow, policy=PATIENT)
HANDLERS: tuple[Handler[Any], ...] = (
    Handler(name="chaos.intake", event=SubmissionReceived, run=intake, policy=PATIENT),
    Handler(name="chaos.announce", event=LeadCreated, run=announce, policy=PATIENT),
)


async def worker(dsn: str, folder: Path) -> None:
    """Work until SIGTERM."""
    db, stop = Database(dsn_as(dsn, APP, None)), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    # One send at a time: a kill can then leave at most one message sent and not recorded.
    pools = {"default": Pool(slots=8), "send": Pool(slots=1)}
    world = World(folder, db)
    world.write("started", os.getpid())
    await Worker(
        dsn_as(dsn, QUEUE, None), db, Kinds([SEND, SLOW], HANDLERS), world, pools=pools, lease=LEASE
    ).run(stop)
    await db.close()


async def capture(dsn: str, workspace: UUID, folder: Path) -> None:
    """Store submissions as the capture role does, one commit each, and acknowledge each after its commit."""
    world = World(folder, Database(dsn_as(dsn, APP, None)))
    connection = await asyncpg.connect(dsn_as(dsn, CAPTURE, None))
    for _ in range(BURST):
        submission = new_id()
        payload = json.dumps({"submission_id": str(submission), "source_id": str(workspace)})
        async with connection.transaction():
            await connection.execute(OUTBOX, new_id(), workspace, SubmissionReceived.type, payload, submission)
        crash.point("capture_committed")
        world.write("acknowledged", submission)
    await connection.close()


def main() -> None:
    role, dsn, workspace, folder = sys.argv[1:]
    crash.arm(os.environ.get("LEADSBOT_CRASH_AT"))
    if role == "worker":
        asyncio.run(worker(dsn, Path(folder)))
    else:
        asyncio.run(capture(dsn, UUID(workspace), Path(folder)))


if __name__ == "__main__":
    main()
