"""Deliveries in the words of the people who read the log; the API keeps the short ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from leadsbot.features.deliveries.model import Outcome, State

STATES: Final[Mapping[State, str]] = {
    State.DUE: "Waiting its turn",
    State.SENDING: "Being sent",
    State.SENT: "Sent",
    State.FAILED: "Not sent",
    State.UNCERTAIN: "Unclear",
    State.HELD: "On hold",
    State.CANCELLED: "Not needed",
}
MEANINGS: Final[Mapping[State, str]] = {
    State.UNCERTAIN: "The connection broke before the answer: it may have arrived. Another try can make a second one.",
    State.HELD: "It is sent when its chat works again.",
    State.FAILED: "It did not arrive. Try it again when the reason is gone.",
}
KINDS: Final[Mapping[str, str]] = {
    "alert": "New enquiry",
    "repeat": "Wrote again",
    "digest": "Several enquiries in one message",
    "test": "Test alert",
    "confirmation": "Confirmation",
}
CHANNELS: Final[Mapping[str, str]] = {"telegram": "Telegram", "email": "E-mail"}
OUTCOMES: Final[Mapping[Outcome, str]] = {
    Outcome.SENT: "Arrived",
    Outcome.REJECTED: "Refused",
    Outcome.RETRY: "Did not get through",
    Outcome.UNCERTAIN: "No answer",
}
REASONS: Final[Mapping[str, str]] = {
    "bad_token": "The other side does not accept the bot's token. It is tried again every few minutes.",
    "too_many_requests": "The other side asked for a pause. It is sent after that.",
    "moved": "The group became a bigger one with a new address. It is sent there.",
    "topic_gone": "The forum topic was deleted or closed. It is sent to a new one, or to the chat itself.",
    "dns": "The other side's name was not found. Is this server connected to the internet?",
    "tls": "The connection could not be secured.",
    "connect": "The other side could not be reached.",
    "connect_timeout": "The other side could not be reached in time.",
    "timeout": "The other side did not answer in time.",
    "disconnected": "The connection broke before the answer.",
    "reset": "The connection broke.",
    "broken_answer": "The answer broke off.",
    "unreadable": "The answer could not be read.",
    "failed": "The connection failed.",
    "plain": "Sent as plain text, because the formatted one was refused.",
    "unchanged": "It says so already.",
}
_TROUBLE = re.compile(r"error_(\d{3})")
_CODE = re.compile(r"[a-z0-9_]+")


def sentence(reason: str | None) -> str:
    """A stored reason as a sentence. Codes that are not known here are quoted; sentences stay as they are."""
    given = (reason or "").strip()
    if not given:
        return ""
    trouble = _TROUBLE.fullmatch(given)
    if trouble:
        return f"The other side had a trouble of its own ({trouble[1]})."
    if given in REASONS:
        return REASONS[given]
    return f"It did not work ({given})." if _CODE.fullmatch(given) else given
