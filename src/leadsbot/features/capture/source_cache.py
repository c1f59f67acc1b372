"""Open doors in memory: found without a query, reloaded within a second, kept while the database is away."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final
from uuid import UUID

import asyncpg
import msgspec

from leadsbot.infra import logging
from leadsbot.infra.db.raw import LOST, Link
from leadsbot.kit.clock import monotonic
from leadsbot.kit.errors import NotFound, Unavailable

POLL_S: Final = 0.4
OVERLAP_S: Final = 15
"""Changes are looked for again for this long: a transaction shows its rows later than the moment it wrote in them."""
FULL_EVERY: Final = 75
REMEMBERED: Final = 20_000
UNKNOWN_S: Final = 1.0
WAITING: Final = 500
_KEY: Final = re.compile(r"[0-9A-Za-z_-]{8,64}", re.ASCII)
_COLUMNS: Final = (
    "workspace_id, id, kind, key, state, allowed_origins, redirect_allow, signing_secret, max_body, lawful_basis, "
    "notice_version"
)
log = logging.get(__name__)


class Source(msgspec.Struct, frozen=True):
    """What the hot path must know of a source. ``secret`` is in clear; an unreadable one is an empty string."""

    workspace_id: UUID
    id: UUID
    kind: str
    key: str
    open: bool
    origins: frozenset[str]
    redirects: tuple[str, ...]
    secret: str | None
    max_body: int
    lawful_basis: str
    notice_version: str


class SourceCache:
    """Sources by key. Known ones are served stale when the database is away; unknown ones then raise Unavailable."""

    def __init__(self, asking: Link, watching: Link, open_secret: Callable[[UUID, UUID, bytes], str]) -> None:
        self._asking, self._watching = asking, watching
        self._open_secret = open_secret
        self._known: dict[str, Source] = {}
        self._unknown: dict[str, float] = {}
        self._waiting: dict[str, asyncio.Future[None]] = {}
        self._wanted = asyncio.Event()

    async def get(self, key: str) -> Source:
        """The source of a key. Raises NotFound for an unknown one, Unavailable when that cannot be found out now."""
        source = self._known.get(key)
        if source is None and _KEY.fullmatch(key) and self._unknown.get(key, 0) < monotonic():
            await self._look_up(key)
            source = self._known.get(key)
        if source is None:
            raise NotFound("There is no such form or webhook address. Copy it again from the Sources page.")
        return source

    async def refresh(self, key: str) -> None:
        """Read one source again, now: the database disagreed with what we know of it."""
        await self._look_up(key)

    async def _look_up(self, key: str) -> None:
        """Every concurrent look-up of any key shares one query, so a flood of invented keys costs one at a time."""
        if key not in self._waiting:
            if len(self._waiting) >= WAITING:
                raise Unavailable(1)
            self._waiting[key] = asyncio.get_running_loop().create_future()
            self._wanted.set()
        await asyncio.shield(self._waiting[key])

    async def answer(self) -> None:
        """Serve look-ups until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            asked, self._waiting = self._waiting, {}
            try:
                await self._load(self._asking, "key = ANY($1)", list(asked))
            except (*LOST, asyncpg.PostgresError):
                self._asking.drop()
                for future in asked.values():
                    future.set_exception(Unavailable(2))
                    future.exception()
            else:
                for future in asked.values():
                    future.set_result(None)

    async def watch(self) -> None:
        """Follow changes until cancelled; a lost database is only a pause."""
        turn = 0
        while True:
            try:
                await self._load(self._watching, f"changed_at > clock_timestamp() - interval '{OVERLAP_S} seconds'")
                turn += 1
                if turn % FULL_EVERY == 0:
                    await self._load(self._watching, "key = ANY($1)", list(self._known))
            except (*LOST, asyncpg.PostgresError):
                self._watching.drop()
            await asyncio.sleep(POLL_S)

    async def _load(self, link: Link, where: str, keys: list[str] | None = None) -> None:
        connection = await link.get()
        arguments = [] if keys is None else [keys]
        query = f"SELECT {_COLUMNS} FROM source WHERE {where} ORDER BY changed_at DESC LIMIT {REMEMBERED}"
        rows = await connection.fetch(query, *arguments)
        for row in rows:
            self._known.pop(row["key"], None)
            self._known[row["key"]] = self._source(row)
            self._unknown.pop(row["key"], None)
        for key in set(keys or ()) - {row["key"] for row in rows}:
            self._known.pop(key, None)
            self._unknown[key] = monotonic() + UNKNOWN_S
        for memory in (self._known, self._unknown):
            while len(memory) > REMEMBERED:
                memory.pop(next(iter(memory)))

    def _source(self, row: asyncpg.Record) -> Source:
        secret = None
        if row["signing_secret"] is not None:
            try:
                secret = self._open_secret(row["workspace_id"], row["id"], row["signing_secret"])
            except Exception:  # noqa: BLE001 - whatever is wrong with the seal, this one source refuses and others work
                secret = ""
                log.error("capture.secret_unreadable", source_id=str(row["id"]))
        return Source(
            row["workspace_id"],
            row["id"],
            row["kind"],
            row["key"],
            row["state"] == "open",
            frozenset(row["allowed_origins"]),
            tuple(row["redirect_allow"]),
            secret,
            row["max_body"],
            row["lawful_basis"],
            row["notice_version"],
        )
