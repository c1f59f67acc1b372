"""Every route says what it needs, and keeps to it: nobody, the outsider and the forged form get nowhere."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from sqlalchemy import text

from leadsbot.features.accounts import public as accounts
from leadsbot.features.alerts import store as alerts
from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.forms import store as forms
from leadsbot.features.forms.actions import keep_files
from leadsbot.features.forms.files import NewFile
from leadsbot.features.forms.public import contact_form, create_form
from leadsbot.features.widget.actions import note_forms
from leadsbot.features.widget.model import Met, Told, sighting
from leadsbot.features.widget.store import list_seen
from leadsbot.infra.db.pool import Database
from leadsbot.kit import ids
from leadsbot.kit.ids import new_id
from leadsbot.web.actor import SIGNED_IN, Permission, Public
from leadsbot.web.app import build_app
from leadsbot.web.shell import Shell
from leadsbot.wiring import FEATURES
from tests.browser.inventory import EXCUSED, STATES
from tests.cast import BROWSER, Browser, Cast, browser, services
from tests.features.leads.conftest import Desk

PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
OWN = {"session", "name", "form_key", "version", "token"}
"""Parameters that name nothing a stranger must not see: one's own session, a static file, a form's public address, a
number that means something with the form before it only, a link that is a secret itself."""
NUMBERS = {"version": "1"}
PREFIXES = {
    "lead": ids.LEAD,
    "key": ids.KEY,
    "destination": ids.DESTINATION,
    "source": ids.SOURCE,
    "delivery": ids.DELIVERY,
    "submission": ids.SUBMISSION,
    "job": ids.JOB,
    "form_id": ids.FORM,
    "seen_form": ids.SEEN,
    "upload": ids.UPLOAD,
    "person": ids.PERSON,
}
"""What each path parameter is the id of. A new one needs a line here and a record in :func:`records`."""
DEAD_JOB = text(
    "INSERT INTO job (workspace_id, kind, pool, state, payload, attempt, ended_at) "
    "VALUES (:workspace, 'tests.nothing', 'default', 2, '{}', 9, now()) RETURNING id"
)


class Route(NamedTuple):
    """One method of one path."""

    method: str
    path: str
    handler: HTTPRouteHandler

    @property
    def needs(self) -> Any:
        return self.handler.opt.get("needs")

    @property
    def is_api(self) -> bool:
        return self.handler.opt.get("surface") == "api"

    def at(self, records: dict[str, str]) -> str:
        """The path with ids in it."""
        return PARAMETER.sub(lambda found: {**NUMBERS, **records}.get(found.group(1), str(new_id())), self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def app_of(db: Database) -> Shell:
    given = services(db)
    return build_app(FEATURES, given, authenticate=accounts.Authentication(given))


def routes(app: Shell) -> Iterator[Route]:
    inner: Litestar = app.app  # type: ignore[assignment]
    for route in inner.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is not served over plain HTTP"
        for method, (handler, _) in route.route_handler_map.items():
            if method != "OPTIONS":
                yield Route(method, route.path_format, handler)


@pytest.fixture
def app(db: Database) -> Shell:
    return app_of(db)


@asynccontextmanager
async def signed_in(app: Shell, email: str) -> AsyncIterator[Browser]:
    async with browser(app) as opened:
        answer = await opened.sign_in(email)
        assert answer.status_code == 303
        yield opened


async def records(db: Database, cast: Cast) -> dict[str, str]:
    """One record of Alice's for every path parameter."""
    async with db.tenant(cast.workspace_id) as tx:
        form = await create_form(tx, contact_form(), name="Contact")
        source = form.source
        key, _ = await accounts.issue_key(tx, name="k", scopes=["*"], giver=frozenset(Permission), created_by=None)
        destination = new_id()
        await alerts.add_destination(
            tx, id=destination, chat_id=1, chat_kind="private", title="Alice", chat_hash=destination.bytes
        )
        delivery = await deliveries.plan(
            tx, channel="telegram", kind="alert", destination_id=destination, lead_id=None, dedupe_key=str(destination)
        )
        assert delivery is not None
        met = sighting(Met([Told("email", "E-mail", "email")]), "https://shop.example", "https://shop.example/contact")
        await note_forms(tx, source.id, [met])
        (seen,) = await list_seen(tx)
        job = await tx.scalar(DEAD_JOB, {"workspace": cast.workspace_id})
    desk = Desk(db, cast.workspace_id, source.id)
    lead = await desk.arrives({"email": "pat@example.com"})
    submission = await desk.submit({"email": "bot@example.com"}, quarantined=True)
    upload = NewFile(id=new_id(), field="cv", name="cv.pdf", media_type="application/pdf", sha256=b"", content=b"%PDF-")
    async with db.tenant(cast.workspace_id) as tx:
        await keep_files(tx, source.id, [upload])
        await forms.claim_uploads(tx, source.id, submission, [upload.id])
    found: dict[str, UUID] = {
        "lead": lead, "key": key.id, "source": source.id, "destination": destination, "delivery": delivery,
        "form_id": form.id, "submission": submission, "seen_form": seen.id, "upload": upload.id,
        "person": cast.bob.person_id,
    }  # fmt: skip
    return {"job": str(job), **{name: ids.show(PREFIXES[name], value) for name, value in found.items()}}


