"""Statements that are compiled once and run by the driver itself.

SQLAlchemy spends 200 to 300 microseconds on every statement before the driver sees it; a lead on its way into a chat
meets forty of them. A fixed statement is still written with SQLAlchemy's tables and types, and costs 50.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, cached_property
from types import SimpleNamespace
from typing import Any

import asyncpg
from sqlalchemy import FromClause, bindparam, update
from sqlalchemy.dialects.postgresql import asyncpg as dialects
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import Executable

from leadsbot.infra.db.base import Table
from leadsbot.infra.db.tx import Tx

DIALECT = dialects.dialect()  # type: ignore[no-untyped-call]
Process = Callable[[Any], Any]


class Fixed:
    """One statement with ``bindparam`` by name for its parameters. Lists go into ``= any_(…)``, never into ``in_``."""

    def __init__(self, build: Callable[[], Executable]) -> None:
        self._build = build

    async def rows(self, tx: Tx, **given: Any) -> list[Any]:
        """Every row, with its columns as attributes."""
        form = self._form
        records = await tx.fetch(form.sql, form.arguments(given))
        return [form.read(record) for record in records]

    async def row(self, tx: Tx, **given: Any) -> Any | None:
        """The first row, if there is one."""
        found = await self.rows(tx, **given)
        return found[0] if found else None

    async def value(self, tx: Tx, **given: Any) -> Any:
        """The first column of the first row; None when there is no row."""
        form = self._form
        records = await tx.fetch(form.sql, form.arguments(given))
        return records[0][0] if records else None

    @cached_property
    def _form(self) -> _Form:
        return _Form(self._build())


class _Form:
    """What a statement becomes for the driver."""

    def __init__(self, statement: Any) -> None:
        compiled = statement.compile(dialect=DIALECT)
        self.sql: str = compiled.string
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        self._constants = {name: bind.value for name, bind in binds.items() if not bind.required}
        self._parameters = [
            (name, binds[name].type.dialect_impl(DIALECT).bind_processor(DIALECT))
            for name in compiled.positiontup or ()
        ]
        # The driver has PostgreSQL's types right; what is left is JSON, which SQLAlchemy has it hand over as text.
        columns = getattr(statement, "exported_columns", ())
        processes = {
            column.name: column.type.dialect_impl(DIALECT).result_processor(DIALECT, None) for column in columns
        }
        self._decode = {name: process for name, process in processes.items() if process is not None}

    def arguments(self, given: dict[str, Any]) -> list[Any]:
        """The parameters in their order. Raises KeyError for one that is missing or unknown."""
        values = {**self._constants, **given}
        if len(values) != len(self._parameters):
            raise KeyError(f"unknown parameters: {sorted(values.keys() - {name for name, _ in self._parameters})}")
        return [values[name] if process is None else process(values[name]) for name, process in self._parameters]

    def read(self, record: asyncpg.Record) -> SimpleNamespace:
        """A row with its columns as attributes."""
        values = dict(record)
        for name, process in self._decode.items():
            values[name] = process(values[name])
        return SimpleNamespace(**values)


@cache
def inserting(table: type[Table], *names: str, returning: str = "", unless_there: bool = False) -> Fixed:
    """Insert one row with these columns, parameters of their own names; nothing on a conflict if ``unless_there``."""

    def build() -> Executable:
        statement = insert(_core(table)).inline().values({name: bindparam(name) for name in names})
        if unless_there:
            statement = statement.on_conflict_do_nothing()
        return statement.returning(_core(table).c[returning]) if returning else statement

    return Fixed(build)


@cache
def updating(table: type[Table], names: tuple[str, ...], *keys: str) -> Fixed:
    """Set these columns (parameters ``new_…``) where the key columns are what the parameters of their names say.

    Returns one row for each that was changed.
    """

    def build() -> Executable:
        core = _core(table)
        statement = update(core).where(*(core.c[key] == bindparam(key) for key in keys))
        return statement.values({name: bindparam(f"new_{name}") for name in names}).returning(core.c[keys[-1]])

    return Fixed(build)


def new(values: dict[str, Any]) -> dict[str, Any]:
    """Values as the parameters of :func:`updating`."""
    return {f"new_{name}": value for name, value in values.items()}


def _core(table: type[Table]) -> Any:
    found: FromClause = table.__table__
    return found


def named(values: Iterable[str]) -> tuple[str, ...]:
    """Column names in one order, so that equal sets of columns share one statement."""
    return tuple(sorted(values))


__all__ = ["Fixed", "inserting", "named", "new", "updating"]
