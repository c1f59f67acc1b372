"""What every long-lived process begins with: its settings, its name, its database, and the life of ``serve``."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import setproctitle

from leadsbot.infra import logging
from leadsbot.infra.db.addresses import Addresses, role_password
from leadsbot.infra.db.base import APP, ROLES
from leadsbot.infra.db.contact import first_contact
from leadsbot.infra.folder import serve_lock
from leadsbot.infra.program import run
from leadsbot.infra.settings import Settings, load, warn_of_idle
from leadsbot.infra.supervisor import ADDRESS, LIFELINE, OWNER_DSN
from leadsbot.kit.errors import NotSetUp

DEFAULT_ADDRESS = "http://127.0.0.1:8000"


def is_set_up(settings: Settings) -> bool:
    """Whether there is a database: a server of yours, one that ``serve`` holds for us, or one below the directory."""
    given = settings.database_url is not None or OWNER_DSN in os.environ
    return given or (settings.data_dir / "postgres" / "PG_VERSION").exists()


def of_installation() -> Settings:
    """The settings of an installation that is there. Raises NotSetUp, with nothing made, when there is none."""
    settings = load(prepare=False)
    if not is_set_up(settings):
        raise NotSetUp(
            f"There is no LeadsBot in the data directory {settings.data_dir} yet: start `{run('serve')}`, or set "
            "LEADSBOT_DATA_DIR to the directory of yours."
        )
    return load()


def prepare(name: str) -> Settings:
    """Read the settings, begin to log, and be called ``leadsbot NAME`` in the list of processes."""
    settings = of_installation()
    logging.configure(settings.log_level, settings.log_format)
    if LIFELINE not in os.environ:
        warn_of_idle(settings)  # Below `serve`, which has said it.
    setproctitle.setproctitle(f"leadsbot {name}")
    return settings


def address_of(settings: Settings) -> str:
    """Where links should lead: the base URL, else where ``serve`` listens, else where it would by default."""
    try:
        _, _, running = serve_lock(settings.data_dir).note().partition(" ")
    except OSError:
        running = ""
    return settings.base_url or os.environ.get(ADDRESS) or running or DEFAULT_ADDRESS


def passwords_for(settings: Settings) -> dict[str, str | None]:
    """The passwords of the application roles: derived for a server of yours, none behind the embedded one's socket."""
    if settings.database_url is None:
        return dict.fromkeys(ROLES)
    return {role: role_password(settings.key, role) for role in ROLES}


@asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[Addresses]:
    """The configured database, the embedded one that ``serve`` holds open for us, or a hold of our own on it.

    A hold of our own starts the server when nobody has; it stops when its last user leaves.
    """
    given = settings.database_url.get_secret_value() if settings.database_url else os.environ.get(OWNER_DSN)
    if given:
        yield Addresses(given, passwords_for(settings))
        return
    from leadsbot.infra.db import embedded

    server = await embedded.start(settings.data_dir)
    try:
        yield Addresses(server.dsn(), passwords_for(settings))
    finally:
        await server.stop()


async def contacted(addresses: Addresses) -> None:
    """The first contact of ``web`` and ``worker`` with the database; StartError when they cannot work there.

    Not below ``serve``, which has migrated: there a process that is replaced while the database is away has to answer
    that it is, and to wait for it.
    """
    if LIFELINE not in os.environ:
        await first_contact(addresses.of(APP))


def on_stop(stop: Callable[[], object]) -> None:
    """Call ``stop`` on SIGTERM and SIGINT, and when the ``serve`` that started this process is gone."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop)
    lifeline = os.environ.get(LIFELINE)
    if lifeline is not None:

        def cut() -> None:
            loop.remove_reader(int(lifeline))
            stop()

        loop.add_reader(int(lifeline), cut)


__all__ = [
    "ADDRESS",
    "OWNER_DSN",
    "Addresses",
    "address_of",
    "contacted",
    "is_set_up",
    "of_installation",
    "on_stop",
    "passwords_for",
    "prepare",
    "reached",
]
