"""The HTTP side of a process: capture in front, API and dashboard behind it."""

from __future__ import annotations

from typing import Any

from leadsbot.contracts.intake import REFUSED
from leadsbot.features.accounts.authenticate import Authentication
from leadsbot.features.capture.endpoint import CaptureApp, route
from leadsbot.features.forms.public import FormCompiler
from leadsbot.features.forms.receiving import FileReceiver
from leadsbot.features.screening.edge import EdgeScreener
from leadsbot.features.sources.public import REFUSALS
from leadsbot.infra import metrics
from leadsbot.infra.asgi import Reply, Scope
from leadsbot.kit.errors import Invalid
from leadsbot.web.app import build_app
from leadsbot.wiring import FEATURES, CaptureObserver, Process, readiness, secret_opener

PAGE_HEADERS = ("content-type", "content-security-policy", "referrer-policy", "permissions-policy")


class Application:
    """One ASGI application: a submission never passes through a line of the dashboard's code."""

    def __init__(self, process: Process) -> None:
        services = process.services
        self.screener = EdgeScreener(services.signer, counting=process.settings.rate_limits == "on")
        self._capture_dsn = process.capture_dsn
        observer = CaptureObserver(services.extra[REFUSALS])
        self.capture = CaptureApp(
            process.capture_dsn,
            open_secret=secret_opener(services.crypto),
            compile_form=FormCompiler(services.signer),
            screener=self.screener,
            refill=self._refill,
            wake=process.waker.work,
            observer=observer,
            trusted_proxies=process.settings.trusted_proxies,
            limiter=services.limiter,
        )
        self.files = FileReceiver(services, self.capture, route=route, refill=self._refill, observer=observer)
        self.dashboard = build_app(
            FEATURES,
            services,
            authenticate=Authentication(services),
            checks=readiness(process),
            recorder=process.recorder,
            metrics=metrics.registry(),
        )

    async def _refill(self, scope: Scope, error: Invalid, sent: object) -> Reply:
        """The page of a form once more, with what was typed and what is wrong with it, as the answer to a post."""
        start: dict[str, Any] = {}
        body: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                body.append(message.get("body", b""))

        headers = [pair for pair in scope["headers"] if pair[0] not in (b"content-length", b"content-type")]
        await self.dashboard({**scope, "method": "GET", "headers": headers, REFUSED: (error, sent)}, receive, send)
        kept = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
        return start["status"], {name: kept[name] for name in PAGE_HEADERS if name in kept}, b"".join(body)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self.capture.matches(scope):
            await self.files(scope, receive, send)
        else:
            await self.dashboard(scope, receive, send)

    async def _live(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Start and stop capture around the dashboard's own start and stop."""

        async def received() -> Any:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.screener.startup(self._capture_dsn)
                await self.capture.startup()
            return message

        async def sent(message: dict[str, Any]) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                await self.capture.shutdown()
                await self.screener.shutdown()
            await send(message)

        await self.dashboard(scope, received, sent)
