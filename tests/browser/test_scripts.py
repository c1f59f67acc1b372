"""The dashboard's scripts in a real browser, under the strict policy, against a small server in its place."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from playwright.async_api import Browser, BrowserContext, Page
from playwright.async_api import expect as shows

import hatch_build

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("frontend"),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; .ci/run installs it"),
]


@dataclass
class Stage:
    """What the small server knows: rows of a list, open streams, posted forms."""

    address: str = ""
    rows: list[str] = field(default_factory=lambda: ["Ada", "Bo"])
    streams: list[asyncio.Queue[str]] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)
    refuse_streams: bool = False
    polls: int = 0
    fetches: int = 0

    def say(self, name: str) -> None:
        """Send an event to every open stream."""
        for queue in self.streams:
            queue.put_nowait(name)


STAGE = web.AppKey("stage", Stage)


def asset(name: str) -> str:
    """The built file of a source name."""
    if not hatch_build.fresh():
        hatch_build.build()
    manifest = json.loads((hatch_build.BUILT / "manifest.json").read_text())
    return f"/static/{manifest[name]['file']}"


def page_of(stage: Stage) -> str:
    rows = "".join(
        f'<tr data-row id="row-{name}"><td><a class="main-link" href="/lead/{name}">{name}</a></td>'
        f'<td><form method="post" action="/done/{name}"><button data-row-key="d">Done</button></form></td></tr>'
        for name in stage.rows
    )
    return f"""<!doctype html><html lang="en"><head><title>Leads</title><script src="{asset("theme.js")}"></script>
<meta name="csrf-token" content="token-1"><link rel="stylesheet" href="{asset("app.css")}">
<script src="{asset("app.js")}" defer></script></head><body>
<a href="/other" data-hotkey="g o">Other</a><input type="search" aria-label="Search">
<button data-theme-toggle>Light or dark</button><button data-hotkeys>Keys</button>
<pre id="code">curl it</pre><button data-copy-from="#code">Copy</button>
<form method="post" action="/slow"><button id="send">Send</button></form>
<p id="count" data-live="lead.">{len(stage.rows)} leads</p>
<div class="grid-table" id="list" data-live="lead." data-live-hold><table><tbody>{rows}</tbody></table></div>
</body></html>"""


async def stream(request: web.Request) -> web.StreamResponse:
    stage = request.app[STAGE]
    if stage.refuse_streams:
        return web.Response(status=204)
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await answer.prepare(request)
    queue: asyncio.Queue[str] = asyncio.Queue()
    stage.streams.append(queue)
    try:
        while True:
            try:
                await answer.write(f"event: change\ndata: {await asyncio.wait_for(queue.get(), 0.2)}\n\n".encode())
            except TimeoutError:
                await answer.write(b": still here\n\n")
    except ConnectionError:
        pass
    finally:
        stage.streams.remove(queue)
    return answer


async def poll(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    stage.polls += 1
    return web.json_response({}, headers={"ETag": f'"{len(stage.rows)}"'})


async def show(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    stage.fetches += "X-Live" in request.headers
    return web.Response(text=page_of(stage), content_type="text/html", headers={"Content-Security-Policy": CSP})


async def slow(request: web.Request) -> web.Response:
    stage = request.app[STAGE]
    stage.posts.append(request.path)
    await asyncio.sleep(0.3)
    raise web.HTTPSeeOther("/")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """The small server, on a port of its own."""
    app = web.Application()
    made = Stage()
    app[STAGE] = made
    app.router.add_static("/static/", hatch_build.BUILT)
    app.add_routes(
        [
            web.get("/live", stream),
            web.get("/live/poll", poll),
            web.get("/", show),
            web.get("/other", show),
            web.get("/lead/{name}", show),
            web.post("/slow", slow),
            web.post("/done/{name}", slow),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.address = "http://{}:{}".format(*runner.addresses[0][:2])
    yield made
    await runner.cleanup()


@pytest.fixture
async def browser(chromium: Browser) -> Browser:
    """One Chromium for all suites."""
    return chromium


@pytest.fixture
async def context(browser: Browser, stage: Stage) -> AsyncIterator[BrowserContext]:
    """A fresh profile that may use the clipboard. Any message on the console fails the test: CSP speaks there."""
    said: list[str] = []
    opened = await browser.new_context(base_url=stage.address, permissions=["clipboard-read", "clipboard-write"])
    opened.on("console", lambda message: said.append(message.text))
    opened.on("weberror", lambda error: said.append(str(error.error)))
    yield opened
    await opened.close()
    assert [text for text in said if "favicon" not in text and "404" not in text] == []


@pytest.fixture
async def page(context: BrowserContext) -> Page:
    """The list, open."""
    opened = await context.new_page()
    await opened.goto("/")
    return opened


async def until(true: Callable[[], Any]) -> None:
    """Wait, up to ten seconds, for something in this process to become true."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.02)


async def test_a_new_row_appears_by_itself(stage: Stage, page: Page) -> None:
    await until(lambda: stage.streams)

    stage.rows.insert(0, "Cy")
    stage.say("lead.created")

    await shows(page.locator("#row-Cy")).to_be_visible()


async def test_an_event_of_another_kind_fetches_nothing(stage: Stage, page: Page) -> None:
    await until(lambda: stage.streams)

    stage.say("delivery.sent")
    stage.rows.append("Cy")
    stage.say("lead.created")

    await shows(page.locator("#row-Cy")).to_be_visible()
    assert stage.fetches == 1


async def test_all_parts_of_a_page_come_with_one_request(stage: Stage, page: Page) -> None:
    await until(lambda: stage.streams)

    stage.rows.append("Cy")
    for _ in range(20):
        stage.say("lead.created")

    await shows(page.locator("#count")).to_have_text("3 leads")
    await shows(page.locator("#row-Cy")).to_be_visible()
    assert stage.fetches <= 2


async def test_new_rows_wait_behind_a_bar_while_somebody_reads(stage: Stage, page: Page) -> None:
    await until(lambda: stage.streams)
    await page.keyboard.press("j")
    await shows(page.get_by_role("link", name="Ada")).to_be_focused()

    stage.rows[:0] = ["Cy", "Di"]
    stage.say("lead.created")
    await shows(page.get_by_role("button", name="2 new")).to_be_visible()
    assert await page.locator("#row-Cy").count() == 0

    await page.get_by_role("button", name="2 new").click()
    await shows(page.locator("#row-Cy")).to_be_visible()


async def test_two_tabs_share_one_stream_and_both_hear(stage: Stage, context: BrowserContext, page: Page) -> None:
    await until(lambda: stage.streams)
    second = await context.new_page()
    await second.goto("/")
    await second.wait_for_function("navigator.locks.query().then(q => q.pending.length === 1)")

    stage.rows.append("Cy")
    stage.say("lead.created")

    for tab in (page, second):
        await shows(tab.locator("#row-Cy")).to_be_attached()
    assert len(stage.streams) == 1


async def test_the_other_tab_takes_over_when_the_first_closes(
    stage: Stage, context: BrowserContext, page: Page
) -> None:
    await until(lambda: stage.streams)
    first = stage.streams[0]
    second = await context.new_page()
    await second.goto("/")

    await page.close()
    await until(lambda: stage.streams and stage.streams[0] is not first)
    stage.rows.append("Cy")
    stage.say("lead.created")

    await shows(second.locator("#row-Cy")).to_be_attached()


async def test_without_a_stream_the_page_asks_now_and_then(stage: Stage, context: BrowserContext) -> None:
    stage.refuse_streams = True
    page = await context.new_page()
    await page.goto("/")
    await until(lambda: stage.polls)

    stage.rows.append("Cy")

    await shows(page.locator("#row-Cy")).to_be_attached(timeout=12_000)


async def test_a_double_click_sends_a_form_once(stage: Stage, page: Page) -> None:
    await page.locator("#send").dblclick()
    await until(lambda: stage.posts)
    await shows(page.locator("#send:not([aria-busy])")).to_be_visible()

    assert stage.posts == ["/slow"]


async def test_copying_says_so(page: Page) -> None:
    await page.get_by_role("button", name="Copy").click()
    await shows(page.get_by_role("status")).to_contain_text("Copied")
    assert await page.evaluate("navigator.clipboard.readText()") == "curl it"


async def test_keys_work_and_rest_inside_fields_and_can_be_turned_off(page: Page) -> None:
    await page.keyboard.press("/")
    await shows(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("g o j ?")
    await shows(page.get_by_role("searchbox")).to_have_value("g o j ?")
    await page.keyboard.press("Escape")

    await page.keyboard.press("?")
    await shows(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Other")
    await page.get_by_role("button", name="Turn keys off").click()
    await shows(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("?")
    await shows(page.get_by_role("dialog")).to_have_count(0)

    await page.get_by_role("button", name="Keys").click()
    await page.get_by_role("button", name="Turn keys on").click()
    await page.keyboard.press("g")
    await page.keyboard.press("o")
    await page.wait_for_url("**/other")


async def test_a_key_of_rows_acts_in_the_row_that_has_the_focus(stage: Stage, page: Page) -> None:
    await page.keyboard.press("d")
    await page.keyboard.press("?")
    await shows(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Done (this row)")
    await page.keyboard.press("Escape")
    assert stage.posts == []
    await page.keyboard.press("j")
    await page.keyboard.press("j")
    async with page.expect_request(lambda request: request.method == "POST"):
        await page.keyboard.press("d")
    await until(lambda: stage.posts)
    assert stage.posts == [f"/done/{stage.rows[1]}"]


async def test_the_chosen_theme_is_there_before_the_page_is_drawn(page: Page) -> None:
    await page.emulate_media(color_scheme="light")
    await page.get_by_role("button", name="Light or dark").click()
    await page.reload(wait_until="commit")
    await page.wait_for_selector("body", state="attached")
    assert await page.evaluate("document.documentElement.dataset.theme") == "dark"

    await page.get_by_role("button", name="Light or dark").click()
    assert await page.evaluate("[document.documentElement.dataset.theme, localStorage.length]") == [None, 0]
