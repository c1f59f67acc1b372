"""The schema that the models declare, as statements: what migrations must arrive at and are drafted from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from leadsbot.infra.db import partitions
from leadsbot.infra.db.base import ROLES, Table
from leadsbot.infra.db.policies import secure

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def models() -> list[type[Table]]:
    """Every mapped table whose module has been imported, parents before children."""
    order = {table.name: position for position, table in enumerate(Table.metadata.sorted_tables)}
    found = [mapper.class_ for mapper in Table.registry.mappers]
    return sorted(found, key=lambda model: order[model.__tablename__])


def schema() -> Iterator[str]:
    """Yield the statements that create every table, in order, for an empty database whose roles exist."""
    yield "CREATE EXTENSION IF NOT EXISTS pg_trgm"
    yield f"GRANT USAGE ON SCHEMA public TO {', '.join(ROLES)}"
    for model in models():
        yield from table(model)
    yield from partitions.function(models())


def table(model: type[Table]) -> Iterator[str]:
    """Yield the statements that create one table with its indexes, policies and rights."""
    yield create_table(model)
    yield from indexes(model).values()
    if model.__partition__:
        yield f"CREATE TABLE {model.__tablename__}_rest PARTITION OF {model.__tablename__} DEFAULT"
    yield from secure(model)


def indexes(model: type[Table]) -> dict[str, str]:
    """The statements that create a table's indexes, by name."""
    found = sorted(model.__table__.indexes, key=lambda index: str(index.name))  # type: ignore[attr-defined]
    return {str(index.name): readable(str(CreateIndex(index).compile(dialect=DIALECT))) for index in found}


def create_table(model: type[Table]) -> str:
    """The CREATE TABLE statement of one model with its partitioning and storage parameters."""
    statement = readable(str(CreateTable(model.__table__).compile(dialect=DIALECT)))  # type: ignore[arg-type]
    if model.__partition__:
        statement += f" PARTITION BY RANGE ({model.__partition__.column})"
    if model.__storage__:
        statement += f" WITH ({model.__storage__})"
    return statement


def readable(statement: str) -> str:
    """What SQLAlchemy writes, as a person would: four spaces, short names of types, no long lines."""
    statement = statement.strip().replace("\t", "    ").replace("TIMESTAMP WITH TIME ZONE", "timestamptz")
    statement = re.sub(r" +$", "", statement.replace("FOREIGN KEY(", "FOREIGN KEY ("), flags=re.MULTILINE)
    return re.sub(r"^(?=.{116})(    CONSTRAINT \w+) ", r"\1\n        ", statement, flags=re.MULTILINE)
