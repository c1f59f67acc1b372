"""Who is really calling: the address of a request that came through reverse proxies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


@lru_cache(maxsize=4096)
def _address(text: str) -> Address | None:
    """An address from a header: perhaps in brackets, with a port or a zone, or IPv4 written as IPv6."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


@lru_cache(maxsize=4096)
def _plain(text: str) -> str | None:
    address = _address(text)
    return str(address) if address else None


def client_ip(peer: str | None, forwarded: Iterable[str], trusted: Sequence[Network]) -> str | None:
    """The address nearest to us that is not one of our own proxies, or None when the peer is not an IP address.

    ``forwarded`` holds the values of X-Forwarded-For in the order received. They are believed only when the peer
    itself is trusted, and read from the right: everything left of the first stranger was written by the stranger.
    """
    if not trusted:
        return _plain(peer) if peer else None
    address = _address(peer) if peer else None
    if address is None:
        return None
    hops = [hop for value in forwarded for hop in value.split(",")]
    while hops and any(address in network for network in trusted):
        before = _address(hops.pop())
        if before is None:
            break
        address = before
    return str(address)
