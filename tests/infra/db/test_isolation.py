"""Row-level security as the application's own roles see it."""

from __future__ import annotations

import asyncpg
import pytest
from sqlalchemy import text

from leadsbot.infra.db.base import ROLES
from leadsbot.infra.db.pool import Database
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase

INSERT = text(
    "INSERT INTO event_log (workspace_id, id, type, version, actor, payload, occurred_at) "
    "VALUES (:workspace, :id, 'x', 1, 'system', '{}', now())"
)


@pytest.mark.parametrize("role", ROLES)
async def test_no_role_is_owner_or_may_bypass_row_security(database: TestDatabase, role: str) -> None:
    connection = await asyncpg.connect(database.of(role))
    try:
        row = await connection.fetchrow("SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        owned = await connection.fetchval(
            "SELECT count(*) FROM pg_class WHERE pg_get_userbyid(relowner) = current_user"
        )
    finally:
        await connection.close()

    assert row is not None
    assert tuple(row) == (False, False)
    assert owned == 0


async def test_a_row_is_seen_in_its_workspace_and_nowhere_else(db: Database) -> None:
    mine, theirs = new_id(), new_id()
    async with db.tenant(mine) as tx:
        await tx.execute(INSERT, {"workspace": mine, "id": new_id()})

    count = text("SELECT count(*) FROM event_log")
    async with db.tenant(mine) as tx:
        assert await tx.scalar(count) == 1
    async with db.tenant(theirs) as tx:
        assert await tx.scalar(count) == 0
    async with db.system() as tx:
        assert await tx.scalar(count) == 0


async def test_a_row_cannot_be_written_into_another_workspace(db: Database) -> None:
    mine, theirs = new_id(), new_id()

    with pytest.raises(Exception, match="row-level security"):
        async with db.tenant(mine) as tx:
            await tx.execute(INSERT, {"workspace": theirs, "id": new_id()})


async def test_the_capture_role_reads_no_submission_text(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.of("leadsbot_capture"))
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("SELECT fields FROM submission")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetch("DELETE FROM submission")
    finally:
        await connection.close()
