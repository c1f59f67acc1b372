"""The whole product in one process, around a real database and a fake Telegram: what journeys are made on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import httpx
import uvicorn
from pydantic import SecretStr
from sqlalchemy import text

from leadsbot.asgi import Application
from leadsbot.channels.telegram.pacing import Pacer, Rates
from leadsbot.cli.people import provision
from leadsbot.features.alerts.bot import bot_of
from leadsbot.features.alerts.polling import receive_updates
from leadsbot.features.alerts.sending import POOL
from leadsbot.infra.db.addresses import Addresses
from leadsbot.infra.jobs.pools import Pool
from leadsbot.infra.jobs.worker import Worker
from leadsbot.infra.settings import Settings
from leadsbot.infra.wire import Protocol
from leadsbot.testing.postgres import TestDatabase
from leadsbot.testing.telegram import FakeTelegram
from leadsbot.wiring import Process, kinds, process
from tests.cast import Browser

TOKEN = "123456:AAtesttesttesttesttesttesttesttest1"
PASSWORD = "a long enough sentence"
SECRET = "a secret key for tests that is long enough"


@dataclass
class Product:
    """A running product and one workspace in it."""

    address: str
    process: Process
    telegram: FakeTelegram
    workspace: dict[str, str]
    http: httpx.AsyncClient

    @property
    def key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.workspace['api_key']}"}

    async def submit(self, workspace: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """Post an enquiry to the workspace's (or another one's) webhook."""
        webhook = (workspace or self.workspace)["webhook_id"]
        return await self.http.post(f"/api/inbound/w/{webhook}/leads", json=fields)

    async def leads(self, workspace: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """What the API lists."""
        key = {"Authorization": f"Bearer {(workspace or self.workspace)['api_key']}"}
        answer = await self.http.get("/api/v1/leads", headers=key)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    async def deliveries(self, *states: str) -> list[dict[str, Any]]:
        """The delivery log as the API lists it, the newest first."""
        answer = await self.http.get("/api/v1/deliveries", params={"state": states}, headers=self.key)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    async def settled(self) -> list[dict[str, Any]]:
        """Wait until nothing is to be sent any more, nothing is held and nothing failed; returns the log."""

        async def quiet() -> bool:
            return not await self.deliveries("due", "sending", "held")

        await until(quiet)
        assert not await self.deliveries("failed", "uncertain")
        return await self.deliveries()

    async def destinations(self) -> list[dict[str, Any]]:
        """The connected chats as the API lists them."""
        answer = await self.http.get("/api/v1/telegram/destinations", headers=self.key)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()
        return found

    async def in_dashboard(self, path: str, **fields: str) -> None:
        """Post a form as the owner, signed in with a browser."""
        async with httpx.AsyncClient(base_url=self.address, timeout=20) as http:
            browser = Browser(http)
            signed_in = await browser.sign_in("alice@example.com", PASSWORD)
            assert signed_in.status_code == 303, signed_in.text
            answer = await browser.post(path, fields)
            assert answer.status_code == 303, answer.text

    async def another_workspace(self, email: str = "charlie@example.com") -> dict[str, str]:
        """Charlie's workspace, who must never see anything of ours."""
        return await provision(self.process.services.db, name="Other", owner_email=email, owner_password=PASSWORD)

    async def pass_time(self) -> None:
        """Let the moment come for which everything that waits has been put off, however far away it is."""
        owner = await asyncpg.connect(self.process.addresses.owner)
        await owner.execute("UPDATE job SET due_at = clock_timestamp() WHERE state = 3")
        await owner.close()

        async def nothing_is_put_off() -> bool:
            async with self.process.services.db.system() as tx:
                return not await tx.scalar(text("SELECT count(*) FROM job WHERE state IN (0, 1, 3)"))

        await until(nothing_is_put_off)

    async def bind(
        self, chat: int, user: Any, *, thread_id: int | None = None, workspace: dict[str, str] | None = None
    ) -> None:
        """Connect a chat (or topic) by a link from the API, opened by a person."""
        key = {"Authorization": f"Bearer {(workspace or self.workspace)['api_key']}"}
        answer = await self.http.post("/api/v1/telegram/links", headers=key)
        assert answer.status_code == 201, answer.text
        before = len(texts(self.telegram, chat))
        self.telegram.start(chat, user, answer.json()["code"], thread_id)
        await until(lambda: any("connected" in text for text in texts(self.telegram, chat)[before:]))


def texts(telegram: FakeTelegram, chat: int) -> list[str]:
    """What stands in a chat, oldest first."""
    return [str(message.get("text", "")) for message in telegram.messages(chat)]


async def card_in(product: Product, chat: int, word: str) -> dict[str, Any]:
    """The message in a chat that says something; waits for it."""

    def found() -> dict[str, Any] | None:
        return next((m for m in product.telegram.messages(chat) if word in str(m.get("text"))), None)

    card: dict[str, Any] = await until(found)
    return card


async def until(true: Callable[[], Any], within: float = 20.0) -> Any:
    """Wait until something is so, and return it."""
    async with asyncio.timeout(within):
        while True:
            found = true()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(
    database: TestDatabase,
    data_dir: Any,
    *,
    referee: bool,
    rates: Rates | None = None,
    telegram: FakeTelegram | None = None,
    **more: Any,
) -> AsyncIterator[Product]:
    """Start web, worker and polling with these settings (and a pace of their own); stop them in order.

    ``telegram`` is one that goes on from an earlier run.
    """
    fresh = FakeTelegram(token=TOKEN, username="leads_test_bot", referee=referee)
    async with contextlib.nullcontext(telegram) if telegram else fresh as telegram:
        settings = Settings(
            data_dir=data_dir,
            telegram_bot_token=SecretStr(TOKEN),
            telegram_api_url=telegram.url,
            **{"secret_key": SecretStr(SECRET), "telegram_chat_rate": 6000, "telegram_group_rate": 6000, **more},
        )
        # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer waits for 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        addresses = Addresses(database.owner, {})
        async with process(settings, addresses, name="test", address=address) as running:
            server = uvicorn.Server(
                uvicorn.Config(
                    Application(running), http=Protocol, lifespan="on", log_config=None, timeout_graceful_shutdown=2
                )
            )
            worker = Worker(
                running.queue_dsn,
                running.services.db,
                kinds(),
                running.services,
                pools={"default": Pool(8), POOL: Pool(8, exclusive=True)},
                waker=running.waker,
            )
            stop = asyncio.Event()
            bot = bot_of(running.services)
            assert bot is not None
            if rates is not None:
                bot.pacing = Pacer(rates)
            tasks = [
                asyncio.create_task(server.serve(sockets=[listener])),
                asyncio.create_task(worker.run(stop)),
                asyncio.create_task(receive_updates(running.services, bot, lambda: not stop.is_set())),
            ]
            await until(lambda: server.started)
            workspace = await provision(
                running.services.db, name="Corner & Sons", owner_email="alice@example.com", owner_password=PASSWORD
            )
            async with httpx.AsyncClient(base_url=address, timeout=20) as client:
                yield Product(address, running, telegram, workspace, client)
            stop.set()
            server.should_exit = True
            tasks[2].cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if referee:
            telegram.assert_clean()
