"""Get a database for any command: the embedded server or the configured one, and each role's address in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import typer

from leadsbot.infra.db import embedded
from leadsbot.infra.db import migrate as migrations
from leadsbot.infra.db.base import ROLES
from leadsbot.infra.settings import Settings, load

OWNER = "leadsbot_owner"
DATABASE = "leadsbot"


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the database is, for its owner and for each application role."""

    owner: str
    passwords: dict[str, str | None]

    def of(self, role: str) -> str:
        """The address as an application role."""
        return migrations.dsn_as(self.owner, role, self.passwords.get(role))


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[Addresses]:
    """Reach the database, starting the embedded one when nobody has; it stops when its last user leaves."""
    if settings.database_url is not None:
        passwords: dict[str, str | None] = {role: migrations.role_password(settings.key, role) for role in ROLES}
        yield Addresses(settings.database_url.get_secret_value(), passwords)
        return
    server = await embedded.start(settings.data_dir)
    try:
        yield Addresses(server.dsn(OWNER, DATABASE), dict.fromkeys(ROLES))
    finally:
        await server.stop()


@asynccontextmanager
async def ready(settings: Settings) -> AsyncIterator[Addresses]:
    """:func:`database`, migrated."""
    async with database(settings) as addresses:
        await migrations.migrate(addresses.owner, addresses.passwords)
        yield addresses


def migrate() -> int:
    """The ``migrate`` command."""

    async def run() -> str:
        settings = load()
        async with database(settings) as addresses:
            return await migrations.migrate(addresses.owner, addresses.passwords)

    typer.echo(f"The database is at revision {asyncio.run(run())}.")
    return 0
