"""The few fields of Telegram's objects that are read here; everything else, and everything new, is ignored."""

from __future__ import annotations

import msgspec


class User(msgspec.Struct, frozen=True):
    """A person or bot. The id needs 64 bits."""

    id: int
    first_name: str = ""
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False

    @property
    def name(self) -> str:
        """First and last name, else @username, else the number: never empty."""
        full = " ".join(part for part in (self.first_name, self.last_name) if part).strip()
        return full or (f"@{self.username}" if self.username else str(self.id))


class Chat(msgspec.Struct, frozen=True):
    """A private chat, group, supergroup or channel."""

    id: int
    type: str = "private"
    title: str | None = None
    username: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    is_forum: bool = False

    @property
    def is_group(self) -> bool:
        """True where the slower pace of groups applies (channels included)."""
        return self.type != "private"

    @property
    def name(self) -> str:
        """Title of a group or name of a person, for the owner to recognise it."""
        full = " ".join(part for part in (self.first_name, self.last_name) if part).strip()
        return self.title or full or (f"@{self.username}" if self.username else str(self.id))


class TopicCreated(msgspec.Struct, frozen=True):
    """The opening of a forum topic."""

    name: str = ""


class ReplyTarget(msgspec.Struct, frozen=True):
    """The message that was answered; in a forum topic, when none was, the one that opened the topic."""

    message_id: int
    from_user: User | None = msgspec.field(default=None, name="from")
    forum_topic_created: TopicCreated | None = None


class Message(msgspec.Struct, frozen=True):
    """A message, as far as commands, replies and service notices need it."""

    message_id: int
    chat: Chat
    date: int = 0
    from_user: User | None = msgspec.field(default=None, name="from")
    text: str | None = None
    caption: str | None = None
    message_thread_id: int | None = None
    is_topic_message: bool = False
    reply_to_message: ReplyTarget | None = None
    migrate_to_chat_id: int | None = None
    migrate_from_chat_id: int | None = None


class CallbackMessage(msgspec.Struct, frozen=True):
    """The message under a pressed button; with date 0 it is too old to be read but may still be edited."""

    message_id: int
    chat: Chat
    date: int = 0
    message_thread_id: int | None = None


class CallbackQuery(msgspec.Struct, frozen=True):
    """A pressed inline button."""

    id: str
    from_user: User = msgspec.field(name="from")
    message: CallbackMessage | None = None
    data: str | None = None


class ChatMember(msgspec.Struct, frozen=True):
    """Somebody's standing in a chat."""

    status: str = ""


class ChatMemberUpdated(msgspec.Struct, frozen=True):
    """Our own standing in a chat has changed."""

    chat: Chat
    new_chat_member: ChatMember
    old_chat_member: ChatMember = ChatMember()
    from_user: User | None = msgspec.field(default=None, name="from")


class Update(msgspec.Struct, frozen=True):
    """One thing that happened; exactly one of the optional fields is set, or none that is known here."""

    update_id: int
    message: Message | None = None
    channel_post: Message | None = None
    callback_query: CallbackQuery | None = None
    my_chat_member: ChatMemberUpdated | None = None


# What is asked for from Telegram; nothing else is ever sent to us.
ALLOWED_UPDATES = ("message", "channel_post", "callback_query", "my_chat_member")
