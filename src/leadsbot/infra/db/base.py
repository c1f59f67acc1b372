"""The base of every table: typed columns with registry tags, tenancy and partitioning declared on the class."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, MetaData
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, mapped_column

from leadsbot.contracts.data_registry import Tag

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

APP, CAPTURE, QUEUE, REPORTS = "leadsbot_app", "leadsbot_capture", "leadsbot_queue", "leadsbot_reports"
ROLES = (APP, CAPTURE, QUEUE, REPORTS)
CRUD = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True, slots=True)
class Partition:
    """Range partitions by day on one timestamp column; whole days are dropped after ``keep_days``."""

    column: str
    keep_days: int = 30


@dataclass(frozen=True, slots=True)
class Policy:
    """One extra row-level policy of a tenant table, beside the tenant policy that all of them have."""

    name: str
    role: str
    command: str
    using: str | None = None
    check: str | None = None


class Table(DeclarativeBase):
    """Base of all tables.

    A tenant table has ``workspace_id`` as the first column of its primary key and is under forced row-level
    security. A platform table says in ``__platform__`` why it belongs to no workspace.
    """

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {UUID: postgresql.UUID(as_uuid=True)}

    __platform__: ClassVar[str | None] = None
    __partition__: ClassVar[Partition | None] = None
    __grants__: ClassVar[dict[str, str]] = {APP: CRUD}
    __policies__: ClassVar[tuple[Policy, ...]] = ()
    __storage__: ClassVar[str] = ""
    """Storage parameters, for the hot queue tables: ``fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01``."""


def column(tag: Tag, *arguments: Any, **options: Any) -> MappedColumn[Any]:
    """A mapped column with its registry entry. Every column of every table is declared through here."""
    return mapped_column(*arguments, info={"tag": tag}, **options)


def tenant_key(tag: Tag) -> MappedColumn[Any]:
    """``workspace_id`` as the first part of a tenant table's primary key."""
    return column(tag, postgresql.UUID(as_uuid=True), primary_key=True)


def tenant_reference(name: str, target: str, *, on_delete: str = "CASCADE") -> ForeignKeyConstraint:
    """A composite foreign key ``(workspace_id, name) -> target (workspace_id, id)``.

    A plain key on the id alone would let a row point into another workspace, because PostgreSQL checks foreign
    keys past row-level security.
    """
    return ForeignKeyConstraint(["workspace_id", name], [f"{target}.workspace_id", f"{target}.id"], ondelete=on_delete)


__all__ = [
    "APP",
    "CAPTURE",
    "CRUD",
    "QUEUE",
    "REPORTS",
    "ROLES",
    "Mapped",
    "Partition",
    "Policy",
    "Table",
    "column",
    "tenant_key",
    "tenant_reference",
]
