"""Storms, deleted topics, texts that Telegram cannot read, answers that never come: what the team sees of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from leadsbot.features.alerts.model import STORM_CARDS
from leadsbot.testing.telegram.world import Json
from tests.product import Product, card_in, texts, until

PARSE_ERROR = 'Bad Request: can\'t parse entities: Unsupported start tag "anna" at byte offset 3'


def digests(product: Product, chat: int) -> list[Json]:
    return [message for message in product.telegram.messages(chat) if "new enquiries" in str(message["text"])]


async def log_of(product: Product, lead: str) -> list[dict[str, Any]]:
    """The attempts at the alert of a lead, first to last."""
    (found,) = [each for each in await product.leads() if each["name"] == lead]
    listed = await product.http.get("/api/v1/deliveries", params={"lead": found["id"]}, headers=product.key)
    (alert,) = listed.json()["data"]
    read = await product.http.get(f"/api/v1/deliveries/{alert['id']}", headers=product.key)
    attempts: list[dict[str, Any]] = read.json()["log"]
    return attempts


async def test_a_storm_becomes_one_digest_that_grows_names_everybody_and_can_be_claimed_from(product: Product) -> None:
    telegram = product.telegram
    alice, mallory = telegram.add_user("Alice"), telegram.add_user("Mallory")
    group = telegram.add_group("Sales")
    await product.bind(group, alice)
    names = [f"Lead{number:02}." for number in range(STORM_CARDS + 5)]
    for name in names:
        await product.submit(name=name, email=f"{name}@example.org")
    await until(lambda: all(any(name in text for text in texts(telegram, group)) for name in names))
    (digest,) = digests(product, group)

    await product.submit(name="<b>Late</b> & last", email="late@example.org")

    await until(lambda: "<b>Late</b> & last" in str(digests(product, group)[0]["text"]))
    (grown,) = digests(product, group)
    assert grown["message_id"] == digest["message_id"]
    assert [sum(name in text for text in texts(telegram, group)) for name in names] == [1] * len(names)

    number = next(line for line in str(grown["text"]).splitlines() if "Late" in line).partition(".")[0]
    telegram.press(group, int(str(grown["message_id"])), f"✋ {number}", mallory)
    refused = await until(lambda: telegram.calls_of("answerCallbackQuery"))
    assert "does not know you" in refused[0].params["text"]
    telegram.press(group, int(str(grown["message_id"])), f"✋ {number}", alice)

    await until(lambda: "late@example.org ✋" in str(digests(product, group)[0]["text"]))
    assert f"✋ {number}" not in telegram.buttons(group, int(str(grown["message_id"])))
    owners = {lead["name"]: lead["owner"] for lead in await product.leads()}
    assert [name for name, owner in owners.items() if owner is not None] == ["<b>Late</b> & last"]


async def test_a_digest_that_somebody_deletes_is_sent_anew_with_whom_it_would_have_named(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    for number in range(STORM_CARDS):
        await product.submit(name=f"Lead{number:02}.", email=f"{number}@example.org")
    await until(lambda: sum("Lead" in text for text in texts(telegram, alice.id)) == STORM_CARDS)
    await product.submit(name="One more", email="more@example.org")
    (digest,) = await until(lambda: digests(product, alice.id))
    telegram.delete_message(alice.id, int(str(digest["message_id"])))

    await product.submit(name="Late", email="late@example.org")

    anew = await card_in(product, alice.id, "Late")
    assert "One more" in anew["text"]
    await product.settled()
    assert len(digests(product, alice.id)) == 1


async def test_a_deleted_topic_is_made_again_once_and_the_alerts_arrive_there(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    forum = telegram.add_group("Sales", forum=True)
    topic = telegram.add_topic(forum, "Enquiries")
    await product.bind(forum, alice, thread_id=topic)
    telegram.delete_topic(forum, topic)

    await asyncio.gather(*(product.submit(name=name, email=f"{name}@example.org") for name in ("Anna", "Berta")))

    cards = [await card_in(product, forum, name) for name in ("Anna", "Berta")]
    assert len(telegram.calls_of("createForumTopic")) == 1
    (made,) = telegram.world.rooms[forum].topics
    assert telegram.world.rooms[forum].topics[made] == "Enquiries"
    assert [card["message_thread_id"] for card in cards] == [made, made]
    await product.settled()


async def test_a_topic_that_may_not_be_made_again_gives_way_to_the_chat_itself(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    forum = telegram.add_group("Sales", forum=True)
    topic = telegram.add_topic(forum, "Enquiries")
    await product.bind(forum, alice, thread_id=topic)
    telegram.world.rooms[forum].can_manage_topics = False
    telegram.delete_topic(forum, topic)

    await product.submit(name="Anna", email="anna@example.org")

    assert "message_thread_id" not in await card_in(product, forum, "Anna")


async def test_a_network_that_fails_while_a_topic_is_made_again_does_not_give_the_topic_up(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    forum = telegram.add_group("Sales", forum=True)
    topic = telegram.add_topic(forum, "Enquiries")
    await product.bind(forum, alice, thread_id=topic)
    telegram.delete_topic(forum, topic)
    telegram.fault("drop", method="createForumTopic")
    await product.submit(name="Anna", email="anna@example.org")
    await until(lambda: telegram.calls_of("createForumTopic"))

    async def waits() -> bool:
        return [each["state"] for each in await product.deliveries()] == ["due"]

    await until(waits)
    await product.pass_time()

    assert (await card_in(product, forum, "Anna"))["message_thread_id"] in telegram.world.rooms[forum].topics


async def test_a_text_that_telegram_cannot_read_is_sent_as_plain_text_with_its_buttons(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    telegram.fault("refuse", chat=alice.id, code=400, description=PARSE_ERROR)

    await product.submit(name="Anna <Berg> & Co", email="anna@example.org")

    card = await card_in(product, alice.id, "Anna <Berg> & Co")
    assert "entities" not in card
    assert any("Claim" in label for label in telegram.buttons(alice.id, int(card["message_id"])))
    await product.settled()
    assert [(each["outcome"], each["detail"]) for each in await log_of(product, "Anna <Berg> & Co")] == [
        ("sent", "plain")
    ]


@pytest.mark.parametrize("second", ["answered", "silent"])
async def test_an_alert_without_an_answer_is_sent_once_more_and_never_again(product: Product, second: str) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    await product.bind(alice.id, alice)
    telegram.fault("reset_after", chat=alice.id, times=1 if second == "answered" else 2)
    await product.submit(name="Anna", email="anna@example.org")

    async def outcomes(*wanted: str) -> bool:
        return [each["outcome"] for each in await log_of(product, "Anna")] == list(wanted)

    await until(lambda: product.deliveries("due"))
    await until(lambda: outcomes("uncertain"))
    # It was carried out, and nobody could know.
    assert sum("Anna" in text for text in texts(telegram, alice.id)) == 1
    await product.pass_time()

    await until(lambda: outcomes("uncertain", "sent" if second == "answered" else "uncertain"))
    await product.pass_time()
    state = "sent" if second == "answered" else "uncertain"
    assert [each["state"] for each in await product.deliveries()] == [state]
    assert sum("Anna" in str(call.params.get("text")) for call in telegram.calls_of("sendMessage")) == 2


async def test_twenty_groups_become_supergroups_at_the_same_moment_and_none_is_forgotten(product: Product) -> None:
    telegram = product.telegram
    alice = telegram.add_user("Alice")
    groups = [telegram.add_group(f"Group {number}", "group") for number in range(20)]
    for group in groups:
        await product.bind(group, alice)

    moved = [telegram.migrate(group) for group in groups]
    for name in ("Anna", "Berta"):
        await product.submit(name=name, email=f"{name}@example.org")

    for chat in moved:
        await card_in(product, chat, "Anna")
        await card_in(product, chat, "Berta")
    await product.settled()
    assert [each["state"] for each in await product.destinations()] == ["active"] * 20
    assert [[sum(name in text for text in texts(telegram, chat)) for name in ("Anna", "Berta")] for chat in moved] == [
        [1, 1]
    ] * 20
