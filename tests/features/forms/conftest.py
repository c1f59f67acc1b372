"""The product's own application around a test database: capture in front, API and pages behind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr

from leadsbot.asgi import Application
from leadsbot.features.capture.public import Submission, get_submission, update_source
from leadsbot.features.forms.definition import Definition, decode
from leadsbot.infra.db.addresses import Addresses
from leadsbot.infra.db.pool import Database
from leadsbot.infra.settings import Settings
from leadsbot.kit import ids
from leadsbot.testing.postgres import TestDatabase
from leadsbot.wiring import process
from tests.cast import BASE, BROWSER, Browser, Cast, browser

SECRET = "a secret key that is long enough for tests"


SCRIPT = {"accept": "application/json", "user-agent": BROWSER["user-agent"], "origin": BASE}
ROOF = {"name": "Ada Byron", "email": "ada.byron@example.com", "message": "Our roof leaks above the stairs."}
BOT = {
    "name": "SEO Expert", "email": "best-seo@cheap-links.example",
    "message": "Buy cheap backlinks now!!! http://a.example http://b.example http://c.example casino viagra",
    "_gotcha": "http://spam.example", "_token": "forged",
}  # fmt: skip
"""What no screening takes for a person's."""


@pytest.fixture(scope="session")
async def app(database: TestDatabase) -> AsyncIterator[Application]:
    settings = Settings(secret_key=SecretStr(SECRET), rate_limits="off")
    async with process(
        settings, Addresses(database.owner, {}), name="forms", address=BASE, background=False
    ) as running:
        made = Application(running)
        await made.capture.startup()
        yield made
        await made.capture.shutdown()


@pytest.fixture
async def web(app: Application) -> AsyncIterator[Browser]:
    """Somebody who is not signed in."""
    async with browser(app) as opened:
        yield opened


