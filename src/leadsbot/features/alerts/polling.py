"""Collect updates from Telegram by long polling: one process at a time, each update exactly once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from leadsbot.channels.telegram.api import Ok, RawUpdate, Refusal
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
PUSHED_AGAIN_WITHIN = timedelta(days=3)
"""Telegram keeps an update that it could not deliver for a day."""
WEBHOOK_PATH = "/telegram/updates"


async def receive_updates(services: Services, bot: Bot, owns: Callable[[], bool]) -> None:
    """Make updates arrive until cancelled: pushed when our address is https, polled otherwise."""
    if not services.settings.https:
        await Poller(bot, services.db, owns).run()
        return
    while True:
        if owns() and await _pushed(services, bot):
            await asyncio.sleep(3600)
        else:
            await asyncio.sleep(PAUSE_S)


async def _pushed(services: Services, bot: Bot) -> bool:
    """Ask Telegram to push; repeated every hour, so that a webhook somebody removed comes back."""
    secret = services.signer.mac("telegram webhook", b"").hex()
    try:
        return isinstance(await bot.api.set_webhook(services.url(WEBHOOK_PATH), secret), Ok)
    except (NotSent, Ambiguous):
        return False


class Poller:
    """Polls while ``owns()`` says that this process is the one to do it."""

    def __init__(self, bot: Bot, db: Database, owns: Callable[[], bool]) -> None:
        self._bot = bot
        self._db = db
        self._owns = owns

    async def run(self) -> None:
        """Poll until cancelled. Troubles of Telegram or the database cost a pause, never an update."""
        quiet = True
        while True:
            if not self._owns():
                await asyncio.sleep(0.5)
                continue
            try:
                await self._once()
                quiet = True
            except (NotSent, Ambiguous) as error:
                if quiet:
                    log.warning("Telegram does not answer", error=str(error))
                quiet = False
                await asyncio.sleep(PAUSE_S)
            except Exception as error:  # noqa: BLE001 - polling must go on whatever one round met
                log.warning("collecting updates failed, trying again", error=type(error).__name__)
                await asyncio.sleep(PAUSE_S)

    async def _once(self) -> None:
        async with self._db.system() as tx:
            seen = await tx.scalar(select(CursorRow.seen).where(CursorRow.id == self._bot.id))
        found = await self._bot.api.get_updates(None if seen is None else int(seen) + 1, wait=WAIT_S)
        if isinstance(found, Refusal):
            log.warning("Telegram refuses to hand out updates", code=found.error_code, reason=found.description)
            if found.error_code == 409:
                # A webhook is set, or another program polls with our token.
                await self._bot.api.delete_webhook()
            await asyncio.sleep(PAUSE_S)
            return
        if found:
            await store_updates(self._db, self._bot.id, found)


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
