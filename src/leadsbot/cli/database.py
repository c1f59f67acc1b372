"""``leadsbot migrate``, and a migrated database for any other command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from leadsbot.cli.context import Addresses, reached
from leadsbot.infra.db import migrate as migrations
from leadsbot.infra.program import run
from leadsbot.infra.settings import Settings, load
from leadsbot.kit.errors import NotSetUp


@asynccontextmanager
async def ready(settings: Settings, *, make: bool = False) -> AsyncIterator[Addresses]:
    """The database, migrated. With ``make`` an empty one is set up; without it that is NotSetUp, with nothing made."""
    async with reached(settings) as addresses:
        if not make and await migrations.is_empty(addresses.owner):
            raise NotSetUp(
                f"The database of LeadsBot was never set up (the data directory is {settings.data_dir}): run "
                f"`{run('migrate')}`, or set LEADSBOT_DATA_DIR or LEADSBOT_DATABASE_URL to yours."
            )
        await migrations.migrate(addresses.owner, dict(addresses.passwords))
        yield addresses


def migrate() -> int:
    """The ``migrate`` command."""

    async def migrated() -> str:
        settings = load()
        async with reached(settings) as addresses:
            return await migrations.migrate(addresses.owner, dict(addresses.passwords))

    typer.echo(f"The database is at revision {asyncio.run(migrated())}.")
    return 0


__all__ = ["migrate", "ready"]
