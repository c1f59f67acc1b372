"""What the widget reports: loads are counted, forms are remembered without a value, the owner switches them off."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from leadsbot.asgi import Application
from leadsbot.features.capture.public import close_source, update_source
from leadsbot.features.widget import model
from leadsbot.infra.db.pool import Database
from leadsbot.kit import ids
from tests.cast import Cast, browser
from tests.features.widget.conftest import SITE, Widget

CONTACT = {
    "id": "contact",
    "name": None,
    "fields": [
        {"name": "your-name", "label": "Your name", "type": "text"},
        {"name": "field_7", "label": "E-mail", "type": "email"},
        {"name": "budget", "label": "Budget", "type": "select-one"},
        {"name": "x", "label": "Телефон", "type": "text"},
        {"name": "vn", "label": "", "type": "given-name"},
        {"name": "friend-email", "label": "Your friend's e-mail", "type": "email"},
    ],
}


async def events(widget: Widget) -> int:
    async with widget.db.tenant(widget.workspace) as tx:
        return int(await tx.scalar(text("SELECT count(*) FROM event_log WHERE type = 'form.seen'")) or 0)


async def test_a_new_form_is_remembered_with_what_its_fields_are_taken_for(widget: Widget) -> None:
    answer = await widget.tell(forms=[CONTACT])

    assert (answer.status_code, answer.json()) == (200, {"ignored": []})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "set-cookie" not in answer.headers
    (seen,) = await widget.seen()
    assert (seen.page, seen.name, seen.source_id) == (f"{SITE}/contact", "contact", widget.source.id)
    assert [field["guess"] for field in seen.fields] == ["name", "email", "", "phone", "first name", ""]
    assert seen.fields[1] == {"name": "field_7", "label": "E-mail", "type": "email", "guess": "email"}
    assert await events(widget) == 1


async def test_a_form_is_told_once_wherever_on_the_site_it_is_and_a_value_is_never_kept(widget: Widget) -> None:
    with_value = {**CONTACT, "fields": [{**field, "value": "ada@example.org"} for field in CONTACT["fields"]]}
    for page in ("/", "/contact", "/products/1"):
        assert (await widget.tell(page=SITE + page, forms=[with_value])).status_code == 200

    (seen,) = await widget.seen()
    assert "ada@" not in str(seen)
    assert await events(widget) == 1
    await widget.tell(page="https://blog.shop.example/", forms=[CONTACT], origin=None)
    assert len(await widget.seen()) == 2


async def test_the_owner_switches_a_form_off_and_the_widget_learns_it_from_the_next_report(
    app: Application, widget: Widget, cast: Cast
) -> None:
    other = {**CONTACT, "id": "newsletter"}
    await widget.tell(forms=[CONTACT, other])
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        page = await alice.get("/widget/forms")
        assert page.status_code == 200
        assert "E-mail → email" in page.text
        seen = next(each for each in await widget.seen() if each.name == "newsletter")
        path = f"/widget/forms/{ids.show(ids.SEEN, seen.id)}"
        assert (await alice.post(path, {"ignored": "yes"})).status_code == 303
        assert (await alice.post(path, {"ignored": "maybe"})).status_code == 422
    assert (await widget.tell(forms=[CONTACT, other])).json() == {"ignored": [1]}
    assert (await widget.tell(forms=[other])).json() == {"ignored": [0]}

    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        await alice.post(path, {"ignored": "no"})
    assert (await widget.tell(forms=[other])).json() == {"ignored": []}


async def test_the_outsider_sees_and_changes_nothing(app: Application, widget: Widget, cast: Cast) -> None:
    await widget.tell(forms=[CONTACT])
    (seen,) = await widget.seen()
    async with browser(app) as charlie:
        await charlie.sign_in(cast.charlie.email)
        assert "your-name" not in (await charlie.get("/widget/forms")).text
        path = f"/widget/forms/{ids.show(ids.SEEN, seen.id)}"
        assert (await charlie.post(path, {"ignored": "yes"})).status_code == 404
    assert (await widget.seen())[0].ignored is False


async def test_a_site_cannot_fill_the_list_without_end(widget: Widget, db: Database) -> None:
    async with db.tenant(widget.workspace) as tx:
        await tx.execute(
            text(
                "INSERT INTO seen_form (workspace_id, id, source_id, fingerprint, page, name, fields) SELECT "
                ":workspace, gen_random_uuid(), :source, n::text, 'p', 'n', '[]' FROM generate_series(1, :count) n"
            ),
            {"workspace": widget.workspace, "source": widget.source.id, "count": model.MAX_SEEN - 1},
        )
    forms = [{**CONTACT, "id": f"form-{number}"} for number in range(5)]

    assert (await widget.tell(forms=forms)).status_code == 200
    assert len(await widget.seen()) == model.MAX_SEEN


async def test_loads_are_counted_and_written_together(widget: Widget) -> None:
    for page in ("/", "/a", "/b"):
        assert (await widget.tell(page=SITE + page, loads=10)).json() == {"ignored": []}
    await widget.tell(page="https://other.example/", mode="popup", loads=10, origin=None)
    await widget.loads.flush()

    async with widget.db.tenant(widget.workspace) as tx:
        found = (await tx.execute(text("SELECT site, mode, loads FROM widget_load ORDER BY site"))).all()
    assert [tuple(row) for row in found] == [("https://other.example", "popup", 10), (SITE, "listener", 30)]


async def test_loads_are_shown_by_site(app: Application, widget: Widget, cast: Cast) -> None:
    await widget.tell(loads=10)
    await widget.loads.flush()
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        assert f"<td>{SITE}</td>" in (await alice.get("/widget/forms")).text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"mode": "telepathy"}, "mode"),
        ({"loads": -1}, "loads"),
        ({"loads": 11}, "loads"),
        ({"page": "javascript:alert(1)"}, "page"),
        ({"page": "https://user:pass@shop.example/"}, "page"),
        ({"page": "http://[half"}, "page"),
        ({"page": 7}, "page"),
        ({"forms": [{"fields": []}]}, "forms[0].fields"),
        ({"forms": [{"fields": [{"name": "n"}] * 51}]}, "forms[0].fields"),
        ({"forms": [CONTACT] * 21}, "forms"),
        ({"forms": [{"fields": [{"name": "n" * 2001}]}]}, "forms[0].fields[0].name"),
    ],
)
async def test_a_report_that_is_wrong_is_refused_by_naming_the_place(widget: Widget, wrong: Any, field: str) -> None:
    answer = await widget.tell(**wrong)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert await widget.seen() == []


async def test_hostile_texts_are_stored_harmless_and_shown_as_text(
    app: Application, widget: Widget, cast: Cast
) -> None:
    evil = "<script>alert(1)</script>\u202e\x07" + "x" * 500
    form = {"id": evil, "name": evil, "fields": [{"name": evil, "label": evil, "type": evil}]}
    assert (await widget.tell(forms=[form])).status_code == 200
    (seen,) = await widget.seen()
    assert len(seen.name) <= 200
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        page = (await alice.get("/widget/forms")).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "\u202e" not in page


async def test_bodies_that_are_no_report_are_refused(widget: Widget) -> None:
    for body, status in ((b"", 400), (b"{", 400), (b"[]", 422), (b'"x"', 422), (b"{}", 422), (b"x" * 70_000, 413)):
        answer = await widget.web.http.post("/api/widget/seen", content=body, headers={"content-type": "text/plain"})
        assert answer.status_code == status, body[:10]
        assert answer.headers["access-control-allow-origin"] == "*"


async def test_a_wrong_token_a_foreign_site_and_a_closed_source_are_refused(widget: Widget, db: Database) -> None:
    assert (await widget.tell(token="A" * 22)).status_code == 404
    async with db.tenant(widget.workspace) as tx:
        await update_source(tx, widget.source.id, allowed_origins=[SITE])
    assert (await widget.tell(origin="https://evil.example", forms=[CONTACT])).status_code == 403
    assert (await widget.tell(forms=[CONTACT])).status_code == 200
    async with db.tenant(widget.workspace) as tx:
        await close_source(tx, widget.source.id)
    assert (await widget.tell()).status_code == 410


async def test_reports_are_limited_by_address_and_by_source(app: Application, widget: Widget) -> None:
    found = [(await widget.tell()).status_code for _ in range(120)]
    assert set(found[:60]) == {200}
    assert 429 in found
    async with browser(app, "203.0.113.78") as other:
        again = Widget(other, widget.db, widget.workspace, widget.source, widget.loads, widget.limiter)
        assert (await again.tell()).status_code == 200


async def test_the_sample_page_shows_every_mode_to_those_who_are_signed_in(
    app: Application, cast: Cast, widget: Widget
) -> None:
    async with browser(app) as nobody:
        assert (await nobody.get("/try")).headers["location"].startswith("/login")
    async with browser(app) as alice:
        await alice.sign_in(cast.alice.email)
        page = (await alice.get("/try")).text
        assert f'data-token="{widget.source.key}"' in page
        assert 'data-mode="listener"' in page
        for mode in ("inline", "popup", "slide-in", "button"):
            assert (await alice.get(f"/try?mode={mode}")).status_code == 200
        assert (await alice.get("/try?mode=telepathy")).status_code == 404
        assert (await alice.get(f"/try?mode=inline&form={ids.show(ids.SOURCE, widget.source.id)}")).status_code == 404
        sent = await alice.post("/try", {"your-name": "Ada"}, on="/try")
        assert (sent.status_code, sent.headers["location"]) == (303, "/try?sent=1")
