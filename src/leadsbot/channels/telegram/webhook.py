"""Whether Telegram can push updates to us, as it tells itself, in a sentence for whoever has to cure it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from leadsbot.channels.telegram.api import Ok, Refusal

FRESH = timedelta(hours=1)
"""Telegram tells of its last failure forever; an older one says nothing about now."""


class WebhookInfo(msgspec.Struct, frozen=True):
    """The answer of getWebhookInfo, as far as troubles need it."""

    url: str = ""
    pending_update_count: int = 0
    last_error_date: int | None = None
    last_error_message: str | None = None


def read_info(answer: Ok) -> WebhookInfo:
    """What getWebhookInfo answered; empty where it cannot be read."""
    try:
        return msgspec.convert(answer.result, WebhookInfo)
    except msgspec.ValidationError:
        return WebhookInfo()


def refused(url: str, refusal: Refusal) -> str:
    """Why Telegram does not want to push to our address."""
    why = refusal.description.removeprefix("Bad Request: ").strip() or f"error {refusal.error_code}"
    return f"Telegram refuses to send button presses to {url}: {_sentence(why)}"


def unreached(info: WebhookInfo, now: datetime) -> str | None:
    """Why what waits at Telegram does not arrive; None while nothing waits or it failed long ago."""
    if not info.pending_update_count or not info.last_error_message or info.last_error_date is None:
        return None
    if now - datetime.fromtimestamp(info.last_error_date, UTC) > FRESH:
        return None
    return f"Telegram cannot reach {info.url}: {_sentence(info.last_error_message)}"


def elsewhere(info: WebhookInfo) -> str:
    """That another address gets what people do with our bot."""
    host = urlsplit(info.url).hostname or "another address"
    return f"Button presses were sent to {host}. Another program uses the same bot; give each its own."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
