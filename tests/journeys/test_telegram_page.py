"""The Telegram page: connecting a chat survives reloads, and what keeps button presses from us is told."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx

from leadsbot.features.alerts.feature import FEATURE as ALERTS
from leadsbot.features.deliveries.feature import FEATURE as DELIVERIES
from leadsbot.features.leads.feature import FEATURE as LEADS
from leadsbot.testing.postgres import TestDatabase
from leadsbot.testing.telegram import FakeTelegram
from tests.cast import Browser, application
from tests.conftest import SHARED
from tests.product import PASSWORD, TOKEN, Product, card_in, running, until

HTTPS = "https://127.0.0.1:1"


@contextlib.asynccontextmanager
async def signed_in(
    product: Product, email: str = "alice@example.com", *, https: bool = False
) -> AsyncIterator[Browser]:
    """A browser in which somebody is signed in; with ``https`` as a proxy would let it in, whose cookies are secure."""
    app = application(product.process.services, LEADS, DELIVERIES, ALERTS)
    at: dict[str, Any] = {"base_url": product.address}
    if https:
        at = {"transport": httpx.ASGITransport(app=app), "base_url": HTTPS}
    async with httpx.AsyncClient(timeout=20, **at) as http:
        browser = Browser(http)
        assert (await browser.sign_in(email, PASSWORD)).status_code == 303
        yield browser


async def test_the_page_of_a_link_can_be_loaded_again_and_notices_that_the_chat_is_connected(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.another_workspace()
    async with signed_in(product) as browser, signed_in(product, "charlie@example.com") as outsider:
        made = await browser.post("/telegram/link")
        assert made.status_code == 303
        here = made.headers["location"]
        page = (await browser.get(here)).text
        assert "Choose one of the three" in page
        assert '<ol class="steps' not in page
        assert (await browser.get(here)).text.count("?start=") == page.count("?start=") > 0
        code = page.split("?start=")[1].split('"')[0]
        for refused in (here, here.replace("tgl_", "tgl_0"), "/telegram?link=tgl_x"):
            shown = await outsider.get(refused)
            assert code not in shown.text, refused
            assert shown.status_code in {200, 404}
        assert (await browser.get("/telegram/link")).headers["location"] == "/telegram"

        telegram.start(alice.id, alice, code)

        async def connected() -> bool:
            return "<strong>Alice</strong> is connected" in (await browser.get(here)).text

        await until(connected)
        # In a chat with one person there is nobody to admit.
        assert "Let everybody press" not in (await browser.get("/telegram")).text
        assert code not in (await browser.get(here)).text
        assert "Alice" not in (await outsider.get("/telegram")).text


async def test_a_topic_is_named_on_the_pages_and_in_the_list_of_chats(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    forum = telegram.add_group("Sales", forum=True)
    await product.bind(forum, alice, thread_id=telegram.add_topic(forum, "Roofs <b>"))

    await product.another_workspace()
    await product.submit(name="Anna", email="anna@example.org")
    await card_in(product, forum, "Anna")

    async with signed_in(product) as browser, signed_in(product, "charlie@example.com") as outsider:
        for path in ("/telegram", "/deliveries"):
            assert "Sales › Roofs &lt;b&gt;" in (await browser.get(path)).text, path
            assert "Roofs" not in (await outsider.get(path)).text, path
        assert "Let everybody press" in (await browser.get("/telegram")).text
    assert [(each["title"], each["topic"]) for each in await product.destinations()] == [("Sales", "Roofs <b>")]


async def test_an_address_that_telegram_refuses_is_told_and_buttons_work_all_the_same(
    fresh_database: TestDatabase, tmp_path: Path
) -> None:
    telegram = FakeTelegram(token=TOKEN, username="leads_test_bot", referee=SHARED.is_dir())
    async with telegram:
        refusal = "Bad Request: bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443"
        telegram.fault("refuse", method="setWebhook", code=400, description=refusal, times=1000)
        async with running(
            fresh_database, tmp_path, referee=SHARED.is_dir(), telegram=telegram, base_url=HTTPS
        ) as product:
            alice = telegram.add_user("Alice")
            await product.bind(alice.id, alice)
            await product.submit(name="Anna", email="anna@example.org")
            card = await card_in(product, alice.id, "Anna")
            telegram.press(alice.id, card["message_id"], "Qualified", alice)

            async def qualified() -> bool:
                return [lead["stage"] for lead in await product.leads()] == ["qualified"]

            await until(qualified)
            async with signed_in(product, https=True) as browser:
                page = (await browser.get("/telegram")).text
            told = f"Telegram refuses to send button presses to {HTTPS}/telegram/updates: bad webhook: Webhook can be"
            assert told in page
