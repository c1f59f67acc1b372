"""``leadsbot serve``: the embedded database, migrations, web, workers and Telegram in one command."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import urllib.request

import typer

from leadsbot.cli.database import Addresses, ready
from leadsbot.infra import logging, metrics
from leadsbot.infra.settings import Settings, load
from leadsbot.infra.supervisor import Child, Supervisor

READY_WITHIN_S = 60.0
OWNER_DSN, ADDRESS = "LEADSBOT_SERVE_OWNER_DSN", "LEADSBOT_SERVE_ADDRESS"
"""How children learn of the database that this process holds open, and of the address it listens on."""


def listen(host: str, port: int) -> socket.socket:
    """The listening socket. The supervisor owns it, so a web process that dies refuses nobody while it restarts."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise typer.BadParameter(f"{host}:{port} cannot be used: {error.strerror}. Choose another --port.") from None
    listener.listen(2048)
    listener.set_inheritable(True)
    return listener


def shown_address(host: str, port: int) -> str:
    """The address to print: something that can be clicked."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - compared, not bound
    return f"http://{name}:{port}"


def serve(host: str, port: int) -> int:
    """Run until SIGTERM or SIGINT, then drain and return 0."""
    settings = load()
    logging.configure(settings.log_level, settings.log_format)
    listener = listen(host, port)
    try:
        return asyncio.run(_serve(settings, listener, shown_address(host, listener.getsockname()[1])))
    finally:
        listener.close()


async def _serve(settings: Settings, listener: socket.socket, address: str) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with ready(settings) as addresses:
        environment = _environment(settings, addresses, address)
        web = Child("web", ("web", "--inherit-socket", str(listener.fileno())), environment, (listener.fileno(),))
        workers = [Child(f"worker-{n + 1}", ("worker",), environment) for n in range(settings.workers)]
        supervisor = Supervisor([web, *workers])
        running = asyncio.create_task(supervisor.run())
        announcing = asyncio.create_task(_announce(settings, addresses, address))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        announcing.cancel()
        supervisor.stop()
        await running
    return 0


def _environment(settings: Settings, addresses: Addresses, address: str) -> dict[str, str]:
    """What children need to reach the database that this process holds open, without starting one of their own."""
    return {
        "LEADSBOT_DATA_DIR": str(settings.data_dir),
        OWNER_DSN: addresses.owner,
        ADDRESS: address,
        "PYTHONUNBUFFERED": "1",
        **metrics.prepare(settings.data_dir / "metrics"),
    }


async def _announce(settings: Settings, addresses: Addresses, address: str) -> None:
    """Print the ready line once the web process answers, and on a first run the link to the owner's account."""
    await wait_until_ready(address)
    sys.stdout.write(f"LeadsBot is ready at {settings.base_url or address}\n")
    sys.stdout.flush()
    link = await _first_run_link(addresses, settings.base_url or address)
    if link:
        sys.stdout.write(f"Create the owner account (this link works once, for 24 hours): {link}\n")
        sys.stdout.flush()


async def _first_run_link(addresses: Addresses, address: str) -> str:
    """Ask a short-lived process, so that this one, which lives as long as the product, never loads the features."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "leadsbot",
        "first-run-link",
        env={**os.environ, OWNER_DSN: addresses.owner, ADDRESS: address},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return output.decode().strip()


async def wait_until_ready(address: str) -> None:
    """Return when ``/readyz`` answers 200. Raises TimeoutError after a minute."""

    def asks() -> bool:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/readyz", timeout=2) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
        return False

    async with asyncio.timeout(READY_WITHIN_S):
        while not await asyncio.to_thread(asks):
            await asyncio.sleep(0.05)
