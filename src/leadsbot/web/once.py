"""What a page shows once: a secret that was just made, carried over the redirect after its form in a sealed cookie.

The page that shows it takes the cookie away, so a reload shows nothing and makes nothing anew. The cookie opens for the
person, the workspace and the page that it was made for, and for :data:`LIFE_S` seconds.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from litestar import Response
from litestar.datastructures import Cookie

from leadsbot.infra.crypto import CannotOpen
from leadsbot.infra.services import Services
from leadsbot.kit.clock import unix_seconds
from leadsbot.web.actor import Actor
from leadsbot.web.inject import PageRequest
from leadsbot.web.render import redirect

COOKIE = "once"
KIND = "shown once"
LIFE_S = 120
LONGEST = 2000
"""Characters: browsers drop cookies over 4,096 bytes, and sealing makes a text a third longer."""


def show_once(
    path: str, services: Services, actor: Actor, about: str, text: str, *, notice: str | None = None
) -> Response[None]:
    """Lead to the page at ``path``, which gets the text by :func:`told_once`. ``about`` says what it is, and of what;
    ``notice`` is one of :data:`~leadsbot.web.render.NOTICES`.

    Raises ValueError for a text over LONGEST characters.
    """
    if len(text) > LONGEST:
        raise ValueError("too long to be carried in a cookie")
    plain = f"{unix_seconds() + LIFE_S} {text}"
    sealed = services.crypto.seal(plain, workspace=actor.workspace(), kind=KIND, id=_bound(actor, about))
    answer = redirect(path, notice=notice)
    answer.set_cookie(
        Cookie(
            key=COOKIE,
            value=base64.urlsafe_b64encode(sealed).decode(),
            path="/",
            httponly=True,
            samesite="lax",
            secure=services.settings.https,
            max_age=LIFE_S,
        )
    )
    return answer


def told_once(request: PageRequest, services: Services, actor: Actor, about: str) -> str:
    """The text that :func:`show_once` left for this page and caller; empty when there is none (any more)."""
    try:
        sealed = base64.urlsafe_b64decode(request.cookies.get(COOKIE, "").encode("ascii", "replace"))
        plain = services.crypto.open(sealed, workspace=actor.workspace(), kind=KIND, id=_bound(actor, about))
    except (CannotOpen, binascii.Error, ValueError):
        return ""
    ends, _, text = plain.decode().partition(" ")
    return text if int(ends) >= unix_seconds() else ""


def forget(answer: Response[Any]) -> Response[Any]:
    """The answer that has shown the text; from here on the browser has it no more."""
    answer.delete_cookie(COOKIE, path="/")
    return answer


def _bound(actor: Actor, about: str) -> str:
    return f"{about} {actor.person_id} {actor.session_id}"
