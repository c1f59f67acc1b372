"""Who writes to the product while it is killed: visitors who insist until they are answered, people in chats."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from leadsbot.cli.people import provision
from leadsbot.kit import ids
from tests.chaos.stage import Stage, control

PATIENCE_S = 60


@dataclass
class Home:
    """One workspace, its door and its chat."""

    workspace: UUID
    webhook: str
    key: str
    chat: int
    person: int
    emails: list[str] = field(default_factory=list)


@dataclass
class Letter:
    """What one request carried, and what it was answered."""

    home: Home
    key: str
    body: Any
    ids: list[str] = field(default_factory=list)
    tries: int = 0


@dataclass
class Visitors:
    """Posts with Idempotency-Keys. A request that got no answer, or a 5xx, is repeated with the same key and body."""

    stage: Stage
    http: httpx.AsyncClient
    homes: list[Home]
    dice: random.Random
    letters: dict[str, Letter] = field(default_factory=dict)
    writing: set[asyncio.Task[None]] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    pressed: dict[UUID, int] = field(default_factory=dict)
    """Leads whose card somebody marked as contacted."""
    number: int = 0

    def write(self, count: int) -> None:
        """Send so many letters to the doors in turn; answers are waited for in the background."""
        for _ in range(count):
            self.number += 1
            home = self.homes[self.number % len(self.homes)]
            letter = Letter(home, f"key-{self.number}", self._body(home))
            self.letters[letter.key] = letter
            task = asyncio.create_task(self._deliver(letter))
            self.writing.add(task)
            task.add_done_callback(self.writing.discard)

    async def answered(self, but: int = 0) -> None:
        """Wait until everybody has an answer, or all but so many."""
        while len(self.writing) > but:
            done, _ = await asyncio.wait(self.writing, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()

    async def repeat(self, count: int) -> None:
        """Send some of the letters once more: the same answer; and another body under an old key: refused."""
        for letter in self.dice.sample(list(self.letters.values()), min(count, len(self.letters))):
            answer = await self._insist(letter, letter.body)
            assert (answer.status_code, _ids(answer)) == (200, letter.ids), answer.text
        refused = await self._insist(letter, {"name": "Somebody else"})
        assert refused.status_code == 422, refused.text

    def _body(self, home: Home) -> Any:
        def fields(part: int = 0) -> dict[str, Any]:
            again = home.emails and self.dice.random() < 0.15
            email = self.dice.choice(home.emails) if again else f"v{self.number}-{part}@example.com"
            home.emails.append(email)
            return {"name": f"Visitor {self.number}", "email": email, "message": f"Letter {self.number}, part {part}"}

        return [fields(part) for part in range(3)] if self.dice.random() < 0.1 else fields()

    async def _deliver(self, letter: Letter) -> None:
        answer = await self._insist(letter, letter.body)
        assert answer.status_code in (200, 201), f"{answer.status_code} {answer.text}"
        letter.ids = _ids(answer)

    async def _insist(self, letter: Letter, body: Any) -> httpx.Response:
        address = f"/api/inbound/w/{letter.home.webhook}/leads"
        async with asyncio.timeout(PATIENCE_S):
            while True:
                letter.tries += 1
                with suppress(httpx.HTTPError):
                    answer = await self.http.post(address, json=body, headers={"Idempotency-Key": letter.key})
                    if answer.status_code < 500:
                        return answer
                await asyncio.sleep(self.dice.uniform(0.05, 0.4))

    async def act(self, cards: list[tuple[Home, int, UUID]]) -> None:
        """Somebody in a chat answers a card, or marks its lead as contacted, which LeadsBot must do exactly once."""
        home, message, lead = self.dice.choice(cards)
        if self.dice.random() < 0.5:
            note = f"note {len(self.notes) + 1}"
            await control(self.stage, "send_text", chat=home.chat, user=home.person, text=note, reply_to=message)
            self.notes.append(note)
        elif lead not in self.pressed:
            press = {"chat": home.chat, "message_id": message, "button_text": "Contacted", "user": home.person}
            if await control(self.stage, "press", **press):
                self.pressed[lead] = message


def _ids(answer: httpx.Response) -> list[str]:
    told = answer.json()
    return [part["id"] for part in told["results"]] if "results" in told else [told["id"]]


async def settle(stage: Stage, http: httpx.AsyncClient, count: int) -> list[Home]:
    """Make workspaces, each with a chat of its own bound by a deep link; every eighth chat is a group."""
    homes = []
    for number in range(count):
        made = await provision(stage.db, name=f"Home {number}", owner_email="owner@example.com", owner_password=None)
        person = await control(stage, "add_user", first_name=f"Person {number}")
        assert isinstance(person, dict)
        chat = await control(stage, "add_group", title=f"Group {number}") if number % 8 == 7 else person["id"]
        workspace = ids.read(ids.WORKSPACE, made["workspace_id"])
        homes.append(Home(workspace, made["webhook_id"], made["api_key"], chat, person["id"]))  # type: ignore[arg-type]
    for home in homes:
        answer = await http.post("/api/v1/telegram/links", headers={"Authorization": f"Bearer {home.key}"})
        assert answer.status_code == 201, answer.text
        await control(stage, "start", chat=home.chat, user=home.person, code=answer.json()["code"])
    return homes
