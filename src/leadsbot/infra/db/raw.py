"""Plain asyncpg connections, without the application's ORM: for the hot path and the job engine."""

from __future__ import annotations

import asyncio

import asyncpg
import asyncpg.prepared_stmt

STATEMENT_TIMEOUT_MS = 15_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000

LOST = (
    OSError,
    EOFError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InternalClientError,
)
"""What asyncpg raises when the database is away, going away or full, as opposed to a statement that is wrong."""


def server_settings(name: str, idle_in_transaction_ms: int = IDLE_IN_TRANSACTION_TIMEOUT_MS) -> dict[str, str]:
    """Session settings every connection of ours starts with."""
    return {
        "application_name": f"leadsbot-{name}",
        "statement_timeout": str(STATEMENT_TIMEOUT_MS),
        "idle_in_transaction_session_timeout": str(idle_in_transaction_ms),
        "timezone": "UTC",
    }


class Link:
    """One connection for one task, opened when first needed and opened again after it was lost."""

    def __init__(self, dsn: str, name: str, *, connect_timeout: float = 3, command_timeout: float = 5) -> None:
        self._dsn = dsn
        self._name = name
        self._connect_timeout = connect_timeout
        self._command_timeout = command_timeout
        self._connection: asyncpg.Connection[asyncpg.Record] | None = None
        self._lock = asyncio.Lock()
        self._statements: dict[str, asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]] = {}

    async def get(self) -> asyncpg.Connection[asyncpg.Record]:
        """The connection, alive as far as is known; raises one of LOST when the database cannot be reached."""
        async with self._lock:
            if self._connection is None or self._connection.is_closed():
                self._statements.clear()
                self._connection = await self._open()
            return self._connection

    async def _open(self) -> asyncpg.Connection[asyncpg.Record]:
        try:
            return await asyncpg.connect(
                self._dsn,
                timeout=self._connect_timeout,
                command_timeout=self._command_timeout,
                server_settings=server_settings(self._name),
            )
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # Whatever the server says to a new connection (starting, full, closed to connections): it is not there.
            raise ConnectionError(f"no connection to the database: {type(error).__name__}") from error

    async def prepared(self, query: str) -> asyncpg.prepared_stmt.PreparedStatement[asyncpg.Record]:
        """The query, prepared on the present connection."""
        connection = await self.get()
        if query not in self._statements:
            self._statements[query] = await connection.prepare(query)
        return self._statements[query]

    def drop(self) -> None:
        """Throw the connection away; the next :meth:`get` opens another one."""
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None

    async def close(self) -> None:
        """Close politely, or at once when the server does not answer."""
        if self._connection is not None:
            try:
                await self._connection.close(timeout=1)
            except LOST:
                self.drop()
