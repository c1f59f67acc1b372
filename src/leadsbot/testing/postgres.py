"""Throw-away PostgreSQL for tests: one server per run, shared by its processes; databases are cloned in no time."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import asyncpg

from leadsbot.infra.db import embedded
from leadsbot.infra.db.base import ROLES
from leadsbot.infra.db.migrate import dsn_as, migrate
from leadsbot.kit.clock import utcnow

TEMPLATE = "leadsbot_template"
QUICK = {"fsync": "off", "full_page_writes": "off", "max_connections": "250", "shared_buffers": "128MB"}
ABANDONED_AFTER = timedelta(hours=3)
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """One migrated database and its addresses."""

    __test__ = False

    name: str
    owner: str
    superuser: str

    def of(self, role: str) -> str:
        """The address as an application role."""
        return dsn_as(self.owner, role, None)

    @property
    def roles(self) -> dict[str, str]:
        """The address of every application role."""
        return {role: self.of(role) for role in ROLES}


class TestServer:
    """Our share in the run's server. ``run`` names the run: processes that give the same name share one server."""

    __test__ = False

    def __init__(self, run: str) -> None:
        self.root = Path(tempfile.gettempdir()) / f"leadsbot-test-{run}"
        self._server: embedded.Server | None = None

    async def start(self) -> None:
        """Start or join the server and make sure the migrated template exists."""
        await _sweep(self.root)
        self.root.mkdir(mode=0o711, exist_ok=True)
        self._server = await embedded.start(self.root, QUICK)
        with (self.root / "template.lock").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            if not await self._exists(TEMPLATE):
                await self._create("leadsbot_making", f"OWNER {embedded.OWNER}")
                await migrate(self.server.dsn(embedded.OWNER, "leadsbot_making"))
                await self._admin(f"ALTER DATABASE leadsbot_making RENAME TO {TEMPLATE}")

    @property
    def server(self) -> embedded.Server:
        """The running server."""
        if self._server is None:
            raise RuntimeError("The test server has not been started.")
        return self._server

    async def database(self, *, template: str | None = TEMPLATE) -> TestDatabase:
        """A new database: a clone of the migrated template, or an empty one with ``template=None``."""
        name = f"t{os.getpid()}_{next(_numbers)}"
        source = f" TEMPLATE {template} STRATEGY FILE_COPY" if template else ""
        await self._create(name, f"OWNER {embedded.OWNER}{source}")
        return TestDatabase(name, self.server.dsn(embedded.OWNER, name), self.server.dsn(embedded.SUPERUSER, name))

    async def drop(self, database: TestDatabase) -> None:
        """Drop a database, whoever is still connected."""
        await self._admin(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")

    async def stop(self) -> None:
        """Leave; the last process stops the server and deletes its files."""
        if await self.server.stop():
            shutil.rmtree(self.root, ignore_errors=True)

    async def _create(self, name: str, options: str) -> None:
        await self._admin(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await self._admin(f"CREATE DATABASE {name} {options}")

    async def _exists(self, name: str) -> bool:
        connection = await asyncpg.connect(self.server.dsn(embedded.SUPERUSER, "postgres"))
        try:
            return bool(await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name))
        finally:
            await connection.close()

    async def _admin(self, statement: str) -> None:
        connection = await asyncpg.connect(self.server.dsn(embedded.SUPERUSER, "postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def _sweep(ours: Path) -> None:
    """Stop and delete servers of runs that were killed outright. One that is still used survives: we only visit it."""
    for root in ours.parent.glob("leadsbot-test-*"):
        with contextlib.suppress(OSError, embedded.EmbeddedError):
            age = utcnow().timestamp() - root.stat().st_mtime
            if root != ours and age > ABANDONED_AFTER.total_seconds() and (root / "postgres" / "PG_VERSION").exists():
                visit = await embedded.start(root, QUICK)
                if await visit.stop():
                    shutil.rmtree(root, ignore_errors=True)
