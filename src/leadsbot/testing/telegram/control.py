"""The fake steered over HTTP, for tests that kill processes, the demo and the benchmark."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

from aiohttp import web

from leadsbot.testing.telegram.world import Json, Person

if TYPE_CHECKING:
    from leadsbot.testing.telegram.server import FakeTelegram

ACTIONS = (
    "add_user", "add_group", "start", "send_text", "press", "press_data", "block", "kick", "migrate", "delete_chat",
    "delete_message", "add_topic", "delete_topic", "close_topic", "flood", "fault", "messages", "buttons",
)  # fmt: skip


def routes(fake: FakeTelegram) -> list[web.RouteDef]:
    """POST /control/{action} with the Python arguments as JSON → {"result"}; GET state, calls?since=N, violations."""

    async def act(request: web.Request) -> web.Response:
        name = request.match_info["action"]
        if name not in ACTIONS:
            return web.json_response({"error": f"no action {name}", "actions": ACTIONS}, status=404)
        arguments = await request.json() if request.can_read_body else {}
        action: Callable[..., object] = getattr(fake, name)
        try:
            result = action(**arguments)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.json_response({"result": asdict(result) if isinstance(result, Person) else result})

    async def clear(_: web.Request) -> web.Response:
        fake.faults.clear()
        for room in fake.world.rooms.values():
            room.flooded_until = 0.0
        return web.json_response({"result": None})

    async def calls(request: web.Request) -> web.Response:
        since = int(request.query.get("since", 0))
        wanted = request.query.get("method")
        listed = [asdict(call) for call in fake.calls[since:] if wanted in (None, call.method)]
        return web.json_response({"total": len(fake.calls), "calls": listed})

    async def state(_: web.Request) -> web.Response:
        rooms: dict[str, Json] = {
            str(room.id): {
                "chat": room.json(),
                "standing": room.standing,
                "migrated_to": room.migrated_to,
                "topics": {str(k): v for k, v in room.topics.items()},
                "messages": list(room.messages.values()),
            }
            for room in fake.world.rooms.values()
        }
        return web.json_response(
            {
                "username": fake.username,
                "rooms": rooms,
                "people": [asdict(person) for person in fake.world.people.values()],
                "callback_answers": fake.methods.callback_answers,
                "waiting_updates": len(fake.inbox.waiting),
                "webhook": fake.inbox.webhook,
            }
        )

    async def violations(_: web.Request) -> web.Response:
        found = {"referee": fake.referee.present, "checked": fake.referee.checked, "violations": fake.violations}
        return web.json_response(found)

    return [
        web.post("/control/clear_faults", clear),
        web.post("/control/{action}", act),
        web.get("/control/calls", calls),
        web.get("/control/state", state),
        web.get("/control/violations", violations),
    ]


async def serve(fake: FakeTelegram, announce: Callable[[int], None], until: asyncio.Event) -> None:
    """Run the fake with its control until the event is set; `announce` gets the port."""
    fake.add_routes(routes(fake))
    async with fake:
        announce(fake.port)
        await until.wait()
