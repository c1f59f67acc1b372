"""Counts loads of the widget in memory and writes them now and then: one row a minute instead of one for each page.

A crash loses the counts of a minute at most. They say how much a site is used, and nobody is harmed by that; leads are
never treated so.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import Final
from uuid import UUID

from leadsbot.features.widget import actions
from leadsbot.infra import logging
from leadsbot.infra.db.pool import Database

NAME: Final = "widget.loads"
"""The name under which wiring puts the counter."""
PAUSE_S: Final = 60.0
MAX_KEYS: Final = 10_000
log = logging.get(__name__)


class Loads:
    """The counts of one process."""

    def __init__(self, db: Database, *, pause: float = PAUSE_S) -> None:
        self._db, self._pause = db, pause
        self._counts: dict[UUID, Counter[tuple[UUID, str, str]]] = {}
        self._keys = 0

    def count(self, workspace: UUID, source: UUID, site: str, mode: str, loads: int) -> None:
        """Add loads. When too many different sites are counted at once, further ones are not."""
        counts = self._counts.setdefault(workspace, Counter())
        key = (source, site, mode)
        if key not in counts:
            if self._keys >= MAX_KEYS:
                return
            self._keys += 1
        counts[key] += loads

    async def flush(self) -> None:
        """Write what was counted. What cannot be written is dropped, and said in the log."""
        taken, self._counts, self._keys = self._counts, {}, 0
        for workspace, counts in taken.items():
            try:
                async with self._db.tenant(workspace) as tx:
                    await actions.save_loads(tx, counts)
            except Exception as error:  # noqa: BLE001 - one workspace's counts must not keep the others' from being written
                log.warning("widget.loads_lost", reason=type(error).__name__)

    async def run(self) -> None:
        """Write until cancelled; what is counted then is written once more."""
        try:
            while True:
                await asyncio.sleep(self._pause)
                await self.flush()
        finally:
            with contextlib.suppress(Exception):
                await self.flush()
