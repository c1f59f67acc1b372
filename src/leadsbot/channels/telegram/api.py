"""The Telegram Bot API by plain HTTP calls: reads only what is needed, so a new field can never break a send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from leadsbot.channels.telegram.types import ALLOWED_UPDATES, Chat, User
from leadsbot.infra.net.http import Ambiguous, HttpClient, Response

OFFICIAL = "https://api.telegram.org"
# A read timeout means "maybe delivered", so it is long: an impatient client makes duplicates.
SEND_SECONDS = 30.0
POLL_MARGIN = 15.0
UPDATES_BYTES = 16 * 1024 * 1024

Keyboard = Mapping[str, object]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Ok:
    """`ok: true` and the result as Telegram sent it."""

    result: object

    @property
    def message_id(self) -> int | None:
        """The id of the message in the result, when there is one."""
        return _integer(self.result.get("message_id")) if isinstance(self.result, dict) else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """`ok: false`. `retry_after` in seconds and `migrate_to` (64-bit chat id) when Telegram gave them."""

    error_code: int
    description: str
    retry_after: int | None = None
    migrate_to: int | None = None


Answer = Ok | Refusal


class RawUpdate(msgspec.Struct, frozen=True):
    """An update that is not yet understood: its number and the bytes to parse."""

    update_id: int
    raw: bytes


class TelegramApi:
    """One bot. Every call returns Ok or Refusal, or raises `infra.net` NotSent or Ambiguous.

    The token is part of every URL: it is kept out of `repr`, of errors (they name the host only) and of logs.
    """

    def __init__(self, http: HttpClient, token: str, base_url: str = OFFICIAL) -> None:
        self._http = http
        self._prefix = f"{base_url.rstrip('/')}/bot{token}/"

    def __repr__(self) -> str:
        return "TelegramApi(...)"

    async def call(
        self, method: str, params: Mapping[str, object], *, total: float = SEND_SECONDS, max_bytes: int | None = None
    ) -> Answer:
        """Call any method; parameters that are None are left out."""
        response = await self._post(method, params, total, max_bytes)
        return _read(response)

    async def _post(self, method: str, params: Mapping[str, object], total: float, max_bytes: int | None) -> Response:
        given = {key: value for key, value in params.items() if value is not None}
        return await self._http.post_json(
            self._prefix + method, given, purpose=f"telegram.{method}", total=total, max_bytes=max_bytes
        )

    async def send_message(
        self,
        chat_id: int,
        text: str,
        *,
        html: bool = True,
        thread_id: int | None = None,
        keyboard: Keyboard | None = None,
        reply_to: int | None = None,
        silent: bool = False,
    ) -> Answer:
        """Send text (HTML subset unless `html` is False), without a link preview."""
        return await self.call(
            "sendMessage",
            {
                "chat_id": chat_id,
                "text": text,
                "parse_mode": "HTML" if html else None,
                "message_thread_id": thread_id,
                "reply_markup": keyboard,
                # A card whose parent is gone is still wanted.
                "reply_parameters": (
                    {"message_id": reply_to, "allow_sending_without_reply": True} if reply_to is not None else None
                ),
                "disable_notification": True if silent else None,
                "link_preview_options": {"is_disabled": True},
            },
        )

    async def edit_message_text(
        self, chat_id: int, message_id: int, text: str, *, html: bool = True, keyboard: Keyboard | None = None
    ) -> Answer:
        """Replace text and buttons; without `keyboard` the buttons go away."""
        return await self.call(
            "editMessageText",
            {
                "chat_id": chat_id,
                "message_id": message_id,
                "text": text,
                "parse_mode": "HTML" if html else None,
                "reply_markup": keyboard,
                "link_preview_options": {"is_disabled": True},
            },
        )

    async def edit_message_reply_markup(
        self, chat_id: int, message_id: int, keyboard: Keyboard | None = None
    ) -> Answer:
        """Replace the buttons only."""
        return await self.call(
            "editMessageReplyMarkup", {"chat_id": chat_id, "message_id": message_id, "reply_markup": keyboard}
        )

    async def answer_callback_query(self, callback_id: str, text: str | None = None, *, alert: bool = False) -> Answer:
        """Stop the button's spinner and show up to 200 characters, in a window when `alert`."""
        return await self.call(
            "answerCallbackQuery",
            {"callback_query_id": callback_id, "text": text and text[:200], "show_alert": True if alert else None},
        )

    async def set_message_reaction(self, chat_id: int, message_id: int, emoji: str) -> Answer:
        """React to a message with one of Telegram's emoji; refused where the chat does not allow it."""
        reaction = [{"type": "emoji", "emoji": emoji}]
        return await self.call(
            "setMessageReaction", {"chat_id": chat_id, "message_id": message_id, "reaction": reaction}
        )

    async def get_updates(
        self, offset: int | None, *, wait: int = 25, limit: int = 100, allowed: Sequence[str] = ALLOWED_UPDATES
    ) -> list[RawUpdate] | Refusal:
        """Long poll for up to `wait` seconds; an unreadable answer raises Ambiguous (poll again, same offset)."""
        params = {"offset": offset, "timeout": wait, "limit": limit, "allowed_updates": list(allowed)}
        response = await self._post("getUpdates", params, wait + POLL_MARGIN, UPDATES_BYTES)
        answer = _read(response)
        if isinstance(answer, Refusal):
            return answer
        return split_updates(response.body)

    async def set_webhook(self, url: str, secret: str, *, max_connections: int = 40) -> Answer:
        """Have updates pushed to `url`, with `secret` (1-256 of A-Z a-z 0-9 _ -) in a header."""
        return await self.call(
            "setWebhook",
            {
                "url": url,
                "secret_token": secret,
                "max_connections": max_connections,
                "allowed_updates": list(ALLOWED_UPDATES),
            },
        )

    async def delete_webhook(self) -> Answer:
        """Go back to polling; waiting updates are kept."""
        return await self.call("deleteWebhook", {})

    async def get_webhook_info(self) -> Answer:
        """Where updates are pushed to, and the last push error."""
        return await self.call("getWebhookInfo", {})

    async def get_me(self, *, within: float = SEND_SECONDS) -> User | Refusal:
        """The bot itself; its username is what deep links are made of."""
        answer = await self.call("getMe", {}, total=within)
        return answer if isinstance(answer, Refusal) else _convert(answer, User)

    async def get_chat(self, chat_id: int) -> Chat | Refusal:
        """The chat as it is now."""
        answer = await self.call("getChat", {"chat_id": chat_id})
        return answer if isinstance(answer, Refusal) else _convert(answer, Chat)

    async def create_forum_topic(self, chat_id: int, name: str) -> int | Refusal:
        """Make a topic (name cut at 128 characters) and return its thread id; needs the right to manage topics."""
        answer = await self.call("createForumTopic", {"chat_id": chat_id, "name": name[:128]})
        if isinstance(answer, Refusal):
            return answer
        thread = _integer(answer.result.get("message_thread_id")) if isinstance(answer.result, dict) else None
        if thread is None:
            raise Ambiguous("unreadable", "")
        return thread

    async def set_my_commands(self, commands: Mapping[str, str]) -> Answer:
        """Publish the command menu: command → description."""
        listed = [{"command": command, "description": text} for command, text in commands.items()]
        return await self.call("setMyCommands", {"commands": listed})


