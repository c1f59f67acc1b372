"""The history of a lead as people read it: one sentence and one symbol per event, grouped by day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from leadsbot.features.leads.model import FIELDS, Note
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.log import Logged, history
from leadsbot.kit.clock import in_zone


@dataclass(frozen=True, slots=True)
class Names:
    """What a sentence may call things: people by id, sources by id, stages by their key, and where messages went by the
    id of their delivery."""

    people: Mapping[UUID, str]
    sources: Mapping[UUID, str]
    stages: Mapping[str, str]
    places: Mapping[UUID, str] = field(default_factory=dict)

    def person(self, value: Any) -> str:
        """A member by their id as stored in an event."""
        return self.people.get(UUID(value), "somebody who left") if value else "nobody"

    def source(self, value: Any) -> str:
        """A source by its id as stored in an event."""
        return self.sources.get(UUID(value), "a deleted source") if value else "no source"

    def place(self, data: Mapping[str, Any]) -> str:
        """Where a delivery went, as an event tells of it: the chat and its channel, or the channel alone."""
        channel = str(data["channel"]).capitalize()
        name = self.places.get(UUID(data["delivery_id"]))
        return f"“{name}” in {channel}" if name else channel

    def stage(self, value: Any) -> str:
        """A stage as the workspace calls it."""
        return self.stages.get(str(value), str(value))

    def member(self, actor: str) -> str:
        """The name of the member who did it; empty for everybody else."""
        kind, _, value = actor.partition(":")
        return self.people.get(UUID(value), "") if kind == "person" else ""

    def actor(self, actor: str) -> str:
        """Who did it; empty for LeadsBot itself."""
        kind, _, value = actor.partition(":")
        if kind == "person":
            return self.person(value)
        return {"key": "An API key", "telegram": "Somebody in Telegram"}.get(kind, "")


Sentence = Callable[[Mapping[str, Any], Names], str]
_labels: dict[str, tuple[str, Sentence]] = {}
Places = Callable[[TenantTx, Collection[UUID]], Awaitable[Mapping[UUID, str]]]
_places: list[Places] = []


def label(event: str, icon: str, sentence: Sentence) -> None:
    """Teach the timeline an event of another feature: its symbol and what it says."""
    _labels[event] = (icon, sentence)


def name_places(ask: Places) -> None:
    """Teach the timeline where deliveries went: from their ids to what the places are called now."""
    _places.append(ask)


async def places(tx: TenantTx, events: Sequence[Logged]) -> dict[UUID, str]:
    """Where the deliveries among these events went. Events hold no names, so it is asked for."""
    told = {UUID(event.payload["delivery_id"]) for event in events if event.payload.get("delivery_id")}
    found: dict[UUID, str] = {}
    for ask in _places if told else ():
        found |= await ask(tx, told)
    return found


def _tags(data: Mapping[str, Any]) -> str:
    parts = [f"added {', '.join(data['added'])}"] if data.get("added") else []
    parts += [f"removed {', '.join(data['removed'])}"] if data.get("removed") else []
    return f"Tags: {'; '.join(parts)}"


label(
    "lead.created",
    "inbox",
    lambda d, n: f"Came in through {n.source(d['source_id'])}" if d.get("source_id") else "Created by hand",
)
label("lead.submission_joined", "inbox", lambda d, n: f"Wrote again through {n.source(d['source_id'])}")
label("lead.updated", "note", lambda d, _: f"Edited {', '.join(FIELDS.get(each, each) for each in d['changed'])}")
label("lead.stage_changed", "check", lambda d, n: f"{n.stage(d['previous'])} → {n.stage(d['stage'])}")
label("lead.assigned", "user", lambda d, n: f"Given to {n.person(d['owner'])}" if d.get("owner") else "Given back")
label("lead.note_added", "note", lambda _d, _n: "Note")
label("lead.tagged", "tag", lambda d, _: _tags(d))
label("lead.merged", "link", lambda _d, _n: "Merged with another lead")
# What goes out by e-mail is the confirmation to whoever wrote, not an alert to the team.
label(
    "delivery.sent", "send", lambda d, n: "Confirmed by e-mail" if d["channel"] == "email" else f"Sent to {n.place(d)}"
)
label(
    "delivery.failed",
    "alert",
    lambda d, n: (
        "Could not be confirmed by e-mail" if d["channel"] == "email" else f"Could not be sent to {n.place(d)}"
    ),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline."""

    at: datetime
    icon: str
    text: str
    who: str
    note: Note | None


def entries(events: Sequence[Logged], notes: Sequence[Note], names: Names, zone: str) -> list[tuple[date, list[Entry]]]:
    """Events (newest first) in words, by day in a time zone; a note's text stands under its event."""
    by_id = {str(note.id): note for note in notes}
    # Somebody in Telegram whom we know by their notes only has that name in every line.
    signed = {note.author: note.author_name for note in notes if note.author_name}
    lines = [_entry(event, by_id, names, signed) for event in events]
    return [(day, list(group)) for day, group in groupby(lines, key=lambda entry: in_zone(entry.at, zone).date())]


def _entry(event: Logged, notes: Mapping[str, Note], names: Names, signed: Mapping[str, str]) -> Entry:
    note = notes.get(str(event.payload.get("note_id")))
    icon, sentence = _labels.get(event.type, ("clock", lambda _d, _n: event.type.replace(".", " ").replace("_", " ")))
    who = names.member(event.actor) or signed.get(event.actor) or names.actor(event.actor)
    owner = event.payload.get("owner") if event.type == "lead.assigned" else None
    text = "Claimed" if owner and event.actor == f"person:{owner}" else sentence(event.payload, names)
    return Entry(event.occurred_at, icon, text, who, note)


async def happened(
    tx: TenantTx, lead_ids: Sequence[UUID], *, limit: int, before: tuple[datetime, UUID] | None = None
) -> list[Logged]:
    """The history of several leads as one, newest first."""
    rows = [row for lead_id in lead_ids for row in await history(tx, lead_id, limit=limit, before=before)]
    return sorted(rows, key=lambda row: (row.occurred_at, row.id), reverse=True)[:limit]
