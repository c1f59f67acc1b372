"""Bring a database to the current schema: roles, then Alembic's migrations, one process at a time.

Everything here connects as the owner; nothing else does. A lock timeout keeps a migration from queueing behind a
long transaction and freezing every reader behind itself.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from leadsbot.infra.db.base import ROLES

OLDEST_SERVER = 150_000
MIGRATION_LOCK = 0x1EAD5B07
LOCK_TIMEOUT = "5s"
SCRIPTS = Path(__file__).parent / "migrations"


class MigrationError(RuntimeError):
    """The database cannot be brought to the current schema; the message says what to do."""


def role_password(secret_key: str, role: str) -> str:
    """The password of an application role on an external server: derived, so that no file has to keep it."""
    return hmac.new(secret_key.encode(), f"database role {role}".encode(), hashlib.sha256).hexdigest()


def dsn_as(dsn: str, role: str, password: str | None) -> str:
    """The same database reached as another role."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    credentials = quote(role, safe="") + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit(parts._replace(netloc=f"{credentials}@{host}"))


async def ensure_roles(connection: asyncpg.Connection[asyncpg.Record], passwords: dict[str, str | None]) -> None:
    """Create the application roles or reset what matters about them: no superuser, no bypass of row security."""
    for role in ROLES:
        known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
        password = passwords.get(role)
        secret = f" PASSWORD '{password}'" if password else ""
        verb = "ALTER" if known else "CREATE"
        await connection.execute(f"{verb} ROLE {role} LOGIN{secret}")
    rows = await connection.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname = any($1::text[]) AND (rolsuper OR rolbypassrls)", list(ROLES)
    )
    if rows:
        names = ", ".join(row["rolname"] for row in rows)
        raise MigrationError(f"The roles {names} may bypass row-level security: ALTER ROLE … NOSUPERUSER NOBYPASSRLS.")


async def migrate(dsn: str, passwords: dict[str, str | None] | None = None, *, target: str = "head") -> str:
    """Create roles and apply every missing migration; returns the revision reached.

    ``dsn`` names the owner. A second process waits for the first and then finds nothing to do. Raises
    MigrationError for a server older than 15 or a database newer than this program.
    """
    guard = await asyncpg.connect(dsn)
    try:
        if guard.get_server_version().major < OLDEST_SERVER // 10_000:
            raise MigrationError(
                f"PostgreSQL 15 or newer is needed; this server is {guard.get_server_version().major}."
            )
        await guard.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        await ensure_roles(guard, passwords or {})
        await _upgrade(dsn, target)
    finally:
        await guard.close()
    return await current_revision(dsn) or ""


async def _upgrade(dsn: str, target: str) -> None:
    async def connect() -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(dsn, server_settings={"lock_timeout": LOCK_TIMEOUT})

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)

    def run(connection: Connection) -> None:
        config = alembic_config()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        here = MigrationContext.configure(connection).get_current_revision()
        if here is not None and here not in known:
            raise MigrationError(
                f"The database is at revision {here}, which this version of LeadsBot does not know: install the newer "
                "version again, or restore a backup made before it."
            )
        config.attributes["connection"] = connection
        command.upgrade(config, target)

    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


def alembic_config() -> Config:
    """Alembic's configuration, without a file of its own."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config


def head() -> str:
    """The newest revision this program knows."""
    return ScriptDirectory.from_config(alembic_config()).get_current_head() or ""


async def current_revision(dsn: str) -> str | None:
    """The revision a database is at, or None for an empty one. Any role may ask."""
    connection = await asyncpg.connect(dsn)
    try:
        known = await connection.fetchval("SELECT to_regclass('alembic_version') IS NOT NULL")
        return await connection.fetchval("SELECT version_num FROM alembic_version") if known else None
    finally:
        await connection.close()


def execute(connection: Connection, statements: Iterable[str]) -> None:
    """Run plain statements; for migrations."""
    for statement in statements:
        connection.execute(text(statement.replace(":", "\\:")))


def run(dsn: str, passwords: dict[str, str | None] | None = None) -> str:
    """:func:`migrate` for callers without an event loop."""
    return asyncio.run(migrate(dsn, passwords))
