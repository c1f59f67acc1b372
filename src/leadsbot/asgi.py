"""The HTTP side of a process: capture in front, API and dashboard behind it."""

from __future__ import annotations

from typing import Any

from leadsbot.features.accounts.authenticate import Authentication
from leadsbot.features.capture.endpoint import CaptureApp
from leadsbot.infra import metrics
from leadsbot.web.app import build_app
from leadsbot.wiring import FEATURES, CaptureObserver, Process, readiness, secret_opener


class Application:
    """One ASGI application: a submission never passes through a line of the dashboard's code."""

    def __init__(self, process: Process) -> None:
        services = process.services
        self.capture = CaptureApp(
            process.capture_dsn,
            open_secret=secret_opener(services.crypto),
            wake=process.waker.work,
            observer=CaptureObserver(),
            trusted_proxies=process.settings.trusted_proxies,
            limiter=services.limiter,
        )
        self.dashboard = build_app(
            FEATURES,
            services,
            authenticate=Authentication(services),
            checks=readiness(process),
            recorder=process.recorder,
            metrics=metrics.registry(),
        )

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Serve one request, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif self.capture.matches(scope):
            await self.capture(scope, receive, send)
        else:
            await self.dashboard(scope, receive, send)

    async def _live(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        """Start and stop capture around the dashboard's own start and stop."""

        async def received() -> Any:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await self.capture.startup()
            return message

        async def sent(message: dict[str, Any]) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                await self.capture.shutdown()
            await send(message)

        await self.dashboard(scope, received, sent)
