"""Collect updates from Telegram by long polling: one process at a time, each update exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from leadsbot.channels.telegram import webhook
from leadsbot.channels.telegram.api import Ok, RawUpdate, Refusal
from leadsbot.features.alerts import actions
from leadsbot.features.alerts.bot import Bot
from leadsbot.features.alerts.inbound import PUSHED, UPDATE, PushedJob, UpdateJob
from leadsbot.features.alerts.tables import CursorRow
from leadsbot.infra import logging
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import SystemTx
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.infra.net.http import Ambiguous, NotSent
from leadsbot.infra.services import Services
from leadsbot.kit.clock import utcnow

log = logging.get(__name__)
PAUSE_S = 3.0
WAIT_S = 25
ASK_AGAIN_S = 3600
"""After so long Telegram is asked again to push, in case it would now, or somebody took the address away."""
LOOK_S = 60
REFUSALS = {
    401: "Telegram does not accept the bot's token any more. Copy it from @BotFather again.",
    404: "Telegram does not know the bot's token. Copy it from @BotFather again.",
    409: "Another program collects what people do with this bot, so some button presses never reach LeadsBot. "
    "Stop it, or give LeadsBot a bot of its own.",
}
PUSHED_AGAIN_WITHIN = timedelta(days=3)
"""Telegram keeps an update that it could not deliver for a day."""
WEBHOOK_PATH = "/telegram/updates"


async def receive_updates(services: Services, bot: Bot, owns: Callable[[], bool]) -> None:
    """Make updates arrive until cancelled: pushed when our address is https, polled otherwise."""
    poller = Poller(bot, services.db, owns)
    if not services.settings.https:
        await poller.run()
    while True:
        if not owns():
            await asyncio.sleep(PAUSE_S)
            continue
        trouble = await _pushed(services, bot)
        if trouble is None:
            await asyncio.sleep(PAUSE_S)
            continue
        await poller.tell(trouble)
        if not trouble:
            await _watch(services, bot, poller)
            continue
        # Buttons must work whatever our address is: what is not pushed is asked for.
        with suppress(TimeoutError):
            async with asyncio.timeout(ASK_AGAIN_S):
                await poller.run(tells=False)


async def _pushed(services: Services, bot: Bot) -> str | None:
    """Ask Telegram to push; why it refuses, empty when it agreed, None when it did not answer."""
    secret = services.signer.mac("telegram webhook", b"").hex()
    url = services.url(WEBHOOK_PATH)
    try:
        answer = await bot.api.set_webhook(url, secret)
    except (NotSent, Ambiguous):
        return None
    return "" if isinstance(answer, Ok) else webhook.refused(url, answer)


async def _watch(services: Services, bot: Bot, poller: Poller) -> None:
    """Look every minute whether pushes arrive; returns when it is time to ask for them again."""
    for _ in range(ASK_AGAIN_S // LOOK_S):
        await asyncio.sleep(LOOK_S)
        try:
            answer = await bot.api.get_webhook_info()
        except (NotSent, Ambiguous):
            continue
        if isinstance(answer, Ok):
            info = webhook.read_info(answer)
            if info.url and info.url != services.url(WEBHOOK_PATH):
                await poller.tell(webhook.elsewhere(info))
                return
            await poller.tell(webhook.unreached(info, utcnow()) or "")
            if not info.url:
                return


class Poller:
    """Polls while ``owns()`` says that this process is the one to do it."""

    def __init__(self, bot: Bot, db: Database, owns: Callable[[], bool]) -> None:
        self._bot = bot
        self._db = db
        self._owns = owns
        self._told: str | None = None

    async def tell(self, trouble: str) -> None:
        """Write down why updates do not arrive (empty: they do), for the Telegram page; only what is news."""
        if trouble == self._told:
            return
        if trouble:
            log.warning("updates do not arrive as they should", reason=trouble)
        try:
            async with self._db.system() as tx:
                await actions.note_trouble(tx, self._bot.id, trouble or None)
        except Exception as error:  # noqa: BLE001 - whoever collects updates must go on; the next round tells again
            log.warning("a trouble could not be written down", error=type(error).__name__)
        else:
            self._told = trouble

    async def run(self, *, tells: bool = True) -> None:
        """Poll until cancelled. Troubles of Telegram or the database cost a pause, never an update."""
        quiet = True
        while True:
            if not self._owns():
                await asyncio.sleep(0.5)
                continue
            try:
                trouble = await self._once()
                if tells:
                    await self.tell(trouble)
                quiet = True
            except (NotSent, Ambiguous) as error:
                if quiet:
                    log.warning("Telegram does not answer", error=str(error))
                quiet = False
                await asyncio.sleep(PAUSE_S)
            except Exception as error:  # noqa: BLE001 - polling must go on whatever one round met
                log.warning("collecting updates failed, trying again", error=type(error).__name__)
                await asyncio.sleep(PAUSE_S)

    async def _once(self) -> str:
        """Collect once; why Telegram refuses, empty when it does not."""
        async with self._db.system() as tx:
            seen = await tx.scalar(select(CursorRow.seen).where(CursorRow.id == self._bot.id))
        found = await self._bot.api.get_updates(None if seen is None else int(seen) + 1, wait=WAIT_S)
        if isinstance(found, Refusal):
            log.warning("Telegram refuses to hand out updates", code=found.error_code, reason=found.description)
            if found.error_code == 409:
                # A webhook is set, or another program polls with our token.
                await self._bot.api.delete_webhook()
            await asyncio.sleep(PAUSE_S)
            return REFUSALS.get(found.error_code, "") if "webhook" not in found.description else ""
        if found:
            await store_updates(self._db, self._bot.id, found)
        return ""


async def store_updates(db: Database, bot_id: int, updates: list[RawUpdate], *, ordered: bool = True) -> int:
    """Turn updates into jobs, those already seen left out; returns how many were new.

    The place in the stream moves in the same commit. Pushed updates (``ordered=False``) can arrive out of order, so
    they do not move it; each one leaves a mark for some days instead, because Telegram pushes again what it believes
    was lost.
    """
    made = 0
    async with db.system() as tx:
        place = select(CursorRow.seen).where(CursorRow.id == bot_id).with_for_update()
        seen = await tx.scalar(place) if ordered else None
        for update in updates:
            if seen is not None and update.update_id <= seen:
                continue
            if not ordered and not await _first(tx, bot_id, update.update_id):
                continue
            job = UpdateJob(update.raw.decode("utf-8", "replace").replace("\\u0000", "").replace("\0", ""))
            made += await enqueue(tx, UPDATE, job, unique=f"telegram {bot_id} {update.update_id}") is not None
        if ordered and updates:
            last = max(update.update_id for update in updates)
            statement = insert(CursorRow).values(id=bot_id, seen=last)
            await tx.execute(
                statement.on_conflict_do_update(
                    index_elements=["id"], set_={"seen": func.greatest(CursorRow.seen, statement.excluded.seen)}
                )
            )
    return made


async def _first(tx: SystemTx, bot_id: int, update_id: int) -> bool:
    """Whether an update is pushed for the first time. Its mark is a job that does nothing, in some days: until then it
    costs nothing, and then it takes itself away."""
    mark = f"telegram pushed {bot_id} {update_id}"
    return await enqueue(tx, PUSHED, PushedJob(), unique=mark, due_at=utcnow() + PUSHED_AGAIN_WITHIN) is not None
