"""What has happened is written down although the database goes away meanwhile; a wrong statement is not repeated."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from leadsbot.infra.db.patience import insist
from leadsbot.infra.db.pool import Database

END_OURSELVES = text("SELECT pg_terminate_backend(pg_backend_pid())")


async def test_a_transaction_whose_session_was_ended_runs_again(db: Database) -> None:
    tries = 0

    async def work() -> int:
        nonlocal tries
        tries += 1
        async with db.system() as tx:
            if tries < 3:
                await tx.execute(END_OURSELVES)
            return int(await tx.scalar(text("SELECT 7")))

    assert await insist(work) == 7
    assert tries == 3


async def test_it_gives_up_when_its_time_is_over(db: Database) -> None:
    async def work() -> None:
        async with db.system() as tx:
            await tx.execute(END_OURSELVES)

    with pytest.raises(DBAPIError):
        await insist(work, seconds=0)


async def test_a_wrong_statement_is_tried_once(db: Database) -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        async with db.system() as tx:
            await tx.execute(text("SELECT 1 / 0"))

    with pytest.raises(DBAPIError):
        await insist(work)
    assert tries == 1
