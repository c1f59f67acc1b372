"""The composition root: which features there are, and what each process gives them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from leadsbot.features.accounts.feature import FEATURE as ACCOUNTS
from leadsbot.features.alerts.bot import NAME as TELEGRAM
from leadsbot.features.alerts.bot import bot_of, make_bot
from leadsbot.features.alerts.feature import FEATURE as ALERTS
from leadsbot.features.capture.feature import FEATURE as CAPTURE
from leadsbot.features.confirmations.feature import FEATURE as CONFIRMATIONS
from leadsbot.features.deliveries.feature import FEATURE as DELIVERIES
from leadsbot.features.forms.feature import FEATURE as FORMS
from leadsbot.features.forms.public import answers_of, designed
from leadsbot.features.leads.feature import FEATURE as LEADS
from leadsbot.features.screening.captcha import NAME as CAPTCHA_CHECK
from leadsbot.features.screening.captcha import CaptchaCheck
from leadsbot.features.screening.feature import FEATURE as SCREENING
from leadsbot.features.screening.public import ANSWERS
from leadsbot.features.sources.feature import FEATURE as SOURCES
from leadsbot.features.sources.public import DESIGNED, REFUSALS, TAKEN, Refusals, refusals
from leadsbot.features.widget.feature import FEATURE as WIDGET
from leadsbot.features.widget.public import BUILDS, LOADS, Builds, loads
from leadsbot.infra import crash, metrics, upkeep
from leadsbot.infra.crypto import Crypto, Resealed
from leadsbot.infra.db import revision
from leadsbot.infra.db.addresses import Addresses
from leadsbot.infra.db.base import APP, QUEUE
from leadsbot.infra.db.base import CAPTURE as CAPTURE_ROLE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.events.live import Live
from leadsbot.infra.events.tables import EventLog, Outbox
from leadsbot.infra.feature import Feature
from leadsbot.infra.jobs import admin
from leadsbot.infra.jobs.registry import Kinds
from leadsbot.infra.jobs.tables import CronSlot, Job, SingleOwner
from leadsbot.infra.jobs.wake import Waker
from leadsbot.infra.mail import mailer
from leadsbot.infra.net.guard import Guard
from leadsbot.infra.net.http import HttpClient
from leadsbot.infra.peers import Peers
from leadsbot.infra.ratelimit import Limiter
from leadsbot.infra.services import Services
from leadsbot.infra.settings import Settings
from leadsbot.infra.technical.recorder import Recorder
from leadsbot.infra.technical.tables import ErrorTrace, PurgeRun, RequestLog
from leadsbot.kit.signing import Signer

FEATURES: tuple[Feature, ...] = (
    CAPTURE,
    ACCOUNTS,
    SOURCES,
    SCREENING,
    FORMS,
    WIDGET,
    LEADS,
    DELIVERIES,
    CONFIRMATIONS,
    ALERTS,
)
INFRASTRUCTURE = (Outbox, EventLog, Job, CronSlot, SingleOwner, RequestLog, ErrorTrace, PurgeRun)
"""The tables that belong to no feature; naming them here puts them into the data registry of every process."""
SLOWEST_QUEUE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What one running process is made of."""

    settings: Settings
    addresses: Addresses
    services: Services
    waker: Waker
    recorder: Recorder
    http: HttpClient

    @property
    def capture_dsn(self) -> str:
        """The address as the role that may only take submissions."""
        return self.addresses.of(CAPTURE_ROLE)

    @property
    def queue_dsn(self) -> str:
        """The address as the role that works the queue."""
        return self.addresses.of(QUEUE)


def kinds() -> Kinds:
    """Every job kind and handler of the program."""
    jobs = [kind for feature in FEATURES for kind in feature.jobs]
    return Kinds([*jobs, *upkeep.KINDS], [handler for feature in FEATURES for handler in feature.handlers])


def schedule() -> tuple[Any, ...]:
    """Every scheduled job of the program."""
    return (*upkeep.SCHEDULE, *(cron for feature in FEATURES for cron in feature.schedule))


