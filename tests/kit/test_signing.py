"""Signatures, signed links and API keys."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook

from leadsbot.kit import signing
from leadsbot.kit.clock import unix_seconds, utcnow
from leadsbot.kit.errors import Invalid, Unauthorised

SECRET = "a secret of a source"
BODY = b'{"email": "anna@kunde.example"}'


def test_hmac_gives_the_known_answer_of_rfc_4231() -> None:
    expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    assert signing.hmac_sha256("Jefe", "what do ya want for nothing?") == expected


def test_comparing_takes_any_text() -> None:
    assert signing.constant_time_equal("ü\ud800", "ü\ud800")
    assert not signing.constant_time_equal("a", "ä")
    assert signing.constant_time_equal("a", b"a")


@given(st.binary(max_size=100))
def test_a_signed_link_gives_its_payload_back(payload: bytes) -> None:
    signer = signing.Signer("0123456789abcdef")
    token = signer.sign("reset", payload, 60)
    assert signer.verify("reset", token) == payload
    assert token.replace("-", "").replace("_", "").replace(".", "").isalnum()


def test_a_link_is_worth_nothing_for_another_purpose_or_secret_or_later() -> None:
    signer = signing.Signer("0123456789abcdef")
    token = signer.sign("reset", "usr_1", 60)
    other = signing.Signer("fedcba9876543210")
    attempts = [
        (signer, "telegram", token),
        (other, "reset", token),
        (signer, "reset", token + "A"),
        (signer, "reset", "A" + token),
        (signer, "reset", ""),
        (signer, "reset", "é.é"),
        (signer, "reset", signer.sign("reset", "usr_1", -5)),
    ]
    for judge, purpose, sent in attempts:
        with pytest.raises(Invalid):
            judge.verify(purpose, sent)


@given(st.text(max_size=60))
def test_any_text_for_a_link_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid):
        signing.Signer("0123456789abcdef").verify("reset", text)


def test_the_reference_library_accepts_our_webhooks_under_both_secrets() -> None:
    old, new = signing.webhook_secret(), signing.webhook_secret()
    assert len(base64.b64decode(new.removeprefix("whsec_"))) == 32
    headers = signing.webhook_headers("evt_1", unix_seconds(), BODY, [new, old])
    for secret in (old, new):
        assert Webhook(secret).verify(BODY.decode(), headers) == {"email": "anna@kunde.example"}
    assert headers["X-LeadsBot-Signature"] == "sha256=" + signing.hmac_sha256(new, BODY)


def test_our_standard_signature_is_that_of_the_reference_library() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1_614_265_330, tz=UTC)
    headers = signing.webhook_headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}', [secret])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert headers["webhook-signature"] == Webhook(secret).sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}'
    )


def test_a_signed_source_is_admitted_with_and_without_a_timestamp() -> None:
    now = int(utcnow().timestamp())
    signing.verify_source_signature([SECRET], BODY, signing.source_signature(SECRET, BODY))
    signing.verify_source_signature(["other", SECRET], BODY, signing.source_signature(SECRET, BODY).upper()[7:])
    signing.verify_source_signature([SECRET], BODY, signing.source_signature(SECRET, BODY, now), str(now))


@pytest.mark.parametrize(
    ("body", "signature", "timestamp"),
    [
        (BODY, None, None),
        (BODY, "", None),
        (BODY, "sha256=", None),
        (BODY, "sha256=é", None),
        (BODY + b" ", signing.source_signature(SECRET, BODY), None),
        (BODY, signing.source_signature("other", BODY), None),
        (BODY, signing.source_signature(SECRET, BODY), "1000"),
        (BODY, signing.source_signature(SECRET, BODY, 1000), None),
        (BODY, signing.source_signature(SECRET, BODY, 1000), "yesterday"),
        (BODY, signing.source_signature(SECRET, BODY, 1000), "²"),
    ],
)
def test_everything_else_is_unauthorised(body: bytes, signature: str | None, timestamp: str | None) -> None:
    with pytest.raises(Unauthorised):
        signing.verify_source_signature([SECRET], body, signature, timestamp, now=1000)


def test_a_timestamp_may_be_five_minutes_off_and_no_more() -> None:
    signature = signing.source_signature(SECRET, BODY, 1000)
    signing.verify_source_signature([SECRET], BODY, signature, "1000", now=1300)
    with pytest.raises(Unauthorised):
        signing.verify_source_signature([SECRET], BODY, signature, "1000", now=1301)


def test_an_api_key_has_the_known_checksum() -> None:
    assert signing.looks_like_api_key("lb_live_0000000000000000000000000000002C8GjS")
    assert not signing.looks_like_api_key("lb_live_0000000000000000000000000000002C8GjT")


def test_minted_keys_look_like_keys_and_a_wrong_letter_does_not() -> None:
    key = signing.mint_api_key("live")
    assert key.startswith("lb_live_")
    assert len(key) == len("lb_live_") + 36
    assert signing.looks_like_api_key(key)
    assert not signing.looks_like_api_key(key[:-1] + ("a" if key[-1] != "a" else "b"))
    for text in ("", "lb_", key + "0", key[1:], key.replace("lb_", "LB_"), key + "\n", "lb_live_" + "ä" * 36):
        assert not signing.looks_like_api_key(text)
