"""What features ask of the outside world, as protocols; adapters in ``infra`` or ``channels`` implement them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """One plain mail: of the installation itself (a password reset), or of a workspace to a prospect."""

    to: str
    subject: str
    text: str
    message_id: str
    """The same on every attempt, so that a repeated delivery can be recognised."""
    sender: str = ""
    """The name beside our address; empty for the installation's own."""
    reply: bool = False
    """Whether it answers something that the recipient did (RFC 3834)."""


class Mailer(Protocol):
    """Hands mail to a server."""

    async def send(self, mail: Mail) -> None:
        """Return when the server took the mail; raise MailError otherwise."""
        ...


class MailError(Exception):
    """The mail was not taken. ``permanent`` says whether trying again can help."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent
