"""A desk at the builder of forms: the whole product, a browser, and an owner who is signed in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.async_api import BrowserContext, FrameLocator, Locator, Page
from playwright.async_api import expect as shows

from tests.browser.test_pages import CHROMIUM
from tests.features.forms.conftest import contact
from tests.product import Product

MARKS = [
    pytest.mark.browser,
    pytest.mark.xdist_group("builder"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it"),
]
ATTACK = "<img src=x onerror=alert(1)>\"'<script>alert(2)</script>"
DESKTOP = {"width": 1440, "height": 900}


@dataclass
class Desk:
    """Alice at her browser, with one form open. What the console says is written down."""

    product: Product
    context: BrowserContext
    said: list[str] = field(default_factory=list)
    form: dict[str, Any] = field(default_factory=dict)

    async def api(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        options = {} if body is None else {"json": body}
        answer = await self.product.http.request(method, f"/api/v1/forms{path}", headers=self.product.key, **options)
        assert answer.status_code < 300, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def open(self, definition: dict[str, Any] | None = None, *, at: str = "", **more: Any) -> Page:
        """A new form, open in the builder."""
        self.form = await self.api("POST", "", {"definition": definition or contact(), "name": "Web site", **more})
        return await self.again(at)

    async def again(self, at: str = "") -> Page:
        """The same form in another tab."""
        page = await self.context.new_page()
        await page.set_viewport_size(DESKTOP)
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        await page.goto(f"/forms/{self.form['id']}{at}")
        await shows(page.locator(".builder-bar")).to_be_visible()
        return page

    async def draft(self) -> dict[str, Any]:
        found: dict[str, Any] = (await self.api("GET", f"/{self.form['id']}"))["draft"]
        return found

    async def keys(self) -> list[list[str]]:
        return [[each["key"] for each in step["fields"]] for step in (await self.draft())["steps"]]

    async def first(self) -> dict[str, Any]:
        """The first field of the draft."""
        found: dict[str, Any] = (await self.draft())["steps"][0]["fields"][0]
        return found


async def saved(page: Page) -> None:
    """Wait until the server has what is on the page."""
    await shows(page.locator(".saving.saved")).to_be_visible()


def card(page: Page, key: str) -> Locator:
    return page.locator(f'[data-card="{key}"]')


def label(page: Page, key: str) -> Locator:
    return card(page, key).locator(".label-input")


def settings(page: Page) -> Locator:
    return page.get_by_role("region", name="Settings")


def preview(page: Page) -> FrameLocator:
    # The next draft is drawn behind the one that is seen, which goes when the other is ready.
    return page.frame_locator("iframe >> nth=0")


def kinds(page: Page) -> Locator:
    """The kinds of fields in the list that opened."""
    return page.get_by_role("listbox").get_by_role("option")


async def order(page: Page) -> list[str]:
    return await page.eval_on_selector_all("[data-card]", "cards => cards.map(each => each.dataset.card)")
