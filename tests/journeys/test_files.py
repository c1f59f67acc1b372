"""A long form that is begun, gone on with and sent with a file: one lead, its file for the team, nothing left over."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.cast import BROWSER, Browser
from tests.product import PASSWORD, Product, card_in, until

PDF = b"%PDF-1.7\n" + bytes(300_000)
FORM: dict[str, Any] = {
    "title": "Apply",
    "partials": True,
    "steps": [
        {"id": "you", "fields": [{"key": "email", "type": "email", "label": "E-mail", "required": True}]},
        {"id": "more", "fields": [{"key": "cv", "type": "file", "label": "Your CV", "required": True}]},
    ],
}


async def test_a_form_that_was_begun_is_sent_with_a_file_and_becomes_one_lead(product: Product) -> None:
    other = await product.another_workspace()
    strange = {"Authorization": f"Bearer {other['api_key']}"}
    made = (await product.http.post("/api/v1/forms", json={"definition": FORM}, headers=product.key)).json()
    path = f"/f/{made['key']}"
    visitor = {**BROWSER, "origin": product.address}
    pressed = await product.http.post(f"{path}/save", data={"email": "ada@example.com"}, headers=visitor)
    address = pressed.headers["location"]
    page = (await product.http.get(address)).text
    assert 'value="ada@example.com"' in page
    mark = page.split('name="context[partial]" value="')[1].split('"')[0]
    assert await begun(product, made) == 1
    assert await product.leads() == []

    sent = {"email": "ada@example.com", "context[partial]": mark}
    wrong = await product.http.post(
        path, data=sent, files={"cv": ("cv.pdf", b"MZ", "application/pdf")}, headers=visitor
    )
    assert wrong.status_code == 422
    assert "The content of “cv.pdf” is not what its name says" in wrong.text
    assert mark in wrong.text
    right = await product.http.post(path, data=sent, files={"cv": ("cv.pdf", PDF, "text/html")}, headers=visitor)
    assert right.status_code == 303
    assert (await product.http.get(right.headers["location"])).status_code == 200

    (lead,) = await until(product.leads)
    files = await until(lambda: uploads(product, lead["id"]))
    assert [(each["name"], each["content_type"]) for each in files] == [("cv.pdf", "application/pdf")]
    one = f"/api/v1/uploads/{files[0]['id']}"
    link = (await product.http.get(one, headers=product.key)).json()["url"]
    async with httpx.AsyncClient() as anybody:
        fetched = await anybody.get(link)
    assert fetched.content == PDF
    assert fetched.headers["content-disposition"].startswith("attachment;")
    assert (await product.http.get(one, headers=strange)).status_code == 404

    async def ended() -> bool:
        return await begun(product, made) == 0

    await until(ended)
    assert "not there any more" in (await product.http.get(address)).text


async def test_a_file_that_nobody_asked_for_is_told_in_words_on_the_page_and_the_card(product: Product) -> None:
    alice = product.telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    webhook = f"/api/inbound/w/{product.workspace['webhook_id']}/leads"
    photo = {"photo": ("<b>roof.jpg", b"x" * 400, "image/jpeg")}

    sent = await product.http.post(webhook, data={"email": "ada@example.com"}, files=photo)
    assert sent.status_code == 201

    card = await card_in(product, alice.id, "ada@example.com")
    assert "photo: <b>roof.jpg, 400 bytes, not kept" in card["text"]
    (lead,) = await product.leads()
    async with httpx.AsyncClient(base_url=product.address, timeout=20) as http:
        browser = Browser(http)
        await browser.sign_in("alice@example.com", PASSWORD)
        page = (await browser.get(f"/leads/{lead['id']}")).text
    assert page.count("&lt;b&gt;roof.jpg, 400 bytes, not kept") == 2
    assert "content_type" not in page


@pytest.mark.parametrize("name", [{"odd": {"deep": "Ada"}}, [{"odd": "Ada"}], {}])
async def test_an_odd_name_or_message_does_not_cost_the_enquiry(product: Product, name: object) -> None:
    assert (await product.submit(email="ada@example.com", name=name, message={"text": ["A roof"]})).status_code == 201

    (lead,) = await until(product.leads)
    assert lead["email"] == "ada@example.com"
    assert "A roof" in str(lead)
    assert ("Ada" in str(lead)) == bool(name)


async def test_two_fields_called_name_make_one_name(product: Product) -> None:
    webhook = f"/api/inbound/w/{product.workspace['webhook_id']}/leads"
    assert (await product.http.post(webhook, data={"name": ["Ada", "Lovelace"]})).status_code == 201

    (lead,) = await until(product.leads)
    assert lead["name"] == "Ada Lovelace"


async def begun(product: Product, form: dict[str, Any]) -> int:
    answer = await product.http.get(f"/api/v1/forms/{form['id']}", headers=product.key)
    return int(answer.json()["unfinished"])


async def uploads(product: Product, lead: str) -> list[dict[str, Any]]:
    answer = await product.http.get(f"/api/v1/leads/{lead}/submissions", headers=product.key)
    found: list[dict[str, Any]] = answer.json()["data"][0]["uploads"]
    return found
