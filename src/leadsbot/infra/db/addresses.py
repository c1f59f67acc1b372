"""Where the database is, for its owner and for each application role."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit


def role_password(secret_key: str, role: str) -> str:
    """The password of an application role on an external server: derived, so that no file has to keep it."""
    return hmac.new(secret_key.encode(), f"database role {role}".encode(), hashlib.sha256).hexdigest()


def dsn_as(dsn: str, role: str, password: str | None) -> str:
    """The same database reached as another role."""
    parts = urlsplit(dsn)
    host = parts.netloc.rpartition("@")[2]
    credentials = quote(role, safe="") + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit(parts._replace(netloc=f"{credentials}@{host}"))


@dataclass(frozen=True, slots=True)
class Addresses:
    """The owner's address and the passwords of the application roles."""

    owner: str
    passwords: Mapping[str, str | None]

    def of(self, role: str) -> str:
        """The address as an application role."""
        return dsn_as(self.owner, role, self.passwords.get(role))
