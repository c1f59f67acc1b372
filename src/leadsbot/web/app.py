"""The application around the features' routes."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.di import Provide
from litestar.types import ControllerRouterHandler
from prometheus_client import REGISTRY, CollectorRegistry

from leadsbot.infra import metrics as metrics_of
from leadsbot.infra.correlation import request_id
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.feature import Feature
from leadsbot.infra.nav import NavItem
from leadsbot.infra.services import Services
from leadsbot.infra.technical.recorder import Answered, Recorder
from leadsbot.kit import useragent
from leadsbot.web import health, live, openapi, static
from leadsbot.web.actor import ANONYMOUS, Actor, Authenticator
from leadsbot.web.csrf import Csrf
from leadsbot.web.errors import ErrorAnswers
from leadsbot.web.forms import Form
from leadsbot.web.guard import Guard
from leadsbot.web.health import Check
from leadsbot.web.inject import Caller, Uses
from leadsbot.web.limits import ApiLimit
from leadsbot.web.notices import NoticeBoard
from leadsbot.web.render import Renderer
from leadsbot.web.shell import MAX_BODY, Scope, Shell
from leadsbot.web.strict import check_body

FEATURES = Path(__file__).resolve().parent.parent / "features"


def provide_actor(request: Request[Any, Any, Any]) -> Actor:
    """The caller that the guard found."""
    actor: Actor = request.scope.get("actor", ANONYMOUS)  # type: ignore[assignment]
    return actor


def provide_services(request: Request[Any, Any, Any]) -> Services:
    """The process's services."""
    services: Services = request.app.state.services
    return services


async def provide_form(request: Request[Any, Any, Any]) -> Form:
    """The posted form."""
    posted = await request.form()
    return Form([(name, value) for name, value in posted.multi_items() if isinstance(value, str)])


def tell_methods(request: Request[Any, Any, Any]) -> Response[None]:
    """Answer OPTIONS with every method of the path: Litestar's own answer forgets handlers that came later."""
    path = request.scope["path_template"]
    methods = {method for route in request.app.routes if route.path_format == path for method in route.methods}
    if "GET" in methods:
        methods.add("HEAD")  # The shell answers it.
    return Response(None, status_code=204, headers={"Allow": ", ".join(sorted(methods))})


async def provide_tx(actor: Caller, services: Uses) -> AsyncGenerator[TenantTx, None]:
    """A transaction in the caller's workspace.

    Litestar ends its dependencies after the answer is encoded and before its first byte is sent. So an answer is only
    ever sent for what is committed, a commit that fails is an error answer, and a handler that raises stores nothing.
    """
    async with services.db.tenant(actor.workspace()) as tx:
        yield tx


def build_app(
    features: Sequence[Feature],
    services: Services,
    *,
    authenticate: Authenticator,
    checks: Mapping[str, Check] | None = None,
    recorder: Recorder | None = None,
    metrics: CollectorRegistry = REGISTRY,
    nav: Sequence[NavItem] = (),
    limit: ApiLimit | None = None,
) -> Shell:
    """The ASGI application of API and dashboard.

    ``checks`` are what ``/readyz`` asks; ``recorder`` takes the request log and error traces; ``nav`` adds entries
    beside those in the features' ``nav``.
    """
    settings = services.settings
    csrf = Csrf(settings)
    folders = {feature.name: FEATURES / feature.name / "templates" for feature in features}
    items = [item for feature in features for item in feature.nav]
    renderer = Renderer(folders, [*nav, *items], csrf)
    answers = ErrorAnswers(renderer.error_page, recorder.error if recorder else None)
    handlers: list[ControllerRouterHandler] = [
        *health.routes,
        *static.routes,
        *live.routes,
        *openapi.routes,
        *(route for feature in features for route in feature.routes()),
    ]
    board = NoticeBoard(
        [source for feature in features for source in feature.notices], services, recorder.error if recorder else None
    )

    async def before(request: Request[Any, Any, Any]) -> Response[None] | None:
        if request.method == "OPTIONS":
            return tell_methods(request)
        await check_body(request)
        await board.look(request)
        return None

    streams = live.Streams()
    app = Litestar(
        route_handlers=handlers,
        guards=[Guard(authenticate, csrf, limit or ApiLimit(services.limiter, settings))],
        dependencies={
            "actor": Provide(provide_actor, sync_to_thread=False),
            "services": Provide(provide_services, sync_to_thread=False),
            "form": Provide(provide_form),
            "tx": Provide(provide_tx),
        },
        exception_handlers={Exception: answers},
        before_request=before,
        openapi_config=openapi.config(),
        request_max_body_size=MAX_BODY,
        logging_config=None,
        debug=False,
        state=State(
            {
                "services": services,
                "settings": settings,
                "renderer": renderer,
                "csrf": csrf,
                "streams": streams,
                "checks": dict(checks or {}),
                "metrics": metrics,
                "authenticate": authenticate,
            }
        ),
    )
    return Shell(app, https=settings.https, log=_request_log(recorder), drain=streams.closing.set)


def _request_log(recorder: Recorder | None) -> Any:
    """What counts and notes an answered request: route template instead of path, families instead of user agent, no
    address.
    """

    def note(scope: Scope, status: int, seconds: float) -> None:
        surface = "api" if scope["path"].startswith("/api/v1/") else "dashboard"
        metrics_of.REQUESTS.labels(surface, str(status)).inc()
        metrics_of.REQUEST_SECONDS.labels(surface).observe(seconds)
        if recorder is None:
            return
        actor: Actor = scope.get("actor", ANONYMOUS)
        agent = useragent.parse(_header(scope, b"user-agent"))
        recorder.request(
            Answered(
                at=scope["request_started"],
                request_id=request_id.get() or "",
                workspace_id=actor.workspace_id,
                method=scope["method"],
                route=scope.get("path_template") or "(none)",
                status=status,
                milliseconds=round(seconds * 1000),
                browser=agent.browser,
                system=agent.os,
            )
        )

    return note


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")
