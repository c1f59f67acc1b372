"""Who is really calling."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from leadsbot.kit.proxy import client_ip

TRUSTED = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.9", ["6.6.6.6"], "203.0.113.9"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["6.6.6.6", "203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9:4711"], "203.0.113.9"),
        ("10.0.0.1", ["[2a00::1]:443"], "2a00::1"),
        ("2001:db8::1", ["203.0.113.9"], "203.0.113.9"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["6.6.6.6, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (None, ["6.6.6.6"], None),
        ("/run/socket", ["6.6.6.6"], None),
    ],
)
def test_the_nearest_stranger_is_the_caller(peer: str | None, forwarded: list[str], found: str | None) -> None:
    assert client_ip(peer, forwarded, TRUSTED) == found


def test_without_trusted_proxies_nothing_that_was_forwarded_is_believed() -> None:
    assert client_ip("10.0.0.1", ["6.6.6.6"], ()) == "10.0.0.1"
