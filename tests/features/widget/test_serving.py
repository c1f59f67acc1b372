"""What browsers of other people's visitors get: the script, its pinned build, the module with the form."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import pytest

import hatch_build
from leadsbot.features.capture.public import close_source, create_source, update_source
from leadsbot.features.forms.definition import Definition, Field, Step, Translation, decode
from leadsbot.features.forms.public import Form, contact_form, create_form, publish
from leadsbot.infra.db.pool import Database
from tests.cast import Browser, Cast, browser
from tests.features.widget.conftest import SITE, Widget


def manifest() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((hatch_build.BUILT / "manifest.json").read_text())
    return found


async def test_the_newest_script_is_for_every_site_and_for_an_hour(widget: Widget) -> None:
    answer = await widget.web.get("/widget.js", headers={"origin": SITE})
    built = (hatch_build.BUILT / manifest()["widget.js"]["file"]).read_bytes()

    assert (answer.status_code, answer.content) == (200, built)
    assert answer.headers["cache-control"] == "public, max-age=3600, stale-while-revalidate=86400"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"].startswith("text/javascript; charset=utf-8")
    assert "set-cookie" not in answer.headers
    again = await widget.web.get("/widget.js", headers={"if-none-match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_pinned_build_never_changes_and_another_one_is_not_answered_in_its_place(widget: Widget) -> None:
    entry = manifest()["widget.js"]
    answer = await widget.web.get(f"/{entry['file']}")
    old = await widget.web.get("/widget.v1.0123456789.js", headers={"accept": "*/*"})

    assert (answer.status_code, len(answer.content)) == (200, entry["bytes"])
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert (old.status_code, old.headers["access-control-allow-origin"]) == (404, "*")
    assert "/widget.js" in old.json()["detail"]


@pytest.fixture
async def form(db: Database, cast: Cast) -> Form:
    """A published form with a German translation."""
    texts = {"de": Translation(title="Angebot", button="Los")}
    fields = [Field(key="email", type="email", label="E-mail", required=True)]
    made = Definition(title="Quote </script>\u2028", steps=[Step(id="one", fields=fields)], languages=texts)
    async with db.tenant(cast.workspace_id) as tx:
        form = await create_form(tx, made, name="Quote")
        await publish(tx, form.id)
    return form


async def asked(web: Browser, origin: str | None = SITE, **query: str) -> tuple[httpx.Response, dict[str, Any]]:
    """The module's answer, and the form in it."""
    headers = {"origin": origin} if origin else {}
    answer = await web.get("/api/widget/form.js", params=query, headers=headers)
    _, _, said = answer.text.rpartition("\nconst LEADSBOT_FORM=")
    return answer, json.loads(said.removesuffix(";"))


async def test_one_request_brings_the_script_the_form_and_a_fresh_token(web: Browser, form: Form) -> None:
    answer, said = await asked(web, token=form.source.key)
    _, again = await asked(web, token=form.source.key)

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in answer.headers
    assert answer.text.startswith((hatch_build.BUILT / manifest()["widget-form.js"]["file"]).read_text())
    assert (said["key"], said["version"], said["title"]) == (form.source.key, 1, "Quote </script>\u2028")
    assert said["steps"][0]["fields"][0]["label"] == "E-mail"
    assert (said["theme"]["accent"], said["theme"]["radius"]) == ("#2f5bea", "8px")
    assert said["token"]
    assert said["token"] != again["token"]


async def test_what_only_some_forms_need_comes_with_those_only(db: Database, web: Browser, cast: Cast) -> None:
    parts = [
        (hatch_build.BUILT / manifest()[name]["file"]).read_text()
        for name in ("widget-more.js", "widget-rules.js", "widget-logic.js")
    ]
    asks = {"show_if": [[{"field": "b", "op": "filled"}]]}

    def form(type: str, step: dict[str, Any] | None = None, **options: Any) -> dict[str, Any]:
        fields = [{"key": "b", "type": "email", "label": "B"}]
        second = {"id": "two", "fields": [{"key": "a", "type": type, "label": "A", **options}], **(step or {})}
        return {"title": "T", "steps": [{"id": "one", "fields": fields}, second]}

    for definition, comes in (
        (form("text"), (False, False, False)),
        (form("file"), (True, False, False)),
        ({**form("text"), "partials": True}, (True, False, False)),
        (form("money", currency="EUR"), (False, True, False)),
        (form("number"), (False, True, False)),
        (form("text", pattern="[a-z]+"), (False, True, False)),
        (form("textarea", max=200), (False, True, False)),
        (form("file", max=3), (True, True, False)),
        (form("text", **asks), (False, False, True)),
        (form("text", step=asks), (False, False, True)),
    ):
        async with db.tenant(cast.workspace_id) as tx:
            made = await create_form(tx, decode(definition))
        answer, said = await asked(web, token=made.source.key)
        assert tuple(part in answer.text for part in parts) == comes
        assert said["title"] == "T"


