"""``leadsbot rotate-secrets``: leave an earlier secret key behind."""

from __future__ import annotations

import asyncio
import os

import typer

from leadsbot.cli.context import OWNER_DSN, of_installation, reached
from leadsbot.cli.database import ready
from leadsbot.infra.crypto import Resealed
from leadsbot.infra.db.base import APP
from leadsbot.infra.db.pool import Database
from leadsbot.infra.settings import variable
from leadsbot.wiring import crypto_of, reseal

PREVIOUS = variable("secret_key_previous")


def rotate_secrets() -> int:
    """Seal every stored secret with the present key; 1 when some cannot be opened with any key that is given."""
    done = asyncio.run(_rotate())
    typer.echo(f"Sealed with the present key: {done.anew}. They were already: {done.current}.")
    if done.lost:
        typer.echo(f"No given key opens {', '.join(done.lost)}. Add the key of that time to {PREVIOUS}.", err=True)
        return 1
    typer.echo(f"Once every process runs with the present key, {PREVIOUS} can go.")
    return 0


async def _rotate() -> Resealed:
    settings = of_installation()
    async with (reached if os.environ.get(OWNER_DSN) else ready)(settings) as addresses:
        db = Database(addresses.of(APP), name="cli")
        try:
            return await reseal(db, addresses, crypto_of(settings))
        finally:
            await db.close()
