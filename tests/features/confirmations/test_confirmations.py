"""The mail to whoever filled in a form: from the form through the worker to a real mail server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from leadsbot.features.confirmations.model import harmless
from leadsbot.testing.postgres import TestDatabase
from tests.features.forms.conftest import BOT, SCRIPT, contact
from tests.inbox import Inbox, mail_server
from tests.product import Product, running, until

WANTED = {"enabled": True, "subject": "We have your message", "text": "Thank you.\nWe call you tomorrow."}
ADA = {"name": "Ada Lovelace", "email": "Ada@Example.com", "message": "Please call me about our roof, it leaks."}


@dataclass
class Post:
    """The product with its mail server."""

    product: Product
    inbox: Inbox

    async def call(self, method: str, path: str, body: Any = None, key: dict[str, str] | None = None) -> Any:
        answer = await self.product.http.request(method, f"/api/v1{path}", json=body, headers=key or self.product.key)
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def form(self, **confirmation: Any) -> dict[str, Any]:
        definition = contact(confirmation={**WANTED, **confirmation})
        made: dict[str, Any] = await self.call("POST", "/forms", {"definition": definition})
        return made

    async def fill(self, form: dict[str, Any], **fields: Any) -> None:
        answer = await self.product.http.post(f"/f/{form['key']}", json={**ADA, **fields}, headers=SCRIPT)
        assert answer.status_code == 201, answer.text

    async def log(self) -> list[tuple[str, str | None, int]]:
        """State, reason and attempts of every confirmation, the newest first."""
        rows = (await self.call("GET", "/deliveries"))["data"]
        return [(row["state"], row["reason"], row["attempts"]) for row in rows if row["kind"] == "confirmation"]

    async def settled(self, count: int, state: str = "sent") -> list[tuple[str, str | None, int]]:
        """Wait for so many confirmations in a state; the log."""

        async def there() -> list[tuple[str, str | None, int]] | None:
            rows = await self.log()
            return rows if sum(row[0] == state for row in rows) == count else None

        found: list[tuple[str, str | None, int]] = await until(there)
        return found


@pytest.fixture
async def post(fresh_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Post]:
    async with mail_server() as (inbox, url):
        options = {"smtp_url": SecretStr(url), "mail_from": "LeadsBot <leads@example.com>"}
        async with running(fresh_database, tmp_path, referee=False, **options) as product:
            yield Post(product, inbox)


async def test_the_owners_words_come_first_and_alone_and_what_was_typed_is_harmless_below(post: Post) -> None:
    form = await post.form()
    await post.fill(form, message="Our roof leaks, can you call me? Pictures: https://evil.example/roof")
    await post.settled(1)
    (mail,) = post.inbox.parsed
    assert (mail["To"], mail["Subject"]) == ("Ada@Example.com", "We have your message")
    assert mail["From"].addresses[0].addr_spec == "leads@example.com"
    assert mail["From"].addresses[0].display_name == "Corner & Sons"
    assert (mail["Auto-Submitted"], mail["Bcc"]) == ("auto-replied", None)
    above, _, below = mail.get_content().replace("\r\n", "\n").partition("\n-- \n")
    assert above.strip() == "Thank you.\nWe call you tomorrow."
    assert "into the form “Contact us”" in below
    assert "> Message: Our roof leaks, can you call me? Pictures: […]" in below
    assert "evil.example" not in below


async def test_an_address_gets_one_a_day_however_often_and_in_whatever_spelling_it_is_typed(post: Post) -> None:
    form, other = await post.form(), await post.form(subject="Another")
    await post.fill(form)
    await post.settled(1)
    await post.fill(form, email="ada@EXAMPLE.com ", message="A second message about the roof.")
    await post.fill(other, message="A third one, by another form of yours.")
    await post.fill(form, email="bo@example.com", name="Bo", message="Bo has a roof as well.")
    await post.settled(2)
    assert [mail["To"] for mail in post.inbox.parsed] == ["Ada@Example.com", "bo@example.com"]


async def test_nothing_is_sent_where_nobody_asked_for_it_or_screening_doubts(post: Post) -> None:
    silent = await post.form(enabled=False)
    await post.fill(silent, email="a@example.com")
    form = await post.form()
    await post.fill(form, **BOT)
    hook = f"/api/inbound/w/{post.product.workspace['webhook_id']}/leads"
    answer = await post.product.http.post(hook, json={**ADA, "email": "b@example.com"})
    assert answer.status_code == 201
    await post.fill(form, email="last@example.com", name="Last", message="This one is confirmed, the others are not.")
    await post.settled(1)
    assert [mail["To"] for mail in post.inbox.parsed] == ["last@example.com"]


async def test_a_mail_server_that_is_away_is_tried_again_and_one_that_refuses_is_not(post: Post) -> None:
    post.inbox.away = 1
    form = await post.form()
    await post.fill(form)

    async def tried() -> bool:
        return [row[:1] + row[2:] for row in await post.log()] == [("due", 1)]

    await until(tried)
    await post.product.pass_time()
    assert [row[2] for row in await post.settled(1)] == [2]
    assert len(post.inbox.mails) == 1
    await post.fill(form, email="nobody@example.com", name="Nobody", message="I gave an address that is none.")
    (failed, _) = await post.settled(1, "failed")
    assert "550" in str(failed[1])


async def test_a_failed_one_can_be_sent_from_the_log_and_the_outsider_sees_none(post: Post) -> None:
    form = await post.form()
    await post.fill(form, email="nobody@example.com")
    await post.settled(1, "failed")
    row = next(each for each in (await post.call("GET", "/deliveries"))["data"] if each["kind"] == "confirmation")
    again = await post.product.http.post(f"/api/v1/deliveries/{row['id']}/retry", headers=post.product.key)
    assert again.status_code == 200, again.text

    async def tried() -> bool:
        return [each[2] for each in await post.log()] == [2]

    await until(tried)
    charlie = {"Authorization": f"Bearer {(await post.product.another_workspace())['api_key']}"}
    assert (await post.call("GET", "/deliveries", key=charlie))["data"] == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("call me", "call me"),
        ("see http://a.example/b?c", "see […]"),
        ("JAVASCRIPT:alert(1) now", "[…] now"),
        ("a.example.com/win is mine", "[…] is mine"),
        ("write to ada@example.com, please", "write to ada@example.com, please"),
        ("http://a@b.example/win", "[…]"),
        ("two\nlines\x00", "two lines"),
        ("3.5 metres, 12.30 o'clock", "3.5 metres, 12.30 o'clock"),
        ("x" * 400, "x" * 299 + "…"),
    ],
)
def test_what_was_typed_cannot_be_clicked(typed: str, shown: str) -> None:
    assert harmless(typed) == shown
