"""What a job is: a kind, a payload of ids, and how it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec

from leadsbot.contracts.events import Event
from leadsbot.infra.db.tx import Tx
from leadsbot.kit.retry import RetryPolicy

P = TypeVar("P", bound=msgspec.Struct)
E = TypeVar("E", bound=Event)

URGENT, NORMAL, LATER = 1, 5, 9
DEFAULT_POLICY = RetryPolicy((1, 5, 30, 120, 600, 1800, 3600, 7200, 14400))


class Retry(Exception):
    """Raised by a job: run me again after ``delay`` (or as the policy says); ``counted=False`` spares the attempt."""

    def __init__(self, reason: str, delay: timedelta | None = None, *, counted: bool = True) -> None:
        super().__init__(reason)
        self.delay = delay
        self.counted = counted


class Dead(Exception):
    """Raised by a job: never again, keep me visible with this reason."""


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a running job knows about itself."""

    services: Any
    workspace_id: UUID | None
    job_id: int
    attempt: int
    max_attempts: int
    event_id: UUID | None = None
    occurred_at: datetime | None = None

    @property
    def last_attempt(self) -> bool:
        """Whether nothing will try again after this."""
        return self.attempt >= self.max_attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class JobKind(Generic[P]):
    """A kind of job.

    ``transaction``: ``run(tx, context, payload)`` inside a tenant transaction that also completes the job, fenced by
    its lease token, so its effects happen exactly once. ``effect``: ``run(context, payload)`` with no transaction open,
    for the network; it may run twice and must bear it. A lane belongs to one pool.
    """

    name: str
    payload: type[P]
    run: Callable[..., Awaitable[None]]
    mode: Literal["transaction", "effect"] = "transaction"
    policy: RetryPolicy = DEFAULT_POLICY
    deadline: timedelta = timedelta(minutes=5)
    """The longest one attempt may take: leases are renewed while a job runs, so a hung one must be ended by time."""
    pool: str = "default"
    priority: int = NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler(Generic[E]):
    """A reaction to an event, run as a transaction job ``handler:<name>``; it may be replayed and must bear it."""

    name: str
    event: type[E]
    run: Callable[[Any, JobContext, E], Awaitable[None]]
    priority: int = NORMAL
    policy: RetryPolicy = DEFAULT_POLICY

    @property
    def kind(self) -> str:
        """The name of the job kind that runs this handler."""
        return f"handler:{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A job on a schedule: one slot every ``every`` since the epoch plus ``offset``, each fired once."""

    name: str
    every: timedelta
    kind: JobKind[Any]
    payload: msgspec.Struct
    offset: timedelta = field(default=timedelta(0))


Runner = Callable[[Tx | None, JobContext, Any], Awaitable[None]]
