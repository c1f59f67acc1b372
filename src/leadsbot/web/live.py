"""Live updates of the dashboard: server-sent events that name what changed, never its content."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

from litestar import Request, Response
from litestar.response import Stream
from sqlalchemy import text

from leadsbot.infra.services import Services
from leadsbot.kit.clock import monotonic
from leadsbot.web.actor import SIGNED_IN, Actor
from leadsbot.web.errors import as_app_error
from leadsbot.web.inject import Caller, Uses
from leadsbot.web.routes import page

HEARTBEAT_S = 15.0
LONGEST_S = 3600.0
STREAMS_PER_PERSON = 12


class Streams:
    """The open streams of this process. Every ``heartbeat_s`` seconds each says that it lives, if its session does."""

    def __init__(self, heartbeat_s: float = HEARTBEAT_S) -> None:
        self.heartbeat_s = heartbeat_s
        self.closing = asyncio.Event()
        self.open: dict[UUID, int] = {}

    def enter(self, person: UUID) -> bool:
        """Count a stream in; False when this person has too many."""
        count = self.open.get(person, 0)
        if count >= STREAMS_PER_PERSON:
            return False
        self.open[person] = count + 1
        return True

    def leave(self, person: UUID) -> None:
        """Count a stream out."""
        count = self.open.get(person, 1) - 1
        if count:
            self.open[person] = count
        else:
            self.open.pop(person, None)


@page("GET", "/live", needs=SIGNED_IN)
async def live(request: Request[Any, Any, Any], actor: Caller, services: Uses) -> Response[Any]:
    """Events of the signed-in workspace: ``event: lead.created``. ``*`` means: something was missed, refetch.

    A reconnecting browser (``Last-Event-ID``) is told ``*`` at once, because hints are not stored.
    """
    streams: Streams = request.app.state.streams
    person, workspace = actor.person_id, actor.workspace_id

    async def still_signed_in() -> bool:
        """Whether the session lives and looks at the same workspace; False also while the database is away, when
        there is nothing to tell and the browser does better to ask again later."""
        try:
            now: Actor = await request.app.state.authenticate(request)
        except Exception as error:
            if as_app_error(error) is None:
                raise
            return False
        return (now.person_id, now.workspace_id) == (person, workspace)

    if person is None or services.live is None or streams.closing.is_set() or not streams.enter(person):
        # 204 tells an EventSource not to come back; the page falls back to polling.
        return Response(None, status_code=204)
    resumed = "last-event-id" in request.headers
    return Stream(
        _events(services, actor.workspace(), streams, person, resumed, still_signed_in),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(
    services: Services,
    workspace: UUID,
    streams: Streams,
    person: UUID,
    resumed: bool,
    still_signed_in: Callable[[], Awaitable[bool]],
) -> AsyncIterator[bytes]:
    number, until = 0, monotonic() + LONGEST_S
    beat = monotonic() + streams.heartbeat_s
    closing = asyncio.create_task(streams.closing.wait())
    waiting: asyncio.Task[str] | None = None
    try:
        with services.live.subscribe(workspace) as queue:  # type: ignore[union-attr]  # the route checked it
            yield b"retry: 2000\n\n" + (_event(number, "*") if resumed else b"")
            while monotonic() < until and not closing.done():
                waiting = waiting or asyncio.create_task(queue.get())
                await asyncio.wait(
                    {waiting, closing}, timeout=max(0.0, beat - monotonic()), return_when=asyncio.FIRST_COMPLETED
                )
                # In a busy workspace there is no quiet moment to ask whether the session still lives.
                if monotonic() >= beat:
                    if not await still_signed_in():
                        return
                    beat = monotonic() + streams.heartbeat_s
                    yield b": still here\n\n"
                if waiting.done():
                    number += 1
                    yield _event(number, waiting.result())
                    waiting = None
    finally:
        closing.cancel()
        if waiting is not None:
            waiting.cancel()
        streams.leave(person)


def _event(number: int, name: str) -> bytes:
    return f"id: {number}\nevent: change\ndata: {name}\n\n".encode()


@page("GET", "/live/poll", needs=SIGNED_IN)
async def poll(request: Request[Any, Any, Any], actor: Caller, services: Uses) -> Response[Any]:
    """The fallback without streams: 304 while nothing happened in the workspace since the ETag that is sent."""
    async with services.db.tenant(actor.workspace()) as tx:
        newest = await tx.scalar(text("SELECT id FROM event_log ORDER BY id DESC LIMIT 1"))
    etag = f'"{hashlib.sha256(str(newest).encode()).hexdigest()[:20]}"'
    if request.headers.get("if-none-match") == etag:
        return Response(None, status_code=304, headers={"ETag": etag})
    return Response({"changed": True}, headers={"ETag": etag})


routes = (live, poll)
