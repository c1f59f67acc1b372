"""``leadsbot serve``: the embedded database, migrations, web, workers and Telegram in one command.

This process lives as long as the product, and does nothing but hold the database open and keep the others alive. So it
loads neither the features nor what migrates: that is done by processes that end.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from leadsbot.infra import logging, metrics_folder, program
from leadsbot.infra.filelock import FileLock
from leadsbot.infra.folder import serve_lock, unusable
from leadsbot.infra.settings import Settings, load, warn_of_idle
from leadsbot.infra.supervisor import ADDRESS, OWNER_DSN, Child, Supervisor
from leadsbot.kit.errors import StartError

log = logging.get(__name__)
READY_WITHIN_S = 60.0
PORT_FREE_WITHIN_S = 20.0


def listen(host: str, port: int, patience: float = 0.0) -> socket.socket:
    """The listening socket. The supervisor owns it, so a web process that dies refuses nobody while it restarts.

    ``patience`` is for how many seconds to wait for a port that is taken. Raises StartError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    until = time.monotonic() + patience
    while True:
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
            listener.listen(2048)
        except OSError as error:
            listener.close()
            if error.errno == errno.EADDRINUSE and time.monotonic() < until:
                time.sleep(0.1)
                continue
            raise StartError(_why_not(host, port, error)) from None
        listener.set_inheritable(True)
        return listener


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use by another program: stop that one, or choose another --port."
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system: choose a --port above 1023 and put a proxy in front."
    return f"{host}:{port} cannot be listened on ({error.strerror}): choose another --host or --port."


def shown_address(host: str, port: int) -> str:
    """The address to print: something that can be clicked."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104 - compared, not bound
    return f"http://{name}:{port}"


def serve(host: str, port: int) -> int:
    """Run until SIGTERM or SIGINT, then drain and return 0."""
    settings = load()
    logging.configure(settings.log_level, settings.log_format)
    warn_of_idle(settings)
    with _alone(settings) as (lock, died):
        listener = listen(host, port, PORT_FREE_WITHIN_S if died else 0)
        with contextlib.closing(listener):
            address = shown_address(host, listener.getsockname()[1])
            lock.write(f"{os.getpid()} {address}")
            return asyncio.run(_serve(settings, listener, address))


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[tuple[FileLock, bool]]:
    """Be the only ``serve`` of this data directory; tells whether the last one was killed, and its children may still
    be draining. The lock's note is for other commands: our process and our address. Raises StartError while another
    one runs."""
    lock = serve_lock(settings.data_dir)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        free, holder = lock.try_exclusive(), lock.note()
        if free:
            lock.write(str(os.getpid()))
    except OSError as error:
        raise unusable(settings.data_dir, error) from None
    if not free:
        raise StartError(
            f"LeadsBot runs already with the data directory {settings.data_dir} (process "
            f"{holder.partition(' ')[0] or 'unknown'}): stop it first, or set LEADSBOT_DATA_DIR to another directory."
        )
    try:
        yield lock, bool(holder)
    finally:
        with contextlib.suppress(OSError):
            lock.write("")
        lock.release()


async def _serve(settings: Settings, listener: socket.socket, address: str) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with _database(settings) as found:
        environment = {
            "LEADSBOT_DATA_DIR": str(settings.data_dir),
            ADDRESS: address,
            "PYTHONUNBUFFERED": "1",
            **found,
            **_metrics(settings),
        }
        if not await _current(found):
            code, _ = await _run("migrate", environment)
            if code != 0:
                return code
        inherited = listener.fileno()
        ours = ("-m", "leadsbot")
        web = Child("web", (*ours, "web", "--inherit-socket", str(inherited)), environment, (inherited,))
        workers = [Child(f"worker-{n + 1}", (*ours, "worker"), environment) for n in range(settings.workers)]
        supervisor = Supervisor([web, *workers], on_end=metrics_folder.process_ended)
        running = asyncio.create_task(supervisor.run())
        announcing = asyncio.create_task(_announce(settings, environment, address))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        announcing.cancel()
        supervisor.stop()
        await asyncio.gather(announcing, return_exceptions=True)
        await running
    return 0


def _metrics(settings: Settings) -> dict[str, str]:
    try:
        return metrics_folder.prepare(settings.data_dir / "metrics")
    except OSError as error:
        raise unusable(settings.data_dir, error) from None


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[dict[str, str]]:
    """Hold the embedded server open, unless there is one of yours; yields what children must be told of it."""
    if settings.database_url is not None:
        yield {}
        return
    from leadsbot.infra.db import embedded

    server = await embedded.start(settings.data_dir)
    try:
        yield {OWNER_DSN: server.dsn()}
    finally:
        await server.stop()


async def _current(found: dict[str, str]) -> bool:
    """Whether the embedded database needs no migration. One of yours is always migrated: the passwords of its roles
    may have changed with the secret key."""
    from leadsbot.infra.db import revision

    return OWNER_DSN in found and await revision.current(found[OWNER_DSN]) == revision.head()


async def _run(command: str, environment: dict[str, str], *, silent: bool = False) -> tuple[int, str]:
    """Run one of our commands in a process of its own; its exit code and output. It says itself what is wrong, unless
    that is nothing to tell (``silent``)."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "leadsbot",
        command,
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL if silent else None,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    return process.returncode or 0, output.decode().strip()


async def _announce(settings: Settings, environment: dict[str, str], address: str) -> None:
    """Print the ready line once the web process answers, and on a first run the link to the owner's account."""
    try:
        await wait_until_ready(address)
    except TimeoutError:
        log.error("not ready after a minute, still trying; the doctor says what is wrong", run=program.run("doctor"))
        return
    sys.stdout.write(f"LeadsBot is ready at {settings.base_url or address}\n")
    sys.stdout.flush()
    _, link = await _run("first-run-link", environment, silent=True)
    if link:
        sys.stdout.write(f"Create the owner account (this link works once, for 24 hours): {link}\n")
        sys.stdout.flush()


async def wait_until_ready(address: str) -> None:
    """Return when ``/readyz`` answers 200. Raises TimeoutError after a minute."""
    async with asyncio.timeout(READY_WITHIN_S):
        while not await _ready(address):
            await asyncio.sleep(0.05)


async def _ready(address: str) -> bool:
    """Ask without an HTTP library, which would stay in memory for this one question."""
    parts = urlsplit(address)
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write(f"GET /readyz HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: close\r\n\r\n".encode())
                return (await reader.readline()).split()[1:2] == [b"200"]
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
