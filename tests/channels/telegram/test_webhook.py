"""What Telegram says about pushing to us, told so that somebody can cure it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from leadsbot.channels.telegram.api import Ok, Refusal
from leadsbot.channels.telegram.webhook import WebhookInfo, elsewhere, read_info, refused, unreached

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
URL = "https://leads.example.com/telegram/updates"
FAILED = int(NOW.timestamp()) - 60


@pytest.mark.parametrize(
    ("info", "told"),
    [
        (WebhookInfo(URL, 3, FAILED, "Connection refused"), f"Telegram cannot reach {URL}: Connection refused."),
        (WebhookInfo(URL, 0, FAILED, "Connection refused"), None),
        (WebhookInfo(URL, 3, FAILED - 7200, "Connection refused"), None),
        (WebhookInfo(URL, 3), None),
    ],
)
def test_a_push_that_fails_is_told_while_something_waits(info: WebhookInfo, told: str | None) -> None:
    assert unreached(info, NOW) == told


def test_a_refusal_is_told_with_its_reason() -> None:
    assert refused(URL, Refusal(400, "Bad Request: bad webhook: no IP address")).endswith("bad webhook: no IP address.")
    assert refused(URL, Refusal(502, "")).endswith("error 502.")


def test_another_address_is_named_and_nonsense_is_no_address() -> None:
    info = read_info(Ok({"url": "https://other.example/hook", "has_custom_certificate": False}))
    assert "other.example" in elsewhere(info)
    assert read_info(Ok({"url": 7})) == read_info(Ok(None)) == WebhookInfo()
