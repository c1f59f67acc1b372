"""Cards are always taken by Telegram, never lose the contact or the message, and show lead text as text."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsbot.channels.base import Sent
from leadsbot.channels.telegram.card import Card, digest, done_text, public_url, render, repeat
from leadsbot.channels.telegram.card import test_message as alert_test
from leadsbot.channels.telegram.transport import TelegramTransport
from leadsbot.testing.telegram import FakeTelegram
from leadsbot.testing.telegram.markup import check_keyboard, parse, units

NOW = datetime(2026, 11, 24, 12, 4, tzinfo=UTC)
TOKEN = "1234567890123456789012"
CARD = Card(
    title="Ann Example",
    email="ann@example.com",
    phone="+49 30 123456",
    company="Acme & Sons <GmbH>",
    message="Hello,\nplease call. 5 < 6 & <b>bold</b>",
    source="Contact form",
    received_at=NOW,
    url="https://leads.example.com/leads/1",
    shown_id="lead_01HZZZZZZZZZZZZZZZZZZZZZZZ",
)
LONG = [("Question", "answer " * 40)] * 12


def visible(card: Card) -> str:
    """What a reader sees; fails as Telegram would."""
    text, keyboard = render(card, TOKEN)
    check_keyboard(keyboard)
    return parse(text, "HTML")[0]


def labels(card: Card) -> str:
    keyboard: dict[str, Any] = render(card, TOKEN)[1]
    return " ".join(button["text"] for row in keyboard["inline_keyboard"] for button in row)


async def test_a_card_goes_through_telegram_and_shows_everything(fake: FakeTelegram, transport: TelegramTransport):
    chat = fake.add_group("Sales")
    text, keyboard = render(CARD, TOKEN)
    assert await transport.send(chat, text, keyboard=keyboard) == Sent("1")
    shown = str(fake.messages(chat)[0]["text"])
    for wanted in (CARD.title, CARD.email, CARD.phone, CARD.company, CARD.message, CARD.source, CARD.shown_id):
        assert str(wanted) in shown
    assert [label.split()[1] for label in fake.buttons(chat, 1)] == ["Claim", "Contacted", "Qualified", "Junk", "in"]


def test_a_claimed_card_tells_by_whom_and_when_and_offers_no_claim():
    claimed = replace(CARD, owner="Bob <b>", changed_at=NOW)
    assert "Claimed by Bob <b>, 12:04" in visible(claimed)
    assert "Claim" not in labels(claimed)


def test_a_junk_card_is_struck_through_and_offers_no_junk():
    junk = replace(CARD, stage="junk", stage_label="Junk")
    assert "<s>" in render(junk, TOKEN)[0]
    assert "Junk" not in labels(junk)


@pytest.mark.parametrize(
    "url", ["http://localhost:8000/x", "http://127.0.0.1:8000/x", "http://box/x", "http://a.localhost/x", "http://[x/"]
)
def test_a_link_that_telegram_refuses_under_a_button_is_printed(url: str):
    assert public_url(url) is None
    assert url in visible(replace(CARD, url=url))
    assert "Open" not in labels(replace(CARD, url=url))


def test_a_long_message_is_cut_and_the_contact_stays():
    text = visible(replace(CARD, message="word " * 5000, details=LONG))
    assert units(text) <= 4096
    assert text.count("word") > 400
    assert "ann@example.com" in text
    assert text.endswith(CARD.shown_id)


def test_many_long_answers_never_push_the_message_out():
    assert "please call." in visible(replace(CARD, details=LONG))
    assert "Question:" in visible(replace(CARD, details=LONG))


def test_an_address_of_the_longest_kind_is_whole():
    address = "a" * 64 + "@" + "b" * 185 + ".com"
    assert address in visible(replace(CARD, email=address))


HOSTILE = st.text(max_size=300) | st.text(alphabet="<>&;\"'/b\n \0\ud800\u202e\U0001f600", max_size=6000)


@settings(max_examples=150)
@given(HOSTILE, HOSTILE, HOSTILE, st.booleans())
def test_whatever_people_write_telegram_takes_the_card(name: str, message: str, other: str, junk: bool):
    card = replace(
        CARD, title=name, message=message, company=other, phone=other, source=other, stage_label=other, owner=name,
        details=[(other, name)] * 12, stage="junk" if junk else "contacted", url="http://localhost/" + other,
    )  # fmt: skip
    text = visible(card)
    assert "ann@example.com" in text
    assert CARD.shown_id in text
    assert parse(repeat(card), "HTML")
    assert parse(alert_test(name), "HTML")
    assert parse(digest([card] * 40, 400, "http://localhost/leads"), "HTML")


@pytest.mark.parametrize(("given_cards", "more"), [(3, "34 more"), (20, "17 more"), (30, "17 more")])
def test_a_digest_counts_what_it_does_not_name(given_cards: int, more: str):
    text = parse(digest([CARD] * given_cards, 37, "https://leads.example.com/"), "HTML")[0]
    assert "37 new enquiries" in text
    assert more in text


def test_answers_to_presses_fit():
    answers = [done_text(verb) for verb in ("claim", "contacted", "qualified", "junk")] + [
        done_text("claim", won=False)
    ]
    assert all(0 < units(answer) <= 200 for answer in answers)
