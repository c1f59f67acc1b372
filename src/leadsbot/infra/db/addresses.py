"""Where the database is, for its owner and for each application role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from leadsbot.infra.db.migrate import dsn_as


@dataclass(frozen=True, slots=True)
class Addresses:
    """The owner's address and the passwords of the application roles."""

    owner: str
    passwords: Mapping[str, str | None]

    def of(self, role: str) -> str:
        """The address as an application role."""
        return dsn_as(self.owner, role, self.passwords.get(role))