async def test_the_form_comes_in_the_language_that_is_asked_for(web: Browser, form: Form) -> None:
    assert (await asked(web, token=form.source.key, lang="de-AT"))[1]["title"] == "Angebot"
    assert (await asked(web, token=form.source.key, lang="xx"))[1]["language"] == "en"
    prefers = {"accept-language": "de", "accept-encoding": "gzip"}
    answer = await web.get("/api/widget/form.js", params={"token": form.source.key}, headers=prefers)
    assert "Angebot" in answer.text
    assert answer.headers["content-encoding"] == "gzip"


async def test_a_form_that_nobody_designed_asks_for_the_usual(db: Database, web: Browser, cast: Cast) -> None:
    async with db.tenant(cast.workspace_id) as tx:
        source = await create_source(tx, "form", "Contact", settings={"title": "Write to us"})
    _, said = await asked(web, token=source.key)

    assert said["title"] == "Write to us"
    fields = [field["key"] for field in said["steps"][0]["fields"]]
    assert fields == [field.key for field in contact_form().fields()]


async def test_a_token_draws_forms_of_its_own_workspace_only(
    db: Database, web: Browser, form: Form, widget: Widget, cast: Cast
) -> None:
    async with db.tenant(cast.charlie.workspace_id) as tx:
        strange = await create_source(tx, "widget", "Theirs")
    _, ours = await asked(web, token=widget.source.key, form=form.source.key)
    _, theirs = await asked(web, token=strange.key, form=form.source.key)
    _, nothing = await asked(web, token=strange.key, form="A" * 22)

    assert ours["title"].startswith("Quote")
    assert theirs == nothing
    assert "steps" not in theirs


async def test_what_cannot_be_drawn_is_said_in_a_sentence(
    db: Database, web: Browser, form: Form, widget: Widget, cast: Cast
) -> None:
    for token in ("", "nothing", "x" * 5000, widget.source.key):
        answer, said = await asked(web, token=token, lang="de")
        assert (answer.status_code, said["language"], said["dir"]) == (200, "de", "ltr")
        assert said["text"].startswith("Prüfen")
        assert (said["theme"]["scheme"], said["theme"]["gap"]) == ("auto", "20px")

    async with db.tenant(cast.workspace_id) as tx:
        await update_source(tx, form.source.id, allowed_origins=["https://other.example"])
    assert "another web site" in (await asked(web, token=form.source.key))[1]["title"]
    assert "steps" in (await asked(web, origin="https://other.example", token=form.source.key))[1]

    async with db.tenant(cast.workspace_id) as tx:
        await close_source(tx, form.source.id)
    assert "closed" in (await asked(web, origin="https://other.example", token=form.source.key))[1]["title"]


async def test_asking_too_often_is_refused(app: Any, form: Form) -> None:
    async with browser(app, "203.0.113.77") as hasty:
        found = [await hasty.get("/api/widget/form.js", params={"token": form.source.key}) for _ in range(240)]
    assert {answer.status_code for answer in found[:120]} == {200}
    refused = next(answer for answer in found if answer.status_code == 429)
    assert int(refused.headers["retry-after"]) >= 1


async def test_a_module_comes_zipped_or_plain_as_the_browser_can(web: Browser, form: Form) -> None:
    address = f"/api/widget/form.js?token={form.source.key}"
    plain = await web.http.get(address, headers={"accept-encoding": "identity"})
    request = web.http.build_request("GET", address, headers={"accept-encoding": "gzip"})
    answer = await web.http.send(request, stream=True)
    zipped = b"".join([part async for part in answer.aiter_raw()])

    assert "content-encoding" not in plain.headers
    assert gzip.decompress(zipped).startswith(plain.content[:5000])
