"""How many no-op jobs one worker process drains per second, alone and with a million future jobs in the table."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import asyncpg
import msgspec

from leadsbot.infra.db import embedded
from leadsbot.infra.db.base import APP, QUEUE
from leadsbot.infra.db.migrate import dsn_as, migrate
from leadsbot.infra.db.pool import Database
from leadsbot.infra.jobs.kinds import JobContext, JobKind
from leadsbot.infra.jobs.registry import Kinds
from leadsbot.infra.jobs.worker import Worker

JOBS = int(os.environ.get("BENCH_JOBS", "30000"))
FUTURE = int(os.environ.get("BENCH_FUTURE_JOBS", "1000000"))
ROUNDS = 3
TARGET_PER_S, TARGET_RATIO = 5_000, 0.90

FILL = """
INSERT INTO job (kind, payload, state, due_at)
SELECT 'bench.nothing', '{}', $2, clock_timestamp() + $3::interval * (1 + n % 30) FROM generate_series(1, $1) AS n"""


WAITING = """
SELECT EXISTS (SELECT FROM job WHERE state = 0 AND lane IS NULL AND pool = 'default')
    OR EXISTS (SELECT FROM job WHERE state = 1 AND lease_until IS NOT NULL)"""


class Nothing(msgspec.Struct, frozen=True):
    """No payload."""


async def drained_per_second(dsn: str, connection: asyncpg.Connection[asyncpg.Record]) -> float:
    """Fill the queue, start a worker, and time it from its first job to the empty queue."""
    await connection.execute(FILL, JOBS, 0, timedelta(0))
    await connection.execute("ANALYZE job")
    first, done, count = 0.0, asyncio.Event(), 0

    async def run(_context: JobContext, _payload: Nothing) -> None:
        nonlocal first, count
        first = first or time.perf_counter()
        count += 1
        if count >= JOBS:
            done.set()

    db, stop = Database(dsn_as(dsn, APP, None)), asyncio.Event()
    kind = JobKind(name="bench.nothing", payload=Nothing, run=run, mode="effect")
    worker = Worker(dsn_as(dsn, QUEUE, None), db, Kinds([kind], []), None)
    running = asyncio.create_task(worker.run(stop))
    await done.wait()
    while await connection.fetchval(WAITING):
        await asyncio.sleep(0.002)
    elapsed = time.perf_counter() - first
    stop.set()
    await running
    await db.close()
    if count != JOBS:
        raise RuntimeError(f"{count} runs of {JOBS} jobs")
    return JOBS / elapsed


async def measure() -> tuple[list[float], list[float]]:
    """Rounds without and with the future jobs, taking turns, on an embedded server with the product's own settings."""
    root = Path(tempfile.mkdtemp(prefix="leadsbot-bench-"))
    root.chmod(0o711)
    server = await embedded.start(root)
    admin = await asyncpg.connect(server.dsn(embedded.SUPERUSER, "postgres"))
    results: dict[str, list[float]] = {"alone": [], "crowded": []}
    connections = {}
    try:
        for name in results:
            await admin.execute(f"CREATE DATABASE {name} OWNER {embedded.OWNER}")
            await migrate(server.dsn(embedded.OWNER, name))
            connections[name] = await asyncpg.connect(server.dsn(embedded.SUPERUSER, name))
        await connections["crowded"].execute(FILL, FUTURE, 3, timedelta(days=1))
        await connections["crowded"].execute("VACUUM ANALYZE job")
        await admin.execute("CHECKPOINT")
        for _ in range(ROUNDS):
            for name, connection in connections.items():
                results[name].append(await drained_per_second(server.dsn(embedded.OWNER, name), connection))
        for connection in (admin, *connections.values()):
            await connection.close()
        return results["alone"], results["crowded"]
    finally:
        await server.stop()
        shutil.rmtree(root, ignore_errors=True)


def median(values: list[float]) -> float:
    """The middle value."""
    return sorted(values)[len(values) // 2]


def machine() -> str:
    """What the numbers were measured on."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    model = names[0] if names else platform.processor()
    return f"{os.cpu_count()} x {model}, Python {platform.python_version()}, {platform.system()}"


def main() -> int:
    """Print the table; 1 when a target was missed."""
    alone, crowded = asyncio.run(measure())
    ratio = median(crowded) / median(alone)
    print(f"Jobs: {JOBS:,} no-op jobs, one worker process, embedded PostgreSQL, median of {ROUNDS} rounds")
    print(f"Machine: {machine()}")
    print(f"{'what':<44}{'measured':>12}{'target':>10}")
    print(f"{'drained per second':<44}{median(alone):>12,.0f}{TARGET_PER_S:>10,}")
    print(f"{f'the same with {FUTURE:,} future jobs':<44}{median(crowded):>12,.0f}{'':>10}")
    print(f"{'ratio':<44}{ratio:>12.2f}{TARGET_RATIO:>10.2f}")
    return int(median(alone) < TARGET_PER_S or ratio < TARGET_RATIO)


if __name__ == "__main__":
    sys.exit(main())
