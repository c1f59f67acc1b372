"""What fits into a card: the message before everything that can be looked up, counted as Telegram counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from leadsbot.channels.telegram.card import LIMIT, MESSAGE_LIMIT, Card, render, visible

TOKEN = "t" * 22


def text_of(message: str | None, details: Sequence[tuple[str, str]] = (), **more: Any) -> str:
    given: dict[str, Any] = {
        "title": "Ann", "received_at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC),
        "url": "https://leads.example.com/leads/lead_1", **more,
    }  # fmt: skip
    return render(Card(message=message, details=details, **given), TOKEN)[0]


@pytest.mark.parametrize("letter", ["a", "&", "<", "😀"])
def test_long_answers_do_not_push_the_message_out(letter: str) -> None:
    answers = [(f"{n} " + letter * 80, letter * 2000) for n in range(12)]
    text = text_of("Please call me today.", answers)
    assert "<blockquote>Please call me today.</blockquote>" in text
    assert "<b>0 " in text, "what is left belongs to the answers"
    assert visible(text) <= LIMIT


def test_a_message_of_signs_that_must_be_escaped_is_as_long_as_one_of_letters() -> None:
    assert text_of("&" * MESSAGE_LIMIT).count("&amp;") == MESSAGE_LIMIT
    assert text_of("&" * (MESSAGE_LIMIT + 1)).count("&amp;") == MESSAGE_LIMIT - 1


@pytest.mark.parametrize("letter", ["a", "&", "😀"])
def test_a_card_that_is_long_everywhere_fits_and_keeps_most_of_its_message(letter: str) -> None:
    long = letter * 5000
    text = text_of(
        long, [(long, long)] * 12, title=long, email=long, phone=long, company=long, source=long, owner=long,
        stage="won", stage_label=long, count=99,
    )  # fmt: skip
    assert visible(text) <= LIMIT
    assert visible(text[text.index("<blockquote>") : text.index("</blockquote>")]) > 1000


def test_what_is_counted_is_what_is_shown() -> None:
    assert visible("<b>&lt;b&gt;</b> &amp;amp; 😀") == len("<b> &amp; ") + 2
