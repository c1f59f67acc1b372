"""What routes and jobs may use of the outside world, built once per process by the composition root."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from leadsbot.contracts.ports import Mailer
from leadsbot.infra.crypto import Crypto
from leadsbot.infra.db.pool import Database
from leadsbot.infra.events.live import Live
from leadsbot.infra.ratelimit import Limiter
from leadsbot.infra.settings import Settings
from leadsbot.kit.signing import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One process's services. Jobs get it as ``context.services``, routes by asking for ``services: Services``."""

    settings: Settings
    db: Database
    signer: Signer
    crypto: Crypto
    limiter: Limiter
    mailer: Mailer | None = None
    """None while LEADSBOT_SMTP_URL or LEADSBOT_MAIL_FROM is unset."""
    live: Live | None = None
    """None in processes that serve no pages."""
    address: str = "http://127.0.0.1:8000"
    """Where this process listens; links use it until LEADSBOT_BASE_URL is set."""
    extra: dict[str, Any] = field(default_factory=dict)
    """Adapters that one feature needs and core does not know, by name (``telegram``)."""

    def url(self, path: str = "") -> str:
        """The absolute address of a path of ours, for links in mails, alerts and snippets."""
        return (self.settings.base_url or self.address).rstrip("/") + path
