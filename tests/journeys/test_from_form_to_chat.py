"""An enquiry on its way: into the chat, claimed, answered, noted; whatever Telegram does meanwhile."""

from __future__ import annotations

from typing import Any

from tests.journeys.test_telegram_page import signed_in
from tests.product import Product, card_in, texts, until

ANNA = {
    "name": "Anna <b>Berg</b>",
    "email": "anna@example.org",
    "message": "A roof & a gutter, please",
    "Budget": "2000",
}


async def test_an_enquiry_arrives_as_a_card_and_its_buttons_work(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)

    assert (await product.submit(**ANNA)).status_code == 201
    card = await card_in(product, alice.id, "Anna")
    # Hostile text is text: Telegram parsed our HTML and shows the prospect's tags as they typed them.
    assert "Anna <b>Berg</b>" in card["text"]
    assert "A roof & a gutter, please" in card["text"]
    assert "Budget: 2000" in card["text"]

    telegram.press(alice.id, card["message_id"], "Claim", alice)
    await until(lambda: any("Claimed by" in text for text in texts(telegram, alice.id)))
    telegram.press(alice.id, card["message_id"], "Qualified", alice)

    async def qualified() -> bool:
        return [lead["stage"] for lead in await product.leads()] == ["qualified"]

    await until(qualified)
    assert (await product.leads())[0]["owner"] is not None
    await until(lambda: any("Stage: Qualified" in text for text in texts(telegram, alice.id)))
    assert sum("Anna" in text for text in texts(telegram, alice.id)) == 1


async def test_a_stranger_presses_in_vain(product: Product) -> None:
    telegram = product.telegram
    alice, mallory = telegram.add_user("Alice"), telegram.add_user("Mallory")
    chat = telegram.add_group("Sales")
    await product.bind(chat, alice)
    await product.submit(**ANNA)
    card = await card_in(product, chat, "Anna")

    telegram.press(chat, card["message_id"], "Junk", mallory)
    answer = await until(lambda: telegram.calls_of("answerCallbackQuery"))

    assert "does not know you" in answer[-1].params["text"]
    assert [lead["stage"] for lead in await product.leads()] == ["new"]


