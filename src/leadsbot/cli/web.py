"""``leadsbot web``: answers HTTP."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
import uvloop

from leadsbot.asgi import Application
from leadsbot.cli.context import ADDRESS, contacted, on_stop, prepare, reached
from leadsbot.cli.serve import listen
from leadsbot.infra import memory, wire
from leadsbot.infra.settings import Settings
from leadsbot.wiring import Process, process

BACKLOG = 2048


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
        on_stop(lambda: self.handle_exit(signal.SIGTERM, None))
        yield

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Somebody wants us to stop."""
        self._drain()
        super().handle_exit(sig, frame)


def run_web(host: str, port: int, inherited: int | None = None) -> int:
    """Serve HTTP until SIGTERM, then answer what is under way and return 0."""
    settings = prepare("web")
    return uvloop.run(_web(settings, host, port, inherited))


async def _web(settings: Settings, host: str, port: int, inherited: int | None) -> int:
    address = os.environ.get(ADDRESS, f"http://{host}:{port}")
    async with reached(settings) as addresses:
        await contacted(addresses)
        async with process(settings, addresses, name="web", address=address) as running:
            await _answer(running, host, port, inherited)
    return 0


async def _answer(running: Process, host: str, port: int, inherited: int | None) -> None:
    with contextlib.closing(listen(host, port) if inherited is None else socket.socket(fileno=inherited)) as listener:
        application = Application(running)
        config = uvicorn.Config(
            application,
            host=host,
            port=port,
            loop="none",
            http=wire.Protocol,
            ws="none",
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
        await server.serve(sockets=[listener])
