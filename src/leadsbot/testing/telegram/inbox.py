"""Updates waiting for the bot: handed out by long polling, or pushed to a webhook in order."""

from __future__ import annotations

import asyncio
import itertools
import time

import aiohttp

from leadsbot.testing.telegram.referee import Referee
from leadsbot.testing.telegram.world import Json, Refused

PUSH_RETRY_SECONDS = 0.2
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
OTHER_POLLER = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"


class Inbox:
    """The queue of one bot, with Telegram's rules: one poller at a time, and either polling or a webhook."""

    def __init__(self, referee: Referee) -> None:
        self._referee = referee
        self._ids = itertools.count(100_001)
        self._fresh = asyncio.Event()
        self._poll = 0
        self._pusher: asyncio.Task[None] | None = None
        self.polling = 0
        self.waiting: list[Json] = []
        self.allowed: list[str] | None = None
        self.webhook: Json = {}
        self.pushes: list[tuple[int, int]] = []
        self.last_error: str | None = None

    def add(self, kind: str, value: Json, *, unchecked: bool = False) -> int | None:
        """Queue an update and return its number; None when the bot has not asked for this kind.

        `unchecked` is for tests of what a future Bot API may send.
        """
        if self.allowed and kind not in self.allowed and not unchecked:
            return None
        update: Json = {"update_id": next(self._ids), kind: value}
        if not unchecked:
            self._referee.update(update)
        self.waiting.append(update)
        self._fresh.set()
        return int(str(update["update_id"]))

    def replay(self, update: Json) -> None:
        """Queue an update again, as Telegram does when it believes that the first copy was lost."""
        self.waiting.append(update)
        self._fresh.set()

    async def poll(self, params: Json) -> list[Json]:
        """getUpdates."""
        if self.webhook:
            raise Refused(409, WEBHOOK_ACTIVE)
        self._poll += 1
        mine = self._poll
        self._fresh.set()
        self._take_allowed(params)
        offset = params.get("offset")
        if isinstance(offset, int):
            self.waiting = [u for u in self.waiting if int(str(u["update_id"])) >= offset]
        deadline = asyncio.get_running_loop().time() + float(str(params.get("timeout", 0)))
        while not self.waiting:
            self._fresh.clear()
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                return []
            self.polling += 1
            try:
                await asyncio.wait_for(self._fresh.wait(), left)
            except TimeoutError:
                return []
            finally:
                self.polling -= 1
            if mine != self._poll:
                raise Refused(409, OTHER_POLLER)
        return self.waiting[: int(str(params.get("limit", 100)))]

    def set_webhook(self, params: Json) -> None:
        """setWebhook and deleteWebhook (an empty url)."""
        self._take_allowed(params)
        if params.get("drop_pending_updates"):
            self.waiting.clear()
        self.webhook = dict(params) if params.get("url") else {}
        if self._pusher is not None:
            self._pusher.cancel()
            self._pusher = None
        if self.webhook:
            self._pusher = asyncio.create_task(self._push())

    def info(self) -> Json:
        """getWebhookInfo."""
        found: Json = {
            "url": self.webhook.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.waiting),
        }
        if self.last_error is None:
            return found
        return {**found, "last_error_date": int(time.time()), "last_error_message": self.last_error}

    def _take_allowed(self, params: Json) -> None:
        allowed = params.get("allowed_updates")
        if isinstance(allowed, list):
            self.allowed = [str(kind) for kind in allowed]

    async def _push(self) -> None:
        async with aiohttp.ClientSession(trust_env=False) as session:
            while True:
                while not self.waiting:
                    self._fresh.clear()
                    await self._fresh.wait()
                update = self.waiting[0]
                status = await self._deliver(session, update)
                self.pushes.append((int(str(update["update_id"])), status))
                if 200 <= status < 300:
                    self.waiting.remove(update)
                else:
                    self.last_error = f"Wrong response from the webhook: {status}"
                    await asyncio.sleep(PUSH_RETRY_SECONDS)

    async def _deliver(self, session: aiohttp.ClientSession, update: Json) -> int:
        headers = {}
        if self.webhook.get("secret_token"):
            headers["X-Telegram-Bot-Api-Secret-Token"] = str(self.webhook["secret_token"])
        try:
            async with session.post(str(self.webhook["url"]), json=update, headers=headers) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, OSError):
            return 0

    async def close(self) -> None:
        """Stop pushing and let a waiting poller go."""
        self._poll += 1
        self._fresh.set()
        if self._pusher is not None:
            self._pusher.cancel()
            await asyncio.gather(self._pusher, return_exceptions=True)
