"""Who the caller really is when requests pass through proxies that we trust, and nobody else's word."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
UNKNOWN = "0.0.0.0"  # noqa: S104 - a placeholder that is stored, not an address that is bound


def _parse(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    host = text.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def forwarded_address(peer: str, forwarded: str | None, trusted: Iterable[Network]) -> str:
    """The caller's address: from the right of X-Forwarded-For the first one that is not a trusted proxy.

    The header is ignored unless the peer itself is trusted, so nobody can choose their address by sending one.
    """
    networks = tuple(trusted)
    address = _parse(peer)
    if address is None:
        return UNKNOWN
    if forwarded:
        for hop in reversed(forwarded.split(",")):
            if not any(address in network for network in networks):
                break
            parsed = _parse(hop)
            if parsed is None:
                break
            address = parsed
    return str(address)


def client_address(scope: Mapping[str, Any], trusted: Iterable[Network]) -> str:
    """The caller's address from an ASGI scope; ``0.0.0.0`` when the connection has none (a Unix socket)."""
    client = scope.get("client")
    values = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    forwarded = b",".join(values).decode("latin-1") if values else None
    return forwarded_address(client[0] if client else UNKNOWN, forwarded, trusted)
