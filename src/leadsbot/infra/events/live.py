"""Tell open dashboards that something changed: event names per workspace, never content."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from leadsbot.infra.jobs.wake import LIVE, listen

BACKLOG = 100


class Live:
    """Fans the dispatcher's hints out to subscribers. A slow one loses hints and gets ``*``: look at everything."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._subscribers: dict[str, set[asyncio.Queue[str]]] = defaultdict(set)

    async def run(self) -> None:
        """Listen until cancelled; after a gap everybody is told to look."""
        await listen(self._dsn, LIVE, self._heard, self._lost)

    @contextmanager
    def subscribe(self, workspace_id: UUID) -> Iterator[asyncio.Queue[str]]:
        """A queue of event names of one workspace, for as long as the context is open."""
        queue: asyncio.Queue[str] = asyncio.Queue(BACKLOG)
        key = str(workspace_id)
        self._subscribers[key].add(queue)
        try:
            yield queue
        finally:
            self._subscribers[key].discard(queue)
            if not self._subscribers[key]:
                del self._subscribers[key]

    def _heard(self, payload: str) -> None:
        for item in payload.split(","):
            workspace, _, name = item.partition(" ")
            for queue in self._subscribers.get(workspace, ()):
                _offer(queue, name)

    def _lost(self) -> None:
        for queues in self._subscribers.values():
            for queue in queues:
                _offer(queue, "*")


def _offer(queue: asyncio.Queue[str], name: str) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        name = "*"
    queue.put_nowait(name)


__all__ = ["Live"]
