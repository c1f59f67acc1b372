"""What was asked stands beside what was answered: in the chat and in the quarantine, in the form's words then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.cast import BROWSER, Browser
from tests.features.forms.conftest import SCRIPT, field, one_step
from tests.product import PASSWORD, Product, card_in, until

KINDS = [{"value": "r1", "label": "A new roof"}, {"value": "g1", "label": "A gutter"}]


def asked(label: str, *, required: bool = False) -> dict[str, Any]:
    return one_step(
        field("email", "email"),
        field("kind", "multiselect", options=KINDS, label=label),
        field("when", label="By when?", required=required),
    )


@pytest.fixture
async def desk(product: Product) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(base_url=product.address, timeout=20) as http:
        browser = Browser(http)
        await browser.sign_in("alice@example.com", PASSWORD)
        yield browser


async def held(desk: Browser) -> str:
    """The quarantine, as soon as something is in it."""

    async def found() -> str:
        page = (await desk.get("/quarantine")).text + (await desk.get("/quarantine?state=blocked")).text
        return page if "kevin@example.net" in page else ""

    return str(await until(found))


async def test_a_card_and_the_quarantine_say_what_the_form_asked(product: Product, desk: Browser) -> None:
    alice = product.telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    made = await product.http.post(
        "/api/v1/forms", headers=product.key, json={"definition": asked("What is it about?"), "name": "Roofs"}
    )
    form = made.json()
    assert form["live_version"] == 1, made.text
    page = f"/f/{form['key']}"
    bot = {"email": "kevin@example.net", "kind": "g1", "when": "now", "extra_thing": "x", "_gotcha": "x"}
    assert (await product.http.post(page, data=bot, headers=BROWSER)).status_code == 303
    page_of_held = await held(desk)
    assert "<dt>What is it about?</dt><dd>A gutter</dd>" in page_of_held
    assert "<dt>By when?</dt><dd>now</dd>" in page_of_held
    assert "<dt>Extra thing</dt>" in page_of_held
    line = page_of_held.split('<span class="cut">')[1].split("</span>")[0]
    assert line == "What is it about?: A gutter · By when?: now · Extra thing: x"

    # The words are those of the version that was filled in, whatever was published since.
    saved = await product.http.patch(
        f"/api/v1/forms/{form['id']}", headers=product.key,
        json={"definition": asked("Something else?", required=True), "revision": form["revision"]},
    )  # fmt: skip
    assert saved.status_code == 200, saved.text
    newer = await product.http.post(f"/api/v1/forms/{form['id']}/publish", headers=product.key, json={})
    assert newer.json()["live_version"] == 2, newer.text
    assert "What is it about?" in await held(desk)

    async def newer_is_asked() -> bool:
        return (await product.http.post(page, json={**bot, "when": ""}, headers=SCRIPT)).status_code == 422

    await until(newer_is_asked)
    answers = {"email": "anna@example.org", "kind": ["r1", "g1"], "when": "In May"}
    await product.http.post(page, json=answers, headers=SCRIPT)
    card = await card_in(product, alice.id, "anna@example.org")
    assert "Something else?: A new roof, A gutter" in card["text"]
    assert "By when?: In May" in card["text"]
