"""A small application around the shell: routes that do what is under test, callers named by a header."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Request, Response
from pydantic import SecretStr
from sqlalchemy import text

from leadsbot.infra.crypto import Crypto
from leadsbot.infra.db.pool import Database
from leadsbot.infra.feature import Feature
from leadsbot.infra.ratelimit import Limiter
from leadsbot.infra.services import Services
from leadsbot.infra.settings import Settings
from leadsbot.kit.errors import NotFound, Unauthorised
from leadsbot.kit.ids import new_id
from leadsbot.kit.signing import Signer
from leadsbot.web.actor import ANONYMOUS, SIGNED_IN, Actor, Connection, Permission, Public
from leadsbot.web.app import build_app
from leadsbot.web.inject import Caller, FromPath, FromQuery, InTx, JSONBody, Posted
from leadsbot.web.pagination import Page
from leadsbot.web.routes import api, page

SECRET = "a secret key that is long enough for tests"


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    size: Annotated[int, msgspec.Meta(ge=0)]


@api("POST", "/api/v1/things", needs=Permission.LEADS_WRITE, status=201)
async def make_thing(actor: Caller, tx: InTx, data: JSONBody[Thing]) -> Thing:
    """Make a thing."""
    await tx.execute(text("SELECT 1"))
    return data


@api("GET", "/api/v1/things", needs=Permission.LEADS_READ)
async def things(limit: FromQuery[int] = 50, q: FromQuery[str | None] = None) -> Page[Thing]:
    """Things."""
    return Page([Thing(q or "", limit)], None)


@api("GET", "/api/v1/broken/{how:str}", needs=Permission.LEADS_READ)
async def broken(how: FromPath[str], tx: InTx) -> Thing:
    """Fail in one way or another."""
    if how == "missing":
        raise NotFound
    if how == "nul":
        await tx.execute(text("SELECT cast(:value AS text)"), {"value": "a\0b"})
    if how == "late":
        # A deferred constraint fails only when the transaction commits, after the answer was made.
        await tx.execute(text("CREATE TEMP TABLE late (a int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP"))
        await tx.execute(text("INSERT INTO late VALUES (1), (1)"))
        return Thing("stored", 1)
    raise RuntimeError("secret detail")


@page("GET", "/paper", needs=Permission.LEADS_READ)
async def paper() -> Response[str]:
    return Response("<p>paper</p>", media_type="text/html")


@page("POST", "/paper", needs=Permission.LEADS_WRITE)
async def write_paper(form: Posted) -> Response[str]:
    return Response(form.text("title"), media_type="text/plain")


@page("GET", "/mine", needs=SIGNED_IN)
async def mine(request: Request[Any, Any, Any]) -> Response[str]:
    csrf = request.app.state.csrf
    return Response(csrf.token(csrf.binding(request, request.scope["actor"])), media_type="text/plain")


@page("GET", "/open", needs=Public("a test"))
async def open_page() -> Response[str]:
    return Response("open", media_type="text/html")


async def by_header(connection: Connection) -> Actor:
    """``X-Test-Actor: person|viewer|key|wrong`` names the caller."""
    kind = connection.headers.get("x-test-actor")
    space = UUID(connection.headers.get("x-test-workspace", str(new_id())))
    match kind:
        case "person":
            return Actor(
                kind="person",
                person_id=space,
                workspace_id=space,
                role="owner",
                scopes=frozenset(Permission),
                binding="b",
            )
        case "viewer":
            return Actor(
                kind="person",
                person_id=space,
                workspace_id=space,
                role="viewer",
                scopes=frozenset({Permission.LEADS_READ}),
                binding="b",
            )
        case "key":
            return Actor(kind="api_key", key_id=space, workspace_id=space, scopes=frozenset(Permission))
        case "wrong":
            raise Unauthorised
        case _:
            return ANONYMOUS


def settings(**more: Any) -> Settings:
    return Settings(secret_key=SecretStr(SECRET), **more)


def services(db: Database, limiter: Any = None, **more: Any) -> Services:
    return Services(
        settings=settings(**more), db=db, signer=Signer(SECRET), crypto=Crypto(SECRET), limiter=limiter or Limiter()
    )


FEATURE = Feature(name="things", routes=lambda: (make_thing, things, broken, paper, write_paper, mine, open_page))


def client_of(app: Any, address: str = "203.0.113.9") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 4000), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://leads.test")


@pytest.fixture
async def client(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app((FEATURE,), services(db), authenticate=by_header)
    async with client_of(app) as opened:
        yield opened


KEY = {"x-test-actor": "key"}
BROWSER = {"accept": "text/html,application/xhtml+xml"}
