"""Migrations run one process at a time and never long in the way; the next one is drafted from the models."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from leadsbot.infra.db import revision
from leadsbot.infra.db.migrate import MigrationError, migrate
from leadsbot.testing.postgres import TestDatabase, TestServer

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A copy of the migrations, to which a test may add."""
    shutil.copytree(revision.SCRIPTS, tmp_path / "migrations")
    return tmp_path / "migrations"


def add(scripts: Path, number: str, sql: str) -> None:
    """A migration after the last one."""
    stub = (scripts / "versions" / "0001_spine.py").read_text()
    before = revision.numbers(scripts)[-1]
    stub = stub.replace('revision = "0001"', f'revision = "{number}"')
    stub = stub.replace("down_revision = None", f'down_revision = "{before}"')
    (scripts / "versions" / f"{number}_x.py").write_text(stub)
    (scripts / "versions" / f"{number}_x.sql").write_text(sql)


async def value(database: TestDatabase, query: str) -> object:
    connection = await asyncpg.connect(database.owner)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_two_processes_at_once_migrate_once(postgres: TestServer) -> None:
    made = await postgres.database(template=None)
    try:
        assert await asyncio.gather(migrate(made.owner), migrate(made.owner)) == [revision.head()] * 2
    finally:
        await postgres.drop(made)


async def test_a_migration_that_fails_in_the_middle_leaves_nothing(fresh_database: TestDatabase, scripts: Path) -> None:
    add(scripts, "0900", "CREATE TABLE half (n int); SELECT 1 / 0;")

    with pytest.raises(Exception, match="division by zero"):
        await migrate(fresh_database.owner, scripts=scripts)

    assert await value(fresh_database, "SELECT to_regclass('half')") is None
    assert await revision.current(fresh_database.owner) == revision.head()


async def test_one_that_gets_no_lock_lets_others_pass_and_gets_it_when_it_is_free(
    fresh_database: TestDatabase, scripts: Path
) -> None:
    add(scripts, "0900", "ALTER TABLE workspace ADD COLUMN colour text;")
    reader = await asyncpg.connect(fresh_database.owner)
    report = reader.transaction()
    await report.start()
    await reader.execute("LOCK TABLE workspace IN ACCESS SHARE MODE")
    migrating = asyncio.create_task(migrate(fresh_database.owner, scripts=scripts, lock_timeout="200ms"))
    await _until_gave_up(fresh_database)

    await report.rollback()
    await reader.close()

    assert await migrating == "0900"


async def _until_gave_up(database: TestDatabase) -> None:
    """Wait until somebody has waited for the table's lock and waits no more."""
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'workspace'::regclass"
    async with asyncio.timeout(20):
        while not await value(database, waits):
            await asyncio.sleep(0.01)
        while await value(database, waits):
            await asyncio.sleep(0.01)


async def test_one_that_never_gets_its_lock_says_so(fresh_database: TestDatabase, scripts: Path) -> None:
    add(scripts, "0900", "ALTER TABLE workspace ADD COLUMN colour text;")
    reader = await asyncpg.connect(fresh_database.owner)
    await reader.execute("BEGIN; LOCK TABLE workspace IN ACCESS SHARE MODE")
    try:
        with pytest.raises(MigrationError, match="busy"):
            await migrate(fresh_database.owner, scripts=scripts, lock_timeout="20ms", lock_tries=1)
    finally:
        await reader.close()
    assert await revision.current(fresh_database.owner) == revision.head()


async def test_a_database_of_a_newer_version_is_refused_in_a_sentence(
    fresh_database: TestDatabase, scripts: Path
) -> None:
    add(scripts, "0900", "SELECT 1;")
    await migrate(fresh_database.owner, scripts=scripts)

    with pytest.raises(MigrationError, match="0900, which this version of LeadsBot does not know"):
        await migrate(fresh_database.owner)


