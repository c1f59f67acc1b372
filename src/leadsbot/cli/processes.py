"""``leadsbot web`` and ``leadsbot worker``: the processes that ``serve`` keeps alive, or that run on their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from types import FrameType

import setproctitle
import uvicorn
import uvloop

from leadsbot.asgi import Application
from leadsbot.cli.database import database, passwords_for
from leadsbot.cli.serve import ADDRESS, OWNER_DSN
from leadsbot.features.alerts.bot import bot_of
from leadsbot.features.alerts.polling import receive_updates
from leadsbot.features.alerts.sending import POOL as TELEGRAM_POOL
from leadsbot.infra import logging, memory, wire
from leadsbot.infra.db.addresses import Addresses
from leadsbot.infra.jobs.pools import Pool
from leadsbot.infra.jobs.worker import Worker
from leadsbot.infra.services import Services
from leadsbot.infra.settings import Settings, load
from leadsbot.wiring import kinds, process, schedule

POOLS = {"default": Pool(16), TELEGRAM_POOL: Pool(24, exclusive=True)}
BACKLOG = 2048


@asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[Addresses]:
    """The database that ``serve`` holds open for us, or one of our own."""
    given = os.environ.get(OWNER_DSN)
    if given:
        yield Addresses(given, passwords_for(settings))
        return
    async with database(settings) as addresses:
        yield addresses


def _prepare(name: str) -> Settings:
    settings = load()
    logging.configure(settings.log_level, settings.log_format)
    setproctitle.setproctitle(f"leadsbot {name}")
    return settings


class Server(uvicorn.Server):
    """A server that ends live streams when it is told to stop, and lets the process put its things away afterwards."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain = drain

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets)
        memory.settle()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT. Uvicorn's own way raises the signal again when it has stopped, and that would
        end the process with technical logs unwritten and a code that says it was killed."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.handle_exit, name, None)
        try:
            yield
        finally:
            for name in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(name)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        self._drain()
        super().handle_exit(sig, frame)


def run_web(host: str, port: int, inherited: int | None = None) -> int:
    """Serve HTTP until SIGTERM, then answer what is under way and return 0."""
    settings = _prepare("web")
    return uvloop.run(_web(settings, host, port, inherited))


async def _web(settings: Settings, host: str, port: int, inherited: int | None) -> int:
    address = os.environ.get(ADDRESS, f"http://{host}:{port}")
    async with (
        reached(settings) as addresses,
        process(settings, addresses, name="web", address=address) as running,
    ):
        application = Application(running)
        config = uvicorn.Config(
            application,
            host=host,
            port=port,
            loop="none",
            http=wire.Protocol,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=15,
        )
        server = Server(config, application.dashboard.drain)
        listeners = [socket.socket(fileno=inherited)] if inherited is not None else None
        await server.serve(sockets=listeners)
    return 0


def run_worker() -> int:
    """Work until SIGTERM, then finish or give back what is under way and return 0."""
    settings = _prepare("worker")
    return uvloop.run(_worker(settings))


async def _worker(settings: Settings) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    address = os.environ.get(ADDRESS, "http://127.0.0.1:8000")
    async with (
        reached(settings) as addresses,
        process(settings, addresses, name="worker", address=address) as running,
    ):
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
    return 0


async def _collect(services: Services, worker: Worker) -> None:
    """Collect Telegram's updates while this process is the one that owns the bot."""
    bot = bot_of(services)
    if bot is None:
        return

    def owns() -> bool:
        owner = worker.owners.get(TELEGRAM_POOL)
        return owner is not None and owner.held

    await receive_updates(services, bot, owns)
