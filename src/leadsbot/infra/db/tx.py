"""Open transactions as types: a function that needs a workspace says so by taking a ``TenantTx``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy import Executable
from sqlalchemy.engine import Result
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

Raw: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class Tx:
    """What both kinds of transaction can do. Committing is not among it: the opener commits."""

    __slots__ = ("_connection", "_raw", "_session", "told")

    def __init__(self, connection: AsyncConnection, raw: Raw) -> None:
        self._connection = connection
        self._raw = raw
        self._session: AsyncSession | None = None
        self.told = False
        """Whether an event or a job was written: the opener wakes the workers after its commit."""

    async def execute(self, statement: Executable, parameters: Any = None) -> Result[Any]:
        """Run one statement."""
        return await self.session.execute(statement, parameters)

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        """Run one statement and return the first column of its first row, or None."""
        return await self.session.scalar(statement, parameters)

    async def fetch(self, sql: str, arguments: Sequence[Any]) -> list[asyncpg.Record]:
        """Run one statement by the driver itself; what :class:`~leadsbot.infra.db.fixed.Fixed` is made for."""
        return await self._raw.fetch(sql, *arguments)

    @property
    def session(self) -> AsyncSession:
        """SQLAlchemy's session, opened when first needed: it costs more than a fixed statement."""
        if self._session is None:
            self._session = AsyncSession(self._connection, expire_on_commit=False)
        return self._session

    async def close(self, *, flush: bool) -> None:
        """Write what the session holds back, or forget it. The opener calls this before it ends the transaction."""
        session, self._session = self._session, None
        if session is not None:
            if flush:
                await session.flush()
            await session.close()


class TenantTx(Tx):
    """A transaction inside one workspace."""

    __slots__ = ("workspace_id",)

    def __init__(self, connection: AsyncConnection, raw: Raw, workspace_id: UUID) -> None:
        super().__init__(connection, raw)
        self.workspace_id = workspace_id


class SystemTx(Tx):
    """A transaction outside every workspace, for platform tables."""

    __slots__ = ()

    async def bear(self, credential: bytes) -> None:
        """See, from here to the end, also the rows whose secret's hash is this one, as ``Database.bearer`` does.

        A second transaction beside this one would take a second connection: enough of them at once wait for each
        other for ever.
        """
        await self._raw.execute(f"SET LOCAL app.credential = '{credential.hex()}'")
