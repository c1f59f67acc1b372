"""What every channel answers when it was asked to deliver something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Sent:
    """Accepted. `external_id` is the other side's name for the message; `note` a code when something was given up."""

    external_id: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused. `code` is a stable word, `sentence` tells the owner what to do.

    `permanent` means the destination itself is dead and should be disabled; otherwise only this message is refused.
    """

    code: str
    sentence: str
    permanent: bool = True


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Certainly not delivered, worth another try; `after` is what the other side asked for, when it did."""

    code: str
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Uncertain:
    """The request was written and no answer came: a retry may duplicate, no retry may lose."""

    code: str


Outcome = Sent | Rejected | RetryLater | Uncertain
