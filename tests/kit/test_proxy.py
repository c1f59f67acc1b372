"""Who is really calling."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@given(st.lists(st.text(max_size=40), max_size=4), st.sampled_from(["203.0.113.9", "2a00::1"]))
def test_nothing_that_a_stranger_writes_hides_where_they_are(written: list[str], stranger: str) -> None:
    """Our proxy appends the address that it sees, to the last line or as a line of its own."""
    *lines, last = written or [""]
    appended = [*lines, f"{last}, {stranger}"]
    assert client_ip("10.0.0.1", appended, TRUSTED) == stranger
    assert client_ip("10.0.0.1", [*written, stranger], TRUSTED) == stranger
    assert client_ip("10.0.0.1", [*written, f"{stranger}, 10.9.9.9"], TRUSTED) == stranger


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3))
def test_whatever_is_sent_there_is_an_address_or_none(peer: str, forwarded: list[str]) -> None:
    found = client_ip(peer, forwarded, TRUSTED)
    assert found is None or found.replace(":", "").replace(".", "").isalnum()


def test_a_stranger_that_names_a_proxy_of_ours_is_still_the_stranger() -> None:
    assert client_ip("203.0.113.9", ["10.0.0.1"], TRUSTED) == "203.0.113.9"
    assert client_ip("10.0.0.1", ["10.0.0.2, 203.0.113.9"], TRUSTED) == "203.0.113.9"
    assert client_ip("10.0.0.1", ["127.0.0.1, 10.0.0.2, 203.0.113.9, 10.0.0.3"], TRUSTED) == "203.0.113.9"
