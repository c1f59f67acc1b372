"""What people do in the fake: press, write, start, remove the bot, change their groups."""

from __future__ import annotations

import itertools
import time

from leadsbot.testing.telegram.inbox import Inbox
from leadsbot.testing.telegram.methods import Methods
from leadsbot.testing.telegram.world import Json, Person, Room, World


class People:
    """The acting half of the fake; chats are named by id, people are `Person`s or their ids."""

    world: World
    inbox: Inbox
    methods: Methods
    _callbacks = itertools.count(1)

    def add_user(self, first_name: str, username: str | None = None) -> Person:
        """A new person; their private chat has the person's id and is not started yet."""
        return self.world.add_person(first_name, username)

    def add_group(
        self, title: str, type: str = "supergroup", forum: bool = False, by: Person | int | None = None
    ) -> int:
        """A new group, supergroup or channel with the bot in it; the bot hears of it when `by` is given."""
        room = self.world.add_group(title, type, forum)
        if by is not None:
            self._standing(room, self._person(by), "left", "member")
        return room.id

    def start(self, chat: int, user: Person | int, code: str | None = None, thread_id: int | None = None) -> int:
        """Follow a deep link: `/start code` in private, `/start@bot code` in a group; returns the message id."""
        room = self.world.rooms[chat]
        if room.type == "private":
            room.standing = "member"
        command = "/start" if room.type == "private" else f"/start@{self.world.bot['username']}"
        text = f"{command} {code}" if code else command
        entity = {"type": "bot_command", "offset": 0, "length": len(command)}
        return self._write(room, self._person(user), {"text": text, "entities": [entity]}, thread_id)

    def send_text(
        self, chat: int, user: Person | int | None, text: str, reply_to: int | None = None, thread_id: int | None = None
    ) -> int:
        """Write a message (a channel post when `user` is None) and return its id."""
        room = self.world.rooms[chat]
        content: Json = {"text": text}
        if reply_to is not None:
            answered = room.messages[reply_to]
            content["reply_to_message"] = {k: v for k, v in answered.items() if k != "reply_to_message"}
        return self._write(room, None if user is None else self._person(user), content, thread_id)

    def press(self, chat: int, message_id: int, button_text: str, user: Person | int) -> str:
        """Press the button whose label contains `button_text`; returns the callback id. KeyError when there is none."""
        message = self.world.rooms[chat].messages[message_id]
        data = self.buttons(chat, message_id)
        label = next((label for label in data if button_text in label), None)
        if label is None or not data[label].get("callback_data"):
            raise KeyError(f"no button {button_text!r} among {list(data)}")
        return self.press_data(chat, message, str(data[label]["callback_data"]), user)

    def press_data(self, chat: int, message: Json | int, data: str, user: Person | int) -> str:
        """Press a button that may not be there any more (a stale card, or a forged one)."""
        found = self.world.rooms[chat].messages.get(message) if isinstance(message, int) else message
        if found is None:
            found = {"message_id": message, "chat": self.world.rooms[chat].json(), "date": 0}
        query = f"{time.time_ns()}{next(self._callbacks)}"
        self.methods.open_callbacks.add(query)
        sender = self._person(user).json()
        callback: Json = {"id": query, "from": sender, "message": found, "chat_instance": str(chat), "data": data}
        self.inbox.add("callback_query", callback)
        return query

    def buttons(self, chat: int, message_id: int) -> dict[str, Json]:
        """The inline buttons of a message by label."""
        markup = self.world.rooms[chat].messages[message_id].get("reply_markup")
        rows = markup.get("inline_keyboard", []) if isinstance(markup, dict) else []
        return {str(button["text"]): button for row in rows for button in row}

    def block(self, user: Person | int) -> None:
        """Block the bot in the private chat."""
        person = self._person(user)
        self.world.rooms[person.id].standing = "blocked"
        self._standing(self.world.rooms[person.id], person, "member", "kicked")

    def kick(self, chat: int, by: Person | int) -> None:
        """Remove the bot from a group."""
        self.world.rooms[chat].standing = "kicked"
        self._standing(self.world.rooms[chat], self._person(by), "member", "kicked")

    def migrate(self, chat: int) -> int:
        """Upgrade a group to a supergroup; both service messages are sent; returns the new id."""
        room = self.world.rooms[chat]
        moved = self.world.migrate(room)
        self.inbox.add("message", self.world.post(room, None, {"migrate_to_chat_id": moved.id}))
        self.inbox.add("message", self.world.post(moved, None, {"migrate_from_chat_id": room.id}))
        return moved.id

    def delete_chat(self, chat: int) -> None:
        """Delete a group."""
        self.world.rooms[chat].standing = "deleted"

    def delete_message(self, chat: int, message_id: int) -> None:
        """Delete a message for everybody."""
        del self.world.rooms[chat].messages[message_id]

    def add_topic(self, chat: int, name: str) -> int:
        """Open a forum topic and return its thread id."""
        return int(str(self.world.add_topic(self.world.rooms[chat], name)["message_thread_id"]))

    def delete_topic(self, chat: int, thread_id: int) -> None:
        """Delete a forum topic with its messages."""
        room = self.world.rooms[chat]
        del room.topics[thread_id]
        room.messages = {k: m for k, m in room.messages.items() if m.get("message_thread_id") != thread_id}

    def close_topic(self, chat: int, thread_id: int) -> None:
        """Close a forum topic."""
        self.world.rooms[chat].closed_topics.add(thread_id)

    def messages(self, chat: int) -> list[Json]:
        """The bot's messages in a chat, oldest first, as they look now."""
        return [m for m in self.world.rooms[chat].messages.values() if m.get("from") == self.world.bot and "text" in m]

    def flood(self, chat: int, seconds: float) -> None:
        """Answer everything written to this chat with 429 until `seconds` have passed."""
        self.world.rooms[chat].flooded_until = time.monotonic() + seconds

    def _person(self, user: Person | int) -> Person:
        return user if isinstance(user, Person) else self.world.people[user]

    def _write(self, room: Room, person: Person | None, content: Json, thread_id: int | None) -> int:
        author = None if person is None else person.json()
        opening = room.messages.get(thread_id) if thread_id is not None else None
        if opening is not None:
            # As the real ones do: in a forum topic everything that answers nothing answers the topic's opening.
            content = {"reply_to_message": opening, **content}
        message = self.world.post(room, author, content, thread_id)
        self.inbox.add("channel_post" if room.type == "channel" else "message", message)
        return int(str(message["message_id"]))

    def _standing(self, room: Room, person: Person, old: str, new: str) -> None:
        def member(status: str) -> Json:
            found: Json = {"status": status, "user": self.world.bot}
            return {**found, "until_date": 0} if status == "kicked" else found

        changed: Json = {
            "chat": room.json(),
            "from": person.json(),
            "date": int(time.time()),
            "old_chat_member": member(old),
            "new_chat_member": member(new),
        }
        self.inbox.add("my_chat_member", changed)
