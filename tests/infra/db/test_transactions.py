"""A transaction is committed as a whole or certainly undone, and leaves nothing to whoever uses its connection next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text

from leadsbot.infra.db.base import APP
from leadsbot.infra.db.pool import Database
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase

INSERT = text(
    "INSERT INTO event_log (workspace_id, id, type, version, actor, payload, occurred_at) "
    "VALUES (:workspace, :id, 'x', 1, 'system', '{}', now())"
)
COUNT = text("SELECT count(*) FROM event_log")
LEFT = text("SELECT current_setting('app.workspace_id', true), pg_backend_pid()")


@pytest.fixture
async def single(database: TestDatabase) -> AsyncIterator[Database]:
    """Everybody uses one and the same connection, one after the other."""
    opened = Database(database.of(APP), size=1)
    yield opened
    await opened.close()


async def count(db: Database, workspace: object) -> int:
    async with db.tenant(workspace) as tx:  # type: ignore[arg-type]
        return int(await tx.scalar(COUNT))


async def test_what_raises_stores_nothing_and_leaves_no_workspace_behind(single: Database) -> None:
    mine = new_id()

    async def work() -> None:
        async with single.tenant(mine) as tx:
            await tx.execute(INSERT, {"workspace": mine, "id": new_id()})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()
    async with single.system() as tx:
        assert (await tx.execute(LEFT)).one()[0] in (None, "")
    assert await count(single, mine) == 0


async def test_what_is_cancelled_in_the_middle_of_a_statement_stores_nothing(single: Database) -> None:
    mine, begun = new_id(), asyncio.Event()

    async def work() -> None:
        async with single.tenant(mine) as tx:
            await tx.execute(INSERT, {"workspace": mine, "id": new_id()})
            begun.set()
            await tx.execute(text("SELECT pg_sleep(60)"))

    task = asyncio.create_task(work())
    await begun.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(single, mine) == 0
    async with single.system() as tx:
        assert (await tx.execute(LEFT)).one()[0] in (None, "")


async def test_a_failure_that_the_body_swallows_is_not_taken_for_success(single: Database) -> None:
    mine = new_id()

    async def work() -> None:
        async with single.tenant(mine) as tx:
            await tx.execute(INSERT, {"workspace": mine, "id": new_id()})
            with pytest.raises(Exception, match="division by zero"):
                await tx.execute(text("SELECT 1 / 0"))

    with pytest.raises(RuntimeError, match="nothing of it is stored"):
        await work()
    assert await count(single, mine) == 0


async def test_a_connection_that_the_server_closed_meanwhile_is_replaced(
    single: Database, database: TestDatabase
) -> None:
    mine = new_id()
    async with single.tenant(mine) as tx:
        before = (await tx.execute(LEFT)).one()[1]
    admin = await asyncpg.connect(database.superuser)
    await admin.execute("SELECT pg_terminate_backend($1)", before)
    await admin.close()
    await asyncio.sleep(0.1)
    async with single.tenant(mine) as tx:
        assert (await tx.execute(LEFT)).one()[1] != before


async def test_the_wake_up_comes_after_the_commit_and_only_then(single: Database) -> None:
    seen: list[int] = []
    mine = new_id()
    single.on_told = lambda: seen.append(1)
    async with single.tenant(mine) as tx:
        tx.told = True
        assert seen == []
    assert seen == [1]

    async def fails() -> None:
        async with single.tenant(mine) as tx:
            tx.told = True
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()
    assert seen == [1]
