"""Every job kind of the program, handlers included, by name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from leadsbot.contracts.events import decode
from leadsbot.infra.correlation import request_id
from leadsbot.infra.db.tx import Tx
from leadsbot.infra.jobs.kinds import Handler, JobContext, JobKind


class EventPayload(msgspec.Struct, frozen=True):
    """What the dispatcher writes into a handler's job."""

    type: str
    payload: dict[str, Any]
    at: datetime
    request: str | None = None


class Kinds:
    """The job kinds and handlers of a program; names are unique."""

    def __init__(self, kinds: Iterable[JobKind[Any]], handlers: Iterable[Handler[Any]]) -> None:
        self.handlers = tuple(handlers)
        self._kinds: dict[str, JobKind[Any]] = {}
        for kind in (*kinds, *map(_as_kind, self.handlers)):
            if kind.name in self._kinds:
                raise ValueError(f"two job kinds are named {kind.name}")
            self._kinds[kind.name] = kind

    def get(self, name: str) -> JobKind[Any] | None:
        """A kind by its name; None for one that this version does not know."""
        return self._kinds.get(name)

    @property
    def subscriptions(self) -> tuple[list[str], list[str], list[int], list[int]]:
        """Event types, job kinds, priorities and attempts, as the dispatcher's query takes them."""
        return (
            [handler.event.type for handler in self.handlers],
            [handler.kind for handler in self.handlers],
            [handler.priority for handler in self.handlers],
            [handler.policy.attempts for handler in self.handlers],
        )


def _as_kind(handler: Handler[Any]) -> JobKind[EventPayload]:
    async def run(tx: Tx, context: JobContext, stored: EventPayload) -> None:
        request_id.set(stored.request)
        await handler.run(tx, _at(context, stored.at), decode(stored.type, stored.payload))

    return JobKind(name=handler.kind, payload=EventPayload, run=run, policy=handler.policy, priority=handler.priority)


def _at(context: JobContext, moment: datetime) -> JobContext:
    return JobContext(
        context.services,
        context.workspace_id,
        context.job_id,
        context.attempt,
        context.max_attempts,
        context.event_id,
        moment,
    )
