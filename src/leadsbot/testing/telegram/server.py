"""The fake as an HTTP server on 127.0.0.1: the Bot API, its record of calls, and the referee's verdict."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from aiohttp import web

from leadsbot.testing.telegram.faults import Fault, Kind
from leadsbot.testing.telegram.inbox import Inbox
from leadsbot.testing.telegram.markup import BadRequest
from leadsbot.testing.telegram.methods import Methods
from leadsbot.testing.telegram.people import People
from leadsbot.testing.telegram.referee import Referee, load_spec
from leadsbot.testing.telegram.world import Json, Refused, World

TOKEN = "7000000001:AAFakeTokenOfTheFakeTelegram0000000"
# Values that stay text although they look like JSON, when a client sends a form instead of JSON.
_TEXTS = {"text", "url", "parse_mode", "secret_token", "callback_query_id", "name"}


@dataclass
class Call:
    """One request: when it came (monotonic and wall seconds), what it asked, how it was answered (0 = not at all)."""

    method: str
    params: Json
    at: float
    wall: float
    status: int = 0
    answer: Json = field(default_factory=dict)
    carried_out: bool = False


class FakeTelegram(People):
    """A Bot API for one bot, with the state of its chats.

    Use as an async context manager: `async with FakeTelegram() as fake: TelegramApi(http, fake.token, fake.url)`.
    `referee=False` leaves the specification out (for benchmarks); `insecure_webhooks` lets http:// targets through.
    """

    def __init__(
        self,
        *,
        token: str = TOKEN,
        username: str = "leadsbot_test_bot",
        port: int = 0,
        referee: bool = True,
        insecure_webhooks: bool = False,
    ) -> None:
        self.token = token
        self.username = username
        self.port = port
        self.referee = Referee(load_spec() if referee else None)
        self.world = World(username)
        self.inbox = Inbox(self.referee)
        self.methods = Methods(self.world, self.inbox, insecure_webhooks)
        self.calls: list[Call] = []
        self.faults: list[Fault] = []
        self._arrived = asyncio.Condition()
        self._runner: web.AppRunner | None = None
        self._routes: list[web.RouteDef] = []

    @property
    def url(self) -> str:
        """What LEADSBOT_TELEGRAM_API_URL has to be."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def violations(self) -> list[str]:
        """Everything that the referee found in requests, answers and updates."""
        return self.referee.violations

    def assert_clean(self) -> None:
        """Fail when anything that went over the wire breaks the published specification."""
        assert not self.violations, "\n".join(self.violations)

    def add_routes(self, routes: list[web.RouteDef]) -> None:
        """Serve more on the same port; before the start."""
        self._routes.extend(routes)

    async def __aenter__(self) -> Self:
        await self.listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.inbox.close()
        await self.stop_listening()

    async def listen(self) -> None:
        """Open the port (the same one again after `stop_listening`)."""
        app = web.Application(client_max_size=1 << 20)
        app.add_routes([web.route("*", "/bot{token}/{method}", self._handle), *self._routes])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = int(self._runner.addresses[0][1])

    async def stop_listening(self) -> None:
        """Refuse connections, as when Telegram cannot be reached; the state is kept."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def fault(
        self,
        kind: Kind,
        *,
        method: str | None = "sendMessage",
        chat: int | None = None,
        times: int = 1,
        code: int = 500,
        description: str = "Internal Server Error",
        retry_after: int | None = None,
        seconds: float = 60.0,
    ) -> None:
        """Order a failure, see `Fault`; the oldest fitting one hits first."""
        self.faults.append(Fault(kind, method, chat, times, code, description, retry_after, seconds))

    def calls_of(self, method: str, chat: int | None = None) -> list[Call]:
        """The calls of one method, oldest first, those that were never answered included."""
        return [c for c in self.calls if c.method == method and (chat is None or c.params.get("chat_id") == chat)]

    async def wait_for(self, method: str, count: int = 1, *, chat: int | None = None, within: float = 10) -> list[Call]:
        """Wait until a method was called `count` times in all; raises TimeoutError."""
        async with asyncio.timeout(within), self._arrived:
            await self._arrived.wait_for(lambda: len(self.calls_of(method, chat)) >= count)
        return self.calls_of(method, chat)

    async def wait_for_poll(self, within: float = 10) -> None:
        """Wait until a long poll is open."""
        async with asyncio.timeout(within):
            while not self.inbox.polling:
                await asyncio.sleep(0.01)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if request.match_info["token"] != self.token:
            return _json(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})
        params = await _params(request)
        call = Call(method, params, time.monotonic(), time.time())
        self.calls.append(call)
        self.referee.request(method, params)
        try:
            return await self._answer(request, call)
        finally:
            async with self._arrived:
                self._arrived.notify_all()

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        fault = next((f for f in self.faults if f.hits(call.method, call.params)), None)
        if fault is None:
            return await self._carry_out(call)
        if fault.kind == "refuse":
            parameters: Json | None = {"retry_after": fault.retry_after} if fault.retry_after is not None else None
            return _refuse(call, Refused(fault.code, fault.description, parameters))
        if fault.kind == "gateway":
            call.status = fault.code
            return web.Response(status=fault.code, text="<html>nginx</html>", content_type="text/html")
        if fault.kind in ("hang_after", "reset_after", "garbage"):
            await self._carry_out(call)
        if fault.kind == "garbage":
            return web.Response(text='{"ok":tr', content_type="application/json")
        if fault.kind in ("hang", "hang_after"):
            async with self._arrived:
                self._arrived.notify_all()
            await asyncio.sleep(fault.seconds)
        call.status = 0
        if request.transport is not None:
            request.transport.abort()
        return web.Response()

    async def _carry_out(self, call: Call) -> web.StreamResponse:
        handler = self.methods.table.get(call.method)
        if handler is None:
            return _refuse(call, Refused(404, "Not Found"))
        try:
            result = await handler(call.params)
        except BadRequest as error:
            return _refuse(call, Refused(400, f"Bad Request: {error}"))
        except Refused as error:
            return _refuse(call, error)
        self.referee.result(call.method, result)
        call.status, call.answer, call.carried_out = 200, {"ok": True, "result": result}, True
        return _json(200, call.answer)


def _refuse(call: Call, error: Refused) -> web.Response:
    body: Json = {"ok": False, "error_code": error.code, "description": error.description}
    if error.parameters:
        body["parameters"] = error.parameters
    call.status, call.answer = error.code, body
    return _json(error.code, body)


def _json(status: int, body: Json) -> web.Response:
    return web.json_response(body, status=status)


async def _params(request: web.Request) -> Json:
    if request.content_type == "application/json":
        body = await request.json() if request.can_read_body else {}
        return body if isinstance(body, dict) else {}
    form = {**request.query, **(await request.post())}
    return {key: value if key in _TEXTS else _guess(str(value)) for key, value in form.items()}


def _guess(text: str) -> object:
    try:
        value: object = json.loads(text)
    except ValueError:
        return text
    return value
