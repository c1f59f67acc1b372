"""Connection pools, one per role, and the only way to open a transaction.

The application role can only see a workspace's rows inside :meth:`Database.tenant`; nothing else sets the tenant.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import asyncpg
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine

from leadsbot.infra.db.raw import IDLE_IN_TRANSACTION_TIMEOUT_MS, STATEMENT_TIMEOUT_MS, server_settings
from leadsbot.infra.db.tx import SystemTx, TenantTx


async def raw_pool(
    dsn: str,
    name: str,
    *,
    min_size: int = 1,
    max_size: int = 4,
    idle_in_transaction_ms: int = IDLE_IN_TRANSACTION_TIMEOUT_MS,
) -> asyncpg.Pool[asyncpg.Record]:
    """Open an asyncpg pool for the hot path or the job engine; ``dsn`` already names the role to connect as."""
    return await asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        command_timeout=STATEMENT_TIMEOUT_MS / 1000,
        server_settings=server_settings(name, idle_in_transaction_ms),
    )


class Database:
    """The application's database: tenant and system transactions as ``leadsbot_app``, never as the owner."""

    def __init__(self, dsn: str, *, name: str = "app", size: int = 8) -> None:
        """Prepare the pool (connections open on first use); ``dsn`` is a libpq URL naming the application role."""

        async def connect() -> asyncpg.Connection[asyncpg.Record]:
            return await asyncpg.connect(dsn, server_settings=server_settings(name))

        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            pool_size=size,
            max_overflow=size,
            pool_pre_ping=True,
            pool_timeout=10,
            hide_parameters=True,  # an error's text must not carry what a prospect typed
        )
        self.on_told: Callable[[], None] = lambda: None
        """Called after a commit that wrote an event or a job; wiring points it at the wake-up."""
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False, autoflush=True)

    @asynccontextmanager
    async def tenant(self, workspace_id: UUID) -> AsyncIterator[TenantTx]:
        """One transaction inside one workspace: commits at the end, rolls back when anything raises."""
        async with self._sessions() as session, session.begin():
            # The statement, not set_config(): Citus propagates SET LOCAL and does not propagate the function.
            await session.execute(text(f"SET LOCAL app.workspace_id = '{UUID(str(workspace_id))}'"))
            tx = TenantTx(session, workspace_id)
            yield tx
        if tx.told:
            self.on_told()

    @asynccontextmanager
    async def system(self) -> AsyncIterator[SystemTx]:
        """One transaction outside every workspace: tenant tables show no rows in it."""
        async with self._sessions() as session, session.begin():
            tx = SystemTx(session)
            yield tx
        if tx.told:
            self.on_told()

    @asynccontextmanager
    async def bearer(self, credential: bytes) -> AsyncIterator[SystemTx]:
        """A transaction that sees, besides platform tables, only the rows whose secret's hash is ``credential``.

        This is how a key, link or token finds its workspace before the workspace is known (tables opt in with a
        ``possession`` policy).
        """
        async with self._sessions() as session, session.begin():
            await session.execute(text(f"SET LOCAL app.credential = '{credential.hex()}'"))
            yield SystemTx(session)

    @asynccontextmanager
    async def person(self, person_id: UUID) -> AsyncIterator[SystemTx]:
        """A transaction that sees the memberships of one person across workspaces (the workspace switcher)."""
        async with self._sessions() as session, session.begin():
            await session.execute(text(f"SET LOCAL app.person_id = '{UUID(str(person_id))}'"))
            yield SystemTx(session)

    async def ping(self) -> None:
        """Raise whatever the driver raises when the database does not answer."""
        async with self._sessions() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()
