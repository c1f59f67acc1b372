"""Somebody writes again: every chat hears of it in a message that can be answered and pressed like the card."""

from __future__ import annotations

from typing import Any

import httpx

from leadsbot.features.alerts.model import STORM_CARDS
from tests.cast import Browser
from tests.product import PASSWORD, Product, card_in, texts, until

ANNA: dict[str, Any] = {"name": "Anna Berg", "email": "anna@example.org", "message": "A roof, please"}


async def again(product: Product, chat: int, message: str = "Are you there?") -> dict[str, Any]:
    """Let Anna write again; the message that the chat hears of it by."""
    assert (await product.submit(**{**ANNA, "message": message})).status_code == 201
    return await card_in(product, chat, "wrote again")


async def notes(product: Product) -> str:
    (lead,) = [each for each in await product.leads() if each["email"] == ANNA["email"]]
    answer = await product.http.get(f"/api/v1/leads/{lead['id']}/notes", headers=product.key)
    return answer.text


async def test_a_reply_to_wrote_again_becomes_a_note_and_its_buttons_work(product: Product) -> None:
    telegram = product.telegram
    alice, mallory = telegram.add_user("Alice"), telegram.add_user("Mallory")
    chat = telegram.add_group("Sales")
    await product.bind(chat, alice)
    await product.submit(**ANNA)
    card = await card_in(product, chat, "Anna")
    other = await product.another_workspace()

    news = await again(product, chat)
    assert news["reply_to_message"]["message_id"] == card["message_id"]
    assert "Are you there?" in news["text"]
    telegram.send_text(chat, mallory, "I am a stranger", reply_to=news["message_id"])
    telegram.send_text(chat, alice, "Rang her, Thursday", reply_to=news["message_id"])

    async def noted() -> bool:
        return "Rang her, Thursday" in await notes(product)

    await until(noted)
    assert "stranger" not in await notes(product)
    telegram.press(chat, news["message_id"], "Claim", alice)
    await until(lambda: any("Claimed by" in text for text in texts(telegram, chat)))
    telegram.press(chat, news["message_id"], "Qualified", alice)
    await until(lambda: any("Stage: Qualified" in text for text in texts(telegram, chat)))
    assert sum("Anna Berg" in text for text in texts(telegram, chat)) == 2
    assert await product.leads(other) == []


