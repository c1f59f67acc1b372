"""How a lead looks in Telegram: HTML of at most 4096 UTF-16 units, lead text escaped, buttons below.

The medium knows nothing about leads; a card is whatever facts it is given.
"""

from __future__ import annotations

import html
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from leadsbot.kit.clock import zone_name
from leadsbot.kit.text import cut_utf16, one_line, telegram_escape, utf16_length

LIMIT = 4096
MESSAGE_LIMIT = 2600
LINE_LIMIT = 200
SEPARATORS = 6
"""The line ends between the four parts of a card."""
_TAG = re.compile("<[^>]*>")
DIGEST_LINES = 20
DIGEST_ROW = 5
DIGEST_WORDS = 40
"""So long is each of the four texts of a line at most: twenty lines then fit into one message whatever they say."""
ACTIONS: Mapping[str, str] = {"c": "claim", "k": "contacted", "q": "qualified", "j": "junk"}
"""The letter in a button's data and what it asks for: claim, or the stage to move to."""
SYMBOLS = {"c": "✋", "k": "📞", "q": "⭐", "j": "🗑"}
BUTTON_WORDS = 24
"""So long is a stage's name on a button at most; two buttons stand side by side on a phone."""
REFUSED = "LeadsBot does not know you yet. Ask for a link (Telegram page in LeadsBot), open it, then press again."
NOT_NOTED = (
    "This reply was not noted, because LeadsBot does not know you yet. "
    "Ask for a link (Telegram page in LeadsBot), open it, then reply again."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The facts of one card. Texts are as hostile as their writers."""

    title: str
    email: str | None = None
    phone: str | None = None
    company: str | None = None
    message: str | None = None
    source: str | None = None
    stage: str = "new"
    stage_label: str = "New"
    labels: Mapping[str, str] = field(default_factory=dict)
    """What the team calls the stages that have buttons, by what the buttons ask for; else the standard names."""
    owner: str | None = None
    changed_at: datetime | None = None
    received_at: datetime
    """In the time zone in which it is to be shown."""
    url: str
    count: int = 1
    details: Sequence[tuple[str, str]] = field(default_factory=tuple)
    """Further answers of the form, label and value."""


def render(card: Card, token: str) -> tuple[str, dict[str, Any]]:
    """Text and keyboard of a card; ``token`` (22 characters) goes into each button's data."""
    fixed = [*_head(card), *_contact(card)]
    tail = _status(card)
    link = public_url(card.url)
    if link is None:
        tail.append(telegram_escape(card.url))
    details = [f"<b>{_line(label, 60)}:</b> {_line(value)}" for label, value in card.details[:12] if value.strip()]
    # The message is what people wrote to us: it is given its room first, and the further answers share what is left.
    room = LIMIT - SEPARATORS - sum(visible(line) + 1 for line in (*fixed, *tail))
    message = _quoted(card.message, min(MESSAGE_LIMIT, room))
    room -= visible(message)
    kept = []
    for line in details:
        room -= visible(line) + 1
        if room < 0:
            break
        kept.append(line)
    parts = ["\n".join(fixed), message, "\n".join(kept), "\n".join(tail)]
    return "\n\n".join(part for part in parts if part), keyboard(card, token, link)


def keyboard(card: Card, token: str, link: str | None) -> dict[str, Any]:
    """The buttons that still make sense."""
    first = [] if card.owner else ["c"]
    stages = [letter for letter in ("k", "q", "j") if ACTIONS[letter] != card.stage]
    rows = [[_button(letter, token, card) for letter in row] for row in (first + stages[:1], stages[1:]) if row]
    if link is not None:
        rows.append([{"text": "Open in LeadsBot", "url": link}])
    return {"inline_keyboard": rows}


def _button(letter: str, token: str, card: Card) -> dict[str, str]:
    verb = ACTIONS[letter]
    label = cut_utf16(one_line(card.labels.get(verb, ""), BUTTON_WORDS * 2), BUTTON_WORDS) or verb.capitalize()
    return {"text": f"{SYMBOLS[letter]} {label}", "callback_data": f"{letter}:{token}"}


def _line(text: str, limit: int = LINE_LIMIT) -> str:
    return telegram_escape(one_line(text, limit))


def _head(card: Card) -> list[str]:
    icon = {"junk": "🗑", "qualified": "⭐", "won": "🏆", "lost": "▫️"}.get(
        card.stage, "🔔" if card.stage == "new" else "📞"
    )
    again = f" · wrote {card.count} times" if card.count > 1 else ""
    title = f"<b>{_line(card.title)}</b>"
    return [f"{icon} <s>{title}</s>{again}" if card.stage == "junk" else f"{icon} {title}{again}"]


def _contact(card: Card) -> list[str]:
    rows = (("✉️", card.email), ("☎️", card.phone), ("🏢", card.company), ("🌐", card.source))
    return [f"{symbol} {_line(value)}" for symbol, value in rows if value]


def _status(card: Card) -> list[str]:
    when = f"{card.received_at:%d %b %Y, %H:%M} {zone_name(card.received_at)}"
    moment = f", {card.changed_at:%H:%M}" if card.changed_at else ""
    lines = [f"🕑 {when}"]
    if card.owner:
        lines.append(f"✋ Claimed by <b>{_line(card.owner, 80)}</b>{moment}")
    if card.stage != "new":
        lines.append(f"Stage: <b>{_line(card.stage_label, 60)}</b>")
    return lines


def visible(markup: str) -> int:
    """How long Telegram says a text is: UTF-16 units without tags, every entity being the character it stands for."""
    return utf16_length(html.unescape(_TAG.sub("", markup)))


def _quoted(message: str | None, room: int) -> str:
    """The message as a quote of at most ``room`` visible units, cut before it is escaped and so never inside an
    entity."""
    text = (message or "").strip()
    if not text or room < 20:
        return ""
    return f"<blockquote>{telegram_escape(cut_utf16(text, room))}</blockquote>"


def public_url(url: str) -> str | None:
    """The address if Telegram accepts it under a button: it refuses names without a dot and loopback addresses."""
    host = urlsplit(url).hostname or ""
    if not url.startswith(("http://", "https://")) or host == "localhost" or "." not in host:
        return None
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return url
    return url if address.is_global else None


def repeat(card: Card, token: str | None) -> tuple[str, dict[str, Any] | None]:
    """The short answer to a card when the same person wrote again, with the card's buttons (none without a token)."""
    link = public_url(card.url)
    parts = [f"🔁 <b>{_line(card.title)}</b> wrote again", _quoted(card.message, MESSAGE_LIMIT)]
    if link is None:
        parts.append(telegram_escape(card.url))
    return "\n\n".join(part for part in parts if part), keyboard(card, token, link) if token else None


def digest(cards: Sequence[tuple[Card, str]], url: str) -> tuple[str, dict[str, Any] | None]:
    """One message for up to ``DIGEST_LINES`` cards, oldest first, each with its token: text and claim buttons.

    Every line has its number, and the buttons of the leads that nobody has claimed carry the same numbers.
    """
    lines = [_digest_line(number, card) for number, (card, _) in enumerate(cards, 1)]
    head = f"📬 <b>{len(lines)} new enquiries</b> at once. Single cards come again when it is calmer."
    text = "\n".join([head, "", *lines, "", telegram_escape(url)])
    free = [
        {"text": f"✋ {number}", "callback_data": f"c:{token}"}
        for number, (card, token) in enumerate(cards, 1)
        if not card.owner and card.stage != "junk"
    ]
    rows = [free[start : start + DIGEST_ROW] for start in range(0, len(free), DIGEST_ROW)]
    return text, {"inline_keyboard": rows} if rows else None


def _digest_line(number: int, card: Card) -> str:
    title, contact = _short(card.title), _short(card.email or card.phone or "")
    link = public_url(card.url)
    shown = f'<a href="{telegram_escape(link)}">{title}</a>' if link else f"<b>{title}</b>"
    line = f"{number}. {shown} {contact}".rstrip()
    if card.owner:
        line += f" ✋ {_short(card.owner)}"
    return line if card.stage == "new" else f"{line} · {_short(card.stage_label)}"


def _short(text: str) -> str:
    return telegram_escape(cut_utf16(one_line(text, DIGEST_WORDS), DIGEST_WORDS))


def test_message(workspace: str) -> str:
    """What the test button sends."""
    return f"✅ This is a test from <b>{_line(workspace, 80)}</b>. New enquiries will look like a card with buttons."


def claimed_text(*, won: bool) -> str:
    """What a pressed Claim answers."""
    return "It is yours." if won else "Somebody was quicker; the card shows who."


def moved_text(stage_label: str) -> str:
    """What a pressed stage answers, in the team's words."""
    return f"Moved to “{one_line(stage_label, 80)}”."
