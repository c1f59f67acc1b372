"""The cast of every test about access: Alice owns, Bob may read, Charlie owns another workspace and is an outsider."""

from __future__ import annotations

import html
import itertools
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from pydantic import SecretStr

from leadsbot.features.accounts import public as accounts
from leadsbot.features.accounts import store as accounts_store
from leadsbot.features.accounts.authenticate import Authentication
from leadsbot.features.accounts.feature import FEATURE as ACCOUNTS
from leadsbot.infra.crypto import Crypto
from leadsbot.infra.db.pool import Database
from leadsbot.infra.feature import Feature
from leadsbot.infra.ratelimit import Limiter
from leadsbot.infra.services import Services
from leadsbot.infra.settings import Settings
from leadsbot.kit.ids import new_id
from leadsbot.kit.signing import Signer
from leadsbot.web.actor import Permission
from leadsbot.web.app import build_app
from leadsbot.web.shell import Shell

SECRET = "a secret key that is long enough for tests"
PASSWORD = "plum-lantern-otter"
BASE = "http://leads.test"
BROWSER = {"accept": "text/html,application/xhtml+xml", "user-agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"}


def settings(**more: Any) -> Settings:
    """Settings for tests; no data directory is touched."""
    return Settings(**{"secret_key": SecretStr(SECRET), **more})


def services(db: Database, **more: Any) -> Services:
    """Services around a test database; limits are off unless a limiter is given."""
    given = {"settings": settings(), "limiter": Limiter(enabled=False), "address": BASE, **more}
    return Services(db=db, signer=Signer(SECRET), crypto=Crypto(SECRET), **given)


def application(given: Services, *features: Feature) -> Shell:
    """API and dashboard of accounts and these features."""
    return build_app((ACCOUNTS, *features), given, authenticate=Authentication(given))


@dataclass
class Browser:
    """A browser: keeps cookies, fills the token into every form it posts."""

    http: httpx.AsyncClient

    async def get(self, path: str, **options: Any) -> httpx.Response:
        """Open a page without following redirects."""
        return await self.http.get(path, headers={**BROWSER, **options.pop("headers", {})}, **options)

    async def post(self, path: str, fields: dict[str, Any] | None = None, *, on: str = "/account") -> httpx.Response:
        """Post a form as the page ``on`` would."""
        token = csrf_of((await self.get(on)).text)
        return await self.http.post(path, data={"_csrf": token, **(fields or {})}, headers=BROWSER)

    async def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Sign in with the form."""
        return await self.post("/login", {"email": email, "password": password}, on="/login")


def csrf_of(page: str) -> str:
    """The token in a page."""
    found = re.search(r'name="(?:_csrf|csrf-token)" (?:value|content)="([^"]+)"', page)
    return html.unescape(found.group(1)) if found else ""


@asynccontextmanager
async def browser(app: Any, address: str = "") -> AsyncIterator[Browser]:
    """A fresh browser that talks to an application, from an address of its own: sign-ins are counted by address, and
    all tests of a run share one database."""
    client = (address or next(_ADDRESSES), 4000)
    transport = httpx.ASGITransport(app=app, client=client, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
        yield Browser(http)


@dataclass(frozen=True)
class Player:
    """One of the cast."""

    name: str
    email: str
    person_id: UUID
    member_id: UUID
    workspace_id: UUID
    key: str
    """An API key with what the person's role includes."""

    @property
    def bearer(self) -> dict[str, str]:
        """The header of the key."""
        return {"Authorization": f"Bearer {self.key}"}


@dataclass(frozen=True)
class Cast:
    """Everybody."""

    alice: Player
    bob: Player
    charlie: Player

    @property
    def workspace_id(self) -> UUID:
        """Alice's and Bob's workspace."""
        return self.alice.workspace_id


_ADDRESSES = itertools.cycle(f"203.0.113.{number}" for number in range(1, 255))
_hashes: list[str] = []


async def _password_hash() -> str:
    if not _hashes:
        _hashes.append(await accounts.make_hash(PASSWORD))
    return _hashes[0]


async def _person(db: Database, name: str) -> accounts.Person:
    email = f"{name.lower()}-{new_id().hex[-12:]}@example.com"
    async with db.system() as tx:
        person, _made = await accounts.find_or_add_person(
            tx, email=email, name=name, password_hash=await _password_hash()
        )
    return person


async def _key(db: Database, workspace: UUID, scopes: Sequence[str]) -> str:
    async with db.tenant(workspace) as tx:
        _key, secret = await accounts.issue_key(
            tx, name="test", scopes=list(scopes), giver=frozenset(Permission), created_by=None
        )
    return secret


async def _owner(db: Database, name: str, workspace_name: str) -> Player:
    person = await _person(db, name)
    workspace = new_id()
    async with db.tenant(workspace) as tx:
        await accounts.create_workspace(tx, name=workspace_name, country="GB", owner=person)
        member = (await accounts.members(tx))[0]
    key = await _key(db, workspace, ["*"])
    return Player(name, person.email, person.id, member.id, workspace, key)


async def make_cast(db: Database) -> Cast:
    """Alice owns a workspace in which Bob is a viewer; Charlie owns another one."""
    alice, charlie = await _owner(db, "Alice", "Alder & Ash"), await _owner(db, "Charlie", "Cedar")
    bob = await _person(db, "Bob")
    member = accounts.Member(new_id(), bob.id, bob.name, accounts.Role.VIEWER)
    async with db.tenant(alice.workspace_id) as tx:
        await accounts_store.add_member(tx, member, "Alder & Ash")
    reads = [scope for scope in Permission if scope.endswith(":read") and scope != Permission.KEYS_READ]
    key = await _key(db, alice.workspace_id, reads)
    return Cast(alice, Player("Bob", bob.email, bob.id, member.id, alice.workspace_id, key), charlie)
