"""The whole schema as statements, made from the models: roles' rights, tables, indexes, policies, partitions."""

from __future__ import annotations

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
        yield create_table(model)
        for index in sorted(model.__table__.indexes, key=lambda index: str(index.name)):  # type: ignore[attr-defined]
            yield str(CreateIndex(index).compile(dialect=DIALECT)).strip()
        yield from secure(model)
    yield from partitions.function(models())


def create_table(model: type[Table]) -> str:
    """The CREATE TABLE statement of one model with its partitioning and storage parameters."""
    statement = str(CreateTable(model.__table__).compile(dialect=DIALECT)).strip()  # type: ignore[arg-type]
    if model.__partition__:
        statement += f" PARTITION BY RANGE ({model.__partition__.column})"
    if model.__storage__:
        statement += f" WITH ({model.__storage__})"
    return statement
