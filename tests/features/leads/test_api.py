"""The leads of a workspace over ``/api/v1``."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from leadsbot.features.leads import actions
from leadsbot.kit import ids
from leadsbot.kit.ids import new_id
from tests.features.leads.conftest import As, Desk

ANNA = {"name": "Anna Berg", "email": "anna@example.org", "message": "Hello", "colour": "red"}
LEADS = "/api/v1/leads"


async def test_a_lead_has_the_agreed_shape(desk: Desk, http: As) -> None:
    lead_id = await desk.shown(ANNA)

    async with http("key") as client:
        answer = await client.get(f"{LEADS}/{lead_id}")

    lead = answer.json()
    assert answer.status_code == 200
    assert set(lead) >= {
        "id", "name", "email", "phone", "company", "message", "stage", "owner", "tags", "source", "score", "fields",
        "context", "created_at", "updated_at", "last_activity_at",
    }  # fmt: skip
    assert (lead["id"], lead["name"], lead["stage"], lead["fields"]) == (lead_id, "Anna Berg", "new", {"colour": "red"})
    assert lead["source"] == {"id": ids.show(ids.SOURCE, desk.source), "kind": "form", "name": "Contact"}


async def test_the_outsider_the_reader_and_nobody_get_nothing_they_may_not(desk: Desk, http: As) -> None:
    lead_id = await desk.shown(ANNA)
    other = await desk.shown({"email": "b@example.org"})
    calls: list[tuple[str, str, Any]] = [
        ("GET", "", None), ("PATCH", "", {"stage": "junk"}), ("GET", "/notes", None), ("POST", "/notes", {"body": "x"}),
        ("GET", "/timeline", None), ("GET", "/submissions", None), ("POST", "/merge", {"lead_id": other}),
    ]  # fmt: skip

    for method, path, body in calls:
        async with http("charlie") as client:
            charlie = await client.request(method, f"{LEADS}/{lead_id}{path}", json=body)
        async with http("reader") as client:
            reader = await client.request(method, f"{LEADS}/{lead_id}{path}", json=body)
        async with http("") as client:
            nobody = await client.request(method, f"{LEADS}/{lead_id}{path}", json=body)
        # A merge names two leads; that neither is there is told about whichever is looked up first.
        assert charlie.status_code in {404, 422}, (method, path)
        assert "anna" not in charlie.text.lower()
        assert reader.status_code == (200 if method == "GET" else 403), (method, path)
        assert nobody.status_code == 401, (method, path)
    async with http("charlie") as client:
        assert (await client.get(LEADS)).json()["data"] == []


async def test_a_patch_changes_what_it_names_and_tells_each_change(desk: Desk, http: As, alice: UUID) -> None:
    lead_id = await desk.arrives(ANNA)
    path = f"{LEADS}/{ids.show(ids.LEAD, lead_id)}"
    body = {"stage": "qualified", "owner": ids.show(ids.PERSON, alice), "tags": ["VIP"], "company": "Berg AG"}

    async with http("key") as client:
        answer = await client.patch(path, json=body)
        again = await client.patch(path, json=body)

    lead = answer.json()
    assert (lead["stage"], lead["owner"], lead["tags"], lead["company"]) == (
        "qualified",
        body["owner"],
        ["vip"],
        "Berg AG",
    )
    assert again.json() == lead
    assert await desk.told(lead_id) == [
        "lead.created", "lead.updated", "lead.stage_changed", "lead.assigned", "lead.tagged",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"stage": "sold"}, "stage"), ({"owner": "usr_nobody"}, "owner"), ({"email": "no"}, "email"),
        ({"tags": ["a\0"]}, "tags"), ({"name": "x" * 201}, "name"), ({"colour": "red"}, None), ({"tags": "x"}, None),
        ({"owner": ids.show(ids.PERSON, new_id())}, "owner"), ({"name": "\ud800"}, None), ([], None),
    ],
)  # fmt: skip
async def test_a_bad_patch_is_refused_and_changes_nothing(desk: Desk, http: As, body: Any, field: str | None) -> None:
    lead_id = await desk.arrives(ANNA)

    async with http("key") as client:
        answer = await client.patch(
            f"{LEADS}/{ids.show(ids.LEAD, lead_id)}",
            content=json.dumps(body).encode(), headers={"content-type": "application/json"},
        )  # fmt: skip

    assert 400 <= answer.status_code < 500, answer.text
    if field:
        assert [each["field"] for each in answer.json()["errors"]] == [field]
    assert await desk.told(lead_id) == ["lead.created"]


async def test_somebody_elses_change_is_not_overwritten_when_the_version_is_sent(desk: Desk, http: As) -> None:
    path = f"{LEADS}/{await desk.shown(ANNA)}"

    async with http("key") as client:
        seen = (await client.get(path)).headers["etag"]
        first = await client.patch(path, json={"stage": "won"}, headers={"If-Match": seen})
        second = await client.patch(path, json={"stage": "lost"}, headers={"If-Match": seen})

    assert (first.status_code, second.status_code) == (200, 409)


async def test_pages_follow_each_other_without_gaps_or_repeats(desk: Desk, http: As) -> None:
    made = {await desk.shown({"email": f"p{n}@example.org"}) for n in range(7)}
    seen: list[str] = []

    async with http("key") as client:
        cursor = ""
        while True:
            page = (await client.get(f"{LEADS}?limit=3{cursor}")).json()
            seen += [lead["id"] for lead in page["data"]]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"

    assert len(seen) == 7
    assert set(seen) == made


async def test_filters_narrow_the_list(desk: Desk, http: As, alice: UUID) -> None:
    anna, bert = await desk.arrives(ANNA), await desk.arrives({"name": "Bert", "email": "bert@example.org"})
    async with desk.db.tenant(desk.workspace) as tx:
        await actions.set_stage(tx, bert, "won", by="system")
        await actions.set_tags(tx, bert, ["vip"], by="system")
        await actions.assign(tx, bert, alice, by="system")
    shown_anna, shown_bert = ids.show(ids.LEAD, anna), ids.show(ids.LEAD, bert)
    source = ids.show(ids.SOURCE, desk.source)

    async with http("key") as client:

        async def found(query: str) -> set[str]:
            answer = await client.get(f"{LEADS}?{query}")
            assert answer.status_code == 200, answer.text
            return {lead["id"] for lead in answer.json()["data"]}

        assert await found("stage=won") == {shown_bert}
        assert await found("stage=won&stage=new") == {shown_anna, shown_bert}
        assert await found("tag=VIP") == {shown_bert}
        assert await found(f"owner={ids.show(ids.PERSON, alice)}") == {shown_bert}
        assert await found("owner=none") == {shown_anna}
        assert await found(f"source={source}") == {shown_anna, shown_bert}
        assert await found("q=berg%20ANNA") == {shown_anna}
        assert await found("q=red") == {shown_anna}
        assert await found("created_after=2020-01-01T00:00:00Z") == {shown_anna, shown_bert}
        assert await found("created_before=2020-01-01T00:00:00Z") == set()


async def test_updated_after_lists_changes_oldest_first_and_goes_on_from_the_last(desk: Desk, http: As) -> None:
    first, second = await desk.arrives(ANNA), await desk.arrives({"email": "b@example.org"})
    await desk.move(first, "contacted")

    async with http("key") as client:
        page = (await client.get(f"{LEADS}?updated_after=2020-01-01T00:00:00Z")).json()["data"]
        assert [lead["id"] for lead in page] == [ids.show(ids.LEAD, second), ids.show(ids.LEAD, first)]
        last = page[-1]["updated_at"].replace("+", "%2B")
        assert (await client.get(f"{LEADS}?updated_after={last}")).json()["data"] == []
        await desk.move(second, "won")
        assert len((await client.get(f"{LEADS}?updated_after={last}")).json()["data"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        "stage=sold", "owner=x", "source=lead_1", "tag=%00", "q=%00", "limit=0", "limit=201", "limit=x",
        "cursor=x", "created_after=yesterday", "created_after=0001-01-01T00:00:00%2B14:00", "q=" + "x" * 201,
        "updated_after=9999-12-31T23:59:59-14:00", "updated_after=0.5", "created_before=1767225600",
        "source=", "owner=",
        "cursor=WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0",
    ],
)  # fmt: skip
async def test_a_bad_filter_is_refused(desk: Desk, http: As, query: str) -> None:
    async with http("key") as client:
        answer = await client.get(f"{LEADS}?{query}")

    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["request_id"] is not None


@pytest.mark.parametrize("lead", ["lead_x", "%00", "lead_%00", "%ED%A0%80", "src_" + "0" * 26, "lead_" + "z" * 26])
async def test_an_id_that_is_none_is_not_found(http: As, lead: str) -> None:
    async with http("key") as client:
        for path in ("", "/notes", "/timeline", "/submissions"):
            answer = await client.get(f"{LEADS}/{lead}{path}")
            assert answer.status_code in {400, 404, 422}, answer.text


async def test_a_merged_id_answers_with_the_lead_it_went_into(desk: Desk, http: As) -> None:
    anna, other = await desk.shown(ANNA), await desk.shown({"email": "anna@work.example", "message": "From work"})

    async with http("key") as client:
        await client.post(f"{LEADS}/{other}/notes", json={"body": "Called."})
        merged = await client.post(f"{LEADS}/{anna}/merge", json={"lead_id": other})
        again = await client.post(f"{LEADS}/{anna}/merge", json={"lead_id": other})
        read = await client.get(f"{LEADS}/{other}")
        notes = (await client.get(f"{LEADS}/{anna}/notes")).json()["data"]
        submissions = (await client.get(f"{LEADS}/{anna}/submissions")).json()["data"]
        events = (await client.get(f"{LEADS}/{other}/timeline")).json()["data"]
        itself = await client.post(f"{LEADS}/{anna}/merge", json={"lead_id": anna})

    assert merged.json()["message"] == "From work"
    assert (again.status_code, read.json()["id"], itself.status_code) == (200, anna, 422)
    assert [note["body"] for note in notes] == ["Called."]
    assert len(submissions) == 2
    assert [event["type"] for event in events][:2] == ["lead.merged", "lead.note_added"]
    assert events[0]["data"] == {"lead_id": anna, "merged_id": other}


async def test_submissions_are_shown_exactly_as_they_came(desk: Desk, http: As) -> None:
    lead_id = await desk.shown(ANNA, ip="192.0.2.7")

    async with http("key") as client:
        row = (await client.get(f"{LEADS}/{lead_id}/submissions")).json()["data"][0]

    assert (row["fields"], row["ip"], row["lawful_basis"], row["notice_version"]) == (ANNA, "192.0.2.7", "consent", "3")
