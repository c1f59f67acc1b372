"""What may not reach a log does not reach it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.kit.redact import luhn, mask_pans, redact, redact_text

BOT_TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw-x"


@pytest.mark.parametrize(
    "planted",
    [
        "anna.berg+x@kunde.example",
        "zoë@bücher.example",
        "+44 20 7183 8750",
        "+442071838750",
        "(020) 7183-8750",
        "0171/1234567",
        "tel:+442071838750",
        "lb_live_0000000000000000000000000000002C8GjS",
        BOT_TOKEN,
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "Bearer abcdefghijklmnop",
        "4242 4242 4242 4242",
        "378282246310005",
    ],
)
@pytest.mark.parametrize("around", ["{}", "before {} after", '{{"x": "{}"}}', "a={}, b", "<{}>"])
def test_planted_personal_data_and_secrets_disappear(planted: str, around: str) -> None:
    masked = redact_text(around.format(planted))
    secret = planted.removeprefix("Bearer ").removeprefix("tel:")
    assert secret not in masked
    assert secret[-12:-4] not in masked


def test_a_bot_token_in_an_address_disappears() -> None:
    masked = redact_text(f"POST https://api.telegram.org/bot{BOT_TOKEN}/sendMessage failed")
    assert "AAHdq" not in masked
    assert masked.startswith("POST https://api.telegram.org/bot")
    assert masked.endswith("/sendMessage failed")


@pytest.mark.parametrize(
    "useful",
    [
        "lead_01m85gfmbbegkv8vzjgahgq1wb joined",
        "019f1234-5678-7123-8123-012345678901",
        "2026-11-24T01:15:47.123456Z",
        "2026-11-24 01:15:47",
        "10.0.0.12:5432",
        "took 12.345678 s",
        "1234567 rows",
        "GET /api/v1/leads 200",
    ],
)
def test_what_a_log_is_read_for_stays(useful: str) -> None:
    assert redact_text(useful) == useful


def test_a_password_in_a_url_and_a_token_in_a_query_disappear() -> None:
    assert redact_text("postgresql://app:hunter2@db/x") == "postgresql://app:[hidden]@db/x"
    assert redact_text("/reset?token=abcdef&next=/") == "/reset?token=[hidden]&next=/"


def test_structures_are_masked_inside() -> None:
    value = {
        "email": "a@b.example",
        "Authorization": "anything",
        "bot_token": "x",
        "nested": [{"note": "call +442071838750"}, b"raw", 7, None, True],
        "key_id": "k1",
    }
    assert redact(value) == {
        "email": "[e-mail]",
        "Authorization": "[hidden]",
        "bot_token": "[hidden]",
        "nested": [{"note": "call [phone]"}, "[3 bytes]", 7, None, True],
        "key_id": "k1",
    }


@pytest.mark.parametrize("shown", [str, repr])
def test_the_row_that_postgresql_quotes_disappears_and_the_statement_stays(shown: Callable[[str], str]) -> None:
    row = "DETAIL:  Failing row contains (1, Quincunx,\n$argon2id$v=19, Pellucid)."
    error = f'CheckViolationError: row violates check constraint "no"\n{row}\n[SQL: INSERT INTO person VALUES ($1)]'

    masked = redact_text(shown(error))

    assert [word for word in ("Quincunx", "argon2id", "Pellucid") if word in masked] == []
    assert "violates check constraint" in masked
    assert "[SQL: INSERT INTO person" in masked
    assert "Quincunx" not in redact_text(shown(f"x\n{row}"))


def test_endless_nesting_ends() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert "[deep]" in str(redact(loop))


def test_card_numbers_keep_their_last_four_digits() -> None:
    assert mask_pans("card 4242 4242-4242 4242!") == "card [card ending 4242]!"
    assert mask_pans("4242424242424242") == "[card ending 4242]"


@pytest.mark.parametrize(
    "number", ["4242424242424241", "+44 20 7183 8750", "1234567890123456", "0000000000000000", "order 20261124-0001"]
)
def test_other_numbers_are_not_taken_for_cards(number: str) -> None:
    assert mask_pans(number) == number


@pytest.mark.parametrize(
    "pan",
    [
        "4111111111111111",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "30569309025904",
        "6011111111111117",
        "3530111333300000",
        "6200000000000005",
    ],
)
def test_cards_of_every_scheme_are_found(pan: str) -> None:
    assert luhn(pan)
    assert pan not in mask_pans(f"my card is {pan}, thanks")


@given(st.text(max_size=200))
def test_masking_never_fails_and_settles(text: str) -> None:
    assert mask_pans(mask_pans(text)) == mask_pans(text)
    assert isinstance(redact_text(text), str)
