"""Connection pools, one per role, and the only way to open a transaction.

The application role can only see a workspace's rows inside :meth:`Database.tenant`; nothing else sets the tenant.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar, cast
from uuid import UUID

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from leadsbot.infra.db.raw import IDLE_IN_TRANSACTION_TIMEOUT_MS, STATEMENT_TIMEOUT_MS, server_settings
from leadsbot.infra.db.tx import Raw, SystemTx, TenantTx, Tx

UNDO_S = 5.0
T = TypeVar("T", bound=Tx)


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
        # Nobody changes a session here, so there is nothing to reset with a round trip after every use.
        reset=_as_it_is,
    )


async def _as_it_is(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Leave a session as it is; open transactions are rolled back all the same."""


class Database:
    """The application's database: tenant and system transactions as ``leadsbot_app``, never as the owner."""

    def __init__(self, dsn: str, *, name: str = "app", size: int = 16) -> None:
        """Prepare the pool (connections open on first use); ``dsn`` is a libpq URL naming the application role."""

        async def connect() -> asyncpg.Connection[asyncpg.Record]:
            return await asyncpg.connect(dsn, server_settings=server_settings(name))

        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=connect,
            # Transactions begin and end in ``_open``: SQLAlchemy's own way takes three round trips more for each.
            isolation_level="AUTOCOMMIT",
            # None beyond those that are kept: to open and close one costs more than most transactions. The last one
            # used is the next one used, so a quiet process needs few, and they know its statements.
            pool_size=size,
            max_overflow=0,
            pool_use_lifo=True,
            pool_timeout=10,
            hide_parameters=True,  # an error's text must not carry what a prospect typed
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        self.on_told: Callable[[], None] = lambda: None
        """Called after a commit that wrote an event or a job; wiring points it at the wake-up."""

    @asynccontextmanager
    async def tenant(self, workspace_id: UUID) -> AsyncIterator[TenantTx]:
        """One transaction inside one workspace: commits at the end, rolls back when anything raises."""

        def make(connection: AsyncConnection, raw: Raw) -> TenantTx:
            return TenantTx(connection, raw, workspace_id)

        # The statement, not set_config(): Citus propagates SET LOCAL and does not propagate the function.
        async with self._open(make, f"SET LOCAL app.workspace_id = '{UUID(str(workspace_id))}'") as tx:
            yield tx

    @asynccontextmanager
    async def system(self) -> AsyncIterator[SystemTx]:
        """One transaction outside every workspace: tenant tables show no rows in it."""
        async with self._open(SystemTx) as tx:
            yield tx

    @asynccontextmanager
    async def bearer(self, credential: bytes) -> AsyncIterator[SystemTx]:
        """A transaction that sees, besides platform tables, only the rows whose secret's hash is ``credential``.

        This is how a key, link or token finds its workspace before the workspace is known (tables opt in with a
        ``possession`` policy).
        """
        async with self._open(SystemTx, f"SET LOCAL app.credential = '{credential.hex()}'") as tx:
            yield tx

    @asynccontextmanager
    async def person(self, person_id: UUID) -> AsyncIterator[SystemTx]:
        """A transaction that sees the memberships of one person across workspaces (the workspace switcher)."""
        async with self._open(SystemTx, f"SET LOCAL app.person_id = '{UUID(str(person_id))}'") as tx:
            yield tx

    @asynccontextmanager
    async def _open(self, make: Callable[[AsyncConnection, Raw], T], setting: str = "") -> AsyncIterator[T]:
        """A transaction, begun together with its setting in one round trip; committed, or else certainly undone."""
        async with self.engine.connect() as connection:
            raw = cast("Raw", (await connection.get_raw_connection()).driver_connection)
            tx = make(connection, raw)
            try:
                await raw.execute(f"BEGIN; {setting}")
                yield tx
                await tx.close(flush=True)
                if await raw.execute("COMMIT") != "COMMIT":
                    raise RuntimeError("a statement of this transaction failed, so nothing of it is stored")
            except BaseException:
                await _undo(tx, raw)
                raise
        if tx.told:
            self.on_told()

    async def ping(self) -> None:
        """Raise whatever the driver raises when the database does not answer."""
        async with self.system() as tx:
            await tx.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _refuse_closed(connection: Any, record: Any, proxy: Any) -> None:
    """Have the pool open a new connection instead of one that the server has closed. Costs no round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


async def _undo(tx: Tx, raw: Raw) -> None:
    """Leave no transaction open: nothing of it, and not its workspace, may be there for whoever comes next."""
    try:
        async with asyncio.timeout(UNDO_S):
            await tx.close(flush=False)
            if not raw.is_closed():
                await raw.execute("ROLLBACK")
    except Exception:  # noqa: BLE001 - whatever kept us from undoing it, without its connection it is undone
        raw.terminate()
    except BaseException:
        raw.terminate()
        raise
