"""Keys and workspace over the API, always with the outsider."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import get_args

import httpx
import pytest

from leadsbot.features.accounts.schemas import Scope
from leadsbot.infra.db.pool import Database
from leadsbot.kit import ids
from leadsbot.web.actor import Permission
from tests.cast import Cast, application, browser, services


@pytest.fixture
async def http(db: Database) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(application(services(db))) as opened:
        yield opened.http


async def test_a_key_made_over_the_api_works_and_is_not_shown_again(http: httpx.AsyncClient, cast: Cast) -> None:
    body = {"name": "Import", "scopes": ["leads:read", "keys:read"]}
    made = await http.post("/api/v1/keys", json=body, headers=cast.alice.bearer)
    assert made.status_code == 201, made.text
    key = made.json()
    listed = await http.get("/api/v1/keys", headers={"Authorization": f"Bearer {key['key']}"})
    assert [item["name"] for item in listed.json()["data"]] == ["Import", "test", "test"]
    assert key["key"] not in listed.text
    refused = await http.post("/api/v1/keys", json=body, headers={"Authorization": f"Bearer {key['key']}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


async def test_a_key_gives_no_more_than_it_has(http: httpx.AsyncClient, cast: Cast) -> None:
    body = {"name": "maker", "scopes": ["keys:write", "keys:read"]}
    maker = (await http.post("/api/v1/keys", json=body, headers=cast.alice.bearer)).json()["key"]
    more = await http.post(
        "/api/v1/keys", json={"name": "x", "scopes": ["*"]}, headers={"Authorization": f"Bearer {maker}"}
    )
    assert more.status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "scopes": ["*"]}, "name"),
        ({"name": " ", "scopes": ["*"]}, "name"),
        ({"name": "a\0", "scopes": ["*"]}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["leads:delete"]}, "scopes[0]"),
        ({"name": "x"}, "scopes"),
        ({"name": "x", "scopes": ["*"], "workspace_id": "y"}, "workspace_id"),
    ],
)
async def test_a_wrong_key_request_names_the_field(
    http: httpx.AsyncClient, cast: Cast, body: dict[str, object], field: str
) -> None:
    answer = await http.post("/api/v1/keys", json=body, headers=cast.alice.bearer)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


async def test_the_outsider_sees_and_revokes_nothing_of_others(http: httpx.AsyncClient, cast: Cast) -> None:
    body = {"name": "Import", "scopes": ["*"]}
    made = (await http.post("/api/v1/keys", json=body, headers=cast.alice.bearer)).json()
    listed = await http.get("/api/v1/keys", headers=cast.charlie.bearer)
    assert "Import" not in listed.text
    path = f"/api/v1/keys/{made['id']}"
    assert (await http.delete(path, headers=cast.charlie.bearer)).status_code == 404
    assert (await http.delete(path, headers=cast.bob.bearer)).status_code == 403
    assert (await http.delete(path)).status_code == 401
    assert (await http.delete(path, headers=cast.alice.bearer)).status_code == 204
    assert (await http.delete(path, headers=cast.alice.bearer)).status_code == 404
    assert (await http.get("/api/v1/keys", headers={"Authorization": f"Bearer {made['key']}"})).status_code == 401


async def test_keys_come_in_pages(http: httpx.AsyncClient, cast: Cast) -> None:
    for number in range(3):
        body = {"name": f"key {number}", "scopes": ["*"]}
        await http.post("/api/v1/keys", json=body, headers=cast.alice.bearer)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        answer = (await http.get("/api/v1/keys", params=query, headers=cast.alice.bearer)).json()
        seen += [item["name"] for item in answer["data"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            break
    assert seen == ["key 2", "key 1", "key 0", "test", "test"]
    bad = await http.get("/api/v1/keys?cursor=zzz", headers=cast.alice.bearer)
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (400, "cursor")


async def test_a_mistyped_or_foreign_credential_is_401(http: httpx.AsyncClient, cast: Cast) -> None:
    wrong = cast.alice.key[:-1] + ("a" if cast.alice.key[-1] != "a" else "b")
    for header in (f"Bearer {wrong}", "Bearer", "Basic YTpi", "Bearer \xe9", cast.alice.key):
        answer = await http.get("/api/v1/workspace", headers=[(b"authorization", header.encode("latin-1"))])
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised"), header
        assert "Bearer" in answer.headers["www-authenticate"]


def test_the_scopes_of_a_key_are_all_permissions() -> None:
    assert set(get_args(Scope)) == {"*", *Permission}


async def test_members_are_known_inside_their_workspace_only(http: httpx.AsyncClient, cast: Cast) -> None:
    listed = (await http.get("/api/v1/members", headers=cast.bob.bearer)).json()["data"]
    assert [(item["name"], item["role"]) for item in listed] == [("Alice", "owner"), ("Bob", "viewer")]
    assert listed[0]["id"] == ids.show(ids.PERSON, cast.alice.person_id)
    outside = (await http.get("/api/v1/members", headers=cast.charlie.bearer)).json()["data"]
    assert [item["name"] for item in outside] == ["Charlie"]


async def test_the_workspace_is_changed_field_by_field(http: httpx.AsyncClient, cast: Cast) -> None:
    patch = {"merge_window_days": 3, "stage_labels": {"won": "Customer"}}
    answer = await http.patch("/api/v1/workspace", json=patch, headers=cast.alice.bearer)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["name"], body["merge_window_days"], body["stage_labels"]["won"]) == ("Alder & Ash", 3, "Customer")
    assert body["stage_labels"]["new"] == "New"
    refused = await http.patch("/api/v1/workspace", json={"name": "x"}, headers=cast.bob.bearer)
    assert refused.status_code == 403
    wrong = await http.patch("/api/v1/workspace", json={"country": "XX"}, headers=cast.alice.bearer)
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "country")
    other = (await http.get("/api/v1/workspace", headers=cast.charlie.bearer)).json()
    assert (other["name"], other["merge_window_days"]) == ("Cedar", 30)
