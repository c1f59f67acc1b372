"""Turns what Telegram says into what a delivery needs to know."""

from __future__ import annotations

import html
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta

from leadsbot.channels.base import Outcome, Rejected, RetryLater, Sent, Uncertain
from leadsbot.channels.telegram.api import Answer, Keyboard, Ok, Refusal, TelegramApi
from leadsbot.infra.net.http import Ambiguous, NotSent, Refused


@dataclass(frozen=True, slots=True)
class Migrated:
    """The group became a supergroup: store the new id and send again there. Nothing was delivered."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class TopicGone:
    """The forum topic was deleted or closed: make a new one, or send to the chat itself. Nothing was delivered."""

    code: str


@dataclass(frozen=True, slots=True)
class CardGone:
    """The message to edit no longer exists or may not be edited: send a fresh card or leave it."""

    code: str


SendOutcome = Outcome | Migrated | TopicGone
EditOutcome = SendOutcome | CardGone

# Fragments of Telegram's descriptions, lower case, with our code and what the owner can do. They are prose, not a
# contract, so they are matched loosely; the first five are those that Healthchecks has proven over years.
PERMANENT: tuple[tuple[str, str, str], ...] = (
    (
        "bot was blocked by the user",
        "blocked",
        "The bot was blocked in Telegram. Unblock it and connect the chat again.",
    ),
    ("user is deactivated", "deactivated", "This Telegram account was deleted. Connect another chat."),
    ("bot was kicked", "kicked", "The bot was removed from the chat. Add it again and connect the chat again."),
    ("group chat was deleted", "chat_deleted", "The group was deleted. Connect another chat."),
    ("chat not found", "chat_not_found", "Telegram does not know this chat for this bot. Connect it again."),
    (
        "bot is not a member",
        "not_member",
        "The bot is no longer in this chat. Add it again and connect the chat again.",
    ),
    (
        "can't initiate conversation",
        "never_started",
        "Open the bot in Telegram, press Start and connect the chat again.",
    ),
    ("chat_write_forbidden", "no_rights", "The bot may not write here. Give it the right to send messages."),
    ("chat_restricted", "no_rights", "The bot may not write here. Give it the right to send messages."),
    ("not enough rights", "no_rights", "The bot lacks a right in this chat. Let it send messages and manage topics."),
    ("have no rights to send", "no_rights", "The bot may not write here. Give it the right to send messages."),
    ("need administrator rights", "no_rights", "The bot must be an administrator of this channel to write here."),
    ("chat_admin_required", "no_rights", "The bot must be an administrator of this chat to do this."),
    ("peer_id_invalid", "chat_not_found", "Telegram does not know this chat for this bot. Connect it again."),
    ("bot can't send messages to bots", "is_bot", "A bot cannot be messaged. Connect a chat with people."),
    ("bots can't send messages to bots", "is_bot", "A bot cannot be messaged. Connect a chat with people."),
    ("chat was deactivated", "chat_deleted", "The chat was closed. Connect another chat."),
)
TOPIC_GONE = ("message thread not found", "topic_deleted", "topic_closed", "topic_id_invalid")
CARD_GONE = (
    "message to edit not found", "message can't be edited", "message_id_invalid", "message identifier is not specified",
    "message_author_required",
)  # fmt: skip


class TelegramTransport:
    """Sends and edits through one bot. Never raises for what the network or Telegram does; retries are the caller's."""

    def __init__(self, api: TelegramApi) -> None:
        self._api = api

    async def send(
        self,
        chat_id: int,
        text: str,
        *,
        thread_id: int | None = None,
        keyboard: Keyboard | None = None,
        reply_to: int | None = None,
        silent: bool = False,
    ) -> SendOutcome:
        """Send an HTML text; one that Telegram cannot parse is sent once more as plain text (`Sent.note` = "plain")."""

        async def attempt(body: str, is_html: bool) -> Answer:
            return await self._api.send_message(
                chat_id, body, html=is_html, thread_id=thread_id, keyboard=keyboard, reply_to=reply_to, silent=silent
            )

        outcome = await _attempt(attempt, text, None)
        # Only edits have a card to miss.
        return (
            Rejected(outcome.code, "Telegram refused this message.", False)
            if isinstance(outcome, CardGone)
            else outcome
        )

    async def edit(self, chat_id: int, message_id: int, text: str, *, keyboard: Keyboard | None = None) -> EditOutcome:
        """Replace a card's text and buttons; an unchanged card counts as sent."""

        async def attempt(body: str, is_html: bool) -> Answer:
            return await self._api.edit_message_text(chat_id, message_id, body, html=is_html, keyboard=keyboard)

        return await _attempt(attempt, text, message_id)

    async def answer(self, callback_id: str, text: str | None = None, *, alert: bool = False) -> bool:
        """Stop a button's spinner; False when it was too late or failed, which nobody needs to act upon."""
        try:
            return isinstance(await self._api.answer_callback_query(callback_id, text, alert=alert), Ok)
        except (NotSent, Ambiguous):
            return False

    async def react(self, chat_id: int, message_id: int, emoji: str) -> bool:
        """Put a reaction under a message; False where the chat allows none or it failed, which is nobody's loss."""
        try:
            return isinstance(await self._api.set_message_reaction(chat_id, message_id, emoji), Ok)
        except (NotSent, Ambiguous):
            return False


