"""The form token: what it proves, what it does not, and that nothing breaks its reader."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.features.screening.public import mint_token
from leadsbot.features.screening.token import ABSENT, FORGED, MAX_AGE_S, REMEMBERED, Found, Tokens
from leadsbot.kit.signing import Signer

SIGNER = Signer("a secret key that is long enough for tests")
KEY, SITE, NOW = "0123456789abcdefABCDEF", "https://shop.example", 1_800_000_000


def mint(origin: str | None = SITE, now: int = NOW) -> str:
    return mint_token(SIGNER, KEY, origin, now)


def read(token: str, *, key: str = KEY, origin: str | None = SITE, now: int = NOW + 30) -> Found:
    return Tokens(SIGNER).read(token, key, origin, now)


def test_a_token_of_the_page_is_right_and_knows_its_age() -> None:
    assert read(mint()) == Found("ok", 30, foreign=False)
    assert len(mint()) == 48
    assert mint() != mint()


@pytest.mark.parametrize(
    ("age", "state"), [(0, "too_fast"), (1, "too_fast"), (2, "ok"), (MAX_AGE_S, "ok"), (MAX_AGE_S + 1, "expired")]
)
def test_its_age_is_judged(age: int, state: str) -> None:
    assert read(mint(), now=NOW + age).state == state


def test_a_clock_that_is_a_little_ahead_is_forgiven_and_one_that_is_far_ahead_is_not() -> None:
    assert read(mint(), now=NOW - 30) == Found("too_fast", 0, foreign=False)
    assert read(mint(), now=NOW - 3600) == FORGED


def test_none_is_told_from_a_wrong_one() -> None:
    assert read("") == ABSENT
    for wrong in ("x", "x" * 48, mint()[:-1], mint() + "A", mint().replace(mint()[0], "é", 1), "\udcff" * 48):
        assert read(wrong) == FORGED


def test_a_token_for_another_form_or_of_another_installation_is_worth_nothing() -> None:
    assert read(mint(), key="another0000000000000000") == FORGED
    other = mint_token(Signer("the secret of another installation"), KEY, SITE, NOW)
    assert read(other) == FORGED


def test_every_changed_bit_is_noticed() -> None:
    raw = base64.urlsafe_b64decode(mint())
    for place in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[place // 8] ^= 1 << place % 8
        assert read(base64.urlsafe_b64encode(changed).decode()) == FORGED


def test_a_page_of_another_web_site_is_noticed_and_an_unknown_one_is_not_held_against_anybody() -> None:
    assert read(mint(), origin="https://copy.example").foreign
    assert not read(mint(), origin="HTTPS://Shop.Example").foreign
    assert not read(mint(), origin=None).foreign
    assert not read(mint(origin=None), origin="https://anywhere.example").foreign


def test_a_second_use_is_noticed_within_a_bounded_memory() -> None:
    tokens, first = Tokens(SIGNER), mint()
    assert [tokens.read(first, KEY, SITE, NOW + 5).state for _ in range(2)] == ["ok", "reused"]
    for _ in range(REMEMBERED):
        tokens.read(mint(), KEY, SITE, NOW + 5)
    assert tokens.read(first, KEY, SITE, NOW + 5).state == "ok"


@given(token=st.text(max_size=60), key=st.text(max_size=30), origin=st.none() | st.text(max_size=30))
def test_whatever_is_sent_is_answered(token: str, key: str, origin: str | None) -> None:
    assert read(token, key=key, origin=origin).state in ("absent", "forged")
