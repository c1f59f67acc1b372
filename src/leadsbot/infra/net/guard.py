"""Keeps requests to customer-configured addresses out of private networks (SSRF)."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yarl import URL

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]

FORBIDDEN: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in (
        # "This network", private, shared (CGN), loopback, link-local with the cloud metadata services.
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
        # Protocol assignments, old 6to4 relays, benchmarks, documentation.
        "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
        # Multicast, reserved, broadcast.
        "224.0.0.0/4", "240.0.0.0/4",
        # The same for IPv6; the last one is where segment routing identifiers live.
        "::/96", "fe80::/10", "fec0::/10", "fc00::/7", "ff00::/8", "2001::/23", "2001:db8::/32", "3fff::/20",
        "100::/64", "5f00::/16",
    )
)  # fmt: skip
NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
PORTS = frozenset({80, 443})
LOOKUP_SECONDS = 5.0


class Forbidden(Exception):
    """The URL or the address behind it may not be contacted; `code` is a stable word, the text a safe sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        super().__init__(sentence)


def embedded(address: Address) -> tuple[Address, ...]:
    """The address and every IPv4 address that it carries inside (v4-mapped, NAT64, 6to4, Teredo)."""
    if isinstance(address, IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    inside: list[Address] = [address]
    if address.sixtofour is not None:
        inside.append(address.sixtofour)
    if address.teredo is not None:
        inside.extend(address.teredo)
    if any(address in network for network in NAT64):
        inside.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return tuple(inside)


def parse_address(text: str) -> Address | None:
    """The literal address in `text`, without brackets and IPv6 scope; None when it is a name."""
    try:
        return ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None


class Guard:
    """Decides which URLs and addresses may be contacted.

    `allow` holds CIDRs that the operator lets through although they are private (LEADSBOT_EGRESS_ALLOW); they are
    also free of the port rule. `ports` are the ports everybody else may be reached at.
    """

    def __init__(self, allow: Iterable[str] = (), ports: frozenset[int] = PORTS) -> None:
        self._allow: tuple[Network, ...] = tuple(ip_network(text.strip(), strict=False) for text in allow)
        self._ports = ports

    def allowed(self, address: Address) -> bool:
        """True when the address is public, or private and let through by the operator."""
        forms = embedded(address)
        if all(self._listed(form) for form in forms):
            return True
        if address.version == 6 and address in NAT64[1]:
            # A local NAT64 prefix may put the IPv4 part anywhere, so nothing certain can be read from it.
            return False
        return not any(form in network for form in forms for network in FORBIDDEN if network.version == form.version)

    def _listed(self, address: Address) -> bool:
        return any(address in network for network in self._allow if network.version == address.version)

    def check_url(self, url: str) -> URL:
        """The parsed URL; raises Forbidden for its scheme, userinfo, missing host, port or literal address."""
        from yarl import URL

        try:
            parsed = URL(url)
            port = parsed.port
        except ValueError:
            raise Forbidden("bad_url", "The address is not a valid URL.") from None
        if parsed.scheme not in ("http", "https"):
            raise Forbidden("bad_scheme", "The address must begin with http:// or https://.")
        if not parsed.host:
            raise Forbidden("bad_url", "The address has no host name.")
        if parsed.user is not None or parsed.password is not None:
            raise Forbidden("userinfo", "The address must not contain a user name or a password.")
        literal = parse_address(parsed.host) or _odd_ipv4(parsed.host)
        if literal is not None and not self.allowed(literal):
            raise Forbidden("private_address", "The address points into a private network.")
        if port not in self._ports and not self._free_of_port_rule(literal):
            raise Forbidden("bad_port", f"The port must be one of {', '.join(map(str, sorted(self._ports)))}.")
        return parsed

    def _free_of_port_rule(self, literal: Address | None) -> bool:
        # A name is judged by its addresses when it is resolved, in `vet`; without an allow-list nothing can be free.
        return bool(self._allow) if literal is None else all(self._listed(form) for form in embedded(literal))

    def vet(self, host: str, port: int, addresses: Sequence[str]) -> list[Address]:
        """The parsed addresses of a name; raises Forbidden when any single one of them may not be contacted.

        One bad answer condemns the name: a mixture of public and private answers is how rebinding is tried.
        """
        parsed = [parse_address(text) for text in addresses]
        if not parsed or any(address is None or not self.allowed(address) for address in parsed):
            raise Forbidden("private_address", "The name leads into a private network.")
        vetted = [address for address in parsed if address is not None]
        if port not in self._ports and not all(self._listed(f) for a in vetted for f in embedded(a)):
            raise Forbidden("bad_port", f"The port must be one of {', '.join(map(str, sorted(self._ports)))}.")
        return vetted


def _odd_ipv4(host: str) -> Address | None:
    """The address behind spellings that `inet_aton` takes (`127.1`, `0x7f000001`, `2130706433`)."""
    if not host or host[-1] not in "0123456789abcdefABCDEFxX." or host[0] not in "0123456789":
        return None
    try:
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


async def system_lookup(host: str, port: int) -> list[str]:
    """The addresses the machine's resolver gives for a name; raises OSError when there is none."""
    loop = asyncio.get_running_loop()
    answers = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))
