"""The migrated database is what the models say, seen in PostgreSQL's own catalogue."""

from __future__ import annotations

from pathlib import Path

import asyncpg
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from leadsbot import wiring
from leadsbot.infra.db import catalogue, revision
from leadsbot.infra.db.base import Table
from leadsbot.infra.db.create import models, schema
from leadsbot.infra.db.migrate import alembic_config
from leadsbot.infra.db.policies import is_tenant
from leadsbot.testing.postgres import TestDatabase, TestServer

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
            opts={
                "compare_server_default": True,
                "include_object": lambda thing, name, kind, reflected, other: not _partition(name, kind),
            },
        )
        return list(compare_metadata(context, Table.metadata))

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
    finally:
        await engine.dispose()

    assert found == []


async def test_the_catalogue_of_a_migrated_database_is_that_of_the_models(
    postgres: TestServer, database: TestDatabase
) -> None:
    made = await postgres.database(template=None)
    try:
        wanted, present = await asyncpg.connect(made.owner), await asyncpg.connect(database.owner)
        for statement in schema():
            await wanted.execute(statement)
        facts = await catalogue.read(wanted)
        found = catalogue.differences(await catalogue.read(present), facts)
        await wanted.close()
        await present.close()
    finally:
        await postgres.drop(made)

    kinds = {"table", "storage", "column", "constraint", "index", "policy", "grant", "function", "extension", "schema"}
    assert {fact.kind for fact in facts} == kinds
    assert found == {}


ALTERATIONS = (
    "ALTER TABLE lead ALTER COLUMN stage SET DEFAULT 'old'",
    "ALTER TABLE lead ALTER COLUMN message SET NOT NULL",
    "ALTER TABLE lead ALTER COLUMN score TYPE bigint",
    "ALTER TABLE lead ADD COLUMN colour text",
    "ALTER TABLE lead DROP CONSTRAINT fk_lead_workspace_id_merged_into_lead",
    "ALTER TABLE lead ADD CONSTRAINT c CHECK (score < 100)",
    "DROP INDEX ix_lead_merged; CREATE INDEX ix_lead_merged ON lead (workspace_id, merged_into)",
    "ALTER TABLE lead NO FORCE ROW LEVEL SECURITY",
    "ALTER POLICY tenant ON lead USING (true)",
    "CREATE POLICY open ON lead FOR SELECT TO leadsbot_app USING (true)",
    "GRANT SELECT ON lead TO leadsbot_reports",
    "GRANT SELECT (name) ON lead TO leadsbot_reports",
    "REVOKE DELETE ON lead FROM leadsbot_app",
    "ALTER TABLE job RESET (fillfactor)",
    "GRANT EXECUTE ON FUNCTION keep_partitions(timestamptz) TO leadsbot_app",
    "ALTER FUNCTION keep_partitions(timestamptz) SECURITY INVOKER",
    "CREATE TABLE extra (n int)",
    "GRANT CREATE ON SCHEMA public TO leadsbot_app",
)


async def test_the_catalogue_sees_every_kind_of_difference(fresh_database: TestDatabase) -> None:
    # An empty one: some alterations are refused by rows that other tests left.
    connection = await asyncpg.connect(fresh_database.superuser)
    overlooked = []
    try:
        before = await catalogue.read(connection)
        for statement in ALTERATIONS:
            altering = connection.transaction()
            await altering.start()
            await connection.execute(statement)
            if not catalogue.differences(await catalogue.read(connection), before):
                overlooked.append(statement)
            await altering.rollback()
    finally:
        await connection.close()

    assert overlooked == []


def test_revisions_form_one_line_and_each_brings_its_sql() -> None:
    scripts = ScriptDirectory.from_config(alembic_config())
    line = [script.revision for script in scripts.walk_revisions()][::-1]

    assert line == revision.numbers()
    assert line == [f"{number:04d}" for number in range(1, len(line) + 1)]
    assert scripts.get_current_head() == revision.head()
    for script in scripts.walk_revisions():
        path = Path(script.path).with_suffix("")
        assert list(path.glob("*.sql")) or path.with_suffix(".sql").exists(), script.path


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
