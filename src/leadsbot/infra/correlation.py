"""The request id of the work at hand, carried by context into logs, events and jobs."""

from __future__ import annotations

from contextvars import ContextVar

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
