"""How often: from one address and its neighbours, to one form, with one e-mail address. Each process counts alone."""

from __future__ import annotations

import os
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final

from leadsbot.features.screening.model import LOAD, Evidence
from leadsbot.infra.ratelimit import Limit, Limiter, networks

ADDRESS: Final = Limit("screening-address", 10, 60)
NETWORK: Final = Limit("screening-network", 30, 60)
FORM: Final = Limit("screening-form", 120, 60)
EMAIL: Final = Limit("screening-email", 5, 3600)
FAR_OVER: Final = 3.0

MANY: Final = Evidence(1.3, "many_from_address", "rate")
FLOOD: Final = Evidence(2.6, "flood_from_address", "rate")
NEIGHBOURS: Final = Evidence(0.8, "many_from_network", "rate")
BUSY: Final = Evidence(0.5, "form_under_load", LOAD)
AGAIN: Final = Evidence(0.9, "same_email_again", "rate")
OFTEN: Final = Evidence(2.0, "same_email_often", "rate")
_KEY: Final = os.urandom(32)
"""What e-mail addresses are hashed with; it and the hashes live in this process only."""


_OURS: Final = [
    *map(ip_network, ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16")),
    *map(ip_network, ("::1/128", "fc00::/7")),
]


@lru_cache(maxsize=8192)
def somebodys(ip: str) -> bool:
    """Whether an address tells senders apart. One that is not public is nobody's: it belongs to a proxy of ours that
    LEADSBOT_TRUSTED_PROXIES does not name, and every visitor seems to have it."""
    try:
        address = ip_address(ip)
    except ValueError:
        return True
    return not any(address in network for network in _OURS)


class Velocity:
    """Counts for one web process. E-mail addresses are kept as keyed hashes, and only until they are quiet again.

    Workspaces are named by the number of their id, which is looked up faster than the id.
    """

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter

    def by_email(self, workspace: int, email: str) -> Evidence | None:
        """The same e-mail address over and over."""
        if not email:
            return None
        fill = self._limiter.fill(EMAIL, hash((_KEY, workspace, email)))
        if fill <= 1:
            return None
        return OFTEN if fill > FAR_OVER else AGAIN

    def by_sender(self, workspace: int, form_key: str, ip: str | None) -> list[Evidence]:
        """Many from one address or its neighbours, or to one form. Not for programs, which have few addresses."""
        fill, found = self._limiter.fill, []
        if ip is not None and somebodys(ip):
            own_network, neighbours = networks(ip)
            own = fill(ADDRESS, (workspace, own_network))
            if own > 1:
                found.append(FLOOD if own > FAR_OVER else MANY)
            elif neighbours and fill(NETWORK, (workspace, neighbours)) > 1:
                found.append(NEIGHBOURS)
        if fill(FORM, form_key) > 1:
            found.append(BUSY)
        return found
