"""Drafts, versions and the life of a form, over HTTP, the outsider always present."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from leadsbot.asgi import Application
from leadsbot.features.capture.public import get_source
from leadsbot.infra.events.log import history
from leadsbot.kit import ids
from tests.cast import browser
from tests.features.forms.conftest import BOT, ROOF, Forms, contact, field, one_step
from tests.product import until


async def test_a_form_is_made_published_listed_and_read(forms: Forms) -> None:
    made = await forms.make(name="Web site", redirect_allow=["https://shop.example/thanks"])
    assert (made["state"], made["live_version"], made["changed"], made["name"]) == ("open", 1, False, "Web site")
    assert (made["errors"], made["title"], made["languages"]) == ([], "Contact us", ["en"])
    read = await forms.call("GET", f"/{made['id']}", by="bob")
    assert read.json() == made
    assert read.headers["etag"] == f'"{made["revision"]}"'
    second = await forms.make(contact(title="Ask us"))
    first = (await forms.call("GET", "?limit=1", by="bob")).json()
    rest = (await forms.call("GET", f"?cursor={first['next_cursor']}", by="bob")).json()
    assert [each["id"] for each in first["data"] + rest["data"]] == [made["id"], second["id"]]
    assert (rest["next_cursor"], rest["data"][0]["name"]) == (None, "Ask us")
    assert "draft" not in rest["data"][0]
    source = await forms.web.http.get(f"/api/v1/sources/{made['source']}", headers=forms.cast.alice.bearer)
    assert (source.json()["kind"], source.json()["redirect_allow"]) == ("form", ["https://shop.example/thanks"])


async def test_counts_tell_what_came_in(forms: Forms, app: Application) -> None:
    form = await forms.make()
    assert (form["submissions"], form["last_submission_at"]) == (0, None)
    async with browser(app, "198.51.100.7") as visitor:
        await forms.tell(form, ROOF, visitor)
        await forms.tell(form, BOT, visitor)
    read = (await forms.call("GET", f"/{form['id']}")).json()
    assert (read["submissions"], read["quarantined"], read["last_submission_at"] is None) == (2, 1, False)


async def test_an_unfinished_form_is_kept_as_a_draft_and_takes_nothing(forms: Forms) -> None:
    made = await forms.make(one_step(field("topic", "select"), title=""))
    assert (made["state"], made["live_version"], made["changed"]) == ("unpublished", None, True)
    assert {each["path"] for each in made["errors"]} == {"title", "steps[0].fields[0].options"}
    assert (await forms.tell(made, {"topic": "x"})).status_code == 410
    refused = await forms.call("POST", f"/{made['id']}/publish", {})
    assert (refused.status_code, refused.json()["code"]) == (422, "not_ready")
    assert {each["field"] for each in refused.json()["errors"]} == {"title", "steps[0].fields[0].options"}
    assert (await forms.call("POST", f"/{made['id']}/reopen")).status_code == 409
    assert (await forms.call("GET", f"/{made['id']}/public")).status_code == 404
    live = await forms.change(made, contact())
    assert (live["state"], live["live_version"], live["changed"]) == ("open", 1, False)

    async def taken() -> bool:
        return (await forms.tell(made, {"name": "Ada", "email": "ada@example.com"})).status_code == 201

    await until(taken)


async def test_a_form_can_be_made_without_publishing_it(forms: Forms) -> None:
    made = await forms.make(publish=False)
    assert (made["state"], made["live_version"], made["errors"]) == ("unpublished", None, [])


async def test_a_stale_draft_is_refused_and_told_of_the_newer_one(forms: Forms) -> None:
    form = await forms.make()
    newer = await forms.save(form, contact(title="Newer"))
    assert newer["revision"] == form["revision"] + 1
    stale = await forms.call(
        "PATCH", f"/{form['id']}", {"definition": contact(title="Older"), "revision": form["revision"]}
    )
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    assert (stale.headers["etag"], str(newer["revision"]) in stale.json()["detail"]) == (f'"{newer["revision"]}"', True)
    body = {"definition": contact(title="Newest")}
    by_header = await forms.call("PATCH", f"/{form['id']}", body, **{"If-Match": stale.headers["etag"]})
    assert (by_header.status_code, by_header.json()["draft"]["title"]) == (200, "Newest")
    for headers, wrong in (({}, "revision"), ({"If-Match": "*"}, "If-Match")):
        answer = await forms.call("PATCH", f"/{form['id']}", body, **headers)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, wrong)
    for act in ("publish", "discard"):
        late = await forms.call("POST", f"/{form['id']}/{act}", {"revision": form["revision"]})
        assert (late.status_code, late.json()["code"]) == (409, "stale"), act
    assert (await forms.call("GET", f"/{form['id']}")).json()["live_version"] == 1


async def test_of_many_who_save_at_once_one_succeeds(forms: Forms) -> None:
    form = await forms.make()
    answers = await asyncio.gather(
        *(
            forms.call(
                "PATCH", f"/{form['id']}", {"definition": contact(title=f"Title {n}"), "revision": form["revision"]}
            )
            for n in range(8)
        )
    )
    assert sorted(each.status_code for each in answers) == [200, *[409] * 7]


async def test_many_who_publish_at_once_make_one_version(forms: Forms) -> None:
    form = await forms.make()
    saved = await forms.save(form, contact(title="Second"))
    answers = await asyncio.gather(*(forms.call("POST", f"/{form['id']}/publish", {}) for _ in range(8)))
    assert {(each.status_code, each.json()["live_version"]) for each in answers} == {(200, 2)}
    assert saved["live_version"] == 1
    versions = (await forms.call("GET", f"/{form['id']}/versions")).json()["data"]
    assert [each["version"] for each in versions] == [2, 1]


async def test_what_is_saved_is_seen_by_visitors_when_it_is_published(forms: Forms) -> None:
    form = await forms.make()
    saved = await forms.save(form, contact(title="Write to us"))
    assert saved["changed"] is True
    public = f"/{form['id']}/public"
    assert (await forms.call("GET", public)).json()["title"] == "Contact us"
    assert (await forms.call("GET", f"{public}?draft=true")).json()["title"] == "Write to us"
    live = await forms.call("POST", f"/{form['id']}/publish", {"note": "A kinder title"})
    assert (live.json()["live_version"], live.json()["changed"]) == (2, False)
    assert (await forms.call("GET", public)).json()["title"] == "Write to us"
    newest = (await forms.call("GET", f"/{form['id']}/versions?limit=1")).json()
    assert newest["data"][0]["note"] == "A kinder title"
    assert newest["data"][0]["live"] is True
    older = (await forms.call("GET", f"/{form['id']}/versions?cursor={newest['next_cursor']}")).json()["data"]
    assert [(each["version"], each["live"]) for each in older] == [(1, False)]
    async with forms.db.tenant(forms.cast.workspace_id) as tx:
        told = await history(tx, forms.id(form))
    assert [each.payload["live_version"] for each in told if each.type == "form.published"] == [2, 1]


async def test_a_version_never_changes_and_can_be_gone_back_to(forms: Forms) -> None:
    form = await forms.make()
    second = await forms.change(form, contact(title="Second"))
    back = await forms.call("POST", f"/{form['id']}/versions/1/restore", {})
    assert (back.json()["live_version"], back.json()["draft"]["title"]) == (3, "Contact us")
    assert back.json()["revision"] > second["revision"]
    versions = [(await forms.call("GET", f"/{form['id']}/versions/{n}")).json() for n in (1, 2, 3)]
    assert [each["definition"]["title"] for each in versions] == ["Contact us", "Second", "Contact us"]
    assert [each["live"] for each in versions] == [False, False, True]
    for number in ("0", "4", "99999999999999999999", "x"):
        assert (await forms.call("GET", f"/{form['id']}/versions/{number}")).status_code in (404, 422)
        assert (await forms.call("POST", f"/{form['id']}/versions/{number}/restore", {})).status_code in (404, 422)


async def test_going_back_keeps_a_draft_that_was_not_published(forms: Forms) -> None:
    def words(text: str, **more: str) -> dict[str, Any]:
        return one_step(field("name"), field("yes", "consent", text=text, **more))

    form = await forms.make(words("One"))
    second = await forms.change(form, words("Two"))
    assert second["draft"]["steps"][0]["fields"][1]["text_version"] == "v2"
    await forms.save(second, words("Three", text_version="v2"))
    back = (await forms.call("POST", f"/{form['id']}/versions/1/restore", {})).json()
    assert (back["live_version"], back["changed"]) == (3, True)
    assert back["draft"]["steps"][0]["fields"][1]["text"] == "Three"
    # Its consent is a text of its own: it does not take the version of the one that was live before.
    live = (await forms.call("POST", f"/{form['id']}/publish", {})).json()
    assert (live["live_version"], live["draft"]["steps"][0]["fields"][1]["text_version"]) == (4, "v4")


async def test_a_version_cannot_come_back_into_a_world_that_refuses_it(forms: Forms) -> None:
    there = {"id": "there", "kind": "redirect", "url": "https://shop.example/thanks"}
    form = await forms.make(contact(endings=[there]), redirect_allow=["https://shop.example/thanks"])
    await forms.change(form, contact())
    await forms.option(form, redirect_allow=[])
    refused = await forms.call("POST", f"/{form['id']}/versions/1/restore", {})
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "endings[0].url")


async def test_a_draft_is_thrown_away(forms: Forms) -> None:
    form = await forms.make()
    await forms.save(form, contact(title="Regretted"))
    back = await forms.call("POST", f"/{form['id']}/discard", {})
    assert (back.json()["draft"]["title"], back.json()["changed"]) == ("Contact us", False)
    never = await forms.make(publish=False)
    assert (await forms.call("POST", f"/{never['id']}/discard", {})).status_code == 409


async def test_a_duplicate_is_a_form_of_its_own(forms: Forms) -> None:
    form = await forms.make(name="Web site", redirect_allow=["https://shop.example/"])
    copy = (await forms.call("POST", f"/{form['id']}/duplicate", {})).json()
    assert (copy["name"], copy["state"], copy["draft"]) == ("Copy of Web site", "unpublished", form["draft"])
    assert copy["key"] != form["key"]
    named = (await forms.call("POST", f"/{form['id']}/duplicate", {"name": "Shop"})).json()
    assert named["name"] == "Shop"
    await forms.publish(copy)
    await forms.save(copy | {"revision": copy["revision"] + 1}, contact(title="Another"))
    assert (await forms.call("GET", f"/{form['id']}")).json()["draft"]["title"] == "Contact us"


async def test_a_form_is_closed_reopened_and_deleted_when_it_is_closed(forms: Forms) -> None:
    form = await forms.make()
    sent = await forms.tell(form, {"name": "Ada", "email": "ada@example.com"})
    assert (await forms.call("DELETE", f"/{form['id']}")).status_code == 409
    closed = await forms.call("POST", f"/{form['id']}/close")
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    assert (await forms.call("POST", f"/{form['id']}/close")).status_code == 200
    assert (await forms.see(form)).status_code == 410
    assert (await forms.call("POST", f"/{form['id']}/reopen")).json()["state"] == "open"
    assert (await forms.see(form)).status_code == 200
    await forms.call("POST", f"/{form['id']}/close")
    assert (await forms.call("DELETE", f"/{form['id']}")).status_code == 204
    assert (await forms.call("GET", f"/{form['id']}")).status_code == 404
    assert (await forms.stored(sent)).fields["name"] == "Ada"
    bearer, path = forms.cast.alice.bearer, f"/api/v1/sources/{form['source']}"
    source = await forms.web.http.get(path, headers=bearer)
    assert (source.json()["state"], source.json()["submissions"]) == ("closed", 1)
    # What is left is a source without a form: opened again, it takes any fields.
    async with forms.db.tenant(forms.cast.workspace_id) as tx:
        left = await get_source(tx, ids.read(ids.SOURCE, form["source"]))
        assert await tx.scalar(text("SELECT form IS NULL FROM source WHERE id = :id"), {"id": left and left.id})
    assert left is not None
    assert left.form is None
    await forms.web.http.post(f"{path}/reopen", headers=bearer)

    async def taken() -> bool:
        return (await forms.tell(form, {"anything": "goes"})).status_code == 201

    await until(taken)


async def test_a_form_is_designed_for_a_source_that_has_none(forms: Forms) -> None:
    bearer = forms.cast.alice.bearer
    made = (await forms.web.http.post("/api/v1/sources", json={"kind": "form", "name": "Old"}, headers=bearer)).json()
    form = await forms.make(publish=False, source=made["id"])
    assert (form["key"], form["name"], form["state"]) == (made["key"], "Old", "unpublished")
    # What was posted there before goes on until the form is published.
    assert (await forms.tell(form, {"anything": "goes"})).status_code == 201
    await forms.publish(form)
    assert (await forms.call("POST", "", {"definition": contact(), "source": made["id"]})).status_code == 409
    hook = (await forms.web.http.post("/api/v1/sources", json={"kind": "webhook", "name": "x"}, headers=bearer)).json()
    wrong = await forms.call("POST", "", {"definition": contact(), "source": hook["id"]})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "source")
    theirs = (await forms.web.http.post(
        "/api/v1/sources", json={"kind": "form", "name": "x"}, headers=forms.cast.charlie.bearer
    )).json()  # fmt: skip
    assert (await forms.call("POST", "", {"definition": contact(), "source": theirs["id"]})).status_code == 404


async def test_a_form_is_renamed_for_the_team(forms: Forms) -> None:
    form = await forms.make()
    named = await forms.call("PATCH", f"/{form['id']}", {"name": "Spring fair"})
    assert (named.json()["name"], named.json()["revision"]) == ("Spring fair", form["revision"])
    assert (await forms.call("PATCH", f"/{form['id']}", {"name": " "})).status_code == 422


async def test_the_text_of_a_consent_gets_a_version_when_it_changes(forms: Forms) -> None:
    def asking(text: str, **more: Any) -> dict[str, Any]:
        return one_step(field("email", "email"), field("terms", "consent", text=text, **more))

    def said(form: dict[str, Any]) -> str:
        version: str = form["draft"]["steps"][0]["fields"][1]["text_version"]
        return version

    form = await forms.make(asking("I agree to A."))
    assert said(form) == "v1"
    same = await forms.change(form, asking("I agree to A.") | {"title": "Again"})
    assert (said(same), same["live_version"]) == ("v1", 2)
    other = await forms.change(same, asking("I agree to B."))
    assert said(other) == "v3"
    own = await forms.change(other, asking("I agree to C.", text_version="2026-05"))
    assert said(own) == "2026-05"
    # A version that belonged to another text is not kept for a new one.
    changed = await forms.change(own, asking("I agree to D.", text_version="2026-05"))
    assert said(changed) == "v5"
    german = {"de": {"fields": {"terms": {"text": "Ich stimme zu."}}}}
    translated = await forms.change(changed, asking("I agree to D.") | {"languages": german})
    assert said(translated) == "v6"


async def test_the_outsider_finds_no_form_and_the_reader_changes_none(forms: Forms) -> None:
    form = await forms.make()
    writes: list[tuple[str, str, Any]] = [
        ("PATCH", "", {"definition": contact(), "revision": form["revision"]}),
        ("PATCH", "", {"name": "Mine"}),
        ("POST", "/publish", {}),
        ("POST", "/discard", {}),
        ("POST", "/duplicate", {}),
        ("POST", "/close", None),
        ("POST", "/reopen", None),
        ("POST", "/versions/1/restore", {}),
        ("DELETE", "", None),
    ]
    reads = [("GET", each, None) for each in ("", "/lint", "/public", "/versions", "/versions/1")]
    for method, path, body in [*reads, *writes]:
        assert (await forms.call(method, f"/{form['id']}{path}", body, by="charlie")).status_code == 404, path
    for method, path, body in writes:
        assert (await forms.call(method, f"/{form['id']}{path}", body, by="bob")).status_code == 403, path
    assert (await forms.call("POST", "", {"definition": contact()}, by="bob")).status_code == 403
    assert (await forms.call("GET", "", by="charlie")).json()["data"] == []
    assert (await forms.call("GET", f"/{form['id']}")).json() == form


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"title": "a\0b"}, "definition.title"),
        ({"intro": "\u202eevil"}, "definition.intro"),
        ({"title": 5}, "definition.title"),
        ({"title": "x" * 201}, "definition.title"),
        ({"colour": "red"}, "definition.colour"),
        ({"steps": []}, "definition.steps"),
        ({"partials": "yes"}, "definition.partials"),
        ({"partials": "1"}, "definition.partials"),
        ({"max_submissions": "5"}, "definition.max_submissions"),
        ({"theme": {"accent": "red"}}, "definition.theme.accent"),
        ({"closes_at": "2026-05-01T10:00:00"}, "definition.closes_at"),
        ({"steps": [{"id": "one", "fields": [{"key": "Bad Key", "type": "text", "label": "x"}]}]}, "definition.steps"),
        ({"steps": [{"id": "one", "fields": [{"key": "x", "type": "text", "label": "a\0b"}]}]},
         "definition.steps[0].fields[0].label"),
        ({"languages": {"de": {"fields": {"a\0": {}}}}}, "definition.languages"),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_form_is_refused_by_its_place(forms: Forms, change: dict[str, Any], place: str) -> None:
    answer = await forms.call("POST", "", {"definition": {**contact(), **change}})
    assert answer.status_code == 422, answer.text
    named = answer.json()["errors"][0]["field"] or ""
    assert named.startswith(place), answer.text


async def test_a_form_of_half_a_megabyte_is_too_large(forms: Forms) -> None:
    options = [{"value": f"{n:03}" + "x" * 90, "label": "y" * 190} for n in range(200)]
    huge = one_step(*(field(f"f{n}", "select", options=options) for n in range(12)))
    answer = await forms.call("POST", "", {"definition": huge})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "definition")
    too_many = one_step(field("topic", "select", options=[{"value": str(n), "label": "x"} for n in range(10_000)]))
    assert (await forms.call("POST", "", {"definition": too_many})).status_code == 422


async def test_the_schema_describes_what_is_taken(forms: Forms) -> None:
    from jsonschema import Draft202012Validator

    schema = (await forms.call("GET", "/schema", by="bob")).json()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(contact())
    assert not validator.is_valid(contact(colour="red"))
    assert ids.FORM == "form"