async def test_a_double_press_and_a_stale_button_change_nothing_more(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    await product.submit(**ANNA)
    card = await card_in(product, alice.id, "Anna")

    # The id is in the address, once: here that is no button, because Telegram refuses buttons to this machine itself.
    assert card["text"].count("lead_") == card["text"].count("/leads/lead_") == 1
    for _ in range(3):
        telegram.press_data(alice.id, card, _data(card, "Claim"), alice)
    telegram.press_data(alice.id, card, "c:AAAAAAAAAAAAAAAAAAAAAA", alice)
    await until(lambda: len(telegram.calls_of("answerCallbackQuery")) == 4)

    assert "too old" in " ".join(call.params["text"] for call in telegram.calls_of("answerCallbackQuery"))
    lead = (await product.leads())[0]
    timeline = await product.http.get(f"/api/v1/leads/{lead['id']}/timeline", headers=product.key)
    assert timeline.text.count("lead.assigned") == 1


def _data(card: dict[str, Any], label: str) -> str:
    buttons = [button for row in card["reply_markup"]["inline_keyboard"] for button in row]
    found: str = next(button["callback_data"] for button in buttons if label in button["text"])
    return found


async def test_a_reply_to_the_card_becomes_a_note_once(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    await product.submit(**ANNA)
    card = await card_in(product, alice.id, "Anna")

    reply = telegram.send_text(alice.id, alice, "Called, rings back on Thursday", reply_to=card["message_id"])
    lead = (await product.leads())[0]

    async def noted() -> int:
        notes = await product.http.get(f"/api/v1/leads/{lead['id']}/notes", headers=product.key)
        return notes.text.count("Called, rings back on Thursday")

    assert await until(noted) == 1
    await until(lambda: telegram.methods.reactions.get((alice.id, reply)) == ["👍"])


async def test_where_a_chat_allows_no_reactions_a_reply_is_noted_all_the_same(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    chat = telegram.add_group("Sales")
    await product.bind(chat, alice)
    telegram.world.rooms[chat].reactions = frozenset()
    await product.submit(**ANNA)
    card = await card_in(product, chat, "Anna")
    before = len(telegram.messages(chat))

    telegram.send_text(chat, alice, "Called, no answer", reply_to=card["message_id"])
    (call,) = await telegram.wait_for("setMessageReaction", chat=chat)

    await until(lambda: call.status == 400)
    lead = (await product.leads())[0]
    notes = await product.http.get(f"/api/v1/leads/{lead['id']}/notes", headers=product.key)
    assert notes.text.count("Called, no answer") == 1
    telegram.send_text(chat, alice, "Called again", reply_to=card["message_id"])
    await telegram.wait_for("setMessageReaction", 2, chat=chat)
    assert len(telegram.messages(chat)) == before


async def test_strangers_who_reply_are_told_once_why_nothing_was_noted(product: Product) -> None:
    telegram = product.telegram
    alice, mallory, trudy = (telegram.add_user(name) for name in ("Alice", "Mallory", "Trudy"))
    chat = telegram.add_group("Sales")
    await product.bind(chat, alice)
    await product.submit(**ANNA)
    card = await card_in(product, chat, "Anna")

    first = telegram.send_text(chat, mallory, "I am a stranger", reply_to=card["message_id"])
    hint = await card_in(product, chat, "not noted")
    telegram.send_text(chat, trudy, "I am one, too", reply_to=card["message_id"])
    telegram.send_text(chat, alice, "Rang her", reply_to=card["message_id"])
    await telegram.wait_for("setMessageReaction", chat=chat)

    assert hint["reply_to_message"]["message_id"] == first
    assert sum("not noted" in text for text in texts(telegram, chat)) == 1
    assert [place for place, _ in telegram.methods.reactions] == [chat]


async def test_somebody_who_writes_again_is_one_lead_and_rings_again(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    await product.submit(**ANNA)
    await card_in(product, alice.id, "Anna")

    await product.submit(**{**ANNA, "message": "Did you get my question?"})

    await until(lambda: any("wrote again" in text for text in texts(telegram, alice.id)))
    await until(lambda: any("wrote 2 times" in text for text in texts(telegram, alice.id)))
    assert len(await product.leads()) == 1


async def test_429_is_obeyed_and_nothing_is_lost(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)

    telegram.fault("refuse", chat=alice.id, code=429, description="Too Many Requests: retry after 1", retry_after=1)
    await product.submit(**ANNA)

    await card_in(product, alice.id, "Anna")
    refused, sent = [call for call in telegram.calls_of("sendMessage") if "Anna" in str(call.params.get("text"))]
    assert sent.at - refused.at >= 1


async def test_the_outsider_sees_nothing_and_hears_nothing(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    other = await product.another_workspace()

    await product.http.post(
        f"/api/inbound/w/{other['webhook_id']}/leads", json={"name": "Eve", "email": "e@example.org"}
    )
    await product.submit(**ANNA)
    await card_in(product, alice.id, "Anna")

    assert [lead["name"] for lead in await product.leads(other)] == ["Eve"]
    assert not any("Eve" in text for text in texts(telegram, alice.id))
    ours = (await product.leads())[0]["id"]
    outsider = {"Authorization": f"Bearer {other['api_key']}"}
    assert (await product.http.get(f"/api/v1/leads/{ours}", headers=outsider)).status_code == 404
    destinations = await product.http.get("/api/v1/telegram/destinations", headers=outsider)
    assert destinations.json() == []


async def test_a_second_workspace_begins_with_the_same_three_sources(product: Product) -> None:
    async with signed_in(product) as alice:
        made = await alice.post("/workspaces/new", {"workspace": "Birch", "country": "DE"}, on="/workspaces/new")
        page = (await alice.get(made.headers["location"])).text
        assert 'data-live="lead. source."' in page

        async def three() -> bool:
            listed = (await alice.get("/sources")).text
            return all(name in listed for name in ("Website widget", "Contact", ">API<"))

        await until(three)
        page = (await alice.get("/leads")).text
        assert ("Paste one of these" in page, "/api/inbound/w/" in page, "/f/" in page) == (True, True, True)


async def test_a_new_workspace_has_doors_to_paste_at_once(product: Product) -> None:
    from leadsbot.features.accounts import public as accounts
    from leadsbot.features.capture import public as capture
    from leadsbot.kit.ids import new_id

    db = product.process.services.db
    async with db.tenant(new_id()) as tx:
        owner, _ = await accounts.find_or_add_person(tx, email="new@example.org", name="New", password_hash=None)
        await accounts.create_workspace(tx, name="Fresh", country="GB", owner=owner)

    async def kinds() -> bool:
        async with db.tenant(tx.workspace_id) as look:
            return {source.kind for source in await capture.list_sources(look)} == {"webhook", "form", "widget"}

    assert await until(kinds)
