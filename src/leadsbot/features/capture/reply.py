"""Answers: JSON, problems, redirects, a few lines of HTML, CORS; without a template engine."""

from __future__ import annotations

from html import escape
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from leadsbot.kit.errors import AppError, problem

Headers = list[tuple[bytes, bytes]]
Reply = tuple[int, dict[str, str], bytes]
ALLOW: Final = {"webhook": "POST, OPTIONS", "widget": "POST, OPTIONS", "form": "GET, HEAD, POST, OPTIONS"}
_ASK: Final = "content-type, idempotency-key, x-leadsbot-token, x-leadsbot-signature, x-leadsbot-timestamp"
_SHOW: Final = "retry-after, ratelimit, ratelimit-policy, x-request-id"
_PAGE: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    "<title>{title}</title><h1>{title}</h1><p>{detail}</p>{back}<p><small>Reference: {request_id}</small></p></html>"
)


def as_json(status: int, value: Any) -> Reply:
    """A JSON answer."""
    return status, {"Content-Type": "application/json"}, msgspec.json.encode(value)


def redirect(location: str) -> Reply:
    """303: the browser fetches the next page with GET."""
    return 303, {"Location": location}, b""


def failure(error: AppError, request_id: str, *, page: bool, referer: str) -> Reply:
    """An error as application/problem+json, or as a small page with a way back to the form."""
    if not page:
        body = msgspec.json.encode(problem(error, request_id))
        return error.status, {"Content-Type": "application/problem+json", **error.headers}, body
    try:
        known = urlsplit(referer).scheme in ("http", "https")
    except ValueError:
        known = False
    where = f"{error.field}: " if error.field else ""
    text = _PAGE.format(
        title=escape(error.title),
        detail=escape(where + error.detail),
        request_id=escape(request_id),
        back=f'<p><a href="{escape(referer)}">Back to the form</a></p>' if known else "",
    )
    policy = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'"}
    return error.status, {**policy, **error.headers}, text.encode("utf-8", "replace")


def preflight(route: str) -> Reply:
    """The answer to a browser's question whether it may post."""
    return (
        204,
        {
            "Allow": ALLOW[route],
            "Access-Control-Allow-Methods": "POST, OPTIONS",
            "Access-Control-Allow-Headers": _ASK,
            "Access-Control-Max-Age": "7200",
        },
        b"",
    )


def messages(reply: Reply, request_id: str, origin: str | None, *, readable: bool) -> list[dict[str, Any]]:
    """The two ASGI messages. ``readable`` lets scripts of ``origin`` see the answer; cookies are never allowed."""
    status, headers, body = reply
    out: Headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    out += [
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", request_id.encode()),
        (b"vary", b"Origin, Accept"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if origin is not None and readable:
        out.append((b"access-control-allow-origin", origin.encode("latin-1", "replace")))
        out.append((b"access-control-expose-headers", _SHOW.encode()))
    if status == 204:
        out = [header for header in out if header[0] != b"content-length"]
    start = {"type": "http.response.start", "status": status, "headers": out}
    return [start, {"type": "http.response.body", "body": body}]
