"""The state of the fake: people, chats, messages, topics, and what is wrong with them."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field

from leadsbot.testing.telegram.markup import BadRequest

Json = dict[str, object]
BOT_ID = 7_000_000_001


class Refused(Exception):
    """An answer other than 400 without parameters: forbidden, migrated, flooded, conflict."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        self.code, self.description, self.parameters = code, description, parameters
        super().__init__(description)


@dataclass(frozen=True)
class Person:
    """Somebody with a Telegram account."""

    id: int
    first_name: str
    username: str | None = None

    def json(self) -> Json:
        """As a Bot API User."""
        found: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name, "language_code": "en"}
        return {**found, "username": self.username} if self.username else found


@dataclass
class Room:
    """A chat of any type. `standing` is the bot's: absent, member, blocked, kicked or deleted."""

    id: int
    type: str
    title: str
    person: Person | None = None
    forum: bool = False
    standing: str = "member"
    can_write: bool = True
    can_manage_topics: bool = True
    reactions: frozenset[str] = frozenset("👍👎❤🔥👏🎉🤔👌🙏")
    """The emoji that the chat's administrators allow."""
    migrated_to: int | None = None
    flooded_until: float = 0.0
    messages: dict[int, Json] = field(default_factory=dict)
    topics: dict[int, str] = field(default_factory=dict)
    closed_topics: set[int] = field(default_factory=set)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def json(self) -> Json:
        """As a Bot API Chat."""
        if self.person is not None:
            known = self.person.json()
            return {"id": self.id, "type": self.type, **{k: known[k] for k in ("first_name", "username") if k in known}}
        found: Json = {"id": self.id, "type": self.type, "title": self.title}
        return {**found, "is_forum": True} if self.forum else found

    def check_writable(self, thread_id: object = None) -> None:
        """Raise what Telegram answers when the bot may not write here now."""
        if self.migrated_to is not None:
            parameters: Json = {"migrate_to_chat_id": self.migrated_to}
            raise Refused(400, "Bad Request: group chat was upgraded to a supergroup chat", parameters)
        refusals = {
            "blocked": "Forbidden: bot was blocked by the user",
            "deactivated": "Forbidden: user is deactivated",
            "kicked": f"Forbidden: bot was kicked from the {self.type} chat",
            "absent": f"Forbidden: bot is not a member of the {self.type} chat",
            "deleted": "Forbidden: the group chat was deleted",
        }
        if self.type == "private":
            refusals["absent"] = "Forbidden: bot can't initiate conversation with a user"
        if self.standing in refusals:
            raise Refused(403, refusals[self.standing])
        left = self.flooded_until - time.monotonic()
        if left > 0:
            seconds = int(left) + 1
            raise Refused(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})
        if not self.can_write:
            raise BadRequest("not enough rights to send text messages to the chat")
        if thread_id is not None and thread_id not in self.topics:
            raise BadRequest("message thread not found")
        if thread_id in self.closed_topics:
            raise BadRequest("TOPIC_CLOSED")


class World:
    """Everybody and every chat."""

    def __init__(self, username: str) -> None:
        self.bot: Json = {"id": BOT_ID, "is_bot": True, "first_name": "LeadsBot", "username": username}
        self.rooms: dict[int, Room] = {}
        self.people: dict[int, Person] = {}
        # Ids beyond 32 bits, as the real ones are.
        self._person_ids = itertools.count(5_000_000_001)
        self._group_ids = itertools.count(4_000_001)

    def add_person(self, first_name: str, username: str | None = None) -> Person:
        """Somebody new, with a private chat that has not been started."""
        person = Person(next(self._person_ids), first_name, username)
        self.people[person.id] = person
        self.rooms[person.id] = Room(person.id, "private", "", person, standing="absent")
        return person

    def add_group(self, title: str, type: str = "supergroup", forum: bool = False) -> Room:
        """A new group, supergroup or channel with the bot in it."""
        number = next(self._group_ids)
        room = Room(-number if type == "group" else -1_000_000_000_000 - number, type, title, forum=forum)
        self.rooms[room.id] = room
        return room

    def room(self, chat_id: object) -> Room:
        """The chat, or what Telegram says when there is none."""
        found = self.rooms.get(chat_id) if isinstance(chat_id, int) else None
        if found is None:
            raise BadRequest("chat not found")
        return found

    def post(self, room: Room, author: Json | None, content: Json, thread_id: int | None = None) -> Json:
        """Put a message into a chat and return it."""
        message: Json = {"message_id": next(room.ids), "date": int(time.time()), "chat": room.json()}
        if author is not None:
            message["from"] = author
        if thread_id is not None:
            message |= {"message_thread_id": thread_id, "is_topic_message": True}
        message |= content
        room.messages[int(str(message["message_id"]))] = message
        return message

    def add_topic(self, room: Room, name: str) -> Json:
        """A new forum topic; its thread id is the id of the message that announces it."""
        created: Json = {"name": name, "icon_color": 7322096}
        message = self.post(room, self.bot, {"forum_topic_created": created})
        thread = int(str(message["message_id"]))
        room.topics[thread] = name
        return {"message_thread_id": thread, **created}

    def migrate(self, room: Room) -> Room:
        """Turn a group into a supergroup with another id; members, not messages, move."""
        moved = self.add_group(room.title, "supergroup")
        room.migrated_to = moved.id
        return moved