def split_updates(body: bytes) -> list[RawUpdate]:
    """The updates of a getUpdates answer, each still as bytes, so that one odd update cannot hide the others."""

    class Envelope(msgspec.Struct):
        result: list[msgspec.Raw]

    try:
        items = msgspec.json.decode(body, type=Envelope).result
    except msgspec.DecodeError:
        raise Ambiguous("unreadable", "") from None
    return [update for update in map(number_update, map(bytes, items)) if update is not None]


def number_update(raw: bytes) -> RawUpdate | None:
    """The update with its number, or None when it has none (a webhook body that is not Telegram's)."""

    class Numbered(msgspec.Struct):
        update_id: int

    try:
        return RawUpdate(msgspec.json.decode(raw, type=Numbered).update_id, raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _read(response: Response) -> Answer:
    value = response.json()
    if not response.complete or not isinstance(value, dict) or not isinstance(value.get("ok"), bool):
        if 400 <= response.status < 500:
            # Something in front of Telegram refused; whatever it says, nothing was delivered.
            return Refusal(response.status, "")
        raise Ambiguous("unreadable", "")
    if value["ok"]:
        return Ok(value.get("result"))
    given = value.get("parameters")
    parameters = given if isinstance(given, dict) else {}
    description = value.get("description")
    return Refusal(
        _integer(value.get("error_code")) or response.status,
        description if isinstance(description, str) else "",
        _integer(parameters.get("retry_after")),
        _integer(parameters.get("migrate_to_chat_id")),
    )


def _integer(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _convert(answer: Ok, kind: type[_T]) -> _T:
    try:
        return msgspec.convert(answer.result, kind)
    except msgspec.ValidationError:
        raise Ambiguous("unreadable", "") from None
