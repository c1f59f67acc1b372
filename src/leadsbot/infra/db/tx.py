"""Open transactions as types: a function that needs a workspace says so by taking a ``TenantTx``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Executable
from sqlalchemy.engine import Result
from sqlalchemy.ext.asyncio import AsyncSession


class Tx:
    """What both kinds of transaction can do. Committing is not among it: the opener commits."""

    __slots__ = ("session", "told")

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.told = False
        """Whether an event or a job was written: the opener wakes the workers after its commit."""

    async def execute(self, statement: Executable, parameters: Any = None) -> Result[Any]:
        """Run one statement."""
        return await self.session.execute(statement, parameters)

    async def scalar(self, statement: Executable, parameters: Any = None) -> Any:
        """Run one statement and return the first column of its first row, or None."""
        return await self.session.scalar(statement, parameters)


class TenantTx(Tx):
    """A transaction inside one workspace."""

    __slots__ = ("workspace_id",)

    def __init__(self, session: AsyncSession, workspace_id: UUID) -> None:
        super().__init__(session)
        self.workspace_id = workspace_id


class SystemTx(Tx):
    """A transaction outside every workspace, for platform tables."""

    __slots__ = ()
