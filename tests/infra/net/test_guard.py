"""The guard refuses every private address in every spelling, and lets the public ones through."""

from __future__ import annotations

import pytest

from leadsbot.infra.net.guard import Forbidden, Guard
from leadsbot.infra.net.resolver import GuardedResolver

PRIVATE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.168.1.1", "192.0.0.8", "192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::127.0.0.1", "fe80::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "100::1",
    "5f00::1", "2001::1", "fd00:ec2::254",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
    "2002:7f00:1::", "2002:a9fe:a9fe::1",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "172.32.0.1", "100.128.0.1", "149.154.167.220", "2606:4700:4700::1111", "2001:67c:4e8:f004::9",
    "::ffff:1.1.1.1", "64:ff9b::101:101", "2002:101:101::1",
]  # fmt: skip


def bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def refusal(guard: Guard, url: str) -> str:
    with pytest.raises(Forbidden) as caught:
        guard.check_url(url)
    return caught.value.code


@pytest.mark.parametrize("address", PRIVATE)
async def test_a_private_address_is_refused_as_a_literal_and_as_an_answer(address: str):
    assert refusal(Guard(), f"http://{bracketed(address)}/x") == "private_address"
    with pytest.raises(Forbidden):
        await resolver(Guard(), [address]).resolve("customer.example", 443)


@pytest.mark.parametrize("address", PUBLIC)
async def test_a_public_address_passes(address: str):
    assert Guard().check_url(f"https://{bracketed(address)}/x").path == "/x"
    found = await resolver(Guard(), [address]).resolve("customer.example", 443)
    assert found[0]["hostname"] == "customer.example"


@pytest.mark.parametrize("host", ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "①27.0.0.1", "[fe80::1%25eth0]"])
def test_other_spellings_of_a_private_address_are_refused(host: str):
    assert refusal(Guard(), f"http://{host}/") == "private_address"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/", "bad_scheme"),
        ("file:///etc/passwd", "bad_scheme"),
        ("/relative", "bad_scheme"),
        ("https://user:word@example.com/", "userinfo"),
        ("https://user@example.com/", "userinfo"),
        ("https://example.com:22/", "bad_port"),
        ("https://example.com:99999/", "bad_url"),
        ("http://", "bad_url"),
    ],
)
def test_a_url_that_is_not_a_plain_web_address_is_refused(url: str, code: str):
    assert refusal(Guard(), url) == code


async def test_one_private_answer_among_public_ones_condemns_the_name():
    with pytest.raises(Forbidden):
        await resolver(Guard(), ["1.1.1.1", "10.0.0.1"]).resolve("rebinding.example", 443)
    with pytest.raises(Forbidden):
        await resolver(Guard(), ["1.1.1.1", "::1"]).resolve("rebinding.example", 443)


async def test_what_the_operator_allows_passes_at_any_port_and_nothing_beside_it():
    guard = Guard(allow=["10.20.0.0/16", "fd00:1::/32"])
    assert guard.check_url("http://10.20.1.1:8080/").port == 8080
    assert guard.check_url("http://[fd00:1::5]:8080/").port == 8080
    assert refusal(guard, "http://10.21.1.1/") == "private_address"
    assert refusal(guard, "http://1.1.1.1:8080/") == "bad_port"
    assert await resolver(guard, ["10.20.3.4"]).resolve("crm.internal", 8080)
    with pytest.raises(Forbidden):
        await resolver(guard, ["10.20.3.4", "10.21.3.4"]).resolve("crm.internal", 80)
    with pytest.raises(Forbidden):
        await resolver(guard, ["1.1.1.1"]).resolve("public.example", 8080)


async def test_a_v4_allowance_covers_the_mapped_form():
    assert Guard(allow=["127.0.0.0/8"]).check_url("http://[::ffff:127.0.0.1]:9000/")


def resolver(guard: Guard, answers: list[str]) -> GuardedResolver:
    async def lookup(host: str, port: int) -> list[str]:
        return answers

    return GuardedResolver(guard, lookup)
