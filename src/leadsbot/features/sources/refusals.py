"""Counts for each source what capture refused, beside the path of submissions and never in its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias
from uuid import UUID

from leadsbot.features.sources import actions
from leadsbot.infra.db.pool import Database
from leadsbot.infra.tally import Tally

NAME: Final = "sources.refusals"
"""The name under which wiring puts the counter."""
PAUSE_S: Final = 2.0
Refusals: TypeAlias = Tally[tuple[UUID, str]]
"""Counted by source and the code of the error."""


def refusals(db: Database, changed: Callable[[set[str]], None]) -> Refusals:
    """The counter of one process; ``changed`` lets open pages look again."""
    return Tally(
        db, actions.save_refusals, name=NAME, pause=PAUSE_S, told=lambda each: changed({f"{each} source.refused"})
    )
