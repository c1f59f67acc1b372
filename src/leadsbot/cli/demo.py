"""``leadsbot demo``: a believable workspace, made by the code that makes real ones."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import typer

from leadsbot.cli.database import ready
from leadsbot.features.accounts import public as accounts
from leadsbot.features.capture import public as capture
from leadsbot.features.forms import public as forms
from leadsbot.features.leads import public as leads
from leadsbot.infra.db.pool import Database
from leadsbot.infra.jobs.pools import Pool
from leadsbot.infra.jobs.worker import Worker
from leadsbot.infra.settings import load
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from leadsbot.wiring import Process, kinds, process

LEADS, DAYS = 200, 21
WITHIN_S = 120
FIRST = (
    "Anna Ben Clara David Elif Finn Grace Hugo Ines Jonas Katja Liam Mara Noah Olga Paul Rosa Samir Tessa Yusuf"
).split()
LAST = (
    "Berg Costa Dubois Evans Fischer Garcia Hansen Ito Jansen Kowalska Lopez Meyer Novak Okafor Price Rossi"
).split()
FIRMS = ("Alder Joinery", "Bright Dental", "Copper Kettle", "Delta Fitness", "Elm Street Books", "Fjord Travel")
NEEDS = (
    "We need a new kitchen in our flat, about 12 m². When could somebody come and measure?",
    "Do you have an appointment next week? I have had toothache since yesterday.",
    "Please send me a quote for a wedding cake for 80 people in June.",
    "How much is a yearly membership, and is there a family rate?",
    "Our shop front needs repainting before the season. Can you do it in April?",
    "I would like to book the small hall for a birthday on a Saturday.",
    "Is the red bicycle in the window still available? Size M.",
    "We are comparing three suppliers for 40 office chairs. Delivery to the second floor, please.",
    "Can you repair an iPhone with a broken screen while I wait?",
    "I saw your ad and want to know more about the weekend course.",
)
CAMPAIGNS: tuple[dict[str, str], ...] = (
    {},
    {},
    {"utm_source": "google", "utm_campaign": "spring"},
    {"utm_source": "instagram"},
    {"gclid": "Cj0demo"},
)


def demo() -> int:
    """Fill a new workspace and say how to see it."""
    email, password = f"demo-{secrets.token_hex(3)}@example.com", secrets.token_urlsafe(9)
    count = asyncio.run(_demo(email, password))
    typer.echo(f"A workspace with {count} leads is there. Sign in at /login as {email} with the password {password}")
    return 0


async def _demo(email: str, password: str) -> int:
    settings = load()
    async with (
        ready(settings) as addresses,
        process(settings, addresses, name="demo", address="http://127.0.0.1:8000") as running,
    ):
        db = running.services.db
        workspace_id, owner = await _workspace(db, email, password)
        await _enquiries(db, workspace_id)
        await _work(running, workspace_id)
        await _history(db, workspace_id, owner)
        async with db.tenant(workspace_id) as tx:
            return len(await leads.newest(tx, limit=LEADS * 2))


async def _workspace(db: Database, email: str, password: str) -> tuple[UUID, UUID]:
    hashed = await accounts.make_hash(accounts.check_password(password, email))
    async with db.tenant(ids.new_id()) as tx:
        owner, _ = await accounts.find_or_add_person(tx, email=email, name="Demo Owner", password_hash=hashed)
        await accounts.create_workspace(tx, name="Corner & Sons (demo)", country="GB", owner=owner)
        await forms.create_form(tx, forms.contact_form(), name="Contact")
        for kind, name in (("widget", "Website widget"), ("webhook", "Price calculator")):
            await capture.create_source(tx, kind, name)
        return tx.workspace_id, owner.id


async def _enquiries(db: Database, workspace_id: UUID) -> None:
    dice = random.Random(20)  # noqa: S311 - the same believable people every time
    async with db.tenant(workspace_id) as tx:
        sources = [source.id for source in await capture.list_sources(tx)]
        for fields, moment in _people(dice):
            context = {"page": "https://corner-and-sons.example/contact", **dice.choice(CAMPAIGNS), "locale": "en-GB"}
            source = dice.choices(sources, weights=(5, 3, 2))[0]
            await capture.import_submission(tx, source, fields, context, moment)


def _people(dice: random.Random) -> Iterator[tuple[dict[str, Any], datetime]]:
    """So many people over three weeks, busier on weekdays and by day; some of them write twice."""
    now = utcnow()
    for number in range(LEADS):
        first, last = dice.choice(FIRST), dice.choice(LAST)
        moment = now - timedelta(days=DAYS * (1 - number / LEADS), minutes=dice.randint(0, 400))
        fields: dict[str, Any] = {
            "name": f"{first} {last}",
            "email": f"{first}.{last}{number}@example.com".lower(),
            "message": dice.choice(NEEDS),
        }
        if dice.random() < 0.6:
            fields["phone"] = f"020 7946 0{dice.randint(100, 999)}"
        if dice.random() < 0.3:
            fields["company"] = dice.choice(FIRMS)
        if dice.random() < 0.4:
            fields["Budget"] = dice.choice(("under £500", "£500–2,000", "over £2,000"))
        yield fields, moment
        if dice.random() < 0.08:
            again = {**fields, "message": "Hello again: have you had time to look at my question?"}
            yield again, min(now, moment + timedelta(hours=dice.randint(2, 40)))


async def _work(running: Process, workspace_id: UUID) -> None:
    """Let a worker of our own take everything in, beside one that may be running."""
    stop = asyncio.Event()
    worker = Worker(
        running.queue_dsn,
        running.services.db,
        kinds(),
        running.services,
        pools={"default": Pool(16)},
        waker=running.waker,
    )
    task = asyncio.create_task(worker.run(stop))
    try:
        async with asyncio.timeout(WITHIN_S):
            while await _waiting(running.services.db, workspace_id):
                await asyncio.sleep(0.2)
    finally:
        stop.set()
        await task


async def _waiting(db: Database, workspace_id: UUID) -> bool:
    async with db.tenant(workspace_id) as tx:
        return await capture.untaken(tx) > 0


async def _history(db: Database, workspace_id: UUID, owner: UUID) -> None:
    """What a team did with them: most older ones were answered, some won."""
    dice = random.Random(21)  # noqa: S311 - a dice, not a secret
    by = f"person:{owner}"
    async with db.tenant(workspace_id) as tx:
        everybody = await leads.newest(tx, limit=LEADS * 2)
        for lead in everybody[8:]:
            stage = dice.choices(("new", "contacted", "qualified", "won", "lost", "junk"), (2, 5, 4, 3, 2, 1))[0]
            if dice.random() < 0.7:
                await leads.assign(tx, lead.id, owner, by=by)
            await leads.set_stage(tx, lead.id, stage, by=by)
            if dice.random() < 0.15:
                await leads.add_note(tx, lead.id, "Called, will ring back on Thursday.", by=by, via="dashboard")
            if dice.random() < 0.2:
                await leads.set_tags(tx, lead.id, [dice.choice(("vip", "urgent", "returning"))], by=by)
