"""What answers are called: forms know it, screening knows no forms; the composition root brings them together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, Protocol, TypeAlias
from uuid import UUID

from leadsbot.features.capture.public import Submission
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.services import Services

ANSWERS: Final = "screening.answers"


class Named(Protocol):
    """One answer that is not empty, as a form names it."""

    @property
    def key(self) -> str:
        """The name of the field."""
        ...

    @property
    def label(self) -> str:
        """What the form asks."""
        ...

    @property
    def value(self) -> Any:
        """What was answered, choices under their labels."""
        ...

    @property
    def type(self) -> str:
        """The type of the field, empty where the form does not know it."""
        ...


Answers: TypeAlias = Callable[[TenantTx, Sequence[Submission]], Awaitable[Mapping[UUID, Sequence[Named]]]]
"""The answers of submissions by the version of the form that each names; those without a form are absent."""


async def named(
    tx: TenantTx, services: Services, submissions: Sequence[Submission]
) -> Mapping[UUID, Sequence[Named]]:  # fmt: skip
    """The answers as their forms name them; nothing where the process knows no forms."""
    ask: Answers | None = services.extra.get(ANSWERS)
    return await ask(tx, submissions) if ask is not None else {}
