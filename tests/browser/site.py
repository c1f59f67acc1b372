"""A running product with people and records in it, for browsers to look at."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from msgspec.structs import replace
from playwright.async_api import Browser, BrowserContext
from pydantic import SecretStr
from sqlalchemy import insert

from leadsbot.features.accounts import actions as accounts_actions
from leadsbot.features.accounts import model, store
from leadsbot.features.accounts import public as accounts
from leadsbot.features.capture.public import create_source, list_sources, untaken
from leadsbot.features.forms import public as forms
from leadsbot.features.forms.definition import Definition, Field, Step, Translation
from leadsbot.features.forms.starters import starter
from leadsbot.features.widget.tables import WidgetLoadRow
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids
from leadsbot.testing.postgres import TestDatabase
from tests.browser.inventory import BEGINNER, NOBODY, OWNER, READER, WORRIED
from tests.cast import BROWSER
from tests.features.forms.conftest import QUOTE, contact
from tests.product import PASSWORD, Product, running, until

HILDE = {
    "name": "Hilde Brandt-Sørensen",
    "email": "hilde.brandt-sorensen@a-rather-long-domain-name.example.org",
    "phone": "+49 30 901820",
    "company": "Brandt & Töchter Dachdeckerei GmbH & Co. KG",
    "message": "Our roof leaks above the stairs.\nCan somebody come this week?\n\nhttps://example.org/" + "photo" * 20,
    "Budget": "2000",
    "Answers": {"rooms": [1, 2, 3], "pets": True},
}
EVERYTHING = {
    "first_name": "Ada", "last_name": "Byron", "phone": "+49 30 902244", "what": "bath", "rooms": ["kitchen", "bath"],
    "budget": "2500", "start": "2026-12-24", "size": "12.5", "found": "bath", "like": "4", "terms": "yes",
    "news": "yes", "message": "The bath is from 1962 and so are the pipes. Can somebody come this week?",
}  # fmt: skip
SPAM = "We guarantee page 1 of Google in 30 days! Cheap SEO, 1000 backlinks for $49, reply now https://rank.example"


@dataclass
class Site:
    """The product, the ids of its records for addresses, and one open browser profile for each person."""

    product: Product
    known: dict[str, str]
    people: dict[str, str]
    _contexts: dict[str, BrowserContext] = field(default_factory=dict)

    async def profile(self, browser: Browser, who: str) -> BrowserContext:
        """The browser of somebody who is signed in; a fresh one for nobody."""
        made = self._contexts.get(who)
        if made is None or who == NOBODY:
            made = await browser.new_context(base_url=self.product.address, reduced_motion="reduce")
            self._contexts[who] = made
            if who != NOBODY:
                page = await made.new_page()
                await page.goto("/login")
                await page.get_by_label("E-mail address").fill(self.people[who])
                await page.get_by_label("Password").fill(PASSWORD)
                await page.get_by_role("button", name="Sign in").click()
                await page.wait_for_url("**/leads")
                await page.close()
        return made


async def _reader(product: Product) -> str:
    db, workspace = product.process.services.db, ids.read(ids.WORKSPACE, product.workspace["workspace_id"])
    hashed = await accounts.make_hash(PASSWORD)
    async with db.system() as tx:
        bob, _ = await accounts.find_or_add_person(tx, email="bob@example.com", name="Bob", password_hash=hashed)
        # Whom the team page adds. A person who is made there would end the link of the set-up page.
        await accounts.find_or_add_person(tx, email="dana@example.com", name="Dana", password_hash=None)
    async with db.tenant(workspace) as tx:
        await store.add_member(tx, model.Member(ids.new_id(), bob.id, bob.name, model.Role.VIEWER), "Corner & Sons")
    return bob.email


async def _newcomer(product: Product) -> str:
    """Somebody whose workspace has not even a source."""
    db, hashed = product.process.services.db, await accounts.make_hash(PASSWORD)
    async with db.tenant(ids.new_id()) as tx:
        dora, _ = await accounts.find_or_add_person(tx, email="dora@example.com", name="Dora", password_hash=hashed)
        await accounts.create_workspace(tx, name="Dora's", country="GB", owner=dora)
    return dora.email


async def _fill(product: Product) -> None:
    """Leads of every sort, two alerts sent and one refused, a note, a tag, a duplicate to think about."""
    chat = product.telegram.add_user("Alice")
    await product.bind(chat.id, chat)
    await product.submit(**HILDE)
    await until(lambda: _taken(product, 1))
    product.telegram.fault("refuse", code=400, description="Bad Request: not today")
    await product.submit(name="Bo", message="Short.")
    await until(lambda: _taken(product, 2))
    for number in range(60):
        await product.submit(name=f"Visitor {number}", email=f"{number}@example.org", message="A quote, please. " * 12)
    await product.submit(**{**HILDE, "email": "h.brandt@example.org", "name": "H. Brandt"})
    await until(lambda: _taken(product, 63))
    for number in range(4):
        sender = {"name": f"Kevin {number}", "email": f"k{number}@example.net"}
        caught = {**sender, "message": SPAM, "_gotcha": "x" * number}
        await product.http.post(f"/f/{product.workspace['form_key']}", data=caught, headers=BROWSER)
    await until(lambda: _taken(product, 63))


async def _refused(product: Product) -> str:
    """Somebody whose only chat has thrown the bot out, with an alert that waits."""
    email = "erin@example.com"
    space = await product.another_workspace(email)
    chat = product.telegram.add_group("Dachdeckerei Brandt & Töchter: Anfragen von der Web-Site und vom Telefon")
    await product.bind(chat, product.telegram.add_user("Erin"), workspace=space)
    product.telegram.delete_chat(chat)
    await product.submit(space, name="Anna", email="anna@example.org")

    async def held() -> bool:
        key = {"Authorization": f"Bearer {space['api_key']}"}
        answer = await product.http.get("/api/v1/deliveries?state=held", headers=key)
        return bool(answer.json()["data"])

    await until(held)
    return email


async def _taken(product: Product, count: int) -> bool:
    """Whether so many submissions are leads."""
    async with product.process.services.db.tenant(ids.read(ids.WORKSPACE, product.workspace["workspace_id"])) as tx:
        return await untaken(tx) == 0 and len(await product.leads()) >= min(count, 50)


async def _forms(product: Product) -> dict[str, str]:
    """The keys of a form with every type of field in two languages, of the same that keeps beginnings, of one that is
    over, of one for other sites."""
    made = {}
    for name, definition, more in (
        ("rich", QUOTE, {}),
        ("keeping", {**QUOTE, "partials": True}, {}),
        ("past", contact(closes_at="2020-01-01T00:00:00Z", closed_text="It was nice."), {}),
        ("elsewhere", contact(), {"allowed_origins": ["https://shop.example"]}),
    ):
        answer = await product.http.post(
            "/api/v1/forms", headers=product.key, json={"definition": definition, "name": name, **more}
        )
        assert answer.json()["live_version"] == 1, answer.text
        made[name] = answer.json()["key"]
        if name == "rich":
            made["answered"] = answer.json()["id"]
    for number in range(3):
        sent = {**EVERYTHING, "email": f"ada{number}@example.org"}
        script = {**BROWSER, "accept": "application/json"}
        told = await product.http.post(f"/f/{made['rich']}", json=sent, headers=script)
        assert told.status_code == 201, told.text
    return made


async def _known(product: Product, beginner: dict[str, str]) -> dict[str, str]:
    services = product.process.services
    hilde = (await product.http.get("/api/v1/leads?q=hilde.brandt", headers=product.key)).json()["data"][0]["id"]
    tag = {"tags": ["roof", "urgent"], "stage": "qualified"}
    await product.http.patch(f"/api/v1/leads/{hilde}", headers=product.key, json=tag)
    note = {"body": "Called back.\nWill send photos on Friday."}
    await product.http.post(f"/api/v1/leads/{hilde}/notes", headers=product.key, json=note)
    known = {"lead": hilde, "form_key": product.workspace["form_key"], **await _forms(product)}
    async with services.db.tenant(ids.read(ids.WORKSPACE, product.workspace["workspace_id"])) as tx:
        known["form"] = next(ids.show(ids.SOURCE, each.id) for each in await list_sources(tx) if each.kind == "form")
        for name in ("signed", "closed"):
            known[name] = ids.show(ids.SOURCE, (await create_source(tx, "form", name.capitalize())).id)
        seen = {"source_id": ids.read(ids.SOURCE, known["form"]), "site": "https://shop.example", "mode": "popup"}
        await tx.execute(insert(WidgetLoadRow).values(workspace_id=tx.workspace_id, loads=40, **seen))
        known |= await _designed(tx)
    async with services.db.tenant(ids.read(ids.WORKSPACE, beginner["workspace_id"])) as tx:
        known["fresh"] = next(ids.show(ids.SOURCE, each.id) for each in await list_sources(tx) if each.kind == "form")
    async with services.db.system() as tx:
        person = await store.person_by_email(tx, "alice@example.com")
        assert person is not None
        known["setup"] = await accounts_actions.make_link(tx, "setup", None, model.SETUP_LINK_LIFE)
        known["password"] = await accounts_actions.make_link(tx, "password", person.id, model.CLI_LINK_LIFE)
    return known


async def _designed(tx: TenantTx) -> dict[str, str]:
    """A form of two steps that was published twice and changed again, a draft with mistakes, one to be closed."""
    quote = starter("quote")
    assert quote is not None
    first = await forms.create_form(tx, quote.make("EUR"), name="Quote request")
    again = replace(first.draft, title="Ask for a quote", languages={"de": Translation(title="Angebot")})
    saved = await forms.save_draft(tx, first.id, again, revision=first.revision)
    live = await forms.publish(tx, first.id, note="A kinder title", revision=saved.revision)
    await forms.save_draft(tx, first.id, replace(again, intro="", button="Go"), revision=live.revision)
    bad = Field(key="topic", type="select", label="")
    drafted = await forms.create_form(tx, Definition(title="", steps=[Step(id="one", fields=[bad])]), name="Drafted")
    shut = await forms.create_form(tx, forms.contact_form(), name="Shut")
    ours = {"designed": first, "drafted": drafted, "shut": shut}
    return {name: ids.show(ids.FORM, form.id) for name, form in ours.items()}


@contextlib.asynccontextmanager
async def opened(database: TestDatabase, folder: Path) -> AsyncIterator[Site]:
    """The site, filled."""
    mail = {"smtp_url": SecretStr("smtp://127.0.0.1:1"), "mail_from": "leads@example.com"}
    async with running(database, folder, referee=False, rate_limits="off", **mail) as product:
        await _fill(product)
        beginner = await product.another_workspace()
        people = {
            OWNER: "alice@example.com",
            BEGINNER: "charlie@example.com",
            READER: await _reader(product),
            "nothing-yet": await _newcomer(product),
            WORRIED: await _refused(product),
        }
        yield Site(product, await _known(product, beginner), people)
