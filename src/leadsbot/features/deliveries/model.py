"""What a delivery is and how an attempt moves it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class State(StrEnum):
    """Where a delivery stands. ``due`` and ``sending`` move on by themselves, ``held`` waits for the owner."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    HELD = "held"
    CANCELLED = "cancelled"


OPEN = (State.DUE, State.SENDING)
UNSENT = (*OPEN, State.HELD)
RETRYABLE = (State.FAILED, State.UNCERTAIN, State.HELD)


class Outcome(StrEnum):
    """How one attempt ended."""

    SENT = "sent"
    REJECTED = "rejected"
    RETRY = "retry"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one destination."""

    id: UUID
    channel: str
    kind: str
    destination_id: UUID | None
    lead_id: UUID | None
    dedupe_key: str
    """What it is about; planned twice, it is planned once."""
    state: State
    reason: str | None
    attempts: int
    intent_at: datetime | None
    external_id: str | None
    created_at: datetime
    next_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try at a delivery. ``detail`` is masked before it gets here."""

    n: int
    at: datetime
    outcome: Outcome
    status: int | None
    milliseconds: int
    detail: str | None
