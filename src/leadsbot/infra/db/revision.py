"""Which revision a database is at and which one this program needs, without loading what migrates."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import asyncpg

SCRIPTS: Final = Path(__file__).parent / "migrations"


def numbers(scripts: Path = SCRIPTS) -> list[str]:
    """The revisions in order: ``0001``, ``0002`` …, the beginnings of the files' names."""
    return sorted(path.name.partition("_")[0] for path in (scripts / "versions").glob("[0-9]*.py"))


def head() -> str:
    """The newest revision this program knows."""
    return numbers()[-1]


async def current(dsn: str) -> str | None:
    """The revision a database is at, or None for an empty one. Any role may ask."""
    connection = await asyncpg.connect(dsn)
    try:
        known = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
        return await connection.fetchval("SELECT version_num FROM alembic_version") if known else None
    finally:
        await connection.close()
