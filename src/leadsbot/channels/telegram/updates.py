"""What an inbound update means to us; whatever is new, odd or not for us becomes Ignored, never an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import msgspec

from leadsbot.channels.telegram.types import CallbackQuery, Chat, ChatMemberUpdated, Message, Update, User

CODE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_COMMAND = re.compile(r"/start(?:@(?P<bot>\w+))?(?:\s+(?P<code>\S+))?\s*", re.ASCII)

Standing = Literal["added", "restricted", "removed", "blocked", "unblocked"]


@dataclass(frozen=True, slots=True)
class StartLink:
    """Somebody followed a deep link; without a (well-formed) code they only said hello.

    `user` is None in channels; in groups it may be the anonymous administrator, which is a bot account. `topic` is what
    the forum topic was called when it was opened, where Telegram says so.
    """

    chat: Chat
    code: str | None
    thread_id: int | None
    user: User | None
    message_id: int
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class ButtonPress:
    """A button was pressed; `data` is hostile until it was looked up. Always answer `callback_id`."""

    callback_id: str
    data: str
    user: User
    chat: Chat
    message_id: int
    thread_id: int | None


@dataclass(frozen=True, slots=True)
class Reply:
    """A person answered one of our messages; `text` is empty when they sent a picture or the like."""

    chat: Chat
    to_message_id: int
    text: str
    user: User | None
    message_id: int
    thread_id: int | None


@dataclass(frozen=True, slots=True)
class Membership:
    """Our standing in a chat changed."""

    chat: Chat
    standing: Standing
    user: User | None


@dataclass(frozen=True, slots=True)
class Migration:
    """A group became a supergroup; told twice, once from either side."""

    old_chat_id: int
    new_chat_id: int


@dataclass(frozen=True, slots=True)
class Ignored:
    """Not for us; `why` is a stable word for metrics."""

    why: str


Intent = StartLink | ButtonPress | Reply | Membership | Migration | Ignored


def classify(raw: bytes, bot_username: str) -> Intent:
    """The meaning of one update as Telegram sent it; never raises."""
    try:
        update = msgspec.json.decode(raw, type=Update)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return Ignored("unreadable")
    if update.callback_query is not None:
        return _press(update.callback_query)
    if update.my_chat_member is not None:
        return _membership(update.my_chat_member)
    message = update.message or update.channel_post
    return _message(message, bot_username) if message is not None else Ignored("kind")


def _press(query: CallbackQuery) -> Intent:
    if query.message is None or query.data is None:
        # Buttons of inline messages and of games: we send neither.
        return Ignored("foreign_button")
    message = query.message
    return ButtonPress(
        query.id, query.data, query.from_user, message.chat, message.message_id, message.message_thread_id
    )


def _membership(changed: ChatMemberUpdated) -> Intent:
    private = changed.chat.type == "private"
    standings: dict[str, Standing] = {
        "kicked": "blocked" if private else "removed",
        "left": "blocked" if private else "removed",
        "member": "unblocked" if private else "added",
        "administrator": "added",
        "restricted": "restricted",
    }
    standing = standings.get(changed.new_chat_member.status)
    return Ignored("standing") if standing is None else Membership(changed.chat, standing, changed.from_user)


def _message(message: Message, bot_username: str) -> Intent:
    if message.migrate_to_chat_id is not None:
        return Migration(message.chat.id, message.migrate_to_chat_id)
    if message.migrate_from_chat_id is not None:
        return Migration(message.migrate_from_chat_id, message.chat.id)
    thread = message.message_thread_id if message.is_topic_message else None
    text = message.text or ""
    command = _COMMAND.fullmatch(text)
    if command is not None:
        named = command["bot"]
        if named is not None and named.lower() != bot_username.lower():
            return Ignored("other_bot")
        code = command["code"]
        well_formed = code is not None and CODE.fullmatch(code) is not None
        chat, user = message.chat, message.from_user
        return StartLink(chat, code if well_formed else None, thread, user, message.message_id, _topic(message, thread))
    return _reply(message, thread)


def _topic(message: Message, thread: int | None) -> str | None:
    opened = message.reply_to_message.forum_topic_created if thread and message.reply_to_message else None
    return (opened.name or None) if opened else None


def _reply(message: Message, thread: int | None) -> Intent:
    target = message.reply_to_message
    # Everything in a forum topic "replies" to the message that opened the topic.
    if target is None or target.message_id == thread:
        return Ignored("chatter")
    if message.from_user is not None and message.from_user.is_bot:
        return Ignored("from_bot")
    if target.from_user is not None and not target.from_user.is_bot:
        return Ignored("chatter")
    text = message.text or message.caption or ""
    return Reply(message.chat, target.message_id, text, message.from_user, message.message_id, thread)


def start_link(bot_username: str, code: str) -> str:
    """The link that opens the bot in private and sends it the code."""
    return f"https://t.me/{bot_username}?start={_checked(code)}"


def group_link(bot_username: str, code: str) -> str:
    """The link that lets one choose a group, adds the bot there and sends it the code."""
    return f"https://t.me/{bot_username}?startgroup={_checked(code)}"


def _checked(code: str) -> str:
    if CODE.fullmatch(code) is None:
        raise ValueError("a deep-link code is 1 to 64 of A-Z a-z 0-9 _ -")
    return code
