"""What destinations and cards are, and the decisions about them."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

LINK_LIVES = timedelta(minutes=15)
STORM_WINDOW = timedelta(seconds=60)
STORM_CARDS = 15
"""More cards than this in one minute, and a chat gets one digest instead of a ringing phone."""
DIGEST_OPEN_FOR = timedelta(minutes=10)


class DestinationState(StrEnum):
    """``active``; ``paused`` by a person; ``disabled`` because Telegram refuses the chat."""

    ACTIVE = "active"
    PAUSED = "paused"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A chat, group or forum topic that gets alerts."""

    id: UUID
    chat_id: int
    thread_id: int | None
    chat_kind: str
    title: str
    topic: str | None
    anyone_may_act: bool
    state: DestinationState
    reason: str | None
    created_by: UUID | None
    created_at: datetime
    changed_at: datetime
    """Moves with every change: who decided on what they read can see that it is no longer so."""

    @property
    def is_group(self) -> bool:
        """Whether the slower pace of groups applies."""
        return self.chat_kind != "private"

    @property
    def topic_name(self) -> str | None:
        """What the forum topic is called, or its number where nobody told us; None for a whole chat."""
        return (self.topic or f"topic {self.thread_id}") if self.thread_id is not None else None

    @property
    def name(self) -> str:
        """The chat, and the topic in it, for people to recognise."""
        return f"{self.title} › {self.topic_name}" if self.topic_name else self.title

    @property
    def why_waiting(self) -> str:
        """Why messages wait for a destination that is not active, as a sentence for people."""
        paused = self.state is DestinationState.PAUSED
        return self.reason or ("The chat is paused." if paused else "Telegram refuses the chat.")

    @property
    def lane(self) -> str:
        """Everything about one destination happens one after the other."""
        return lane_of(self.id)


def lane_of(destination_id: UUID) -> str:
    """A destination's lane. Named by its id and not by the chat's, which changes when a group becomes a supergroup."""
    return f"telegram:{destination_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCard:
    """The one message about a lead in one destination."""

    id: UUID
    lead_id: UUID
    destination_id: UUID
    delivery_id: UUID
    chat_id: int | None
    message_id: int | None
    shown_hash: bytes | None
    token_hash: bytes
    gone: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A one-time deep link."""

    id: UUID
    workspace_id: UUID
    created_by: UUID | None
    expires_at: datetime
    used_at: datetime | None
    destination_id: UUID | None
    code_hash: bytes


def code_hash(code: str) -> bytes:
    """How a link's code is stored."""
    return hashlib.sha256(b"telegram link " + code.encode()).digest()


def chat_hash(chat_id: int) -> bytes:
    """How a chat is found before its workspace is known."""
    return hashlib.sha256(b"telegram chat %d" % chat_id).digest()


def place_hash(chat_id: int, message_id: int) -> bytes:
    """How the message that somebody replied to is found."""
    return hashlib.sha256(b"telegram message %d %d" % (chat_id, message_id)).digest()


def card_token(mac: bytes) -> str:
    """The 22 letters inside a card's buttons, from a keyed hash of the card's id: nobody can guess another card's."""
    return base64.urlsafe_b64encode(mac[:16]).decode().rstrip("=")


def token_hash(token: str) -> bytes:
    """How a card's token is stored."""
    return hashlib.sha256(b"telegram card " + token.encode()).digest()


def repeat_key(submission_id: UUID, destination_id: UUID) -> str:
    """By what the news of one submission is planned once for each destination."""
    return f"repeat:{submission_id}:{destination_id}"


def repeated(key: str) -> UUID | None:
    """The submission that such a key names."""
    kind, _, rest = key.partition(":")
    return UUID(rest.partition(":")[0]) if kind == "repeat" else None
