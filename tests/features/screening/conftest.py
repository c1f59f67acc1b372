"""Capture and dashboard as one application, a worker's hands, and people: what screening is tried on."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from leadsbot.contracts.events import SubmissionLabelled, SubmissionReceived, SubmissionReleased
from leadsbot.features.capture.endpoint import CaptureApp
from leadsbot.features.capture.public import Source, Submission, create_source, get_submission
from leadsbot.features.forms.feature import FEATURE as FORMS
from leadsbot.features.leads import handlers as leads
from leadsbot.features.leads.feature import FEATURE as LEADS
from leadsbot.features.screening import handlers
from leadsbot.features.screening.edge import EdgeScreener
from leadsbot.features.screening.feature import FEATURE
from leadsbot.features.sources.feature import FEATURE as SOURCES
from leadsbot.infra.db.base import CAPTURE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.jobs.kinds import JobContext
from leadsbot.infra.ratelimit import Limiter
from leadsbot.kit import ids
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase
from leadsbot.wiring import secret_opener
from tests.cast import BROWSER, Browser, Cast, application, browser, services
from tests.intake import taking_part

CONTEXT = JobContext(None, None, 1, 1, 10)


class Whole:
    """One process: capture with its screening in front, API and dashboard behind it."""

    def __init__(self, db: Database, dsn: str, **more: Any) -> None:
        self.services = services(db, **more)
        self.screener = EdgeScreener(self.services.signer)
        self.dsn = dsn
        parts = {**taking_part(), "screener": self.screener}
        self.capture = CaptureApp(
            dsn, open_secret=secret_opener(self.services.crypto), limiter=Limiter(enabled=False), **parts
        )
        self.dashboard = application(self.services, LEADS, SOURCES, FORMS, FEATURE)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await (self.capture if self.capture.matches(scope) else self.dashboard)(scope, receive, send)

    async def start(self) -> None:
        await self.screener.startup(self.dsn)
        await self.capture.startup()

    async def stop(self) -> None:
        await self.capture.shutdown()
        await self.screener.shutdown()


@pytest.fixture
async def app(db: Database, database: TestDatabase) -> AsyncIterator[Whole]:
    whole = Whole(db, database.of(CAPTURE))
    await whole.start()
    yield whole
    await whole.stop()


@dataclass
class Desk:
    """Alice's workspace with a form, seen by her and by the outsider, and what the worker does for it."""

    app: Whole
    db: Database
    cast: Cast
    source: Source
    http: httpx.AsyncClient
    alice: Browser
    charlie: Browser

    @property
    def key(self) -> dict[str, str]:
        return self.cast.alice.bearer

    async def post(self, source: Source | None = None, headers: dict[str, str] | None = None, **fields: Any) -> UUID:
        """Fill in the form as a browser does; the id of what was stored."""
        sent = {**BROWSER, "origin": "https://shop.example", "accept": "application/json", **(headers or {})}
        answer = await self.http.post(f"/f/{(source or self.source).key}", data=fields, headers=sent)
        assert answer.status_code == 201, answer.text
        assert answer.json() == {"id": answer.json()["id"], "status": "accepted"}
        return ids.read(ids.SUBMISSION, answer.json()["id"])

    async def stored(self, submission_id: UUID) -> Submission:
        async with self.db.tenant(self.cast.workspace_id) as tx:
            found = await get_submission(tx, submission_id)
        assert found is not None
        return found

    async def take_in(self, submission_id: UUID, *, released: bool = False) -> None:
        """What the worker does when a submission has been received or released."""
        kind = SubmissionReleased if released else SubmissionReceived
        async with self.db.tenant(self.cast.workspace_id) as tx:
            await leads.take_in(tx, CONTEXT, kind(submission_id=submission_id, source_id=self.source.id))

    async def teach(self, submission_id: UUID, *, spam: bool) -> None:
        """What the worker does when a submission was labelled."""
        async with self.db.tenant(self.cast.workspace_id) as tx:
            await handlers.teach(tx, CONTEXT, SubmissionLabelled(submission_id=submission_id, spam=spam))

    async def leads(self) -> list[dict[str, Any]]:
        return list((await self.http.get("/api/v1/leads", headers=self.key)).json()["data"])

    async def said(self) -> list[str]:
        """The events about submissions in the log, oldest first."""
        async with self.db.tenant(self.cast.workspace_id) as tx:
            from sqlalchemy import text

            rows = await tx.execute(text("SELECT type FROM event_log WHERE type LIKE 'submission.%' ORDER BY id"))
        return [row[0] for row in rows]


@pytest.fixture
async def desk(app: Whole, db: Database, cast: Cast) -> AsyncIterator[Desk]:
    async with db.tenant(cast.workspace_id) as tx:
        source = await create_source(tx, "form", "Contact")
    # Signing in is limited by address, and tests share a database.
    hosts = [f"198.51.{new_id().bytes[-1]}.{new_id().bytes[-1]}" for _ in range(3)]
    async with browser(app, hosts[0]) as web, browser(app, hosts[1]) as alice, browser(app, hosts[2]) as charlie:
        await alice.sign_in(cast.alice.email)
        await charlie.sign_in(cast.charlie.email)
        yield Desk(app, db, cast, source, web.http, alice, charlie)


def plain(page: str) -> str:
    """The text of a page, its blanks made one."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())
