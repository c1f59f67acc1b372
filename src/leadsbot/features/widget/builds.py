"""Builds of the widget that were served once: a page that pinned one by its integrity value keeps working over updates.

Every web process writes the build that it brings into the database when it starts, so every other one on that database
can serve it, too: a later version, an earlier one that is still running while others are replaced, another host. The
number in the name (``widget.v1.…``) is what a build and the module that draws forms have agreed on
(``frontend/src/widget/draw.ts``), and what the widget posts: while it stays, old builds work with new modules.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from typing import Final

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from leadsbot.features.widget import actions, store
from leadsbot.infra import logging
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.raw import LOST
from leadsbot.kit.errors import NotFound

NAME: Final = "widget.builds"
"""The name under which wiring puts the keeper."""
SCRIPT: Final = "widget.js"
AGAIN_S: Final = 30.0
_NAMED: Final = re.compile(r"widget\.v[0-9]+\.([0-9a-f]{10})\.js")
log = logging.get(__name__)


class Builds:
    """The builds of one installation, as one process knows them."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, bytes] = {}

    async def run(self) -> None:
        """Keep the build of this program, where there is one; tries again while the database is away."""
        # What answers HTTP is loaded by the processes that do.
        from leadsbot.web import static

        name = static.file_name(SCRIPT)
        while name != SCRIPT:
            try:
                await self.keep(name, static.built(SCRIPT).body)
                break
            except (*LOST, asyncpg.PostgresError, SQLAlchemyError) as error:
                log.warning("the widget's build could not be kept", error=repr(error))
                await asyncio.sleep(AGAIN_S)

    async def keep(self, name: str, body: bytes) -> None:
        """Keep a build under its name; one that was kept before counts as new."""
        if genuine(name, body):
            async with self._db.system() as tx:
                await actions.keep_build(tx, name, body)

    def at_hand(self, name: str) -> bytes | None:
        """A build that was asked for before."""
        return self._known.get(name)

    async def find(self, name: str) -> bytes:
        """A build by its name; NotFound for one that was never served here, or so long ago that it was forgotten."""
        async with self._db.system() as tx:
            body = await store.find_build(tx, name)
        if body is None or not genuine(name, body):
            raise NotFound(
                "This build of the widget is not served here. Copy the snippet again, or use /widget.js, which is "
                "always the newest."
            )
        if len(self._known) >= store.KEPT_BUILDS:
            self._known.clear()
        return self._known.setdefault(name, body)


def genuine(name: str, body: bytes) -> bool:
    """Whether the name is that of a build, and of this one: whoever can write into the table alone changes no page."""
    named = _NAMED.fullmatch(name)
    return named is not None and hashlib.sha256(body).hexdigest().startswith(named.group(1))
