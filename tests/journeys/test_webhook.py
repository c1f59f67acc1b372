"""Behind an https address Telegram pushes updates; only what bears our secret is taken, and everything of it once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from leadsbot.testing.postgres import TestDatabase
from tests.conftest import SHARED
from tests.product import Product, card_in, running, texts, until

HEADER = "X-Telegram-Bot-Api-Secret-Token"


@pytest.fixture
async def product(fresh_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Product]:
    # Nobody listens there: these tests carry the updates from one side to the other themselves.
    async with running(fresh_database, tmp_path, referee=SHARED.is_dir(), base_url="https://127.0.0.1:1") as found:
        yield found


async def push(product: Product, body: bytes, secret: str | None) -> int:
    """Push one body as Telegram does; returns the status."""
    headers = {"Content-Type": "application/json", **({HEADER: secret} if secret is not None else {})}
    answer = await product.http.post("/telegram/updates", content=body, headers=headers)
    return answer.status_code


async def secret_of(product: Product) -> str:
    (call,) = await product.telegram.wait_for("setWebhook")
    assert call.params["url"] == "https://127.0.0.1:1/telegram/updates"
    return str(call.params["secret_token"])


async def test_a_pushed_update_binds_a_chat_only_with_the_secret_and_only_once(product: Product) -> None:
    telegram = product.telegram
    alice, secret = telegram.add_user("Alice"), await secret_of(product)
    code = (await product.http.post("/api/v1/telegram/links", headers=product.key)).json()["code"]
    telegram.start(alice.id, alice, code)
    body = msgspec.json.encode(telegram.inbox.waiting[-1])

    for wrong in (None, "", secret[:-1], secret + "0", secret.upper(), "ü" * 64):
        headers = [(b"Content-Type", b"application/json")]
        if wrong is not None:
            headers.append((HEADER.encode(), wrong.encode()))
        answer = await product.http.post("/telegram/updates", content=body, headers=headers)
        assert answer.status_code == 403, wrong
    for noise in (b"", b"{", b"[]", b'{"update_id": "x"}', b"\xff", b'{"update_id": 1, "message": 7}'):
        assert await push(product, noise, secret) == 200, noise
    assert await product.destinations() == []

    for _ in range(3):
        assert await push(product, body, secret) == 200
    await until(lambda: any("is connected" in text for text in texts(telegram, alice.id)))
    await product.submit(name="Anna", email="anna@example.org")
    card = await card_in(product, alice.id, "Anna")

    telegram.press(alice.id, int(card["message_id"]), "Claim", alice)
    for _ in range(2):
        assert await push(product, msgspec.json.encode(telegram.inbox.waiting[-1]), secret) == 200
    await until(lambda: any("Claimed by" in text for text in texts(telegram, alice.id)))
    assert len([text for text in texts(telegram, alice.id) if "connected" in text]) == 1
    assert len(await product.destinations()) == 1
    assert len(telegram.calls_of("answerCallbackQuery")) == 1
    assert telegram.calls_of("getUpdates") == []
