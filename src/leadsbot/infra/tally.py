"""Counts in memory, written now and then: one row for many things that happened, instead of one for each.

A crash loses what was counted since the last writing. These figures say how much something is used or refused, and
nobody is harmed by a few that are missing; leads are never treated so.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Generic, TypeVar
from uuid import UUID

from leadsbot.infra import logging
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx

MAX_KEYS = 10_000
Key = TypeVar("Key", bound=Hashable)
log = logging.get(__name__)


class Tally(Generic[Key]):
    """The counts of one process, by workspace and key; ``save`` writes those of one workspace."""

    def __init__(
        self,
        db: Database,
        save: Callable[[TenantTx, Mapping[Key, int]], Awaitable[None]],
        *,
        name: str,
        pause: float,
        told: Callable[[UUID], None] = lambda _workspace: None,
    ) -> None:
        """``pause`` is the seconds between two writings; ``name`` is what the log calls it; ``told`` hears of each
        workspace whose counts were written."""
        self._db, self._save, self._name, self._pause, self._told = db, save, name, pause, told
        self._counts: dict[UUID, Counter[Key]] = {}
        self._keys = 0

    def count(self, workspace: UUID, key: Key, times: int = 1) -> None:
        """Add. When too many different keys are counted at once, further ones are not."""
        counts = self._counts.setdefault(workspace, Counter())
        if key not in counts:
            if self._keys >= MAX_KEYS:
                return
            self._keys += 1
        counts[key] += times

    async def flush(self) -> None:
        """Write what was counted. What cannot be written is dropped, and said in the log."""
        taken, self._counts, self._keys = self._counts, {}, 0
        for workspace, counts in taken.items():
            try:
                async with self._db.tenant(workspace) as tx:
                    await self._save(tx, counts)
                self._told(workspace)
            except Exception as error:  # noqa: BLE001 - one workspace's counts must not keep the others' from being written
                log.warning("counts lost", tally=self._name, reason=type(error).__name__)

    async def run(self) -> None:
        """Write until cancelled; what is counted then is written once more."""
        try:
            while True:
                await asyncio.sleep(self._pause)
                await self.flush()
        finally:
            with contextlib.suppress(Exception):
                await self.flush()


__all__ = ["Tally"]
