"""Limits are kept as the other side measures them, nothing is lost meanwhile, and nobody else waits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from leadsbot.channels.telegram.pacing import Rate, Rates
from leadsbot.features.alerts.model import STORM_CARDS
from leadsbot.testing.postgres import TestDatabase
from tests.conftest import SHARED
from tests.product import Product, card_in, running, texts, until

CHAT, GROUP = Rate(3, 0.3), Rate(6, 2.0)
"""Thirty times as fast as the real ones, in the same proportion."""


@pytest.fixture
async def product(fresh_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Product]:
    rates = Rates(chat=CHAT, group=GROUP)
    async with running(fresh_database, tmp_path, referee=SHARED.is_dir(), rates=rates) as found:
        yield found


def most_in(times: list[float], seconds: float) -> int:
    """How many of these moments lie in the fullest stretch of so many seconds."""
    return max(sum(start <= time < start + seconds for time in times) for start in times)


async def test_thirty_leads_reach_one_group_without_ever_breaking_its_limits(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    group = telegram.add_group("Sales")
    await product.bind(group, alice)
    names = [f"Lead{number:02}." for number in range(30)]
    for name in names:
        assert (await product.submit(name=name, email=f"{name}@example.org")).status_code == 201

    await until(lambda: all(sum(name in text for text in texts(telegram, group)) == 1 for name in names), within=40)
    sent = await product.settled()
    calls = telegram.calls_of("sendMessage", group) + telegram.calls_of("editMessageText", group)
    times = sorted(call.at for call in calls)
    assert len(times) > STORM_CARDS
    assert most_in(times, GROUP.seconds) <= GROUP.count
    assert most_in(times, CHAT.seconds) <= CHAT.count
    # To wait for one's turn is no attempt: the log shows one for each message.
    assert {(each["state"], each["attempts"]) for each in sent} == {("sent", 1)}


async def test_groups_that_must_wait_for_long_hold_up_nobody_else(product: Product) -> None:
    telegram = product.telegram
    alice, eve = telegram.add_user("Alice"), telegram.add_user("Eve")
    other = await product.another_workspace()
    await product.bind(eve.id, eve, workspace=other)
    # More groups than there are slots for jobs, and Telegram wants to hear nothing of any of them for an hour.
    groups = [telegram.add_group(f"Group {number}") for number in range(10)]
    for group in groups:
        await product.bind(group, alice)
        telegram.flood(group, 3600)
    for name in ("Anna", "Berta", "Clara"):
        await product.submit(name=name, email=f"{name}@example.org")
    await until(lambda: all(len(telegram.calls_of("sendMessage", group)) == 2 for group in groups))

    await product.submit(other, name="Someone else", email="else@example.org")

    await card_in(product, eve.id, "Someone else")
    assert len(await product.deliveries("due")) == 30
    assert all(len(telegram.calls_of("sendMessage", group)) == 2 for group in groups)
