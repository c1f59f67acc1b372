"""Groups become supergroups, people block the bot, chats are deleted: no alert is lost, none is said twice."""

from __future__ import annotations

from leadsbot.channels.telegram.card import DIGEST_LINES
from leadsbot.features.alerts.model import STORM_CARDS
from tests.product import Product, card_in, texts, until


def _saying(product: Product, chat: int, word: str) -> int:
    return sum(word in text for text in texts(product.telegram, chat))


async def test_a_group_that_became_a_supergroup_is_followed(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    chat = telegram.add_group("Sales", "group")
    await product.bind(chat, alice)

    moved = telegram.migrate(chat)
    await product.submit(name="Anna", email="anna@example.org")

    await card_in(product, moved, "Anna")
    assert len(await product.destinations()) == 1


async def test_a_supergroup_that_was_connected_before_we_noticed_gets_every_alert_once(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    chat = telegram.add_group("Sales", "group")
    await product.bind(chat, alice)
    room = telegram.world.rooms[chat]
    # Nobody tells us of the move: the first refused message does.
    moved = telegram.world.migrate(room).id
    await product.bind(moved, alice)
    assert len(await product.destinations()) == 2

    await product.submit(name="Anna", email="anna@example.org")
    await card_in(product, moved, "Anna")

    await product.settled()
    assert len(await product.destinations()) == 1
    assert _saying(product, moved, "Anna") == 1
    (doubled,) = await product.deliveries("cancelled")
    assert doubled["reason"] == "Announced in Sales already."


async def test_an_alert_that_waits_for_a_group_arrives_in_the_supergroup_that_was_connected(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    chat = telegram.add_group("Sales", "group")
    await product.bind(chat, alice)
    telegram.fault("refuse", chat=chat, code=403, description="Forbidden: bot was kicked from the group chat")
    await product.submit(name="Anna", email="anna@example.org")
    await until(lambda: product.deliveries("held"))
    moved = telegram.migrate(chat)

    await product.bind(moved, alice)

    await card_in(product, moved, "Anna")
    await product.settled()
    assert _saying(product, moved, "Anna") == 1
    assert [each["state"] for each in await product.destinations()] == ["active"]


async def test_what_a_chat_refused_and_what_came_meanwhile_arrives_when_it_is_connected_again(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    # The alert is the first to find out that the bot was blocked.
    telegram.world.rooms[alice.id].standing = "blocked"
    await product.submit(name="Anna", email="anna@example.org", message="First")
    await until(lambda: product.deliveries("held"))
    (destination,) = await product.destinations()
    assert (destination["state"], destination["reason"]) == (
        "disabled",
        "The bot was blocked in Telegram. Unblock it and connect the chat again.",
    )
    await product.submit(name="Berta", email="berta@example.org")
    # A repeat of somebody whose card waits is told by that card.
    await product.submit(name="Anna", email="anna@example.org", message="Second")

    async def all_wait() -> bool:
        repeated = any(lead["message"] == "Second" for lead in await product.leads())
        return repeated and len(await product.deliveries("held")) == 2

    await until(all_wait)
    sent_before = len(telegram.calls_of("sendMessage"))

    await product.bind(alice.id, alice)

    card = await card_in(product, alice.id, "Anna")
    assert "Second" in card["text"]
    assert "wrote 2 times" in card["text"]
    await card_in(product, alice.id, "Berta")
    await until(lambda: len(telegram.calls_of("sendMessage")) == sent_before + 3)  # and the word that it is connected
    await product.settled()


async def test_many_alerts_that_waited_arrive_as_digests_which_name_every_lead(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    telegram.block(alice.id)

    async def disabled() -> bool:
        return (await product.destinations())[0]["state"] == "disabled"

    await until(disabled)
    names = [f"Waiting{number:02}." for number in range(DIGEST_LINES + 3)]
    assert len(names) > STORM_CARDS
    for name in names:
        await product.submit(name=name, email=f"{name}@example.org")

    async def all_wait() -> bool:
        return len(await product.deliveries("held")) == len(names)

    await until(all_wait)
    await product.bind(alice.id, alice)

    await until(lambda: all(_saying(product, alice.id, name) == 1 for name in names))
    assert sum("new enquiries" in text for text in texts(telegram, alice.id)) == 2
    await product.settled()


async def test_what_waits_for_a_chat_that_is_removed_goes_to_another_one(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    chat = telegram.add_group("Sales")
    await product.bind(chat, alice)
    telegram.delete_chat(chat)
    await product.submit(name="Anna", email="anna@example.org")
    await until(lambda: product.deliveries("held"))
    await product.bind(alice.id, alice)
    await product.submit(name="Berta", email="berta@example.org")
    await card_in(product, alice.id, "Berta")

    await product.in_dashboard(f"/telegram/{(await product.destinations())[0]['id']}/state", do="remove")

    await card_in(product, alice.id, "Anna")
    assert _saying(product, alice.id, "Berta") == 1
    assert [each["reason"] for each in await product.deliveries("cancelled")] == ["Announced in Alice already."]
    assert [each["state"] for each in await product.destinations()] == ["active"]
