"""Every error becomes one answer: problem+json for programs, a page for browsers; the unexpected is logged once."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import asyncpg
import msgspec
from litestar import Request, Response
from litestar.datastructures import URL
from litestar.exceptions import HTTPException, ValidationException
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from leadsbot.infra import logging
from leadsbot.infra.correlation import request_id
from leadsbot.kit.errors import (
    AppError,
    Invalid,
    NotFound,
    TooLarge,
    Unauthorised,
    Unavailable,
    UnsupportedType,
    problem,
    status_title,
)
from leadsbot.web.problem import MEDIA_TYPE

log = logging.get(__name__)
RETRY_AFTER_S = 2
AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.TooManyConnectionsError,
    ConnectionError,
)
UNSTORABLE = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)

MEMBER = re.compile(r"(?:required|unknown) field `([^`]{1,100})`")

AnyRequest = Request[Any, Any, Any]


class SignedOut(Unauthorised):
    """A page's form was sent after its session had ended; ``login`` leads back to the page by way of the sign-in."""

    title = "You are signed out"

    def __init__(self, login: str) -> None:
        super().__init__("The session ended before this was sent; nothing was stored. Sign in to go on where you were.")
        self.login = login


Page = Callable[[AnyRequest, AppError], str]


def as_app_error(error: BaseException) -> AppError | None:
    """The answer that an exception stands for, or None when it is a fault of ours."""
    if isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        return as_app_error(error.exceptions[0])
    if isinstance(error, AppError):
        return error
    if isinstance(error, HTTPException):
        return _from_litestar(error)
    if isinstance(error, UnicodeEncodeError):
        return Invalid(None, "The request contains half of a character (a lone surrogate). Remove it.")
    if isinstance(error, UnicodeDecodeError):
        return Invalid(None, "The body cannot be read. Send it in UTF-8.", 400, code="unreadable")
    return _from_database(error)


def _from_database(error: BaseException) -> AppError | None:
    # SQLAlchemy wraps the driver's error twice; the innermost one says what happened.
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = (current.orig if isinstance(current, DBAPIError) else None) or current.__cause__
    if any(isinstance(item, UNSTORABLE) for item in chain):
        return Invalid(None, "The request contains a NUL character. Remove it.", code="forbidden_character")
    away = any(isinstance(item, AWAY) for item in chain)
    failed = isinstance(error, OperationalError | InterfaceError | PoolTimeout)
    disconnected = isinstance(error, DBAPIError) and error.connection_invalidated
    if away or failed or disconnected:
        return Unavailable(RETRY_AFTER_S, "The database does not answer. Nothing was stored; try again in a moment.")
    return None


def _from_litestar(error: HTTPException) -> AppError | None:
    if isinstance(error, ValidationException):
        return _validation(error)
    match error.status_code:
        case 400:
            if isinstance(error.__cause__, msgspec.ValidationError) or "validation" in error.detail.lower():
                return _validation(error)
            return Invalid(None, "The body cannot be read. Send valid JSON in UTF-8.", 400, code="unreadable")
        case 401:
            return Unauthorised()
        case 404:
            return NotFound("The address may be old or mistyped.")
        case 413:
            return TooLarge("The body is too large.")
        case 415:
            return UnsupportedType("Send the body as application/json.")
        case status if 400 <= status < 500:
            plain = AppError(
                f"{status_title(status)}.",
                code=status_title(status).lower().replace(" ", "_"),
                headers=dict(error.headers or {}),
            )
            plain.status, plain.title = status, status_title(status)
            return plain
    return None


def _validation(error: HTTPException) -> AppError:
    items = error.extra if isinstance(error.extra, list) else []
    first = next((item for item in items if isinstance(item, dict)), None)
    if first is None:
        return Invalid(None, "A value in the request is not acceptable.")
    message = str(first.get("message", "This value is not acceptable"))
    # msgspec names a missing or unknown member only in its sentence: "Object missing required field `size`".
    named = MEMBER.search(message)
    field = str(first.get("key") or "body")
    if named:
        field = named.group(1) if field == "data" else f"{field}.{named.group(1)}"
    # The message names types and limits of ours, never the value that was sent.
    return Invalid("body" if field == "data" else field, f"{message}.", code="invalid")


def wants_page(request: AnyRequest) -> bool:
    """Whether the caller is a browser that shows pages rather than a program."""
    accept = request.headers.get("accept", "")
    return not request.url.path.startswith("/api/") and "text/html" in accept


def _page_of(request: AnyRequest) -> URL:
    """The page of ours that a form was sent from; the start when the browser does not say."""
    page = URL(request.headers.get("referer", ""))
    return page if page.netloc == request.headers.get("host") and page.path != "/login" else URL("/")


def _login(page: URL) -> str:
    """The sign-in that leads back to a page."""
    target = page.path + (f"?{page.query}" if page.query else "")
    return f"/login?next={quote(target, safe='/')}"


def _segment(part: str) -> str:
    return "[^/]+" if part.startswith("{") else re.escape(part)


def _above(request: AnyRequest) -> str:
    """The page that the form at this address belongs to: the next one above it that can be opened. It is asked for when
    somebody types or reloads the address that a form was posted to."""
    pages = [
        re.compile("/".join(_segment(part) for part in route.path_format.split("/")))
        for route in request.app.routes
        if "GET" in route.methods
    ]
    path = request.url.path
    while "/" in path.strip("/"):
        path = path.rpartition("/")[0]
        if any(page.fullmatch(path) for page in pages):
            return path
    return "/"


class ErrorAnswers:
    """The application's exception handlers."""

    def __init__(self, page: Page, record: Callable[[str, BaseException, str | None], None] | None) -> None:
        self._page = page
        self._record = record

    def __call__(self, request: AnyRequest, error: Exception) -> Response[Any]:
        """The answer to a request that raised."""
        known = as_app_error(error)
        if known is None:
            known = self._unexpected(request, error)
        elif known.status >= 500:
            log.warning("unavailable", reason=type(error).__name__)
        return self.answer(request, known)

    def answer(self, request: AnyRequest, error: AppError) -> Response[Any]:
        """One error as problem+json or as a page; a browser that is not signed in is sent to the login."""
        if isinstance(error, Unauthorised) and request.method in {"GET", "HEAD"} and wants_page(request):
            return Response(None, status_code=303, headers={"Location": _login(request.url)})
        if isinstance(error, Unauthorised) and wants_page(request):
            error = SignedOut(_login(_page_of(request)))
        page = _above(request) if error.status == 405 and request.method == "GET" and wants_page(request) else None
        if page is not None:
            return Response(None, status_code=303, headers={"Location": page})
        if wants_page(request):
            headers = {name: value for name, value in error.headers.items() if name != "WWW-Authenticate"}
            text = self._page(request, error)
            return Response(text, status_code=error.status, media_type="text/html", headers=headers)
        body = msgspec.json.encode(problem(error, request_id.get() or ""))
        return Response(body, status_code=error.status, media_type=MEDIA_TYPE, headers=error.headers)

    def _unexpected(self, request: AnyRequest, error: Exception) -> AppError:
        frames = traceback.extract_tb(error.__traceback__)
        place = f"{frames[-1].filename.rpartition('leadsbot/')[2]}:{frames[-1].lineno}" if frames else ""
        log.error("unexpected", method=request.method, place=place, exc_info=error)
        if self._record:
            self._record(f"web {request.method} {place}", error, request_id.get())
        return AppError("This is a fault of ours; it has been recorded. Try again, or quote the request id.")
