"""Who is who in Telegram: a link stands for its maker, a name is one name, and who left the team is a stranger."""

from __future__ import annotations

import html
import re

from leadsbot.features.accounts import public as accounts
from leadsbot.kit import ids
from tests.journeys.test_telegram_page import signed_in
from tests.product import PASSWORD, Product, card_in, texts, until

ANNA = {"name": "Anna Berg", "email": "anna@example.com", "message": "A roof"}
BEN = "ben@example.com"
TEAM = "/settings/team"


async def add_ben(product: Product) -> str:
    """Ben joins as a member and has Alice's password; his id."""
    hashed = await accounts.make_hash(PASSWORD)
    db = product.process.services.db
    async with db.tenant(ids.read(ids.WORKSPACE, product.workspace["workspace_id"])) as tx:
        person, _ = await accounts.find_or_add_person(tx, email=BEN, name="Ben Berg", password_hash=hashed)
        await accounts.add_member(tx, person, accounts.Role.MEMBER)
    return ids.show(ids.PERSON, person.id)


async def test_a_colleague_connects_a_chat_of_their_own_and_has_one_name(product: Product) -> None:
    telegram = product.telegram
    bob = telegram.add_user("Bobby in Telegram")
    await add_ben(product)
    await product.another_workspace()
    async with signed_in(product, BEN) as ben, signed_in(product, "charlie@example.com") as outsider:
        made = await ben.post("/telegram/link")
        page = html.unescape((await ben.get(made.headers["location"])).text)
        assert "This link stands for you, Ben Berg." in page
        assert "whom an owner adds under Settings, Team" in page
        telegram.start(bob.id, bob, page.split("?start=")[1].split('"')[0])
        await until(lambda: any("connected" in text for text in texts(telegram, bob.id)))
        await product.submit(**ANNA)
        card = await card_in(product, bob.id, "Anna")
        telegram.press(bob.id, card["message_id"], "Claim", bob)
        telegram.send_text(bob.id, bob, "Rings back", reply_to=card["message_id"])
        lead = (await product.leads())[0]["id"]

        async def both() -> bool:
            text = (await ben.get(f"/leads/{lead}")).text
            return "Claimed <span" in text and "Rings back" in text

        await until(both)
        text = (await ben.get(f"/leads/{lead}")).text
        said = re.findall(r"(Claimed|Note) <span class=\"muted\">· ([^<]+)<", text)
        assert sorted(said) == [("Claimed", "Ben Berg"), ("Note", "Ben Berg")]
        # The chat is called as Telegram calls it, the person as here.
        assert "Bobby" not in text.replace("Sent to “Bobby in Telegram” in Telegram", "")
        assert "Ben" not in (await outsider.get("/telegram")).text
        # Only those who manage chats pause or remove them.
        (chat,) = await product.destinations()
        assert (await ben.post(f"/telegram/{chat['id']}/state", {"do": "remove"})).status_code == 403


async def test_who_left_the_team_is_a_stranger_in_telegram(product: Product) -> None:
    telegram = product.telegram
    alice, bob = telegram.add_user("Alice"), telegram.add_user("Bob")
    group = telegram.add_group("Sales")
    ben_id = await add_ben(product)
    await product.bind(group, alice)
    async with signed_in(product, BEN) as ben:
        pages = [(await ben.post("/telegram/link")).headers["location"] for _ in range(2)]
        used, unused = [(await ben.get(page)).text.split("?start=")[1].split('"')[0] for page in pages]
    telegram.start(bob.id, bob, used)
    await until(lambda: any("connected" in text for text in texts(telegram, bob.id)))
    await product.submit(**ANNA)
    card = await card_in(product, group, "Anna")
    await card_in(product, bob.id, "Anna")

    async with signed_in(product) as owner:
        assert (await owner.post(f"{TEAM}/{ben_id}/remove", on=TEAM)).status_code == 303

    telegram.press(group, card["message_id"], "Junk", bob)
    await until(lambda: telegram.calls_of("answerCallbackQuery"))
    assert "does not know you" in telegram.calls_of("answerCallbackQuery")[-1].params["text"]
    assert [lead["stage"] for lead in await product.leads()] == ["new"]

    async def stopped() -> bool:
        states = {each["kind"]: each["state"] for each in await product.destinations()}
        return states.get("private") == "disabled"

    await until(stopped)
    telegram.start(bob.id, bob, unused)
    await until(lambda: any("not in the team any more" in text for text in texts(telegram, bob.id)))
    await product.submit(name="Carla", email="carla@example.com")
    await card_in(product, group, "Carla")
    assert not any("Carla" in text for text in texts(telegram, bob.id))
