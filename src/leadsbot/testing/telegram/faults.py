"""Failures to order: which call they hit, how often, and what they look like from outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["refuse", "gateway", "drop", "hang", "hang_after", "reset_after", "garbage"]


@dataclass
class Fault:
    """One ordered failure.

    refuse       answer `ok: false` with `code`, `description` and, when given, `retry_after`
    gateway      answer `code` with an HTML page, as a proxy in front of the API does; nothing is carried out
    drop         read the request, carry nothing out, close the connection
    hang         carry nothing out and say nothing for `seconds`, then close
    hang_after   carry it out and say nothing for `seconds`, then close
    reset_after  carry it out and close the connection without an answer
    garbage      carry it out and answer 200 with a broken body
    """

    kind: Kind
    method: str | None = "sendMessage"
    chat: int | None = None
    times: int = 1
    code: int = 500
    description: str = "Internal Server Error"
    retry_after: int | None = None
    seconds: float = 60.0

    def hits(self, method: str, params: dict[str, object]) -> bool:
        """True, and used up by one, when this call is meant."""
        if self.times < 1 or self.method not in (None, method):
            return False
        if self.chat is not None and params.get("chat_id") != self.chat:
            return False
        self.times -= 1
        return True
