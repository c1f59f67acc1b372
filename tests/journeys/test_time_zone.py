"""A workspace's time zone is by which its pages and cards tell the time; another workspace keeps its own."""

from __future__ import annotations

import re

from leadsbot.kit.clock import in_zone, utcnow
from tests.journeys.test_telegram_page import signed_in
from tests.product import Product, card_in, until

STAGES = {f"stage_{stage}": stage for stage in ("new", "contacted", "qualified", "won", "lost", "junk")}


async def test_pages_and_cards_tell_times_in_the_workspaces_zone(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    other = await product.another_workspace()
    await product.in_dashboard(
        "/settings", name="Corner", country="IN", timezone="Asia/Kolkata", merge_window_days="30", **STAGES
    )
    for workspace in (product.workspace, other):
        assert (await product.submit(workspace, name="Anna", email="anna@example.org")).status_code == 201

    async def both() -> bool:
        return bool(await product.leads() and await product.leads(other))

    await until(both)
    card = await card_in(product, alice.id, "Anna")
    (lead,), (theirs,) = await product.leads(), await product.leads(other)

    async with signed_in(product) as browser:
        for path in ("/leads", f"/leads/{lead['id']}", "/deliveries", "/telegram"):
            page = (await browser.get(path)).text
            times = re.findall(r'<time datetime="([^"]+)"[^>]* title="([^"]+)"', page)
            assert times, path
            assert {(moment[-6:], title[-3:]) for moment, title in times} == {("+05:30", "IST")}, path
    async with signed_in(product, "charlie@example.com") as outsider:
        page = (await outsider.get(f"/leads/{theirs['id']}")).text
        assert "IST" not in page
        assert " UTC" in page
    assert re.search(r"\d\d:\d\d IST", card["text"])


def test_a_zone_that_is_not_known_is_told_in_utc() -> None:
    assert in_zone(utcnow(), "Nowhere/At all").tzname() == "UTC"
