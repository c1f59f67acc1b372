"""Bring a database to the current schema: roles, then Alembic's migrations, one process at a time.

Everything here connects as the owner; nothing else does. A lock timeout keeps a migration from queueing behind a
long transaction and freezing every reader behind itself.
"""

from __future__ import annotations

import asyncio
import re
from argparse import Namespace
from pathlib import Path

import asyncpg
from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from leadsbot.infra.db import revision
from leadsbot.infra.db.addresses import dsn_as, role_password
from leadsbot.infra.db.base import ROLES
from leadsbot.kit.errors import StartError

OLDEST_SERVER = 150_000
MIGRATION_LOCK = 0x1EAD5B07
LOCK_TIMEOUT = "5s"
LOCK_TRIES, LOCK_PAUSE_S = 6, 2.0


class MigrationError(StartError):
    """The database cannot be brought to the current schema; the message says what to do."""


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


async def migrate(
    dsn: str,
    passwords: dict[str, str | None] | None = None,
    *,
    target: str = "head",
    scripts: Path = revision.SCRIPTS,
    lock_timeout: str = LOCK_TIMEOUT,
    lock_tries: int = LOCK_TRIES,
) -> str:
    """Create roles and apply every missing migration; returns the revision reached.

    ``dsn`` names the owner. A second process waits for the first and then finds nothing to do. A migration that cannot
    get a lock in ``lock_timeout`` lets the others pass and tries again, ``lock_tries`` times in all. Raises
    MigrationError when it never gets it, for a server older than 15, and for a database newer than this program.
    """
    guard = await _reach(dsn)
    try:
        if guard.get_server_version().major < OLDEST_SERVER // 10_000:
            raise MigrationError(
                f"PostgreSQL 15 or newer is needed; this server is {guard.get_server_version().major}."
            )
        await guard.execute("SELECT pg_advisory_lock($1)", MIGRATION_LOCK)
        await ensure_roles(guard, passwords or {})
        await _insist(dsn, target, scripts, lock_timeout, lock_tries)
    finally:
        await guard.close()
    return await revision.current(dsn) or ""


async def is_empty(dsn: str) -> bool:
    """Whether nobody has migrated the database. Raises MigrationError when it cannot be reached."""
    await (await _reach(dsn)).close()
    return await revision.current(dsn) is None


async def _reach(dsn: str) -> asyncpg.Connection[asyncpg.Record]:
    try:
        return await asyncpg.connect(dsn, timeout=30)
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error).strip() or type(error).__name__
        raise MigrationError(f"The database cannot be reached: {reason}. Check LEADSBOT_DATABASE_URL.") from error


async def _insist(dsn: str, target: str, scripts: Path, lock_timeout: str, tries: int) -> None:
    for last in (*[False] * (tries - 1), True):
        try:
            return await _upgrade(dsn, target, scripts, lock_timeout)
        except (DBAPIError, asyncpg.LockNotAvailableError) as error:
            if not _locked(error):
                raise
            if last:
                raise MigrationError(
                    "The database is busy: other sessions hold locks that the migration needs. Nothing was changed. "
                    "Stop LeadsBot's other processes (or long reports on this database) and start it again."
                ) from error
        await asyncio.sleep(LOCK_PAUSE_S)
    return None


def _locked(error: BaseException) -> bool:
    causes = (error, error.__cause__, getattr(getattr(error, "orig", None), "__cause__", None))
    return any(isinstance(cause, asyncpg.LockNotAvailableError) for cause in causes)


async def _upgrade(dsn: str, target: str, scripts: Path, lock_timeout: str) -> None:
    async def connect() -> asyncpg.Connection[asyncpg.Record]:
        return await asyncpg.connect(dsn, server_settings={"lock_timeout": lock_timeout})

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect)

    def run(connection: Connection) -> None:
        here = MigrationContext.configure(connection).get_current_revision()
        if here is not None and here not in revision.numbers(scripts):
            raise MigrationError(
                f"The database is at revision {here}, which this version of LeadsBot does not know: install the newer "
                "version again, or restore a backup made before it."
            )
        config = alembic_config(scripts)
        config.attributes["connection"] = connection
        command.upgrade(config, target)

    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


def alembic_config(scripts: Path = revision.SCRIPTS) -> Config:
    """Alembic's configuration, without a file of its own."""
    config = Config(cmd_opts=Namespace(quiet=True))
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config


def run_sql(migration: str) -> None:
    """Run the SQL of a revision, inside its transaction: ``0002_x.sql`` beside ``0002_x.py``, or the files of the
    folder ``0002_x`` in the order of their names."""
    path = Path(migration).with_suffix("")
    files = sorted(path.glob("*.sql")) if path.is_dir() else [path.with_suffix(".sql")]
    connection = op.get_bind()
    for file in files:
        text = file.read_text(encoding="utf-8")
        if re.sub(r"^\s*--.*$", "", text, flags=re.MULTILINE).strip():
            # As one simple query: the files hold many statements and function bodies with semicolons in them.
            connection.connection.run_async(lambda driver, text=text: driver.execute(text))


__all__ = ["MigrationError", "alembic_config", "dsn_as", "is_empty", "migrate", "role_password", "run_sql"]