async def _attempt(call: Callable[[str, bool], Awaitable[Answer]], text: str, message_id: int | None) -> EditOutcome:
    try:
        answer = await call(text, True)
        note = None
        if isinstance(answer, Refusal) and "can't parse entities" in answer.description.lower():
            # A refusal is proof that nothing was delivered, so this second request cannot duplicate.
            answer, note = await call(plain_text(text), False), "plain"
    except Refused as error:
        return Rejected(error.code, error.sentence)
    except NotSent as error:
        return RetryLater(error.code)
    except Ambiguous as error:
        return Uncertain(error.code)
    if isinstance(answer, Refusal):
        return translate(answer, message_id)
    known = answer.message_id if answer.message_id is not None else message_id
    return Sent("" if known is None else str(known), note)


def translate(refusal: Refusal, message_id: int | None = None) -> EditOutcome:
    """What a refusal means for the delivery; `message_id` when it was an edit."""
    said = refusal.description.lower()
    if refusal.migrate_to is not None:
        return Migrated(refusal.migrate_to)
    if refusal.retry_after is not None or refusal.error_code == 429:
        seconds = max(1, refusal.retry_after or 1)
        return RetryLater("too_many_requests", timedelta(seconds=min(seconds, 86_400)))
    if "message is not modified" in said:
        return Sent("" if message_id is None else str(message_id), "unchanged")
    if any(fragment in said for fragment in TOPIC_GONE):
        return TopicGone("topic_gone")
    if any(fragment in said for fragment in CARD_GONE):
        return CardGone("card_gone")
    for fragment, code, sentence in PERMANENT:
        if fragment in said:
            return Rejected(code, sentence)
    return _by_number(refusal)


def _by_number(refusal: Refusal) -> EditOutcome:
    if refusal.error_code in (401, 404):
        # 404 is what Telegram says to a malformed token. The chat is innocent: keep it and try again after the cure.
        return RetryLater("bad_token", timedelta(minutes=5))
    if refusal.error_code == 403:
        return Rejected("forbidden", "Telegram refuses to deliver to this chat. Connect it again.")
    if refusal.error_code >= 500 or refusal.error_code in (408, 409, 420):
        return RetryLater(f"error_{refusal.error_code}")
    return Rejected("refused", "Telegram refused this message.", permanent=False)


_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


def plain_text(text: str) -> str:
    """The text of our own HTML without tags and entities, cut to what Telegram takes; never empty."""
    stripped = html.unescape(_TAG.sub("", text)).strip() or "-"
    encoded = stripped.encode("utf-16-le", "surrogatepass")
    return encoded[: 4096 * 2].decode("utf-16-le", "ignore")