async def test_every_route_says_what_it_needs(app: Shell) -> None:
    assert {"GET /leads", "GET /api/v1/leads/{lead}"} <= {str(route) for route in routes(app)}
    for route in routes(app):
        needs = route.needs
        assert isinstance(needs, Permission | Public) or needs is SIGNED_IN, f"{route} does not declare needs="
        if isinstance(needs, Public):
            assert needs.because, f"{route} does not say why it is public"
        if route.method in UNSAFE and route.handler.opt.get("csrf_exempt") is not None:
            assert isinstance(needs, Public), f"{route} uses a session without a token"


async def test_the_api_is_below_its_version_and_needs_a_permission(app: Shell) -> None:
    for route in routes(app):
        if route.is_api:
            assert route.path.startswith("/api/v1/"), str(route)
            assert isinstance(route.needs, Permission), str(route)


async def test_nobody_is_sent_to_sign_in_or_told_401(app: Shell) -> None:
    async with browser(app) as nobody:
        for route in routes(app):
            if isinstance(route.needs, Public):
                continue
            answer = await nobody.http.request(route.method, route.at({}), headers=BROWSER)
            if route.is_api or route.method in UNSAFE:
                assert answer.status_code == 401, str(route)
            else:
                assert (answer.status_code, answer.headers["location"][:7]) == (303, "/login?"), str(route)


async def test_a_form_without_its_token_changes_nothing(app: Shell, db: Database, cast: Cast) -> None:
    known = await records(db, cast)
    async with signed_in(app, cast.alice.email) as alice:
        for route in routes(app):
            if route.method in UNSAFE and route.handler.opt.get("csrf_exempt") is None:
                answer = await alice.http.request(route.method, route.at(known))
                assert (answer.status_code, answer.json()["code"]) == (403, "csrf"), str(route)
        assert (await alice.get("/account")).status_code == 200


async def test_the_outsider_finds_nothing_of_others(app: Shell, db: Database, cast: Cast) -> None:
    known = await records(db, cast)
    async with signed_in(app, cast.charlie.email) as charlie:
        token = {"x-csrf-token": (await charlie.get("/account")).text.split('name="csrf-token" content="')[1][:64]}
        for route in routes(app):
            wanted = set(PARAMETER.findall(route.path)) - OWN
            if not wanted:
                continue
            missing = wanted - set(known)
            assert not missing, f"{route}: say in this file what {missing} is the id of"
            strange = {name: ids.show(PREFIXES[name], new_id()) for name in wanted}
            headers = cast.charlie.bearer if route.is_api else token
            theirs = await charlie.http.request(route.method, route.at(known), headers=headers)
            nothing = await charlie.http.request(route.method, route.at(strange), headers=headers)
            assert theirs.status_code == nothing.status_code, f"{route} tells that the record exists"
            # A form that is not filled in may be refused before anything is looked up.
            assert theirs.status_code in ({404, 422, 400} if route.method in UNSAFE else {404}), str(route)


async def test_a_reader_changes_nothing(app: Shell, db: Database, cast: Cast) -> None:
    known = await records(db, cast)
    async with signed_in(app, cast.bob.email) as bob:
        token = {"x-csrf-token": (await bob.get("/account")).text.split('name="csrf-token" content="')[1][:64]}
        for route in routes(app):
            if route.method in UNSAFE and isinstance(route.needs, Permission):
                headers = cast.bob.bearer if route.is_api else token
                answer = await bob.http.request(route.method, route.at(known), headers=headers)
                assert answer.status_code == 403, str(route)


async def test_every_page_is_looked_at_by_the_browser_tests(app: Shell) -> None:
    shown = {route.path for route in routes(app) if route.method == "GET" and not route.is_api}
    visited = {state.route for state in STATES} - {None}

    assert visited | EXCUSED.keys() == shown, "A page is on neither list of tests/browser/inventory.py, or gone."
    assert not visited & EXCUSED.keys()
