"""Sources over real HTTP: the capture path in front, API and pages behind it, the outsider always present."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from leadsbot.features.capture.endpoint import CaptureApp
from leadsbot.features.capture.public import Source, count_submissions, get_source
from leadsbot.features.forms.feature import FEATURE as FORMS
from leadsbot.features.leads.feature import FEATURE as LEADS
from leadsbot.features.sources import store
from leadsbot.features.sources.feature import FEATURE
from leadsbot.features.sources.public import refusals
from leadsbot.features.sources.snippets import snippets
from leadsbot.infra.db.base import CAPTURE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.ratelimit import Limiter
from leadsbot.kit import ids
from leadsbot.kit.signing import source_signature
from leadsbot.testing.postgres import TestDatabase
from leadsbot.wiring import CaptureObserver, secret_opener
from tests.cast import BASE, BROWSER, Browser, Cast, application, browser, services
from tests.intake import taking_part
from tests.product import until


class Whole:
    """Capture and dashboard as one application, as a process serves them."""

    def __init__(self, db: Database, dsn: str) -> None:
        given = services(db)
        self.changed: set[str] = set()
        self.refusals = refusals(db, self.changed.update)
        self.capture = CaptureApp(
            dsn,
            open_secret=secret_opener(given.crypto),
            limiter=Limiter(enabled=False),
            observer=CaptureObserver(self.refusals),
            **taking_part(),
        )
        self.dashboard = application(given, LEADS, FEATURE, FORMS)

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await (self.capture if self.capture.matches(scope) else self.dashboard)(scope, receive, send)


@pytest.fixture
async def app(db: Database, database: TestDatabase) -> AsyncIterator[Whole]:
    whole = Whole(db, database.of(CAPTURE))
    await whole.capture.startup()
    yield whole
    await whole.capture.shutdown()


@pytest.fixture
async def web(app: Whole) -> AsyncIterator[Browser]:
    async with browser(app) as opened:
        yield opened


@pytest.fixture
async def alice(app: Whole, cast: Cast) -> AsyncIterator[Browser]:
    async with browser(app) as opened:
        await opened.sign_in(cast.alice.email)
        yield opened


async def make(web: Browser, cast: Cast, **body: Any) -> dict[str, Any]:
    sent = {"kind": "form", "name": "Web site", **body}
    made = await web.http.post("/api/v1/sources", json=sent, headers=cast.alice.bearer)
    assert made.status_code == 201, made.text
    result: dict[str, Any] = made.json()
    return result


async def stored(db: Database, cast: Cast, source: dict[str, Any]) -> Source:
    async with db.tenant(cast.workspace_id) as tx:
        found = await get_source(tx, ids.read(ids.SOURCE, source["id"]))
    assert found is not None
    return found


def pasted(code: str) -> dict[str, Any]:
    """What a shell and curl make of a snippet, as arguments of an HTTP client."""
    words = shlex.split(code.replace("\\\n", " "))
    assert words.pop(0) == "curl"
    address, headers, body, form = words.pop(0), {}, None, {}
    while words:
        flag, value = words.pop(0), words.pop(0)
        if flag == "-H":
            name, _, text = value.partition(": ")
            headers[name] = text
        elif flag == "-d":
            body = value
        else:
            assert flag == "--data-urlencode"
            name, _, text = value.partition("=")
            form[name] = text
    return {"url": address, "headers": headers, **({"content": body} if body else {"data": form})}


async def test_a_source_is_opened_read_changed_and_listed(web: Browser, cast: Cast) -> None:
    made = await make(web, cast, allowed_origins=["https://Shop.example/", "null"], country="de")
    assert made["allowed_origins"] == ["https://shop.example", "null"]
    assert (made["state"], made["submissions"], made["country"]) == ("open", 0, "DE")
    path = f"/api/v1/sources/{made['id']}"
    changed = await web.http.patch(path, json={"name": "Shop", "country": None}, headers=cast.alice.bearer)
    assert (changed.json()["name"], changed.json()["country"]) == ("Shop", None)
    assert changed.json()["allowed_origins"] == made["allowed_origins"]
    read = await web.http.get(path, headers=cast.bob.bearer)
    assert read.json() == changed.json()
    second = await make(web, cast, kind="webhook")
    first = await web.http.get("/api/v1/sources?limit=1", headers=cast.bob.bearer)
    rest = await web.http.get(
        "/api/v1/sources", params={"cursor": first.json()["next_cursor"]}, headers=cast.bob.bearer
    )
    assert [each["id"] for each in first.json()["data"] + rest.json()["data"]] == [made["id"], second["id"]]
    assert rest.json()["next_cursor"] is None


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"kind": "pigeon"}, "kind"),
        ({"allowed_origins": ["https://shop.example/path"]}, "allowed_origins"),
        ({"redirect_allow": ["javascript:alert(1)"]}, "redirect_allow"),
        ({"country": "ß"}, "country"),
        ({"max_body": 1}, "max_body"),
        ({"signing_secret": "mine"}, "signing_secret"),
    ],
)
async def test_a_wrong_setting_is_refused_by_its_name(
    web: Browser, cast: Cast, body: dict[str, Any], field: str
) -> None:
    answer = await web.http.post(
        "/api/v1/sources", json={"kind": "form", "name": "Web site", **body}, headers=cast.alice.bearer
    )
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_the_outsider_finds_no_source_and_the_reader_changes_none(web: Browser, cast: Cast) -> None:
    made = await make(web, cast)
    path = f"/api/v1/sources/{made['id']}"
    writes = [
        ("PATCH", path),
        ("POST", f"{path}/close"),
        ("POST", f"{path}/reopen"),
        ("POST", f"{path}/signing-secret"),
        ("DELETE", f"{path}/signing-secret"),
    ]
    for method, to in [("GET", path), *writes]:
        body: dict[str, Any] = {"json": {"name": "Mine"}} if method == "PATCH" else {}
        assert (await web.http.request(method, to, headers=cast.charlie.bearer, **body)).status_code == 404, to
        assert (await web.http.request(method, to, **body)).status_code == 401, to
        if method != "GET":
            assert (await web.http.request(method, to, headers=cast.bob.bearer, **body)).status_code == 403, to
    assert (await web.http.get("/api/v1/sources", headers=cast.charlie.bearer)).json()["data"] == []
    await web.sign_in(cast.charlie.email)
    assert (await web.get(f"/sources/{made['id']}")).status_code == 404
    for act in ("", "/close", "/reopen", "/secret"):
        answer = await web.post(f"/sources/{made['id']}{act}", {"name": "Mine", "max_body": "1"})
        assert answer.status_code == 404, act


@pytest.mark.parametrize("kind", ["form", "webhook", "widget"])
async def test_every_command_to_paste_sends_an_enquiry(web: Browser, cast: Cast, db: Database, kind: str) -> None:
    made = await make(web, cast, kind=kind)
    source = await stored(db, cast, made)
    code = next(each.code for each in snippets(BASE, source) if each.id == "curl")
    answer = await web.http.post(**pasted(code))
    assert answer.status_code == 201, answer.text
    read = await web.http.get(f"/api/v1/sources/{made['id']}", headers=cast.alice.bearer)
    assert (read.json()["submissions"], read.json()["last_submission_at"] is None) == (1, False)


@pytest.mark.parametrize("kind", ["form", "webhook", "widget"])
async def test_there_is_something_to_paste_for_every_kind_of_site(
    alice: Browser, web: Browser, cast: Cast, db: Database, kind: str
) -> None:
    made = await make(web, cast, kind=kind)
    found = snippets(BASE, await stored(db, cast, made))
    assert {"react", "wordpress", "webflow", "curl"} < {each.id for each in found}
    assert ("html" if kind == "form" else "tag" if kind == "widget" else "script") in {each.id for each in found}
    page = html.unescape((await alice.get(f"/sources/{made['id']}")).text)
    for each in found:
        assert BASE in each.code, each.id
        assert made["key"] in each.code, each.id
        assert f">{each.title}</summary>" in page
        assert each.code.splitlines()[0] in page
        # Two tags may stand on one page, where an id must be the only one of its name.
        assert " id=" not in each.code, each.id
    noted = 'name="_next"' in page.split("What to paste")[1].split("Settings")[0]
    assert noted == (kind == "form")


async def test_what_a_source_refuses_is_counted_told_and_forgotten_by_nobody_else(
    app: Whole, alice: Browser, web: Browser, cast: Cast, db: Database
) -> None:
    made = await make(web, cast, allowed_origins=["https://shop.example"])
    quiet = await make(web, cast, name="Quiet")
    for _ in range(3):
        refused = await web.http.post(
            f"/f/{made['key']}", data={"name": "Ada"}, headers={"origin": "https://x.example"}
        )
        assert refused.status_code == 403
    huge = {"content-type": "application/json", "origin": "https://shop.example"}
    large = await web.http.post(f"/f/{made['key']}", content=b"[" + b" " * 2**20 + b"]", headers=huge)
    assert large.status_code == 413
    await web.http.post(f"/f/{made['key']}", data={"name": "Ada"}, headers={"origin": "https://shop.example"})
    assert (await web.http.post("/f/" + "0" * 22, data={"name": "Ada"})).status_code == 404
    await app.refusals.flush()
    assert app.changed == {f"{cast.workspace_id} source.refused"}
    page = (await alice.get(f"/sources/{made['id']}")).text
    assert "<strong>3</strong> from a web site that may not post here" in page
    assert "<strong>1</strong> too large for this source" in page
    assert "Refused" not in (await alice.get(f"/sources/{quiet['id']}")).text.split("What to paste")[0]
    listing = (await alice.get("/sources")).text
    assert 'data-label="Refused">4<' in listing
    async with db.tenant(cast.charlie.workspace_id) as tx:
        assert await store.refusals(tx, datetime.min.replace(tzinfo=UTC)) == {}


async def test_the_owner_learns_of_a_page_that_a_form_may_not_lead_to(
    app: Whole, alice: Browser, web: Browser, cast: Cast
) -> None:
    made = await make(web, cast, redirect_allow=["https://shop.example/thanks"])
    for wanted in ("https://shop.example/thanks/you", "https://other.example/", "", "//other.example"):
        sent = await web.http.post(f"/f/{made['key']}", data={"name": "Ada", "_next": wanted}, headers=BROWSER)
        assert sent.status_code == 303
    await app.refusals.flush()
    page = (await alice.get(f"/sources/{made['id']}")).text
    assert "2 visitors were thanked on our page in the last seven days" in page
    assert "Refused in" not in page
    assert 'data-label="Refused">0<' in (await alice.get("/sources")).text


async def test_the_html_to_paste_is_a_form_that_a_browser_can_send(web: Browser, cast: Cast, db: Database) -> None:
    source = await stored(db, cast, await make(web, cast))
    code = next(each.code for each in snippets(BASE, source) if each.id == "html")
    action = re.search(r'action="([^"]+)"', code)
    assert action is not None
    fields = dict.fromkeys(re.findall(r'name="([^"_]+)"', code), "ada@example.com")
    assert set(fields) == {"name", "email", "phone", "message"}
    sent = await web.http.post(action.group(1), data={**fields, "_gotcha": ""}, headers=BROWSER)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/f/{source.key}/thanks")


async def test_the_ready_made_page_works_without_script_or_cookie(web: Browser, cast: Cast, db: Database) -> None:
    source = await stored(db, cast, await make(web, cast))
    page = await web.get(f"/f/{source.key}")
    assert page.status_code == 200
    assert "set-cookie" not in page.headers
    assert not re.search("<script(?! src=.* defer)", page.text)
    assert "Web site" not in page.text
    labels = set(re.findall(r'<label class="label" for="f-(\w+)"', page.text))
    assert labels == {"name", "email", "phone", "message"}
    fields = {"name": "Ada", "email": "ada@example.com", "phone": "", "message": "Hello", "_gotcha": ""}
    sent = await web.http.post(f"/f/{source.key}", data=fields, headers={**BROWSER, "origin": BASE})
    assert sent.status_code == 303
    thanks = await web.get(sent.headers["location"])
    assert (thanks.status_code, "Thank you" in thanks.text) == (200, True)
    async with db.tenant(cast.workspace_id) as tx:
        assert (await count_submissions(tx))[source.id].total == 1


async def test_a_closed_form_is_gone_and_an_unknown_one_is_not_found(web: Browser, cast: Cast, db: Database) -> None:
    made = await make(web, cast)
    source = await stored(db, cast, made)
    await web.http.post(f"/api/v1/sources/{made['id']}/close", headers=cast.alice.bearer)
    closed = await web.get(f"/f/{source.key}")
    assert (closed.status_code, "closed" in closed.text) == (410, True)
    reopened = await web.http.post(f"/api/v1/sources/{made['id']}/reopen", headers=cast.alice.bearer)
    assert reopened.json()["state"] == "open"
    assert (await web.get(f"/f/{source.key}")).status_code == 200
    webhook = await make(web, cast, kind="webhook")
    for key in (webhook["key"], "0" * 22, "x", "%00%00%00%00%00%00%00%00", "%F0%9F%A6%84%F0%9F%A6%84%F0%9F%A6%84"):
        assert (await web.get(f"/f/{key}")).status_code == 404, key
        assert (await web.get(f"/f/{key}/thanks")).status_code == 404, key


async def test_a_form_for_other_sites_says_so_on_its_own_page(web: Browser, cast: Cast, db: Database) -> None:
    elsewhere = await make(web, cast, allowed_origins=["https://shop.example"])
    assert (await web.get(f"/f/{elsewhere['key']}")).status_code == 403
    here_too = await make(web, cast, allowed_origins=["https://shop.example", BASE])
    assert (await web.get(f"/f/{here_too['key']}")).status_code == 200


async def test_a_signing_secret_is_shown_once_and_asked_for(web: Browser, cast: Cast, db: Database) -> None:
    made = await make(web, cast, kind="webhook")
    path = f"/api/v1/sources/{made['id']}"
    secret = (await web.http.post(f"{path}/signing-secret", headers=cast.alice.bearer)).json()["signing_secret"]
    read = await web.http.get(path, headers=cast.alice.bearer)
    assert read.json()["signed"] is True
    assert secret not in read.text
    source = await stored(db, cast, made)
    assert [each.id for each in snippets(BASE, source)] == ["signed"]
    body = b'{"email": "ada@example.com"}'
    plain = {"content-type": "application/json"}

    async def asked() -> bool:
        return (await web.http.post(made["address"], content=body, headers=plain)).status_code == 401

    # Capture notices a change within a second; on a busy machine the test must not be quicker.
    await until(asked)
    signed = {**plain, "x-leadsbot-signature": source_signature(secret, body)}
    assert (await web.http.post(made["address"], content=body, headers=signed)).status_code == 201
    assert (await web.http.delete(f"{path}/signing-secret", headers=cast.alice.bearer)).status_code == 204
    assert (await web.http.get(path, headers=cast.alice.bearer)).json()["signed"] is False


async def test_a_person_opens_a_source_and_sees_what_to_paste(alice: Browser) -> None:
    empty = await alice.get("/sources")
    assert "Open your first source" in empty.text
    wrong = await alice.post("/sources", {"kind": "form", "name": ""}, on="/sources/new")
    assert (wrong.status_code, "Name is missing." in wrong.text) == (422, True)
    made = await alice.post("/sources", {"kind": "form", "name": "<b>Shop</b>"}, on="/sources/new")
    assert made.status_code == 303
    page = await alice.get(made.headers["location"])
    assert "Waiting for your first submission" in page.text
    assert "<b>Shop" not in page.text
    key = re.search(r"/f/(\w+)", page.text)
    assert key is not None
    await alice.http.post(f"/f/{key.group(1)}", data={"email": "ada@example.com"})
    page = await alice.get(made.headers["location"])
    assert "Waiting for" not in page.text
    assert "<strong>1</strong> submission," in page.text
    assert key.group(1) in (await alice.get("/sources")).text


async def test_settings_are_saved_and_what_is_wrong_stays_on_the_page(alice: Browser) -> None:
    made = await alice.post("/sources", {"kind": "form", "name": "Shop"}, on="/sources/new")
    path = made.headers["location"]
    given = {
        "name": "Shop",
        "title": "Write to us",
        "allowed_origins": "https://shop.example\r\nnull",
        "redirect_allow": "https://shop.example/thanks",
        "country": "GB",
        "max_body": "64",
    }
    assert (await alice.post(path, given, on=path)).status_code == 303
    page = await alice.get(path)
    assert "https://shop.example\nnull</textarea>" in page.text
    assert 'value="64"' in page.text
    assert 'value="Write to us"' in page.text
    wrong = await alice.post(path, {**given, "allowed_origins": "shop.example"}, on=path)
    assert (wrong.status_code, "Write an origin like" in wrong.text) == (422, True)
    assert "shop.example</textarea>" in wrong.text
    tiny = await alice.post(path, {**given, "max_body": "0"}, on=path)
    assert (tiny.status_code, "whole number" in tiny.text) == (422, True)


async def test_a_designed_form_has_its_title_elsewhere(alice: Browser, cast: Cast) -> None:
    field = {"key": "email", "type": "email", "label": "E-mail"}
    definition = {"title": "Ask us", "steps": [{"id": "one", "fields": [field]}]}
    made = await alice.http.post("/api/v1/forms", json={"definition": definition}, headers=cast.alice.bearer)
    path = f"/sources/{made.json()['source']}"
    page = await alice.get(path)
    assert "Title of the ready-made page" not in page.text
    assert (await alice.post(path, {"name": "Shop", "max_body": "64"}, on=path)).status_code == 303
    assert "<h1>Ask us</h1>" in (await alice.get(f"/f/{made.json()['key']}")).text


async def test_a_visitors_slips_are_no_refusals(app: Whole, alice: Browser, web: Browser, cast: Cast) -> None:
    field = {"key": "email", "type": "email", "label": "E-mail", "required": True}
    definition = {"title": "Ask us", "steps": [{"id": "one", "fields": [field]}]}
    made = (await alice.http.post("/api/v1/forms", json={"definition": definition}, headers=cast.alice.bearer)).json()
    await alice.http.post(f"/api/v1/forms/{made['id']}/publish", json={}, headers=cast.alice.bearer)
    for sent in ({"name": "Ada"}, {"email": "nonsense"}, {}):
        answer = await web.http.post(f"/f/{made['key']}", json=sent)
        assert answer.status_code == 422, answer.text
    await app.refusals.flush()
    page = (await alice.get(f"/sources/{made['source']}")).text
    assert "3 times in the last seven days a visitor was told what to mend" in page
    assert "Refused in" not in page
    assert 'data-label="Refused">0<' in (await alice.get("/sources")).text


async def test_closing_offers_an_undo(alice: Browser) -> None:
    path = (await alice.post("/sources", {"kind": "webhook", "name": "CRM"}, on="/sources/new")).headers["location"]
    closed = await alice.post(f"{path}/close", on=path)
    assert closed.headers["location"] == path
    page = await alice.get(path)
    assert "Closed: what is sent to it from now on is refused" in page.text
    assert f'action="{path}/reopen"' in page.text
    assert ">Undo<" in page.text
    again = (await alice.get(path)).text
    assert (">Undo<" in again, ">Reopen<" in again) == (False, True)
    opened = await alice.post(f"{path}/reopen", on=path)
    page = await alice.get(opened.headers["location"])
    assert ">Undo<" in page.text
    assert f'action="{path}/close"' in page.text


async def test_requiring_signatures_is_asked_first_and_can_be_undone(alice: Browser) -> None:
    path = (await alice.post("/sources", {"kind": "form", "name": "Shop"}, on="/sources/new")).headers["location"]
    page = (await alice.get(path)).text
    assert "Everything that visitors fill in is refused at once" in page
    address = re.search(r"http://leads\.test(/f/\w+)", page)
    assert address
    await alice.post(f"{path}/secret", on=path)
    signed = (await alice.get(path)).text
    assert re.search(rf'action="{path}/secret">[^>]*><button[^>]*value="remove" data-hotkey="z">Undo<', signed)
    visited = await alice.get(address.group(1))
    assert (visited.status_code, "This form is not open to visitors" in visited.text) == (403, True)
    assert "lives on another web site" not in visited.text

    async def refused() -> Any:
        # The capture path learns of it within a second.
        answer = await alice.http.post(address.group(1), data={"email": "a@example.com"}, headers=BROWSER)
        return answer if answer.status_code == 401 else None

    sent = await until(refused)
    assert "yours was not sent" in sent.text
    assert "X-LeadsBot" not in sent.text
    program = await alice.http.post(
        address.group(1), data={"email": "a@example.com"}, headers={"accept": "application/json"}
    )
    assert (program.status_code, program.json()["title"]) == (401, "The request is not signed rightly")
    assert "X-LeadsBot-Signature" in program.json()["detail"]
    await alice.post(f"{path}/secret", {"do": "remove"}, on=path)
    assert (await alice.get(address.group(1))).status_code == 200
    # A secret that takes the place of another one has no way back, so none is offered.
    await alice.post(f"{path}/secret", on=path)
    await alice.get(path)
    await alice.post(f"{path}/secret", on=path)
    assert ">Undo<" not in (await alice.get(path)).text


async def test_the_page_shows_a_secret_once(alice: Browser) -> None:
    path = (await alice.post("/sources", {"kind": "webhook", "name": "CRM"}, on="/sources/new")).headers["location"]
    made = await alice.post(f"{path}/secret", on=path)
    assert (made.status_code, made.headers["location"]) == (303, path)
    shown = await alice.get(path)
    secret = re.search(r'id="new-secret"[^>]*><code>(\w{43})<', shown.text)
    assert secret is not None
    page = await alice.get(path)
    assert secret.group(1) not in page.text
    assert "openssl dgst" in page.text
    assert (await alice.post(f"{path}/secret", {"do": "remove"}, on=path)).status_code == 303
    assert "openssl" not in (await alice.get(path)).text


async def test_a_reader_sees_sources_but_no_buttons(app: Whole, alice: Browser, cast: Cast) -> None:
    path = (await alice.post("/sources", {"kind": "form", "name": "Shop"}, on="/sources/new")).headers["location"]
    async with browser(app) as bob:
        await bob.sign_in(cast.bob.email)
        page = await bob.get(path)
        assert "What to paste" in page.text
        assert "Save settings" not in page.text
        assert (await bob.post(f"{path}/close")).status_code == 403
        assert (await bob.get("/sources/new")).status_code == 403
