"""The caller's address of an ASGI request, through the proxies that we trust."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from leadsbot.kit.proxy import Network, client_ip

UNKNOWN = "0.0.0.0"  # noqa: S104 - a placeholder that is stored, not an address that is bound


def client_address(scope: Mapping[str, Any], trusted: Sequence[Network]) -> str:
    """The caller's address; ``0.0.0.0`` when the connection has none (a Unix socket)."""
    client = scope.get("client")
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return client_ip(client[0] if client else None, forwarded, trusted) or UNKNOWN
