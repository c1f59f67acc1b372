"""The decorators that declare routes. Each one says what it needs; a route without ``needs=`` cannot be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec

from leadsbot.web.actor import Needs
from leadsbot.web.problem import DESCRIPTIONS, Problem

Handler = Callable[..., Any]
Decorator = Callable[[Handler], HTTPRouteHandler]
ALWAYS = (400, 401, 403, 429, 500, 503)
"""Answers that every API operation can give, whatever it does."""


def _responses(method: str, errors: Sequence[int]) -> dict[int, ResponseSpec]:
    # 422: any parameter can be wrong, also one that the operation does not name (hostile characters in the query).
    body = (413, 415, 422) if method in {"POST", "PATCH", "PUT"} else (422,)
    return {
        status: ResponseSpec(
            data_container=Problem,
            generate_examples=False,
            description=DESCRIPTIONS[status],
            media_type="application/problem+json",
        )
        for status in sorted({*ALWAYS, *body, *errors})
    }


def _route(method: str, path: str | list[str], needs: Needs, opt: dict[str, Any], **options: Any) -> Decorator:
    return HTTPRouteHandler(path, http_method=method, opt={"needs": needs, **opt}, **options)  # type: ignore[arg-type]


def api(
    method: str,
    path: str,
    *,
    needs: Needs,
    errors: Sequence[int] = (),
    status: int | None = None,
    summary: str | None = None,
    tag: str | None = None,
    **options: Any,
) -> Decorator:
    """Declare an API operation at the full path (``/api/v1/leads``).

    ``errors`` are statuses beside those that every operation can give (404, 409 …): all of them appear in the OpenAPI
    document, and schemathesis fails on an answer that is not declared. Handlers return msgspec structs. They can ask
    for ``actor: Actor``, ``tx: TenantTx`` (committed before the first byte), ``services: Services``,
    ``data: JSONBody[SomeStruct]`` for the JSON body, and query or path parameters by name.
    """
    tags = [tag] if tag else None
    return _route(
        method,
        path,
        needs,
        {"surface": "api"},
        status_code=status,
        summary=summary,
        tags=tags,
        responses=_responses(method, errors),
        **options,
    )


def page(
    method: str,
    path: str | list[str],
    *,
    needs: Needs,
    csrf_exempt: str | None = None,
    cookieless: bool = False,
    **options: Any,
) -> Decorator:
    """Declare a page or what a page's form posts to; not part of the OpenAPI document.

    ``csrf_exempt`` takes the reason why a state-changing route needs no token (a signed webhook, say); ``cookieless``
    public routes do not even look at who asks. Handlers return
    ``render(request, …)`` or ``redirect(…)``; beside what :func:`api` offers they can ask for ``form: Form``.
    """
    return _route(
        method,
        path,
        needs,
        {"surface": "page", "csrf_exempt": csrf_exempt, "cookieless": cookieless},
        include_in_schema=False,
        status_code=options.pop("status", 200),
        **options,
    )
