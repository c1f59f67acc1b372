"""The Bot API methods that are used, carried out on the fake's state."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from leadsbot.testing.telegram.inbox import Inbox
from leadsbot.testing.telegram.markup import BadRequest, check_keyboard, parse, units
from leadsbot.testing.telegram.world import Json, Room, World

SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
COMMAND = re.compile(r"[a-z0-9_]{1,32}")
NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


class Methods:
    """One coroutine per method; `table` names them as the Bot API does."""

    def __init__(self, world: World, inbox: Inbox, insecure_webhooks: bool) -> None:
        self._world = world
        self._inbox = inbox
        self._insecure = insecure_webhooks
        self.callback_answers: dict[str, Json] = {}
        self.open_callbacks: set[str] = set()
        self.reactions: dict[tuple[int, int], list[object]] = {}
        self.commands: list[object] = []
        self.table: dict[str, Callable[[Json], Awaitable[object]]] = {
            "getMe": self._get_me,
            "getUpdates": inbox.poll,
            "setWebhook": self._set_webhook,
            "deleteWebhook": self._delete_webhook,
            "getWebhookInfo": self._get_webhook_info,
            "sendMessage": self._send_message,
            "editMessageText": self._edit_message_text,
            "editMessageReplyMarkup": self._edit_message_reply_markup,
            "deleteMessage": self._delete_message,
            "answerCallbackQuery": self._answer_callback_query,
            "setMessageReaction": self._set_message_reaction,
            "createForumTopic": self._create_forum_topic,
            "getChat": self._get_chat,
            "setMyCommands": self._set_my_commands,
        }

    async def _get_me(self, _: Json) -> object:
        return {
            **self._world.bot,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    async def _set_webhook(self, params: Json) -> object:
        url = str(params.get("url", ""))
        if url and urlsplit(url).scheme != "https" and not self._insecure:
            raise BadRequest("bad webhook: An HTTPS URL must be provided for webhook")
        secret = params.get("secret_token")
        if secret is not None and not SECRET.fullmatch(str(secret)):
            raise BadRequest("secret token contains unallowed characters")
        if not 1 <= int(str(params.get("max_connections", 40))) <= 100:
            raise BadRequest("max_connections must be between 1 and 100")
        self._inbox.set_webhook(params)
        return True

    async def _delete_webhook(self, params: Json) -> object:
        self._inbox.set_webhook({**params, "url": ""})
        return True

    async def _get_webhook_info(self, _: Json) -> object:
        return self._inbox.info()

    async def _send_message(self, params: Json) -> object:
        room = self._world.room(params.get("chat_id"))
        thread = params.get("message_thread_id")
        room.check_writable(thread)
        content = self._content(params)
        reply = params.get("reply_parameters")
        if isinstance(reply, dict):
            answered = room.messages.get(int(reply.get("message_id", 0)))
            if answered is not None:
                content["reply_to_message"] = {k: v for k, v in answered.items() if k != "reply_to_message"}
            elif not reply.get("allow_sending_without_reply"):
                raise BadRequest("message to be replied not found")
        return self._world.post(room, self._world.bot, content, thread if isinstance(thread, int) else None)

    async def _edit_message_text(self, params: Json) -> object:
        room, message = self._own_message(params)
        content = self._content(params)
        if all(message.get(key) == content.get(key) for key in ("text", "entities", "reply_markup")):
            raise BadRequest(NOT_MODIFIED)
        return self._replace(room, message, content)

    async def _edit_message_reply_markup(self, params: Json) -> object:
        room, message = self._own_message(params)
        check_keyboard(params.get("reply_markup"))
        if message.get("reply_markup") == params.get("reply_markup"):
            raise BadRequest(NOT_MODIFIED)
        kept: Json = {key: message[key] for key in ("text", "entities") if key in message}
        return self._replace(room, message, {**kept, **_given(params, "reply_markup")})

    async def _delete_message(self, params: Json) -> object:
        room, message = self._own_message(params)
        del room.messages[int(str(message["message_id"]))]
        return True

    async def _answer_callback_query(self, params: Json) -> object:
        query = str(params.get("callback_query_id"))
        if query not in self.open_callbacks:
            raise BadRequest("query is too old and response timeout expired or query ID is invalid")
        if units(str(params.get("text", ""))) > 200:
            raise BadRequest("MESSAGE_TOO_LONG")
        self.open_callbacks.discard(query)
        self.callback_answers[query] = params
        return True

    async def _set_message_reaction(self, params: Json) -> object:
        room = self._world.room(params.get("chat_id"))
        room.check_writable()
        number, given = int(str(params.get("message_id", 0))), params.get("reaction")
        if number not in room.messages:
            raise BadRequest("message to react not found")
        chosen = [each for each in given if isinstance(each, dict)] if isinstance(given, list) else []
        if len(chosen) > 1:
            raise BadRequest("REACTIONS_TOO_MANY")
        if any(each.get("emoji") not in room.reactions for each in chosen):
            raise BadRequest("REACTION_INVALID")
        self.reactions[room.id, number] = [each["emoji"] for each in chosen]
        return True

    async def _create_forum_topic(self, params: Json) -> object:
        room = self._world.room(params.get("chat_id"))
        room.check_writable()
        if not room.forum:
            raise BadRequest("the chat is not a forum")
        if not room.can_manage_topics:
            raise BadRequest("not enough rights to create a topic")
        name = str(params.get("name", ""))
        if not 1 <= units(name) <= 128:
            raise BadRequest("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
        return self._world.add_topic(room, name)

    async def _get_chat(self, params: Json) -> object:
        room = self._world.room(params.get("chat_id"))
        room.check_writable()
        gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
        return {
            **room.json(),
            "accent_color_id": 0,
            "max_reaction_count": 11,
            "accepted_gift_types": dict.fromkeys(gifts, False),
        }

    async def _set_my_commands(self, params: Json) -> object:
        commands = params.get("commands")
        listed = commands if isinstance(commands, list) else []
        if any(not COMMAND.fullmatch(str(c.get("command"))) or not c.get("description") for c in listed):
            raise BadRequest("BOT_COMMAND_INVALID")
        self.commands = listed
        return True

    def _content(self, params: Json) -> Json:
        mode = params.get("parse_mode")
        text, entities = parse(str(params.get("text", "")), None if mode is None else str(mode))
        check_keyboard(params.get("reply_markup"))
        content: Json = {"text": text, **_given(params, "reply_markup")}
        return {**content, "entities": entities} if entities else content

    def _own_message(self, params: Json) -> tuple[Room, Json]:
        room = self._world.room(params.get("chat_id"))
        room.check_writable()
        message = room.messages.get(int(str(params.get("message_id", 0))))
        if message is None:
            raise BadRequest("message to edit not found")
        if message.get("from") != self._world.bot:
            raise BadRequest("message can't be edited")
        return room, message

    def _replace(self, room: Room, message: Json, content: Json) -> Json:
        kept = {key: value for key, value in message.items() if key not in ("text", "entities", "reply_markup")}
        edited = {**kept, "edit_date": message["date"], **content}
        room.messages[int(str(message["message_id"]))] = edited
        return edited


def _given(params: Json, key: str) -> Json:
    return {key: params[key]} if params.get(key) is not None else {}
