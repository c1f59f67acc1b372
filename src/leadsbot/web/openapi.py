"""The OpenAPI 3.1 document and its page, both made from the routes and served by ourselves only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler

from leadsbot import __version__
from leadsbot.web.actor import Public
from leadsbot.web.problem import Problem
from leadsbot.web.render import render
from leadsbot.web.routes import page

METHODS = ("get", "post", "patch", "put", "delete")
DESCRIPTION = (
    "Send an API key as `Authorization: Bearer lb_…`. Lists are pages of `{data, next_cursor}`. Errors are "
    "`application/problem+json` with a stable `code` and a `request_id`. Every answer tells the limit "
    "in `RateLimit` headers. Texts are refused with 422 when they contain NUL or other control characters."
)
OPEN = Public("the description of the API is for everybody; it holds nobody's data")
HEADERS = {
    "X-Request-Id": ("Quote it when you ask for help.", {"type": "string"}),
    "RateLimit-Policy": ("The limit that applies: `q` requests in `w` seconds.", {"type": "string"}),
    "RateLimit": ("What is left of it: `r` requests at once, all of it again in `t` seconds.", {"type": "string"}),
    "Retry-After": ("Seconds to wait.", {"type": "integer", "minimum": 1}),
}
WORKED = {"200": "It worked", "201": "It was made", "204": "It worked; the answer is empty"}
ALWAYS_SENT, WITH_WAIT = ("X-Request-Id", "RateLimit-Policy", "RateLimit"), {"429", "503"}
PAGE_OF = re.compile(r"\bPage_(\w+)_\b")


class DocumentRouter(Router):
    """Serves the document at ``/api/openapi.json`` and nothing else; unknown addresses stay the application's 404."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        """Register the document's handler, and leave out Litestar's own not-found page."""
        paths: set[str] = getattr(value, "paths", set())
        return [] if any("{path:str}" in path for path in paths) else super().register(value)


class Rendered(JsonRenderPlugin):
    """Answers with :func:`described`."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document as JSON."""
        return msgspec.json.encode(described(request.app))


def config() -> OpenAPIConfig:
    """How Litestar makes the document."""
    return OpenAPIConfig(
        title="LeadsBot API",
        version=__version__,
        description=DESCRIPTION,
        use_handler_docstrings=True,
        components=Components(
            security_schemes={"apiKey": SecurityScheme(type="http", scheme="bearer", bearer_format="lb_live_…")}
        ),
        security=[{"apiKey": []}],
        render_plugins=[Rendered(path="/openapi.json")],
        openapi_router=DocumentRouter(
            "/api",
            route_handlers=[],
            include_in_schema=False,
            opt={"needs": OPEN, "cookieless": True, "surface": "page"},
        ),
    )


def described(app: Litestar) -> dict[str, Any]:
    """The document, as strict as the application is; made once."""
    known: dict[str, Any] | None = app.state.get("openapi")
    if known is None:
        known = app.state["openapi"] = _exact(app)
    return known


def _exact(app: Litestar) -> dict[str, Any]:
    """Litestar's document with the schemas of the library that really reads the bodies and writes the answers.

    Litestar's own leave out what lists may contain, lower bounds of zero and that unknown members are refused. Beside
    that no parameter can be null, whatever its Python type says, and every answer lists its headers.
    """
    document = app.openapi_schema.to_schema()
    bodies: list[tuple[dict[str, Any], Any]] = []
    for operation, handler in _operations(app, document):
        for parameter in operation.get("parameters") or ():
            parameter["schema"] = _given(parameter["schema"])
        for status, answer in operation["responses"].items():
            names = [*ALWAYS_SENT, *(["Retry-After"] if status in WITH_WAIT else [])]
            answer["description"] = WORKED.get(status, answer["description"])
            answer.setdefault("headers", {}).update({name: {"$ref": f"#/components/headers/{name}"} for name in names})
            kind = _answer_of(handler) if int(status) < 400 else Problem
            bodies += [(content, kind) for content in answer.get("content", {}).values()]
        sent = operation.get("requestBody", {}).get("content", {})
        bodies += [(content, handler.parsed_data_field.annotation) for content in sent.values()]
        if sent:
            operation["requestBody"]["required"] = not handler.parsed_data_field.has_default
    schemas, components = msgspec.json.schema_components(
        [kind for _, kind in bodies], ref_template="#/components/schemas/{name}"
    )
    for (content, _), schema in zip(bodies, schemas, strict=True):
        content["schema"] = schema
    document["components"].update(
        schemas=components,
        headers={name: {"description": text, "schema": schema} for name, (text, schema) in HEADERS.items()},
    )
    # Pages are named like what is on them; docstrings mark code twice where Markdown does once.
    text = PAGE_OF.sub(r"\1Page", msgspec.json.encode(document).decode()).replace("``", "`")
    exact: dict[str, Any] = msgspec.json.decode(text)
    return exact


def _operations(app: Litestar, document: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    for route in app.routes:
        for method, (handler, _) in getattr(route, "route_handler_map", {}).items():
            operation = document["paths"].get(route.path_format, {}).get(method.lower())
            if operation is not None:
                yield operation, handler


def _answer_of(handler: HTTPRouteHandler) -> Any:
    """What an operation answers with: ``Lead`` of both ``Lead`` and ``Response[Lead]``."""
    kind = handler.parsed_return_field.annotation
    return get_args(kind)[0] if get_origin(kind) is Response else kind


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter without null, which nobody can write into an address or a header."""
    choices = [each for each in schema.get("oneOf", ()) if each != {"type": "null"}]
    if len(choices) != 1:
        return schema
    return {**choices[0], **{key: value for key, value in schema.items() if key != "oneOf"}}


def operations(document: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The document's operations by tag, ready to be shown."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, item in sorted(document.get("paths", {}).items()):
        for method in METHODS:
            if operation := item.get(method):
                shown = {**operation, "method": method.upper(), "path": path, "body": _body(operation)}
                groups.setdefault((operation.get("tags") or ["Other"])[0], []).append(shown)
    return dict(sorted(groups.items()))


def _body(operation: dict[str, Any]) -> str | None:
    content: dict[str, dict[str, Any]] = operation.get("requestBody", {}).get("content", {})
    for body in content.values():
        name: str = body.get("schema", {}).get("$ref", "").rpartition("/")[2]
        return name or None
    return None


@page("GET", "/api/docs", needs=OPEN)
async def docs(request: Request[Any, Any, Any]) -> Response[str]:
    """The API described for people."""
    document = described(request.app)
    return render(
        request,
        "docs.html",
        document=document,
        groups=operations(document),
        schemas=document["components"]["schemas"],
    )


routes = (docs,)
