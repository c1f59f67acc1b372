"""The migrated database is what the models say, seen in PostgreSQL's own catalogue."""

from __future__ import annotations

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from leadsbot import wiring
from leadsbot.infra.db.base import Table
from leadsbot.infra.db.create import models
from leadsbot.infra.db.policies import is_tenant
from leadsbot.testing.postgres import TestDatabase

assert wiring.FEATURES


async def test_every_tenant_table_is_under_forced_row_level_security_with_the_tenant_policy(
    database: TestDatabase,
) -> None:
    connection = await asyncpg.connect(database.owner)
    try:
        rows = await connection.fetch(
            "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS forced, "
            "(SELECT count(*) FROM pg_policies p "
            "WHERE p.tablename = c.relname AND p.policyname = 'tenant') AS policies "
            "FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        )
    finally:
        await connection.close()
    found = {row["relname"]: (row["forced"], row["policies"]) for row in rows}

    assert {m.__tablename__: found[m.__tablename__] for m in models() if is_tenant(m)} == {
        m.__tablename__: (True, 1) for m in models() if is_tenant(m)
    }


async def test_no_table_with_a_workspace_id_escapes_the_models(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.owner)
    try:
        rows = await connection.fetch(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' "
            "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
        )
    finally:
        await connection.close()

    assert {row["relname"] for row in rows} <= {model.__tablename__ for model in models()}


async def test_the_migrations_make_exactly_the_models(database: TestDatabase) -> None:
    async def connect() -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(database.owner)

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(
            connection,
            opts={"include_object": lambda thing, name, kind, reflected, other: not _partition(name, kind)},
        )
        return list(compare_metadata(context, Table.metadata))

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
    finally:
        await engine.dispose()

    assert found == []


def _partition(name: str | None, kind: str) -> bool:
    partitioned = [model.__tablename__ for model in models() if model.__partition__]
    if kind == "table" and name == "alembic_version":
        return True
    return any((name or "").startswith((f"{table}_rest", f"{table}_2")) for table in partitioned)


async def test_no_application_role_can_read_a_partition_past_its_parent(database: TestDatabase) -> None:
    connection = await asyncpg.connect(database.owner)
    try:
        rows = await connection.fetch(
            "SELECT c.relname, r.rolname FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid "
            "CROSS JOIN pg_roles r WHERE r.rolname LIKE 'leadsbot\\_%' AND r.rolname <> 'leadsbot_owner' "
            "AND c.relkind = 'r' AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE')"
        )
    finally:
        await connection.close()

    assert rows == []
