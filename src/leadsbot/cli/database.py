"""``leadsbot migrate``, and a migrated database for any other command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from leadsbot.cli.context import Addresses, reached
from leadsbot.infra.db import migrate as migrations
from leadsbot.infra.settings import Settings, load


@asynccontextmanager
async def ready(settings: Settings) -> AsyncIterator[Addresses]:
    """The database, migrated."""
    async with reached(settings) as addresses:
        await migrations.migrate(addresses.owner, dict(addresses.passwords))
        yield addresses


def migrate() -> int:
    """The ``migrate`` command."""

    async def run() -> str:
        settings = load()
        async with reached(settings) as addresses:
            return await migrations.migrate(addresses.owner, dict(addresses.passwords))

    typer.echo(f"The database is at revision {asyncio.run(run())}.")
    return 0


__all__ = ["migrate", "ready"]
