"""A bot's submission and a person's, from the form to the chat: held back, released by a person, alerted once."""

from __future__ import annotations

import re

from leadsbot.kit import ids
from tests.cast import BROWSER, Browser
from tests.product import PASSWORD, Product, texts, until

BOT = {"name": "Kevin Marketing", "email": "kevin@example.net", "message": "Cheap SEO, page 1 of Google guaranteed!"}


async def test_a_released_submission_reaches_the_chat_once_and_the_outsider_sees_none_of_it(product: Product) -> None:
    chat = product.telegram.add_user("Alice")
    await product.bind(chat.id, chat)
    other = await product.another_workspace()
    form = f"/f/{product.workspace['form_key']}"
    headers = {**BROWSER, "origin": product.address, "accept": "application/json"}
    answer = await product.http.post(form, data={**BOT, "_gotcha": "x"}, headers=headers)
    assert answer.status_code == 201
    held = answer.json()["id"]
    person = {"name": "Anna Berg", "email": "anna@example.org", "message": "What does a new door cost?"}
    await product.http.post(form, data=person, headers=headers)
    await until(lambda: any("Anna Berg" in text for text in texts(product.telegram, chat.id)))
    assert [lead["name"] for lead in await product.leads()] == ["Anna Berg"]

    alice = Browser(product.http)
    signed = await alice.post("/login", {"email": "alice@example.com", "password": PASSWORD}, on="/login")
    assert signed.status_code == 303
    page = (await alice.get("/quarantine")).text + (await alice.get("/quarantine?state=blocked")).text
    assert "Kevin Marketing" in page
    assert (await alice.post(f"/quarantine/{held}/release", on="/quarantine")).status_code == 303
    undone = await alice.post("/quarantine/undo", {"done": held}, on="/quarantine")
    assert undone.status_code == 303
    assert (await alice.post(f"/quarantine/{held}/release", on="/quarantine")).status_code == 303
    await until(lambda: any("Kevin Marketing" in text for text in texts(product.telegram, chat.id)), within=40)

    assert sorted(str(lead["name"]) for lead in await product.leads()) == ["Anna Berg", "Kevin Marketing"]
    learned = await until(lambda: _learned(product))
    assert learned == 1
    for _ in range(3):
        await product.http.post(f"/api/v1/submissions/{held}/release", headers=product.key)
    await product.http.post(form, data={**person, "name": "Anna B."}, headers=headers)
    await until(lambda: _count(product, "anna@example.org", 2))
    cards = [text for text in texts(product.telegram, chat.id) if re.search("Kevin Marketing", text)]
    assert len(cards) == 1
    assert len(await product.leads()) == 2
    assert await product.leads(other) == []
    assert ids.read(ids.SUBMISSION, held)


async def _learned(product: Product) -> int:
    answer = await product.http.get("/api/v1/screening", headers=product.key)
    return int(answer.json()["learned"])


async def _count(product: Product, email: str, submissions: int) -> bool:
    return any(lead["email"] == email and lead["submission_count"] == submissions for lead in await product.leads())
