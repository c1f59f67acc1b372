"""The next migration, drafted from what the models say and the migrations do not."""

from __future__ import annotations

import asyncio
import io
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from alembic import command
from alembic.autogenerate import produce_migrations
from alembic.operations import Operations
from alembic.operations.ops import (
    CreateIndexOp,
    CreateTableOp,
    DropColumnOp,
    DropTableOp,
    MigrateOperation,
    OpContainer,
)
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from leadsbot.infra.db import catalogue, create, embedded, partitions, policies, revision
from leadsbot.infra.db.base import Table
from leadsbot.infra.db.catalogue import Fact
from leadsbot.infra.db.migrate import alembic_config, migrate

QUICK = {"fsync": "off", "full_page_writes": "off"}
EMPTY = "-- The models ask for nothing. Write here what the migration does.\n"
LOSES = "-- This loses data.\n"


@dataclass(frozen=True, slots=True)
class Draft:
    """A migration that was written."""

    number: str
    file: Path
    left: list[str]
    """What still differs from the models after it, one line each: for a person to write."""


def create_migration(name: str, scripts: Path = revision.SCRIPTS) -> Draft:
    """Write the next migration as ``NNNN_name.py`` and ``.sql``. ValueError for a name that is no file name.

    Two databases are made on a throw-away server: one by the migrations, one from the models. Their differences become
    SQL; then the new migration is applied to the first, and what differs still is reported.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]{2,60}", name):
        raise ValueError("Give a name like add_colour: lower-case letters, digits and underscores.")
    return asyncio.run(_create(name, scripts))


async def _create(name: str, scripts: Path) -> Draft:
    with tempfile.TemporaryDirectory(prefix="leadsbot-new-") as folder:
        Path(folder).chmod(0o711)
        server = await embedded.start(Path(folder), QUICK)
        try:
            present = await _database(server, "present")
            await migrate(present, scripts=scripts)
            wanted = await _facts_of_models(await _database(server, "wanted"))
            statements = [*await _by_alembic(present), *_by_catalogue(await _facts(present), wanted)]
            number, file = _write(name, scripts, statements)
            await migrate(present, scripts=scripts)
            left = catalogue.differences(await _facts(present), wanted)
        finally:
            await server.stop()
    return Draft(number, file, [_line(fact, *texts) for fact, texts in left.items()])


async def _database(server: embedded.Server, name: str) -> str:
    connection = await asyncpg.connect(server.dsn(embedded.SUPERUSER, "postgres"))
    try:
        await connection.execute(f"CREATE DATABASE {name} OWNER {embedded.OWNER}")
    finally:
        await connection.close()
    return server.dsn(embedded.OWNER, name)


async def _facts(dsn: str) -> dict[Fact, str]:
    connection = await asyncpg.connect(dsn)
    try:
        return await catalogue.read(connection)
    finally:
        await connection.close()


async def _facts_of_models(dsn: str) -> dict[Fact, str]:
    """The facts of a database made from the models, without any migration."""
    connection = await asyncpg.connect(dsn)
    try:
        for statement in create.schema():
            await connection.execute(statement)
        return await catalogue.read(connection)
    finally:
        await connection.close()


def _write(name: str, scripts: Path, statements: Iterable[str]) -> tuple[str, Path]:
    number = f"{int(revision.numbers(scripts)[-1]) + 1:04d}"
    command.revision(alembic_config(scripts), message=name.replace("_", " ").capitalize(), rev_id=number)
    made = next((scripts / "versions").glob(f"{number}_*.py"))
    stub = made.rename(made.with_name(f"{number}_{name}.py"))
    file = stub.with_suffix(".sql")
    file.write_text("\n".join(f"{statement.strip()};\n" for statement in statements) or EMPTY, encoding="utf-8")
    return number, file


async def _by_alembic(dsn: str) -> list[str]:
    """New tables whole, changes of tables and columns as Alembic finds them."""

    async def connect() -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(dsn)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)
    try:
        async with engine.connect() as connection:
            return list(await connection.run_sync(_statements))
    finally:
        await engine.dispose()


def _statements(connection: Connection) -> list[str]:
    options = {"include_name": _ours, "compare_server_default": True}
    found = produce_migrations(MigrationContext.configure(connection, opts=options), Table.metadata)
    operations = list(_flat(found.upgrade_ops)) if found.upgrade_ops is not None else []
    fresh = {operation.table_name for operation in operations if isinstance(operation, CreateTableOp)}
    statements = [text for model in create.models() if model.__tablename__ in fresh for text in create.table(model)]
    for operation in operations:
        if not isinstance(operation, CreateTableOp) and not (
            isinstance(operation, CreateIndexOp) and operation.table_name in fresh
        ):
            loses = LOSES if isinstance(operation, DropTableOp | DropColumnOp) else ""
            statements.append(loses + _as_sql(operation))
    return statements


def _ours(name: str | None, kind: str, _parents: object) -> bool:
    """Whether Alembic should look: not at its own table, and at partitions only through their parents."""
    partitioned = [model.__tablename__ for model in create.models() if model.__partition__]
    return kind != "table" or not (
        name == "alembic_version" or any((name or "").startswith((f"{t}_rest", f"{t}_2")) for t in partitioned)
    )


def _flat(operation: MigrateOperation) -> Iterator[MigrateOperation]:
    if isinstance(operation, OpContainer):
        for each in operation.ops:
            yield from _flat(each)
    else:
        yield operation


def _as_sql(operation: MigrateOperation) -> str:
    buffer = io.StringIO()
    context = MigrationContext.configure(dialect=create.DIALECT, opts={"as_sql": True, "output_buffer": buffer})
    Operations(context).invoke(operation)
    return create.readable(buffer.getvalue()).rstrip("; \n")


def _by_catalogue(present: dict[Fact, str], wanted: dict[Fact, str]) -> Iterator[str]:
    """What Alembic does not see, of tables that there are already."""
    tables = {fact.table for fact in present}
    models = {model.__tablename__: model for model in create.models()}
    for fact, (here, there) in catalogue.differences(present, wanted).items():
        model = models.get(fact.table)
        if fact.kind == "function" and fact.name.startswith("keep_partitions"):
            yield from partitions.function(create.models())
        elif model is not None and fact.table in tables:
            yield from _of_table(model, fact, here, there)


def _of_table(model: type[Table], fact: Fact, here: str | None, there: str | None) -> Iterator[str]:
    table = fact.table
    if fact.kind == "table":
        yield from policies.security(model)
    elif fact.kind == "storage":
        if here:
            yield f"ALTER TABLE {table} RESET ({re.sub('=[^,]*', '', here)})"
        if there:
            yield f"ALTER TABLE {table} SET ({model.__storage__})"
    elif fact.kind == "index" and here and there:
        yield f"DROP INDEX {fact.name}"
        yield create.indexes(model)[fact.name]
    elif fact.kind == "policy":
        if here:
            yield f"DROP POLICY {fact.name} ON {table}"
        if there:
            yield policies.policies(model)[fact.name]
    elif fact.kind == "grant":
        if here:
            yield f"REVOKE ALL ON {table} FROM {fact.name}"
        if there:
            yield policies.grants(model)[fact.name]


def _line(fact: Fact, here: str | None, there: str | None) -> str:
    return f"{' '.join(filter(None, fact))}: is {here or 'absent'}, the models say {there or 'nothing of it'}"


__all__ = ["Draft", "create_migration"]
