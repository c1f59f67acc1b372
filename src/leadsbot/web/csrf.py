"""Requests that change something must come from our own pages.

Three checks: ``Sec-Fetch-Site`` must not be cross-site or same-site; without that header ``Origin`` (or ``Referer``)
must be ours; and a token bound to the session and its workspace must come as form field ``_csrf`` or header
``X-CSRF-Token``. Requests with an API key carry no cookie and are exempt. Somebody who is not signed in yet gets a
random ``visitor`` cookie that the token of the login form is bound to.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from litestar import Request

from leadsbot.infra.settings import Settings
from leadsbot.kit.errors import Conflict, Forbidden
from leadsbot.web.actor import Actor, Connection, WorkspaceChoice

FIELD, HEADER = "_csrf", "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
AnyRequest = Request[Any, Any, Any]


class CsrfRefused(Forbidden):
    """The request did not come from one of our pages, or its page is from another session."""

    code = "csrf"
    title = "This form has expired"


class OtherWorkspace(Conflict):
    """The page of the form showed ``wanted``, and meanwhile the session looks at another workspace."""

    code = "other_workspace"
    title = "You are in another workspace now"

    def __init__(self, wanted: WorkspaceChoice, present: str) -> None:
        super().__init__(
            f"Nothing was stored. The page belongs to the workspace “{wanted.name}”, and you switched to “{present}” "
            f"in another tab or window. Switch back, go back in this tab and send it again; or carry on in “{present}”."
        )
        self.wanted = wanted


class Csrf:
    """Makes and checks tokens."""

    def __init__(self, settings: Settings) -> None:
        self._key = hmac.digest(settings.key.encode(), b"csrf tokens", "sha256")
        self._base = settings.base_url
        self.cookie = "__Host-visitor" if settings.https else "visitor"
        self.secure = settings.https

    def token(self, binding: str) -> str:
        """The token of one session or visitor."""
        return hmac.new(self._key, binding.encode(), sha256).hexdigest()

    def binding(self, connection: Connection, actor: Actor) -> str:
        """What this caller's tokens are bound to; a new visitor's is made here and set as a cookie by the page."""
        if actor.binding:
            return _bound(actor, actor.workspace_id)
        known = connection.cookies.get(self.cookie)
        if known and 20 <= len(known) <= 64:
            return known
        fresh: str = connection.scope.setdefault("visitor", secrets.token_urlsafe(24))  # type: ignore[typeddict-item]
        return fresh

    def origin_is_ours(self, connection: Connection) -> bool:
        """Whether the browser says that one of our own pages sent this."""
        site = connection.headers.get("sec-fetch-site")
        if site is not None:
            return site in {"same-origin", "none"}
        source = connection.headers.get("origin") or connection.headers.get("referer")
        if not source:
            return True  # No browser: then there is no ambient cookie to abuse, and the token decides.
        parts = urlsplit(source)
        ours = {connection.headers.get("host", "")}
        if self._base:
            ours.add(urlsplit(self._base).netloc)
        return parts.netloc in ours

    async def check(self, request: AnyRequest, actor: Actor, *, anywhere: bool = False) -> None:
        """Raise CsrfRefused unless the request is ours, and OtherWorkspace when its page showed another workspace of
        the caller; with ``anywhere`` that does not matter, because the request changes none."""
        if request.method in SAFE or actor.kind == "api_key":
            return
        if not self.origin_is_ours(request):
            raise CsrfRefused("This came from another site. Open the page again and repeat it there.")
        sent = request.headers.get(HEADER) or await _from_form(request)
        bound = _bound(actor, actor.workspace_id) if actor.binding else request.cookies.get(self.cookie)
        if sent and self._fits(sent, bound or secrets.token_hex()):
            return
        wanted = next((space for space in actor.workspaces if sent and self._fits(sent, _bound(actor, space.id))), None)
        if wanted is not None:
            if anywhere:
                return
            present = next((space.name for space in actor.workspaces if space.id == actor.workspace_id), "")
            raise OtherWorkspace(wanted, present)
        raise CsrfRefused("The page was open too long or you signed in elsewhere. Reload it and try again.")

    def _fits(self, sent: str, binding: str) -> bool:
        return hmac.compare_digest(sent.encode("utf-8", "replace"), self.token(binding).encode())


def _bound(actor: Actor, workspace: UUID | None) -> str:
    """The session and the workspace that its page showed: a forgotten tab must not write into another workspace."""
    return f"{actor.binding} {workspace}"


async def _from_form(request: AnyRequest) -> str | None:
    kind = request.content_type[0]
    if kind not in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        return None
    value = (await request.form()).get(FIELD)
    return value if isinstance(value, str) else None
