"""The guard before every route: who is asking, did they mean to, may they, and not too often."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.handlers import BaseRouteHandler

from leadsbot.kit.errors import Forbidden, Unauthorised
from leadsbot.web.actor import ANONYMOUS, Actor, Authenticator, Connection, Permission, Public
from leadsbot.web.csrf import Csrf
from leadsbot.web.limits import ApiLimit


class Guard:
    """Resolves the actor into ``scope["actor"]`` and refuses what the route's ``needs`` does not allow.

    It says 401 to nobody-in-particular, 403 to a known role or key without the permission. What belongs to another
    workspace is not found by row-level security later, so it is 404 there and never 403 here.
    """

    def __init__(self, authenticate: Authenticator, csrf: Csrf, limit: ApiLimit) -> None:
        self._authenticate = authenticate
        self._csrf = csrf
        self._limit = limit

    async def __call__(self, connection: Connection, handler: BaseRouteHandler) -> None:
        """Let the request pass or raise."""
        scope: dict[str, Any] = connection.scope  # type: ignore[assignment]
        if scope["method"] == "OPTIONS":
            return  # Litestar's own answer: the methods of a path. It says no more than the API's description.
        needs = handler.opt.get("needs")
        if needs is None:
            raise RuntimeError(f"The route {handler} does not declare what it needs.")
        scope["actor"] = ANONYMOUS
        exempt = handler.opt.get("csrf_exempt")
        if isinstance(needs, Public) and (exempt or handler.opt.get("cookieless")):
            return
        api = handler.opt.get("surface") == "api"
        try:
            actor = await self._authenticate(connection)
        except Unauthorised:
            if not isinstance(needs, Public):
                await self._limit.anonymous(connection) if api else None
                raise
            actor = ANONYMOUS
        scope["actor"] = actor
        if api:
            await self._limit.check(connection, actor)
        if not isinstance(needs, Public):
            _refuse_strangers(actor, needs)
        if not exempt and isinstance(connection, Request):
            await self._csrf.check(connection, actor, anywhere=not isinstance(needs, Permission))
        if isinstance(needs, Permission) and not actor.may(needs):
            raise Forbidden(_what_is_missing(actor, needs))


def _refuse_strangers(actor: Actor, needs: object) -> None:
    if actor.kind == "anonymous":
        raise Unauthorised
    if isinstance(needs, Permission):
        actor.workspace()
    elif actor.kind == "api_key":
        raise Forbidden("This is for people; sign in to the dashboard.")


def _what_is_missing(actor: Actor, needs: Permission) -> str:
    if actor.kind == "api_key":
        return f"This API key does not have the scope {needs.value}. Make one that does on the API keys page."
    return f"Your role ({actor.role}) does not include this. Ask an owner or admin of the workspace."
