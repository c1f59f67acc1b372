"""The first contact of a process with its database: a sentence when it cannot work there."""

from __future__ import annotations

import asyncio

import asyncpg

from leadsbot.infra.db import revision
from leadsbot.infra.db.raw import LOST
from leadsbot.infra.program import run
from leadsbot.kit.clock import monotonic
from leadsbot.kit.errors import StartError

PATIENCE_S = 10.0
REFUSED = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)


async def first_contact(address: str, patience: float = PATIENCE_S) -> None:
    """Return when the database answers the application's role and has this version's schema.

    A server that does not answer is asked again for ``patience`` seconds: it may be starting at the same time. A newer
    schema is fine, since the version before works on it while processes are replaced. Raises StartError.
    """
    found = await _revision(address, monotonic() + patience)
    if found is None or (found in revision.numbers() and found != revision.head()):
        raise StartError(
            f"The database is at revision {found or 'none'} and this version needs {revision.head()}: run "
            f"`{run('migrate')}`."
        )


async def _revision(address: str, until: float) -> str | None:
    while True:
        try:
            async with asyncio.timeout(5):
                return await revision.current(address)
        except REFUSED as error:
            raise StartError(
                f"The database refuses the application ({error}). Run `{run('migrate')}` with the same "
                "LEADSBOT_DATABASE_URL and LEADSBOT_SECRET_KEY: it makes the roles."
            ) from None
        except (ValueError, *LOST) as error:
            if isinstance(error, ValueError) or monotonic() >= until:
                reason = str(error).strip() or type(error).__name__
                raise StartError(f"The database cannot be reached: {reason}. Check LEADSBOT_DATABASE_URL.") from None
        await asyncio.sleep(0.5)
