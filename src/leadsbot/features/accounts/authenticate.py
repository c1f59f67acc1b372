"""Finds the caller of a request: an API key in the Authorization header, or a session cookie. Never both."""

from __future__ import annotations

from uuid import UUID

from leadsbot.features.accounts import model, store
from leadsbot.features.accounts.model import MATRIX, ApiKey, Membership, Person, Session
from leadsbot.infra.services import Services
from leadsbot.infra.settings import Settings
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Unauthorised
from leadsbot.kit.signing import looks_like_api_key
from leadsbot.web.actor import ANONYMOUS, Actor, Connection, WorkspaceChoice

WRONG_KEY = "This API key is unknown or was revoked. Send it as `Authorization: Bearer lb_…`."


def cookie_name(settings: Settings) -> str:
    """The session cookie; browsers accept the ``__Host-`` form over TLS only."""
    return "__Host-session" if settings.https else "session"


class Authentication:
    """The program's :class:`~leadsbot.web.actor.Authenticator`."""

    def __init__(self, services: Services) -> None:
        self._db = services.db
        self._cookie = cookie_name(services.settings)

    async def __call__(self, connection: Connection) -> Actor:
        """The caller; a header that is there decides alone, so a bad key never falls back to a cookie."""
        header = connection.headers.get("authorization")
        if header is not None:
            scheme, _, secret = header.partition(" ")
            if scheme.casefold() != "bearer":
                raise Unauthorised(WRONG_KEY)
            return await self._by_key(secret.strip())
        secret = connection.cookies.get(self._cookie, "")
        return await self._by_session(secret) if secret else ANONYMOUS

    async def _by_key(self, secret: str) -> Actor:
        if not looks_like_api_key(secret):
            raise Unauthorised(WRONG_KEY)
        hashed, now = model.hashed(secret), utcnow()
        async with self._db.bearer(hashed) as tx:
            key = await store.key_by_hash(tx, hashed)
        if key is None:
            raise Unauthorised(WRONG_KEY)
        if key.last_used_at is None or now - key.last_used_at > model.KEY_USED_EVERY:
            async with self._db.tenant(key.workspace_id) as inside:
                await store.touch_key(inside, key.id, now)
        return _key_actor(key)

    async def _by_session(self, secret: str) -> Actor:
        hashed, now = model.hashed(secret), utcnow()
        async with self._db.system() as tx:
            found = await store.live_session(tx, hashed, now)
            if found is None:
                return ANONYMOUS
            session, person = found
            if now - session.seen_at > model.SEEN_EVERY:
                await store.touch_session(tx, session.id, now)
        async with self._db.person(person.id) as mine:
            spaces = await store.memberships(mine, person.id)
        return _person_actor(person, session, spaces, hashed.hex())


def _key_actor(key: ApiKey) -> Actor:
    return Actor(
        kind="api_key",
        workspace_id=key.workspace_id,
        key_id=key.id,
        scopes=model.permissions(key.scopes),
        name=key.name,
    )


def _person_actor(person: Person, session: Session, spaces: list[Membership], binding: str) -> Actor:
    here = _chosen(session.workspace_id, spaces)
    return Actor(
        kind="person",
        person_id=person.id,
        workspace_id=here.workspace_id if here else None,
        role=here.role.value if here else None,
        scopes=MATRIX[here.role] if here else frozenset(),
        name=person.name,
        email=person.email,
        session_id=session.id,
        binding=binding,
        workspaces=tuple(
            WorkspaceChoice(space.workspace_id, space.workspace_name, space.role.value, space.timezone)
            for space in spaces
        ),
    )


def _chosen(wanted: UUID | None, spaces: list[Membership]) -> Membership | None:
    """The workspace the session looks at if the person still belongs to it, else their first."""
    return next((space for space in spaces if space.workspace_id == wanted), spaces[0] if spaces else None)
