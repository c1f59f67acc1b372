"""Get a database for any command: the embedded server or the configured one, and each role's address in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from leadsbot.infra.db import embedded
from leadsbot.infra.db import migrate as migrations
from leadsbot.infra.db.addresses import Addresses
from leadsbot.infra.db.base import ROLES
from leadsbot.infra.settings import Settings, load

OWNER = "leadsbot_owner"
DATABASE = "leadsbot"


def passwords_for(settings: Settings) -> dict[str, str | None]:
    """The passwords of the application roles: derived for a server of yours, none behind the embedded one's socket."""
    if settings.database_url is None:
        return dict.fromkeys(ROLES)
    return {role: migrations.role_password(settings.key, role) for role in ROLES}


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Addresses]:
    """Reach the database, starting the embedded one when nobody has; it stops when its last user leaves."""
    if settings.database_url is not None:
        yield Addresses(settings.database_url.get_secret_value(), passwords_for(settings))
        return
    server = await embedded.start(settings.data_dir)
    try:
        yield Addresses(server.dsn(OWNER, DATABASE), passwords_for(settings))
    finally:
        await server.stop()


@asynccontextmanager
async def ready(settings: Settings) -> AsyncIterator[Addresses]:
    """:func:`database`, migrated."""
    async with database(settings) as addresses:
        await migrations.migrate(addresses.owner, dict(addresses.passwords))
        yield addresses


def migrate() -> int:
    """The ``migrate`` command."""

    async def run() -> str:
        settings = load()
        async with database(settings) as addresses:
            return await migrations.migrate(addresses.owner, dict(addresses.passwords))

    typer.echo(f"The database is at revision {asyncio.run(run())}.")
    return 0


__all__ = ["Addresses", "database", "migrate", "passwords_for", "ready"]
