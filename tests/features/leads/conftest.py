"""A workspace with a form, what comes in through it, and its people and an outsider who ask over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import insert

from leadsbot.contracts.events import SubmissionReceived
from leadsbot.features.accounts.public import create_workspace, find_or_add_person, members
from leadsbot.features.capture.public import create_source, get_submission
from leadsbot.features.capture.tables import Submission
from leadsbot.features.leads import actions, public, store
from leadsbot.features.leads.feature import FEATURE
from leadsbot.features.leads.handlers import take_in
from leadsbot.features.leads.model import Lead
from leadsbot.infra.crypto import Crypto
from leadsbot.infra.db.pool import Database
from leadsbot.infra.events.log import history
from leadsbot.infra.jobs.kinds import JobContext
from leadsbot.infra.ratelimit import Limiter
from leadsbot.infra.services import Services
from leadsbot.infra.settings import Settings
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id
from leadsbot.kit.signing import Signer
from leadsbot.web.actor import ANONYMOUS, Actor, Connection, Permission
from leadsbot.web.app import build_app

SECRET = "a secret key that is long enough for tests"
CONTEXT = JobContext(None, None, 1, 1, 10)


class Desk:
    """One workspace with a form, and what comes in through it."""

    def __init__(self, db: Database, workspace: UUID, source: UUID) -> None:
        self.db, self.workspace, self.source = db, workspace, source

    async def submit(self, fields: dict[str, Any], *, at: datetime | None = None, **values: Any) -> UUID:
        submission_id = new_id()
        async with self.db.tenant(self.workspace) as tx:
            await tx.execute(
                insert(Submission).values(
                    workspace_id=self.workspace, id=submission_id, source_id=self.source, fields=fields,
                    body_hash=b"", received_at=at or utcnow(),
                    **{
                        "context": {"page": "https://shop.example/contact"}, "lawful_basis": "consent",
                        "notice_version": "3", **values,
                    },
                )
            )  # fmt: skip
        return submission_id

    async def take_in(self, submission_id: UUID) -> None:
        async with self.db.tenant(self.workspace) as tx:
            await take_in(tx, CONTEXT, SubmissionReceived(submission_id=submission_id, source_id=self.source))

    async def arrives(self, fields: dict[str, Any], **values: Any) -> UUID:
        """Submit, take in, take in again as after a replay; returns the lead."""
        submission_id = await self.submit(fields, **values)
        await self.take_in(submission_id)
        await self.take_in(submission_id)
        async with self.db.tenant(self.workspace) as tx:
            submission = await get_submission(tx, submission_id)
        assert submission is not None
        assert submission.lead_id is not None
        return submission.lead_id

    async def shown(self, fields: dict[str, Any], **values: Any) -> str:
        """The same, with the id as people see it."""
        return ids.show(ids.LEAD, await self.arrives(fields, **values))

    async def lead(self, lead_id: UUID) -> Lead:
        async with self.db.tenant(self.workspace) as tx:
            lead = await store.get(tx, lead_id)
        assert lead is not None
        return lead

    async def told(self, lead_id: UUID) -> list[str]:
        async with self.db.tenant(self.workspace) as tx:
            return [row.type for row in reversed(await history(tx, lead_id))]

    async def duplicates(self, lead_id: UUID) -> list[UUID]:
        async with self.db.tenant(self.workspace) as tx:
            return [each.id for each in await public.possible_duplicates(tx, lead_id)]

    async def move(self, lead_id: UUID, stage: str) -> None:
        async with self.db.tenant(self.workspace) as tx:
            await actions.set_stage(tx, lead_id, stage, by="system")

    async def all(self) -> list[Lead]:
        async with self.db.tenant(self.workspace) as tx:
            return await store.page(tx, store.Filter(), None, 100)

    async def count(self) -> int:
        return len(await self.all())


async def open_desk(db: Database, email: str) -> Desk:
    workspace = new_id()
    async with db.system() as tx:
        person, _ = await find_or_add_person(tx, email=email, name="Alice", password_hash=None)
    async with db.tenant(workspace) as tx:
        await create_workspace(tx, name="Berg & Co", country="DE", owner=person)
        source = await create_source(tx, "form", "Contact", country="DE")
    return Desk(db, workspace, source.id)


@pytest.fixture
async def desk(db: Database) -> Desk:
    return await open_desk(db, f"{new_id()}@example.org")


@pytest.fixture
async def outside(db: Database) -> Desk:
    """Charlie's workspace."""
    return await open_desk(db, f"{new_id()}@example.org")


def actors(desk: Desk, outside: Desk, alice: UUID) -> dict[str, Actor]:
    everything, read = frozenset(Permission), frozenset({Permission.LEADS_READ})
    return {
        "key": Actor(kind="api_key", key_id=new_id(), workspace_id=desk.workspace, scopes=everything),
        "reader": Actor(kind="api_key", key_id=new_id(), workspace_id=desk.workspace, scopes=read),
        "alice": Actor(
            kind="person", person_id=alice, workspace_id=desk.workspace, role="owner", scopes=everything,
            name="Alice", binding="alice",
        ),
        "bob": Actor(
            kind="person", person_id=new_id(), workspace_id=desk.workspace, role="viewer", scopes=read, name="Bob",
            binding="bob",
        ),
        "charlie": Actor(kind="api_key", key_id=new_id(), workspace_id=outside.workspace, scopes=everything),
        "charlie-in-a-browser": Actor(
            kind="person", person_id=new_id(), workspace_id=outside.workspace, role="owner", scopes=everything,
            name="Charlie", binding="charlie",
        ),
    }  # fmt: skip


As = Callable[[str], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
async def alice(desk: Desk) -> UUID:
    async with desk.db.tenant(desk.workspace) as tx:
        return (await members(tx))[0].person_id


@pytest.fixture
def http(desk: Desk, outside: Desk, alice: UUID) -> As:
    """``async with http("alice") as client``: who asks is named by a header that a stand-in for accounts reads."""
    known = actors(desk, outside, alice)

    async def authenticate(connection: Connection) -> Actor:
        return known.get(connection.headers.get("x-test-actor", ""), ANONYMOUS)

    settings = Settings(secret_key=SecretStr(SECRET))
    services = Services(
        settings=settings, db=desk.db, signer=Signer(SECRET), crypto=Crypto(SECRET), limiter=Limiter(enabled=False)
    )
    app = build_app([FEATURE], services, authenticate=authenticate)

    @asynccontextmanager
    async def client(who: str) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://leads.test", headers={"x-test-actor": who}
        ) as opened:
            yield opened

    return client
