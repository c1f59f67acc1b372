"""The installation's Telegram bot as this feature uses it: transport, pacing, and what it is called."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import chain, repeat
from uuid import UUID

from leadsbot.channels.base import RetryLater
from leadsbot.channels.telegram.api import Refusal, TelegramApi
from leadsbot.channels.telegram.pacing import Pacer, Rates
from leadsbot.channels.telegram.transport import TelegramTransport, translate
from leadsbot.infra import logging
from leadsbot.infra.jobs.kinds import JobContext, Retry
from leadsbot.infra.net.http import Ambiguous, HttpClient, NotSent
from leadsbot.infra.services import Services
from leadsbot.infra.settings import Settings
from leadsbot.kit.errors import AppError, Conflict, Unavailable

log = logging.get(__name__)
NAME = "telegram"
PATIENCE_S = 0.2
"""Rescheduling costs up to a quarter of a second, so shorter waits are better spent in place."""
NAME_S = 5.0
NO_BOT = "No Telegram bot is set up. Make one with @BotFather and set LEADSBOT_TELEGRAM_BOT_TOKEN."


class Bot:
    """One bot of one process."""

    def __init__(self, http: HttpClient, token: str, base_url: str, rates: Rates | None = None) -> None:
        self.api = TelegramApi(http, token, base_url)
        self.transport = TelegramTransport(self.api)
        self.pacing = Pacer(rates)
        self.id = int(token.partition(":")[0]) if token.partition(":")[0].isdigit() else 0
        """The bot's number, which its token begins with: the stream of updates is the bot's."""
        self.username: str | None = None
        """The bot's @name without the @; None until Telegram has told it (see ``introduce``)."""

    async def learn_username(self) -> str:
        """The bot's name, asked for once. Raises Unavailable or Conflict with a sentence for people.

        Call it with no transaction open: it may wait for the network.
        """
        if self.username is None:
            try:
                me = await self.api.get_me(within=NAME_S)
            except (NotSent, Ambiguous):
                raise Unavailable(10, "Telegram does not answer at the moment. Try again in a few seconds.") from None
            if isinstance(me, Refusal):
                raise Conflict("Telegram does not accept the bot token. Check LEADSBOT_TELEGRAM_BOT_TOKEN.")
            self.username = me.username or ""
        return self.username

    async def introduce(self) -> None:
        """Learn the bot's name, however long that takes; every process does it in the background when it starts."""
        for pause in chain((1, 2, 5, 10, 20), repeat(60)):
            try:
                await self.learn_username()
            except AppError as error:
                log.warning("the bot's name is not known yet", reason=error.detail)
                await asyncio.sleep(pause)
            else:
                return

    async def new_topic(self, chat_id: int, name: str) -> int | RetryLater | None:
        """Make a forum topic; None when the bot may not, so that the chat's general topic has to do."""
        try:
            made = await self.api.create_forum_topic(chat_id, name)
        except (NotSent, Ambiguous) as error:
            return RetryLater(error.code)
        if isinstance(made, int):
            return made
        outcome = translate(made)
        return outcome if isinstance(outcome, RetryLater) else None


async def patiently(delay: float, waited: float = 0.0) -> float:
    """Wait for one's turn in place if that takes a moment; returns the seconds waited so far, this wait included.

    Whoever would wait for longer steps aside, keeping its place with the pacer: the slot is for others meanwhile, and a
    job's time does not run out while it waits. Call it with no transaction open.
    """
    if waited + delay > PATIENCE_S:
        raise Retry("its chat or the bot is at its limit", timedelta(seconds=delay), counted=False)
    await asyncio.sleep(delay)
    return waited + delay


def make_bot(http: HttpClient, settings: Settings) -> Bot | None:
    """The bot that the settings name; None while no token is set."""
    if settings.telegram_bot_token is None:
        return None
    rates = Rates.of(
        per_second=settings.telegram_rate,
        chat_per_minute=settings.telegram_chat_rate,
        group_per_minute=settings.telegram_group_rate,
    )
    return Bot(http, settings.telegram_bot_token.get_secret_value(), settings.telegram_api_url, rates)


def bot_of(services: Services) -> Bot | None:
    """The process's bot; None while no token is set."""
    bot = services.extra.get(NAME)
    return bot if isinstance(bot, Bot) else None


def require(services: Services) -> Bot:
    """The process's bot, or Conflict with the cure."""
    bot = bot_of(services)
    if bot is None:
        raise Conflict(NO_BOT)
    return bot


def bot_for(context: JobContext) -> Bot:
    """The process's bot, or a retry of the job until somebody sets a token."""
    bot = bot_of(context.services)
    if bot is None:
        raise Retry("LEADSBOT_TELEGRAM_BOT_TOKEN is not set", timedelta(minutes=1), counted=False)
    return bot


def workspace_of(context: JobContext) -> UUID:
    """The workspace that a job belongs to."""
    if context.workspace_id is None:
        raise ValueError("this job belongs to a workspace")
    return context.workspace_id
