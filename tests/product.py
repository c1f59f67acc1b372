"""The whole product in one process, around a real database and a fake Telegram: what journeys are made on."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import uvicorn
from pydantic import SecretStr

from leadsbot.asgi import Application
from leadsbot.cli.people import provision
from leadsbot.features.alerts.bot import bot_of
from leadsbot.features.alerts.polling import receive_updates
from leadsbot.features.alerts.sending import POOL
from leadsbot.infra.db.addresses import Addresses
from leadsbot.infra.jobs.pools import Pool
from leadsbot.infra.jobs.worker import Worker
from leadsbot.infra.settings import Settings
from leadsbot.testing.postgres import TestDatabase
from leadsbot.testing.telegram import FakeTelegram
from leadsbot.wiring import Process, kinds, process

TOKEN = "123456:AAtesttesttesttesttesttesttesttest1"
PASSWORD = "a long enough sentence"


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

    async def submit(self, **fields: Any) -> httpx.Response:
        """Post an enquiry to the workspace's webhook."""
        return await self.http.post(f"/api/inbound/w/{self.workspace['webhook_id']}/leads", json=fields)

    async def leads(self, workspace: dict[str, str] | None = None) -> list[dict[str, Any]]:
        """What the API lists."""
        key = {"Authorization": f"Bearer {(workspace or self.workspace)['api_key']}"}
        answer = await self.http.get("/api/v1/leads", headers=key)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["data"]
        return found

    async def another_workspace(self, email: str = "charlie@example.com") -> dict[str, str]:
        """Charlie's workspace, who must never see anything of ours."""
        return await provision(self.process.services.db, name="Other", owner_email=email, owner_password=PASSWORD)

    async def bind(self, chat: int, user: Any) -> None:
        """Connect a chat by a link from the API, opened by a person."""
        answer = await self.http.post("/api/v1/telegram/links", headers=self.key)
        assert answer.status_code == 201, answer.text
        self.telegram.start(chat, user, answer.json()["code"])
        await until(lambda: any("connected" in text for text in texts(self.telegram, chat)))


def texts(telegram: FakeTelegram, chat: int) -> list[str]:
    """What stands in a chat, oldest first."""
    return [str(message.get("text", "")) for message in telegram.messages(chat)]


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
    database: TestDatabase, data_dir: Any, *, referee: bool, **more: Any
) -> AsyncIterator[Product]:
    """Start web, worker and polling, with ``more`` settings; stop them in order."""
    async with FakeTelegram(token=TOKEN, username="leads_test_bot", referee=referee) as telegram:
        settings = Settings(
            data_dir=data_dir,
            secret_key=SecretStr("a secret key for tests that is long enough"),
            telegram_bot_token=SecretStr(TOKEN),
            telegram_api_url=telegram.url,
            **more,
        )
        # Named as TCP, or asyncio leaves Nagle's algorithm on and every answer waits for 40 ms.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        addresses = Addresses(database.owner, {})
        async with process(settings, addresses, name="test", address=address) as running:
            server = uvicorn.Server(
                uvicorn.Config(Application(running), lifespan="on", log_config=None, timeout_graceful_shutdown=2)
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
