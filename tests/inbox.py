"""A real mail server in this process, which keeps what it is given."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from email import message_from_string, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP


class Inbox:
    """A mail server that keeps what it is given and refuses ``nobody``; ``away`` is how often it is out of order."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.away = 0

    @property
    def parsed(self) -> list[EmailMessage]:
        """The mails, read."""
        return [message_from_string(mail, _class=EmailMessage, policy=policy.default) for mail in self.mails]

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if address.startswith("nobody"):
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.away:
            self.away -= 1
            return "451 try again later"
        self.mails.append(envelope.content.decode())
        return "250 OK"


@contextlib.asynccontextmanager
async def mail_server() -> AsyncIterator[tuple[Inbox, str]]:
    """The server and its address as LEADSBOT_SMTP_URL."""
    kept = Inbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(kept), "127.0.0.1", 0)
    yield kept, f"smtp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    server.close()
