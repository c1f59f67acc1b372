"""Counts loads of the widget: one row a minute for each source, web site and mode instead of one for each page."""

from __future__ import annotations

from typing import Final, TypeAlias
from uuid import UUID

from leadsbot.features.widget import actions
from leadsbot.infra.db.pool import Database
from leadsbot.infra.tally import Tally

NAME: Final = "widget.loads"
"""The name under which wiring puts the counter."""
PAUSE_S: Final = 60.0
Loads: TypeAlias = Tally[tuple[UUID, str, str]]
"""Counted by source, web site and mode."""


def loads(db: Database) -> Loads:
    """The counter of one process."""
    return Tally(db, actions.save_loads, name=NAME, pause=PAUSE_S)