@dataclass
class Forms:
    """Alice's forms by API, and what visitors do with them."""

    web: Browser
    cast: Cast
    db: Database

    async def call(
        self, method: str, path: str = "", body: Any = None, *, by: str = "alice", **headers: str
    ) -> httpx.Response:
        bearer = getattr(self.cast, by).bearer
        options: dict[str, Any] = {} if body is None else {"json": body}
        return await self.web.http.request(method, f"/api/v1/forms{path}", headers={**bearer, **headers}, **options)

    async def make(self, definition: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """A form of Alice's; published unless it has errors."""
        answer = await self.call("POST", "", {"definition": definition or contact(), **more})
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def save(self, form: dict[str, Any], definition: dict[str, Any]) -> dict[str, Any]:
        answer = await self.call("PATCH", f"/{form['id']}", {"definition": definition, "revision": form["revision"]})
        assert answer.status_code == 200, answer.text
        saved: dict[str, Any] = answer.json()
        return saved

    async def publish(self, form: dict[str, Any]) -> dict[str, Any]:
        answer = await self.call("POST", f"/{form['id']}/publish", {})
        assert answer.status_code == 200, answer.text
        live: dict[str, Any] = answer.json()
        return live

    async def change(self, form: dict[str, Any], definition: dict[str, Any]) -> dict[str, Any]:
        """Save and publish."""
        return await self.publish(await self.save(form, definition))

    async def option(self, made: dict[str, Any], **options: Any) -> None:
        """Set options of the form's source."""
        async with self.db.tenant(self.cast.workspace_id) as tx:
            await update_source(tx, ids.read(ids.SOURCE, made["source"]), **options)

    async def see(self, form: dict[str, Any], query: str = "", **headers: str) -> httpx.Response:
        """The hosted page."""
        return await self.web.get(f"/f/{form['key']}{query}", headers=headers)

    async def send(self, form: dict[str, Any], fields: dict[str, Any], **headers: str) -> httpx.Response:
        """Post as a browser does."""
        return await self.web.http.post(
            f"/f/{form['key']}", data=fields, headers={**BROWSER, "origin": BASE, **headers}
        )

    async def tell(self, form: dict[str, Any], fields: dict[str, Any], web: Browser | None = None) -> httpx.Response:
        """Post as a script does in a browser, perhaps another one."""
        return await (web or self.web).http.post(f"/f/{form['key']}", json=fields, headers=SCRIPT)

    async def stored(self, answer: httpx.Response) -> Submission:
        """The submission that a script was told the id of."""
        assert answer.status_code == 201, answer.text
        async with self.db.tenant(self.cast.workspace_id) as tx:
            found = await get_submission(tx, ids.read(ids.SUBMISSION, answer.json()["id"]))
        assert found is not None
        return found

    def id(self, form: dict[str, Any]) -> UUID:
        return ids.read(ids.FORM, form["id"])


@pytest.fixture
def forms(web: Browser, cast: Cast, db: Database) -> Forms:
    return Forms(web, cast, db)


@pytest.fixture
async def alice(app: Application, cast: Cast) -> AsyncIterator[Browser]:
    async with browser(app) as opened:
        await opened.sign_in(cast.alice.email)
        yield opened


@pytest.fixture
async def bob(app: Application, cast: Cast) -> AsyncIterator[Browser]:
    async with browser(app) as opened:
        await opened.sign_in(cast.bob.email)
        yield opened


@pytest.fixture
async def charlie(app: Application, cast: Cast) -> AsyncIterator[Browser]:
    async with browser(app) as opened:
        await opened.sign_in(cast.charlie.email)
        yield opened


def field(key: str, type: str = "text", **more: Any) -> dict[str, Any]:
    """A field with a label."""
    return {"key": key, "type": type, "label": key.replace("_", " ").capitalize(), **more}


def one_step(*fields: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A form of one step."""
    return {"title": "Contact us", "steps": [{"id": "one", "fields": list(fields)}], **more}


def contact(**more: Any) -> dict[str, Any]:
    """Name, e-mail and message."""
    return one_step(
        field("name", required=True), field("email", "email", required=True), field("message", "textarea"), **more
    )


def definition(data: dict[str, Any]) -> Definition:
    """Decoded."""
    return decode(data)


_WORK = [{"value": "kitchen", "label": "A kitchen"}, {"value": "bath", "label": "A bathroom"}]
QUOTE: dict[str, Any] = {
    "title": "Ask for a quote",
    "intro": "Tell us what you have in mind.\nWe answer within a day.",
    "steps": [
        {
            "id": "you",
            "title": "About you",
            "fields": [
                field("first_name", required=True, half=True, max=80),
                field("last_name", required=True, half=True),
                field("email", "email", required=True, help="We never give it to others."),
                field("phone", "phone", country="DE"),
                field("customer_number", pattern="[A-Z]{2}-\\d{4}", pattern_help="Like AB-1234."),
            ],
        },
        {
            "id": "project",
            "title": "Your project",
            "fields": [
                field("what", "radio", options=_WORK, required=True),
                field(
                    "rooms", "multiselect", options=_WORK, show_if=[[{"field": "what", "op": "is", "value": "bath"}]]
                ),
                field("budget", "money", currency="EUR", min=100),
                field("start", "date", half=True),
                field("size", "number", min=1, max=500, step=0.5, half=True),
                field("found", "select", options=_WORK, prefill="from"),
                field("about", "heading", text="It helps us to know."),
                field("like", "rating"),
                field("message", "textarea", required=True, max=2000, placeholder="What else should we know?"),
                field("plan", "file", accept=["image/*"]),
                field("terms", "consent", required=True, text="My details may be kept to answer my enquiry."),
                field("news", "checkbox", default="yes"),
                field("campaign", "hidden", prefill="utm_campaign"),
            ],
        },
    ],
    "languages": {
        "ar": {
            "title": "اطلب عرض سعر",
            "intro": "أخبرنا بما يدور في ذهنك.",
            "fields": {"first_name": {"label": "الاسم الأول"}, "message": {"label": "الرسالة"}},
            "steps": {"you": "عنك", "project": "مشروعك"},
        }
    },
    "notice_url": "https://shop.example/privacy",
    "theme": {"accent": "#ffd400", "corners": "round"},
}
"""A form with every type of field, two steps and two languages."""