@asynccontextmanager
async def process(
    settings: Settings, addresses: Addresses, *, name: str, address: str, background: bool = True
) -> AsyncIterator[Process]:
    """Build a process's services and take them down in order.

    ``background`` starts what works beside requests and jobs: wake-ups, technical logs, live updates, and asking
    Telegram for the bot's name.
    """
    crash.arm(settings.crash_at)
    db = Database(addresses.of(APP), name=name)
    waker, live = Waker(addresses.of(QUEUE)), Live(addresses.of(QUEUE))
    db.on_told = waker.work
    recorder = Recorder(db)
    http = HttpClient(guard=Guard(map(str, settings.egress_allow)))
    telegram_http = HttpClient(trusted=True)
    loaded, refused, builds = loads(db), refusals(db, waker.changed), Builds(db)
    services = Services(
        settings=settings,
        db=db,
        signer=Signer(settings.key),
        crypto=crypto_of(settings),
        limiter=Limiter(enabled=settings.rate_limits == "on"),
        mailer=mailer(settings),
        live=live,
        address=address,
        extra={LOADS: loaded, REFUSALS: refused, BUILDS: builds, **_adapters(settings, telegram_http, http, addresses)},
    )
    tasks = []
    if background:
        works: dict[str, Callable[[], Any]] = {
            "waker": waker.run,
            "recorder": recorder.run,
            "live": live.run,
            "loads": loaded.run,
            "refusals": refused.run,
        }
        if name == "web":
            works["builds"] = builds.run
            works["peers"] = Peers(addresses.of(APP), services.limiter.share).run
        if (bot := bot_of(services)) is not None:
            works[TELEGRAM] = bot.introduce
        tasks = [asyncio.create_task(work(), name=label) for label, work in works.items()]
    try:
        yield Process(
            settings=settings, addresses=addresses, services=services, waker=waker, recorder=recorder, http=http
        )
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for client in (http, telegram_http):
            await client.close()
        await db.close()


def _adapters(
    settings: Settings, telegram_http: HttpClient, guarded: HttpClient, addresses: Addresses
) -> dict[str, Any]:
    extra: dict[str, Any] = {
        upkeep.QUEUE_DSN: addresses.of(QUEUE), CAPTCHA_CHECK: CaptchaCheck(guarded), ANSWERS: answers_of,
        DESIGNED: designed,
    }  # fmt: skip
    bot = make_bot(telegram_http, settings)
    return extra if bot is None else {**extra, TELEGRAM: bot}


def crypto_of(settings: Settings) -> Crypto:
    """Seals with the secret key, opens with the earlier ones too."""
    return Crypto(settings.key, settings.earlier_keys)


async def reseal(db: Database, addresses: Addresses, crypto: Crypto) -> Resealed:
    """Seal every stored secret of every feature with the present key."""
    done = Resealed()
    for feature in FEATURES:
        if feature.reseal is not None:
            done += await feature.reseal(db, addresses.of, crypto)
    return done


def secret_opener(crypto: Crypto) -> Callable[[UUID, UUID, bytes], str]:
    """How capture unseals the signing secret of a source."""

    def opened(workspace: UUID, source: UUID, envelope: bytes) -> str:
        return crypto.open(envelope, workspace=workspace, kind="source", id=source).decode()

    return opened


class CaptureObserver:
    """Counts what capture answers, and for each source what it refused."""

    def __init__(self, refusals: Refusals) -> None:
        self._refusals = refusals

    def observe(self, outcome: str, seconds: float, about: Any) -> None:
        """One answered submission; ``about`` is its source, if it named one."""
        metrics.CAPTURES.labels(outcome).inc()
        metrics.CAPTURE_SECONDS.observe(seconds)
        if about is not None and outcome not in TAKEN:
            self._refusals.count(about.workspace_id, (about.id, outcome))


def readiness(process: Process) -> dict[str, Callable[[], Any]]:
    """What ``/readyz`` asks."""

    async def database() -> str | None:
        await process.services.db.ping()
        return None

    async def migrations() -> str | None:
        here, head = await revision.current(process.addresses.of(APP)), revision.head()
        return None if here == head else f"at {here}, this version needs {head}"

    async def queue() -> str | None:
        connection = await asyncpg.connect(process.queue_dsn)
        try:
            lag = await admin.lag(connection)
        finally:
            await connection.close()
        return None if lag < SLOWEST_QUEUE_S else f"the oldest due work waits for {lag:.0f} s"

    return {"database": database, "migrations": migrations, "queue": queue}