async def test_each_message_quotes_what_was_written_in_its_own_submission(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    chat = telegram.add_group("Sales")
    await product.bind(chat, alice)
    await product.submit(**ANNA)
    await card_in(product, chat, "Anna")
    rest = {"name": ANNA["name"], "email": ANNA["email"]}
    # While the chat is paused all wait, and are told after the lead has the newest message.
    where = f"/telegram/{(await product.destinations())[0]['id']}/state"
    await product.in_dashboard(where, do="pause")
    for more in ({"message": "The second one"}, {"message": "The third one"}, {"Where is it?": "Behind the old mill"}):
        assert (await product.submit(**rest, **more)).status_code == 201

    async def all_held() -> bool:
        return len(await product.deliveries("held")) == 3

    await until(all_held)
    await product.in_dashboard(where, do="resume")

    def news() -> list[str]:
        found = [text for text in texts(telegram, chat) if "wrote again" in text]
        return found if len(found) == 3 else []

    told = await until(news)
    for said in ("The second one", "The third one", "Behind the old mill"):
        assert [said in text for text in told].count(True) == 1, told


async def test_the_timeline_names_the_chat_that_was_told(product: Product) -> None:
    telegram = product.telegram
    chat = telegram.add_group("Sales & more")
    await product.bind(chat, telegram.add_user("Alice"))
    await product.submit(**ANNA)
    await card_in(product, chat, "Anna")
    await product.settled()
    (lead,) = await product.leads()
    async with httpx.AsyncClient(base_url=product.address, timeout=20) as http:
        desk = Browser(http)
        await desk.sign_in("alice@example.com", PASSWORD)
        page = (await desk.get(f"/leads/{lead['id']}")).text
    assert "Sent to “Sales &amp; more” in Telegram" in page


async def test_a_chat_that_was_connected_later_gets_the_whole_card(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    await product.submit(**ANNA)
    await card_in(product, alice.id, "Anna")
    chat = telegram.add_group("Sales")
    await product.bind(chat, alice)

    await again(product, alice.id)

    card = await card_in(product, chat, "Anna")
    assert "wrote 2 times" in card["text"]
    assert "Are you there?" in card["text"]
    await product.settled()
    assert sum("Anna" in text for text in texts(telegram, chat)) == 1
    assert "wrote again" not in " ".join(texts(telegram, chat))


async def test_where_the_card_was_deleted_the_whole_card_comes_instead(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    await product.submit(**ANNA)
    card = await card_in(product, alice.id, "Anna")
    telegram.delete_message(alice.id, card["message_id"])

    await product.submit(**{**ANNA, "message": "Are you there?"})

    fresh = await card_in(product, alice.id, "Are you there?")
    assert "wrote 2 times" in fresh["text"]
    telegram.press(alice.id, fresh["message_id"], "Claim", alice)
    await until(lambda: any("Claimed by" in text for text in texts(telegram, alice.id)))
    await product.settled()
    assert sum("Anna" in text for text in texts(telegram, alice.id)) == 1


async def test_who_was_only_a_line_of_a_digest_gets_a_card_and_the_line_stays_true(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    for number in range(STORM_CARDS):
        await product.submit(name=f"Other {number}.", email=f"other{number}@example.org")
    await until(lambda: sum("Other" in text for text in texts(telegram, alice.id)) == STORM_CARDS)
    await product.submit(**ANNA)
    digest = await card_in(product, alice.id, "new enquiries")
    assert "Anna Berg" in digest["text"]

    await product.submit(**{**ANNA, "message": "Are you there?"})

    card = await card_in(product, alice.id, "Are you there?")
    assert "wrote 2 times" in card["text"]
    telegram.press(alice.id, card["message_id"], "Claim", alice)
    await until(lambda: any("Claimed by" in text for text in texts(telegram, alice.id)))
    line = "Anna Berg anna@example.org ✋ "
    await until(lambda: any(line in text for text in texts(telegram, alice.id)))
    await product.settled()
    assert sum("Anna" in text for text in texts(telegram, alice.id)) == 2


async def test_buttons_say_what_the_team_calls_its_stages_and_old_cards_go_on_working(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    await product.submit(**ANNA)
    old = await card_in(product, alice.id, "Anna")
    assert " UTC" in old["text"]
    long = "Wrong number, a robot or somebody who sells"
    labels = {"new": "New", "contacted": "Rang <b>", "qualified": "Serious", "won": "Won", "lost": "Lost"}
    settings = {f"stage_{key}": label for key, label in {**labels, "junk": long[:40]}.items()}
    await product.in_dashboard(
        "/settings", name="Corner", country="GB", timezone="Asia/Kolkata", merge_window_days="30", **settings
    )

    await product.submit(name="Berta", email="berta@example.org")
    card = await card_in(product, alice.id, "Berta")
    assert " IST" in card["text"]
    assert list(telegram.buttons(alice.id, card["message_id"]))[:4] == [
        "✋ Claim",
        "📞 Rang <b>",
        "⭐ Serious",
        "🗑 Wrong number, a robot o…",
    ]
    # The old card still has the old words.
    telegram.press(alice.id, old["message_id"], "Contacted", alice)
    await until(lambda: any("Stage: Rang <b>" in text for text in texts(telegram, alice.id)))
    answer = await until(lambda: telegram.calls_of("answerCallbackQuery"))
    assert answer[0].params["text"] == "Moved to “Rang <b>”."
