"""The OpenAPI 3.1 document and its page, both made from the routes and served by ourselves only."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler

from leadsbot import __version__
from leadsbot.web.actor import Public
from leadsbot.web.render import render
from leadsbot.web.routes import page

METHODS = ("get", "post", "patch", "put", "delete")
DESCRIPTION = (
    "Send an API key as `Authorization: Bearer lb_…`. Lists are pages of `{data, next_cursor}`. Errors are "
    "`application/problem+json` with a stable `code` and a `request_id`. Every answer tells the limit "
    "in `RateLimit` headers."
)
OPEN = Public("the description of the API is for everybody; it holds nobody's data")


class DocumentRouter(Router):
    """Serves the document at ``/api/openapi.json`` and nothing else; unknown addresses stay the application's 404."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        """Register the document's handler, and leave out Litestar's own not-found page."""
        paths: set[str] = getattr(value, "paths", set())
        return [] if any("{path:str}" in path for path in paths) else super().register(value)


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
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        openapi_router=DocumentRouter(
            "/api",
            route_handlers=[],
            include_in_schema=False,
            opt={"needs": OPEN, "cookieless": True, "surface": "page"},
        ),
    )


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
    document = request.app.openapi_schema.to_schema()
    return render(
        request,
        "docs.html",
        document=document,
        groups=operations(document),
        schemas=document.get("components", {}).get("schemas", {}),
    )


routes = (docs,)
