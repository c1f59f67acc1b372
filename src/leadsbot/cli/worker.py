"""``leadsbot worker``: dispatches events and runs jobs. It loads nothing of the HTTP side."""

from __future__ import annotations

import asyncio
import contextlib
import os
from datetime import timedelta

import uvloop

from leadsbot.cli.context import ADDRESS, contacted, on_stop, prepare, reached
from leadsbot.features.alerts.bot import bot_of
from leadsbot.features.alerts.polling import receive_updates
from leadsbot.features.alerts.sending import POOL as TELEGRAM_POOL
from leadsbot.infra import memory
from leadsbot.infra.jobs.pools import Pool
from leadsbot.infra.jobs.worker import Worker
from leadsbot.infra.services import Services
from leadsbot.infra.settings import Settings
from leadsbot.wiring import Process, kinds, process, schedule

POOLS = {"default": Pool(16), TELEGRAM_POOL: Pool(24, exclusive=True)}


def run_worker() -> int:
    """Work until SIGTERM, then finish or give back what is under way and return 0."""
    settings = prepare("worker")
    return uvloop.run(_worker(settings))


async def _worker(settings: Settings) -> int:
    address = os.environ.get(ADDRESS, "http://127.0.0.1:8000")
    async with reached(settings) as addresses:
        await contacted(addresses)
        async with process(settings, addresses, name="worker", address=address) as running:
            await _work(settings, running)
    return 0


async def _work(settings: Settings, running: Process) -> None:
    stop = asyncio.Event()
    on_stop(stop.set)
    worker = Worker(
        running.queue_dsn,
        running.services.db,
        kinds(),
        running.services,
        pools=POOLS,
        schedule=schedule(),
        waker=running.waker,
        lease=timedelta(seconds=settings.lease_seconds),
        on_error=lambda place, error: running.recorder.error(place, error, None),
    )
    collecting = asyncio.create_task(_collect(running.services, worker))
    memory.settle()
    try:
        await worker.run(stop)
    finally:
        collecting.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await collecting


async def _collect(services: Services, worker: Worker) -> None:
    """Collect Telegram's updates while this process is the one that owns the bot."""
    bot = bot_of(services)
    if bot is None:
        return

    def owns() -> bool:
        owner = worker.owners.get(TELEGRAM_POOL)
        return owner is not None and owner.held

    await receive_updates(services, bot, owns)
