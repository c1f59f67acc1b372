"""Redirect targets and origins that somebody else wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.kit.links import origin, redirect_allowed

ALLOWED = ["https://shop.example/thanks/", "https://other.example"]


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/thanks",
        "https://shop.example/thanks/",
        "https://SHOP.example:443/thanks/a?b=c#d",
        "https://other.example",
        "https://other.example/anything",
    ],
)
def test_addresses_at_or_below_an_allowed_one_pass(url: str) -> None:
    assert redirect_allowed(url, ALLOWED)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/thanks",
        "//shop.example/thanks",
        "\\\\shop.example/thanks",
        "https:/shop.example/thanks",
        "https:\\\\shop.example/thanks",
        "http://shop.example/thanks",
        "https://shop.example:8443/thanks",
        "https://shop.example/thanksgiving",
        "https://shop.example/thanks/../admin",
        "https://shop.example/thanks/%2e%2e/admin",
        "https://shop.example/thanks/%252e%252e/admin",
        "https://shop.example/thanks/..%5cadmin",
        "https://shop.example@evil.example/thanks",
        "https://evil.example/https://shop.example/thanks",
        "https://shop.example.evil.example/thanks",
        "https://shop.example/thanks\r\nSet-Cookie: a=b",
        " https://shop.example/thanks",
        "https://shop.example/thanks\x00",
        "https://shop.examp\u2113e/thanks",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://[::1/thanks",
        "https://shop.example:99999/thanks",
    ],
)
def test_anything_a_browser_could_read_differently_is_refused(url: str) -> None:
    assert not redirect_allowed(url, ALLOWED)


@given(st.text())
def test_no_text_whatever_raises(text: str) -> None:
    assert isinstance(redirect_allowed(text, [*ALLOWED, text]), bool)
    origin(text)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("https://Shop.example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("http://[::1]:80", "http://[::1]"),
        ("null", "null"),
        ("*", None),
        ("shop.example", None),
        ("https://shop.example/path", None),
        ("https://a@shop.example", None),
    ],
)
def test_origins_are_written_as_browsers_write_them(text: str, known: str | None) -> None:
    assert origin(text) == known
