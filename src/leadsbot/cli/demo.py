"""``leadsbot demo``: a believable workspace, made by the code that makes real ones."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import typer

from leadsbot.cli.context import address_of, of_installation
from leadsbot.cli.database import ready
from leadsbot.cli.demo_people import LEADS, ZONE, Door, Enquiry, people
from leadsbot.cli.demo_words import NOTES, WHENS
from leadsbot.features.accounts import public as accounts
from leadsbot.features.capture import public as capture
from leadsbot.features.forms import public as forms
from leadsbot.features.leads import public as leads
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.log import happened
from leadsbot.infra.jobs.pools import Pool
from leadsbot.infra.jobs.worker import Worker
from leadsbot.infra.settings import Settings
from leadsbot.kit import ids
from leadsbot.kit.clock import in_zone, utcnow
from leadsbot.wiring import Process, kinds, process

WITHIN_S = 120
TEAM = ("Maggie Corner", "Tom Corner", "Priya Nair")
"""The owner and her people."""
DOORS: dict[Door, tuple[str, str]] = {
    "form": ("form", "Contact form"),
    "widget": ("widget", "Website widget"),
    "calculator": ("webhook", "Price calculator"),
}
HURRY = ("the sooner the better", "will not lock", "snapped", "rotted")
WORKING, SUNDAY = range(8, 18), 6


def demo() -> int:
    """Fill a new workspace and say how to see it."""
    email, password = f"demo-{secrets.token_hex(3)}@example.com", secrets.token_urlsafe(9)
    settings = of_installation()
    count = asyncio.run(_demo(settings, email, password))
    typer.echo(
        f"A workspace with {count} leads is there. Sign out, if you are signed in, and sign in at "
        f"{address_of(settings)}/login\nas {email} with the password {password}\n"
        "No chat is connected there, so nothing was sent: Telegram and Deliveries are empty until you connect one."
    )
    return 0


async def _demo(settings: Settings, email: str, password: str) -> int:
    async with (
        ready(settings) as addresses,
        process(settings, addresses, name="demo", address=address_of(settings)) as running,
    ):
        db = running.services.db
        workspace_id, team = await _workspace(db, email, password)
        everybody = people(random.Random(20), utcnow())  # noqa: S311 - the same believable people every time
        await _take_in(running, workspace_id, [(each.door, each.fields, each.context, each.at) for each in everybody])
        # Afterwards, because a worker takes in many at once and the second message must not be the first.
        again = [
            (each.door, each.fields | {"message": text}, each.context, at)
            for each in everybody
            for at, text in each.again
        ]
        await _take_in(running, workspace_id, again)
        await _history(db, workspace_id, team, everybody)
        async with db.tenant(workspace_id) as tx:
            return len(await leads.newest(tx, limit=LEADS * 2))


async def _workspace(db: Database, email: str, password: str) -> tuple[UUID, list[UUID]]:
    """The workspace and its team, the owner first."""
    hashed = await accounts.make_hash(accounts.check_password(password, email))
    async with db.tenant(ids.new_id()) as tx:
        team: list[UUID] = []
        for name in TEAM:
            owns = not team
            address = email if owns else f"{name.split()[0].lower()}-{email}"
            person, _ = await accounts.find_or_add_person(
                tx, email=address, name=name, password_hash=hashed if owns else None
            )
            if owns:
                await accounts.create_workspace(tx, name="Corner & Sons", country="GB", owner=person, timezone=ZONE)
            else:
                await accounts.add_member(tx, person, accounts.Role.MEMBER)
            team.append(person.id)
        for kind, name in DOORS.values():
            if kind == "form":
                await forms.create_form(tx, forms.contact_form(), name=name)
            else:
                await capture.create_source(tx, kind, name)
        return tx.workspace_id, team


Sent = tuple[Door, dict[str, Any], dict[str, str], datetime]


async def _take_in(running: Process, workspace_id: UUID, sent: Sequence[Sent]) -> None:
    async with running.services.db.tenant(workspace_id) as tx:
        sources = {source.name: source.id for source in await capture.list_sources(tx)}
        for door, fields, context, at in sent:
            await capture.import_submission(tx, sources[DOORS[door][1]], fields, dict(context), at)
    await _work(running, workspace_id)


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


async def _history(db: Database, workspace_id: UUID, team: Sequence[UUID], everybody: Sequence[Enquiry]) -> None:
    """What the team did with them, each at its time: the older a lead, the further it is."""
    dice = random.Random(21)  # noqa: S311 - a dice, not a secret
    by_address = {each.email: each for each in everybody}
    async with db.tenant(workspace_id) as tx:
        found = await leads.newest(tx, limit=LEADS * 2)
    for lead in reversed(found):
        async with db.tenant(workspace_id) as tx:
            await _story(tx, Story(dice, lead.id, by_address[lead.email or ""], team, utcnow()))


@dataclass(slots=True)
class Story:
    """One lead on its way, and who looks after it."""

    dice: random.Random
    lead_id: UUID
    enquiry: Enquiry
    team: Sequence[UUID]
    now: datetime

    def later(self, at: datetime, low: float, high: float) -> datetime | None:
        """A moment so many hours later when people work; None when that is still to come."""
        moment = in_zone(at + timedelta(hours=self.dice.uniform(low, high)), ZONE)
        while moment.hour not in WORKING or moment.weekday() == SUNDAY:
            moment += timedelta(minutes=self.dice.randint(20, 70))
        return moment if moment < self.now else None

    def note(self, stage: str) -> str:
        """What somebody writes down at this stage."""
        topic = "a fit-out" if self.enquiry.topic == "trade" else self.enquiry.topic
        given = {"first": self.enquiry.first, "topic": topic, "place": self.enquiry.place}
        return self.dice.choice(NOTES[stage]).format(**given, n=self.dice.randint(2, 9), when=self.dice.choice(WHENS))


async def _story(tx: TenantTx, story: Story) -> None:
    dice, enquiry = story.dice, story.enquiry
    owner = story.team[1] if enquiry.topic == "trade" else dice.choices(story.team, (3, 4, 5))[0]
    by = f"person:{owner}"
    at = story.later(enquiry.at, 0.1, 3)
    if at is None:
        return
    if enquiry.junk:
        with happened(at):
            await leads.set_stage(tx, story.lead_id, "junk", by=by)
        return
    with happened(at):
        await leads.assign(tx, story.lead_id, owner, by=by)
        if tags := _tags(dice, enquiry):
            await leads.set_tags(tx, story.lead_id, tags, by=by)
    previous: datetime = at
    for stage, low, high in _way(dice):
        moment = story.later(previous, low, high)
        if moment is None:
            return
        previous = moment
        with happened(moment):
            await leads.set_stage(tx, story.lead_id, stage, by=by)
        if dice.random() < (0.8 if stage in {"won", "lost"} else 0.4):
            with happened(moment + timedelta(seconds=dice.randint(40, 400))):
                await leads.add_note(tx, story.lead_id, story.note(stage), by=by, via="dashboard")


def _way(dice: random.Random) -> list[tuple[str, float, float]]:
    """The stages of a lead, each with how many hours it takes at least and at most."""
    way: list[tuple[str, float, float]] = [("contacted", 0.1, 6)]
    if dice.random() < 0.72:
        way.append(("qualified", 20, 100))
        end = dice.choices(("won", "lost", ""), (50, 18, 32))[0]
        return [*way, (end, 48, 190)] if end else way
    return [*way, ("lost", 70, 220)] if dice.random() < 0.35 else way


def _tags(dice: random.Random, enquiry: Enquiry) -> list[str]:
    message = str(enquiry.fields.get("message", ""))
    found = [enquiry.topic] if dice.random() < 0.55 else []
    found += ["urgent"] if any(word in message for word in HURRY) else []
    return found + (["asked twice"] if enquiry.again else [])
