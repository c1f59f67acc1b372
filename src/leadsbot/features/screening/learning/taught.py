"""The weights of workspaces in a web process: found without waiting, fresh within a second, bounded."""

from __future__ import annotations

import asyncio
from array import array
from collections import OrderedDict
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from leadsbot.features.screening.learning.ftrl import BadState, Model
from leadsbot.features.screening.learning.prior import places, prior
from leadsbot.features.screening.learning.weights import Weights
from leadsbot.infra import logging
from leadsbot.infra.db.raw import LOST, Link
from leadsbot.infra.waiting import until_set

POLL_S: Final = 0.5
MOST_MODELS: Final = 128
"""Of 256 KB each."""
MOST_ABSENT: Final = 20_000
CHANGED: Final = (
    "SELECT workspace_id, changed_at FROM screening_model "
    "WHERE workspace_id = ANY($1) OR changed_at > clock_timestamp() - interval '15 seconds'"
)
"""Changes are looked for again for 15 s: a transaction shows its rows later than the moment it wrote in them."""
STATES: Final = "SELECT workspace_id, changed_at, state FROM screening_model WHERE workspace_id = ANY($1)"
log = logging.get(__name__)


class Taught:
    """What each workspace's filter has learned, added to what is shipped.

    A workspace that nobody asked for yet is read in the background and answered with the shipped weights meanwhile.
    Models stay as they are while the database is away. Run :meth:`follow` as a task.
    """

    def __init__(self, most: int = MOST_MODELS) -> None:
        self._most = most
        # By the number of the workspace's id, which is looked up faster than the id.
        self._models: OrderedDict[int, tuple[datetime, Weights]] = OrderedDict()
        self._absent: dict[int, None] = {}
        self._wanted: set[int] = set()
        self._asked = asyncio.Event()

    def weights(self, workspace: int) -> Weights | None:
        """The weights to judge with, now; None where nothing was taught, or nothing is known of it yet."""
        known = self._models.get(workspace)
        if known is not None:
            self._models.move_to_end(workspace)
            return known[1]
        if workspace not in self._absent and workspace not in self._wanted and len(self._wanted) < MOST_ABSENT:
            self._wanted.add(workspace)
            self._asked.set()
        return None

    async def follow(self, link: Link) -> None:
        """Read models that are asked for and follow their changes, until cancelled."""
        while True:
            try:
                await self._look(await link.get())
            except (*LOST, asyncpg.PostgresError):
                link.drop()
                # What changes while nobody looks would not be noticed of those that had none.
                self._absent.clear()
                await asyncio.sleep(POLL_S)
            await until_set(self._asked, POLL_S)
            self._asked.clear()

    async def _look(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        wanted = set(self._wanted)
        rows = await connection.fetch(CHANGED, [UUID(int=each) for each in (*self._models, *wanted)])
        stamps = {row["workspace_id"].int: row["changed_at"] for row in rows}
        stale = [
            workspace
            for workspace, stamp in stamps.items()
            if workspace in wanted
            or workspace in self._absent
            or (workspace in self._models and self._models[workspace][0] != stamp)
        ]
        for row in await connection.fetch(STATES, [UUID(int=each) for each in stale]) if stale else []:
            workspace: int = row["workspace_id"].int
            self._models[workspace] = row["changed_at"], await asyncio.to_thread(_combined, row)
            self._absent.pop(workspace, None)
        for gone in set(self._models) - stamps.keys():
            del self._models[gone]
        self._absent.update(dict.fromkeys(wanted - stamps.keys()))
        self._wanted -= wanted
        while len(self._models) > self._most:
            self._models.popitem(last=False)
        while len(self._absent) > MOST_ABSENT:
            del self._absent[next(iter(self._absent))]


def _combined(row: Any) -> Weights:
    try:
        own = Model.load(row["state"]).weights
    except BadState:
        log.error("screening.model_unreadable", workspace_id=str(row["workspace_id"]))
        return prior()
    return Weights(array("f", [mine + shipped for mine, shipped in zip(own, places(), strict=True)]))