CHANGED_MODELS = """
import json, sys
from pathlib import Path
from uuid import UUID
from sqlalchemy import Column, Index, Text, text
import leadsbot.wiring
from leadsbot.contracts.data_registry import LEAD_RECORD
from leadsbot.features.leads.tables import LeadRow, LeadNoteRow
from leadsbot.infra.db.base import APP, CAPTURE, CRUD, Mapped, Partition, Policy, Table, column, tenant_key
from leadsbot.infra.db.new import create_migration
from leadsbot.infra.jobs.tables import Job

class Colour(Table):
    __tablename__ = "colour"
    __partition__ = Partition("at", keep_days=7)
    __policies__ = (Policy("read", CAPTURE, "SELECT", using="true"),)
    __grants__ = {APP: CRUD, CAPTURE: "SELECT (workspace_id, at)"}
    __table_args__ = (Index(None, "workspace_id", "name"),)
    workspace_id: Mapped[UUID] = tenant_key(LEAD_RECORD)
    at: Mapped[str] = column(LEAD_RECORD, LeadRow.created_at.type, primary_key=True)
    name: Mapped[str] = column(LEAD_RECORD, Text)

lead = LeadRow.__table__
lead.append_column(Column("colour", Text, server_default=text("'red'"), nullable=False))
lead.c.stage.server_default = None
lead.c.name.nullable = False
changed = next(index for index in lead.indexes if index.name == "ix_lead_merged")
changed.dialect_options["postgresql"]["where"] = text("merged_into IS NOT NULL AND stage <> 'junk'")
Index("ix_lead_colour", lead.c.workspace_id, lead.c.colour, postgresql_where=text("colour <> 'red'"))
LeadRow.__policies__ = (Policy("published", CAPTURE, "SELECT", using="stage = 'won'"),)
LeadRow.__grants__ = {APP: "SELECT, INSERT", CAPTURE: "SELECT"}
Job.__storage__ = "fillfactor = 50"
LeadNoteRow.__table__._columns.remove(LeadNoteRow.__table__.c.author_name)

draft = create_migration("add_colour", Path(sys.argv[1]))
print(json.dumps([draft.number, str(draft.file), draft.left]))
"""


async def test_the_next_migration_is_drafted_from_the_models_and_arrives_at_them(scripts: Path) -> None:
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", CHANGED_MODELS, str(scripts)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    number, file, left = json.loads(done.stdout)

    sql = Path(file).read_text()
    following = f"{len(revision.numbers()) + 1:04d}"
    assert (number, left) == (following, [])
    assert Path(file).name == f"{following}_add_colour.sql"
    assert "ALTER TABLE lead ADD COLUMN colour TEXT DEFAULT 'red' NOT NULL;" in sql
    assert "-- This loses data.\nALTER TABLE lead_note DROP COLUMN author_name;" in sql
    assert ") PARTITION BY RANGE (at);" in sql
    assert "ALTER TABLE colour ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;" in sql


async def test_a_migration_of_ones_own_is_drafted_empty_and_a_bad_name_is_refused(scripts: Path) -> None:
    program = "import sys; from leadsbot.cli import migration; "
    program += f"from pathlib import Path; sys.exit(migration.main(Path({str(scripts)!r})))"

    def run(name: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-c", program, name], capture_output=True, text=True, cwd=ROOT)

    refused, written = await asyncio.to_thread(run, "Add Colour"), await asyncio.to_thread(run, "paint_the_town")

    assert (refused.returncode, refused.stdout) == (2, "")
    assert "Give a name like add_colour" in refused.stderr
    assert written.returncode == 0, written.stderr
    following = f"{len(revision.numbers()) + 1:04d}"
    sql = (scripts / "versions" / f"{following}_paint_the_town.sql").read_text()
    assert sql.startswith("-- The models ask for nothing.")
    assert revision.numbers(scripts) == [*revision.numbers(), following]


async def test_members_of_a_workspace_from_before_learn_its_time_zone(postgres: TestServer, scripts: Path) -> None:
    for later in sorted((scripts / "versions").glob("0*")):
        if not later.name.startswith("0001"):
            later.unlink()
    made = await postgres.database(template=None)
    try:
        await migrate(made.owner, scripts=scripts)
        connection = await asyncpg.connect(made.superuser)
        await connection.execute(
            "INSERT INTO workspace (workspace_id, name, country, timezone) VALUES "
            "('00000000-0000-7000-8000-000000000001', 'Kite', 'IN', 'Asia/Kolkata'), "
            "('00000000-0000-7000-8000-000000000002', 'Lark', 'GB', 'Europe/London');"
            "INSERT INTO membership (workspace_id, id, person_id, name, role, workspace_name) "
            "SELECT workspace_id, gen_random_uuid(), gen_random_uuid(), 'Ann', 'owner', name FROM workspace"
        )

        await migrate(made.owner)

        rows = await connection.fetch("SELECT workspace_name, workspace_timezone FROM membership ORDER BY 1")
        forced = "SELECT bool_and(relforcerowsecurity) FROM pg_class WHERE relname IN ('membership', 'workspace')"
        assert [tuple(row) for row in rows] == [("Kite", "Asia/Kolkata"), ("Lark", "Europe/London")]
        assert await connection.fetchval(forced)
        await connection.close()
    finally:
        await postgres.drop(made)
