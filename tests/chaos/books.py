"""Whether the books agree: what was acknowledged, what PostgreSQL holds, what arrived at Telegram."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from uuid import UUID

import asyncpg
import httpx

from leadsbot.kit import ids
from tests.chaos.stage import LEASE_S, Stage
from tests.chaos.visitors import Home, Visitors

BURST, SECOND = 3, 1.0
"""No chat gets more messages than this in a second: Telegram bears short bursts, then one a second."""


@dataclass
class Books:
    """An audit looks at everything that has happened so far, and nothing may be under way."""

    stage: Stage
    visitors: Visitors
    greetings: int
    """Messages of the bot that were sent before the first letter."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    seen: int = 0
    cards: list[tuple[Home, int, UUID]] = field(default_factory=list)
    """Where the cards are: what people in the chats can answer and press."""
    sends: int = 0
    duplicates: int = 0

    async def audit(self) -> None:
        """Compare everything with everything; AssertionError says what does not fit."""
        await self.look()
        connection = await self.stage.connect()
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                await self._submissions(connection)
                await self._leads(connection)
                deliveries = await self._deliveries(connection)
                await self._chats(connection)
        finally:
            await connection.close()
        await self._at_telegram(deliveries)

    async def look(self) -> None:
        """Learn what has arrived at Telegram since the last look."""
        async with httpx.AsyncClient(base_url=self.stage.telegram_url, trust_env=False, timeout=30) as http:
            told = (await http.get("/control/calls", params={"since": self.seen})).json()
            self.rooms = (await http.get("/control/state")).json()["rooms"]
        self.seen = told["total"]
        self.calls += [call for call in told["calls"] if call["carried_out"] and call["method"] != "getUpdates"]

    async def _submissions(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Every acknowledged letter is stored once, under the ids that were acknowledged, and nothing else is."""
        rows = await connection.fetch("SELECT id, workspace_id, idempotency_key FROM submission")
        letters = self.visitors.letters.values()
        acknowledged = Counter(id for letter in letters for id in letter.ids)
        stored = Counter(ids.show(ids.SUBMISSION, row["id"]) for row in rows)
        assert acknowledged - stored == Counter(), "an acknowledged submission was lost"
        assert stored - acknowledged == Counter(), "a submission was stored twice"
        heads = {row["idempotency_key"]: ids.show(ids.SUBMISSION, row["id"]) for row in rows if row["idempotency_key"]}
        assert heads == {letter.key: letter.ids[0] for letter in letters}
        assert {ids.show(ids.SUBMISSION, row["id"]): row["workspace_id"] for row in rows} == {
            id: letter.home.workspace for letter in letters for id in letter.ids
        }, "a submission lies in somebody else's workspace"

    async def _leads(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """Every submission was told of once and became a lead, or joined one, once."""
        taken = await connection.fetch("SELECT id, lead_id FROM submission")
        assert [row["id"] for row in taken if row["lead_id"] is None] == [], "a submission became no lead"
        events = await connection.fetch(
            "SELECT type, subject_id, (payload->>'submission_id')::uuid AS submission FROM event_log "
            "WHERE type IN ('submission.received', 'lead.created', 'lead.submission_joined')"
        )
        received = Counter(event["subject_id"] for event in events if event["type"] == "submission.received")
        became = Counter(
            (event["submission"], event["subject_id"]) for event in events if event["type"] != "submission.received"
        )
        assert received == Counter(row["id"] for row in taken)
        assert became == Counter((row["id"], row["lead_id"]) for row in taken)
        counts = await connection.fetch("SELECT id, submission_count AS n FROM lead")
        assert {row["id"]: row["n"] for row in counts} == Counter(row["lead_id"] for row in taken)

    async def _deliveries(self, connection: asyncpg.Connection[asyncpg.Record]) -> list[asyncpg.Record]:
        """Every lead has its card, every repeat its answer, each sent and recorded once."""
        rows = await connection.fetch(
            "SELECT d.id, d.kind, d.state, d.reason, d.dedupe_key, d.external_id, d.created_at, d.lead_id, l.email, "
            "t.chat_id, d.workspace_id FROM delivery d JOIN destination t ON t.id = d.destination_id "
            "LEFT JOIN lead l ON l.id = d.lead_id"
        )
        left = [dict(row) for row in rows if row["state"] != "sent"]
        assert left == [], f"alerts were left behind: {left}"
        cards = await connection.fetch("SELECT lead_id, delivery_id FROM alert_card")
        leads = await connection.fetch("SELECT id FROM lead")
        assert Counter(card["lead_id"] for card in cards) == Counter(lead["id"] for lead in leads)
        assert {card["delivery_id"] for card in cards} <= {row["id"] for row in rows}
        joined = await connection.fetch(
            "SELECT 'repeat:' || (e.payload->>'submission_id') || ':' || t.id AS key, e.subject_id AS lead, "
            "e.occurred_at FROM event_log e JOIN destination t ON t.workspace_id = e.workspace_id "
            "WHERE e.type = 'lead.submission_joined'"
        )
        repeats = Counter(row["dedupe_key"] for row in rows if row["kind"] == "repeat")
        assert repeats <= Counter(row["key"] for row in joined)
        planned = {row["id"]: row["created_at"] for row in rows}
        carded = {card["lead_id"]: planned[card["delivery_id"]] for card in cards}
        # Where the repeat was announced before the lead, its card says everything and there is nothing to repeat.
        silent = [row for row in joined if row["key"] not in repeats]
        untold = [row["key"] for row in silent if carded[row["lead"]] < row["occurred_at"]]
        assert untold == []
        told = await connection.fetch(
            "SELECT (payload->>'delivery_id')::uuid AS id FROM event_log WHERE type = 'delivery.sent'"
        )
        assert Counter(row["id"] for row in told) == Counter(row["id"] for row in rows), "recorded more than once"
        return rows

    async def _chats(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        """What people did in the chats happened once; their cards can be answered and pressed from now on."""
        notes = await connection.fetch("SELECT body FROM lead_note")
        assert Counter(row["body"] for row in notes) == Counter(self.visitors.notes)
        moves = await connection.fetch("SELECT subject_id FROM event_log WHERE type = 'lead.stage_changed'")
        assert Counter(row["subject_id"] for row in moves) == Counter(self.visitors.pressed.keys())
        homes = {home.chat: home for home in self.visitors.homes}
        cards = await connection.fetch("SELECT chat_id, message_id, lead_id FROM alert_card WHERE message_id > 0")
        self.cards = [(homes[card["chat_id"]], card["message_id"], card["lead_id"]) for card in cards]
        places = {card["lead_id"]: card for card in cards}
        for lead in self.visitors.pressed:
            shown = self._message(places[lead]["chat_id"], places[lead]["message_id"])
            assert "Stage: Contacted" in shown["text"], f"the card still says {shown['text']!r}"

    async def _at_telegram(self, deliveries: list[asyncpg.Record]) -> None:
        """What is recorded as sent stands in its chat and says whom it is about; nothing else was sent."""
        sent = [call for call in self.calls if call["method"] == "sendMessage"]
        self.sends = len(sent) - self.greetings
        self.duplicates = self.sends - len(deliveries)
        first: dict[UUID, float] = {}
        at = {_place(call): call["wall"] for call in sent}
        for row in deliveries:
            chat, _, number = row["external_id"].partition(":")
            assert int(chat) == row["chat_id"], "an alert went to somebody else's chat"
            text = self._message(int(chat), int(number))["text"]
            assert row["kind"] == "digest" or row["kind"] == "repeat" or row["email"] in text
            first[row["id"]] = at[int(chat), int(number)]
        assert self.duplicates >= 0
        self._explained(sent)
        for chat in {row["chat_id"] for row in deliveries}:
            self._in_order([row for row in deliveries if row["chat_id"] == chat and row["kind"] != "digest"], first)
        self._at_pace(sent)

    def _explained(self, sent: list[dict[str, Any]]) -> None:
        """A card is sent again only because a worker died after it had sent it, or stood still for longer than its
        lease: by our hand or because the machine was busy. The latter shows in its log when its result is refused."""
        unexplained: list[str] = []
        cards: dict[str, list[float]] = defaultdict(list)
        for call in sent:
            if "reply_parameters" in call["params"]:
                # Whoever wrote again is told of in answers to the card, each with the card's own buttons.
                continue
            rows = call["params"].get("reply_markup", {}).get("inline_keyboard", [])
            for token in {button["callback_data"][2:] for row in rows for button in row if "callback_data" in button}:
                cards[token].append(call["wall"])
        for token, walls in cards.items():
            for early, late in pairwise(sorted(walls)):
                if not any(early <= death <= late for death in self.stage.deaths):
                    unexplained.append(f"{token} at {early:.2f} and {late:.2f}")
        assert len(unexplained) <= len(self.stage.stalls()), f"sent twice, and nobody had died: {unexplained}"

    def _message(self, chat: int, number: int) -> dict[str, Any]:
        found = [each for each in self.rooms[str(chat)]["messages"] if each["message_id"] == number]
        assert len(found) == 1, f"message {number} is not in chat {chat}"
        message: dict[str, Any] = found[0]
        return message

    def _in_order(self, planned: Iterable[asyncpg.Record], first: dict[UUID, float]) -> None:
        """Messages of one chat go out in the order in which they were planned.

        Those that were under way when the database went may have been put off, and then others go first. So may those
        that waited for their turn when a worker died: its pacer's memory of turns died with it. What was planned
        within a lease may have been committed in another order.
        """
        harm = [*self.stage.troubles, *self.stage.deaths]
        undisturbed = sorted(
            (first[row["id"]], row["created_at"].timestamp())
            for row in planned
            if not any(row["created_at"].timestamp() <= trouble <= first[row["id"]] for trouble in harm)
        )
        latest = 0.0
        for _, created in undisturbed:
            late = f"{latest - created:.1f} s after one that was planned later"
            assert created > latest - LEASE_S, f"an alert overtook an earlier one in its chat: {late}; {undisturbed}"
            latest = max(latest, created)

    def _at_pace(self, sent: list[dict[str, Any]]) -> None:
        """Save when a frozen worker wakes up with a message in its hand, no chat gets a volley."""
        times: dict[int, list[float]] = defaultdict(list)
        awoken = self.stage.thaws + self.stage.stalls()
        for call in sent:
            if not any(thaw - SECOND < call["wall"] < thaw + 2 * SECOND for thaw in awoken):
                times[call["params"]["chat_id"]].append(call["wall"])
        for walls in times.values():
            walls.sort()
            for early, late in zip(walls, walls[BURST:], strict=False):
                assert late - early > SECOND, "a chat got a volley"


def _place(call: dict[str, Any]) -> tuple[int, int]:
    message = call["answer"]["result"]
    return message["chat"]["id"], message["message_id"]


__all__ = ["Books"]
