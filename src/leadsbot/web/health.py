"""``/healthz`` (the process lives), ``/readyz`` (it can work), ``/metrics`` (Prometheus)."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from leadsbot.infra.proxy import client_address
from leadsbot.infra.settings import Settings
from leadsbot.kit.errors import NotFound
from leadsbot.web.actor import Public
from leadsbot.web.routes import page

Check = Callable[[], Awaitable[str | None]]
"""Answers None when all is well, or a sentence that says what is not."""

CHECK_TIMEOUT_S = 3.0


@page("GET", "/healthz", needs=Public("a supervisor asks before anybody is signed in"), cookieless=True)
async def healthz() -> Response[dict[str, str]]:
    """Whether the process answers at all."""
    return Response({"status": "ok"})


@page("GET", "/readyz", needs=Public("a load balancer asks; the answer names parts, no data"), cookieless=True)
async def readyz(request: Request[Any, Any, Any]) -> Response[dict[str, Any]]:
    """Whether every part that a request needs is there; 503 names the parts that are not."""
    checks: Mapping[str, Check] = request.app.state.checks
    results = await asyncio.gather(*(_run(check) for check in checks.values()))
    faults = {name: fault for name, fault in zip(checks, results, strict=True) if fault}
    body = {"status": "unavailable" if faults else "ready", "checks": {name: faults.get(name, "ok") for name in checks}}
    return Response(body, status_code=503 if faults else 200, headers={"Retry-After": "2"} if faults else None)


async def _run(check: Check) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check()
    except Exception as error:  # noqa: BLE001 - any failure of a check means: not ready
        return f"failed ({type(error).__name__})"


@page("GET", "/metrics", needs=Public("only from this machine and from trusted proxies' networks"), cookieless=True)
async def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The metrics, for callers on this machine or in ``LEADSBOT_TRUSTED_PROXIES``; others find nothing here.

    The judged address is the far one: a request from the Internet that passes a proxy on this machine is refused when
    the proxy adds ``X-Forwarded-For``, which every trusted proxy must.
    """
    settings: Settings = request.app.state.settings
    address = ipaddress.ip_address(client_address(request.scope, settings.trusted_proxies))
    forwarded = "x-forwarded-for" in request.headers
    near = address.is_loopback or any(address in network for network in settings.trusted_proxies)
    if not near or (forwarded and not settings.trusted_proxies):
        raise NotFound("There is nothing at this address.")
    registry: CollectorRegistry = request.app.state.metrics
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


routes = (healthz, readyz, metrics)
