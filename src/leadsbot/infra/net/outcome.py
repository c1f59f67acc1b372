"""What comes of an outbound request: an answer, or a failure that says whether trying again is safe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec


class HttpError(Exception):
    """No usable answer. `code` is a stable word for logs and metrics; the text names the host, never the path."""

    def __init__(self, code: str, host: str) -> None:
        self.code = code
        self.host = host
        super().__init__(f"{code} ({host})" if host else code)


class NotSent(HttpError):
    """The request certainly did not reach the other side (name, connection or TLS failed): safe to retry."""


class Refused(NotSent):
    """Our own guard refused the address: retrying the same URL is useless. `sentence` may be shown to its owner."""

    def __init__(self, code: str, host: str, sentence: str) -> None:
        super().__init__(code, host)
        self.sentence = sentence


class Ambiguous(HttpError):
    """The request was written and no answer came: it may or may not have been carried out."""


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `complete` is False when the body was cut at the limit or broke off; the status still counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    complete: bool
    seconds: float

    def json(self) -> object:
        """The decoded body, or None when it is not complete JSON."""
        try:
            value: object = msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return value


@dataclass(frozen=True, slots=True)
class Exchange:
    """What is told about every request for metrics and audit; holds no path, query, header or body."""

    purpose: str
    host: str
    outcome: str
    status: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds for the whole exchange and for connecting, bytes of answer kept, connections to one host."""

    total: float = 15.0
    connect: float = 10.0
    body: int = 64 * 1024
    per_host: int = 10
