"""The public contract of capture, over real HTTP against the real database."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from ipaddress import ip_network
from typing import Any

import aiohttp
import asyncpg
import pytest

from leadsbot.features.capture.guard import KINDS
from leadsbot.features.capture.public import Source, close_source, reopen_source, update_source
from leadsbot.infra.db.base import CAPTURE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.ratelimit import Limit, Limiter
from leadsbot.kit.ids import new_id, show
from leadsbot.kit.signing import source_signature
from leadsbot.testing.postgres import TestDatabase

from .conftest import Door, open_door

JSON = {"Content-Type": "application/json"}
FORM = "application/x-www-form-urlencoded"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


async def eventually(check: Callable[[], Awaitable[bool]]) -> None:
    """Wait at most five seconds until something is true."""
    async with asyncio.timeout(5):
        while not await check():
            await asyncio.sleep(0.05)


async def answers(door: Door, source: Source, status: int) -> bool:
    return (await door.post(source, json={"a": 1})).status == status


async def test_a_json_lead_is_stored_and_answered_with_its_id(door: Door) -> None:
    source = await door.source()
    answer = await door.post(source, json={"name": "Ada", "email": "ada@example.com", "budget": 5000})
    assert answer.status == 201
    assert answer.json == {"id": answer.json["id"], "status": "accepted"}
    (row,) = await door.rows(source)
    assert row["id"] == answer.id
    assert row["fields"] == {"name": "Ada", "email": "ada@example.com", "budget": 5000}
    assert (row["lawful_basis"], row["notice_version"], row["quarantined"]) == ("legitimate_interests", "1", False)
    (event,) = await door.query("SELECT * FROM outbox WHERE subject_id = $1", answer.id)
    assert (event["type"], event["version"], event["logged"]) == ("submission.received", 1, False)
    assert json.loads(event["payload"]) == {"submission_id": str(answer.id), "source_id": str(source.id)}
    assert event["correlation_id"] == answer.headers["X-Request-Id"]
    assert door.wakes


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"name": "Ada", "x": "1"}},
        {"json": {"fields": {"name": "Ada", "x": "1"}}},
        {"data": {"name": "Ada", "x": "1"}},
        {"data": {"fields[name]": "Ada", "fields[x]": "1"}},
        {"data": b'{"name":"Ada","x":"1"}', "headers": {"Content-Type": "application/vnd.api+json; charset=utf-8"}},
        {"data": b'\xef\xbb\xbf{"name":"Ada","x":"1"}', "headers": {"Content-Type": "application/json"}},
    ],
)
async def test_flat_and_nested_bodies_of_every_type_are_stored_alike(door: Door, request_: dict[str, Any]) -> None:
    source = await door.source()
    assert (await door.post(source, **request_)).status == 201
    assert await door.fields(source) == {"name": "Ada", "x": "1"}


async def test_multipart_fields_are_kept_and_of_files_only_what_they_were_called(door: Door) -> None:
    source = await door.source()
    form = aiohttp.FormData()
    form.add_field("your-email", "ada@example.com")
    form.add_field("cv", b"x" * 1234, filename="cv.pdf", content_type="application/pdf")
    form.add_field("photo", b"", filename="", content_type="application/octet-stream")
    answer = await door.post(source, data=form)
    assert answer.status == 201
    assert "cv" in answer.json["warnings"][0]
    assert await door.fields(source) == {
        "your-email": "ada@example.com",
        "cv": {"filename": "cv.pdf", "size": "1234", "content_type": "application/pdf"},
    }


async def test_a_broken_multipart_body_is_refused(door: Door) -> None:
    source = await door.source()
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert (await door.post(source, data=b"--b\r\nnonsense", headers=headers)).status == 400
    assert (await door.post(source, data=b"x", headers={"Content-Type": "multipart/form-data"})).status == 400


async def test_numbers_are_kept_as_they_were_written(door: Door) -> None:
    source = await door.source()
    body = b'{"a": 1.10, "b": 123456789012345678901234567890, "c": 1e300, "d": -0.5}'
    assert (await door.post(source, data=body, headers=JSON)).status == 201
    (row,) = await door.query("SELECT fields::text FROM submission WHERE source_id = $1", source.id)
    assert '"a": 1.10' in row["fields"]
    assert '"b": 123456789012345678901234567890' in row["fields"]


async def test_the_last_of_repeated_json_names_counts(door: Door) -> None:
    source = await door.source()
    await door.post(source, data=b'{"a":"1","a":"2"}', headers=JSON)
    assert await door.fields(source) == {"a": "2"}


async def test_old_pages_that_post_windows_1252_are_understood(door: Door) -> None:
    source = await door.source()
    answer = await door.post(source, data=b"name=Ren%E9", headers={"Content-Type": FORM})
    assert answer.json["warnings"]
    assert await door.fields(source) == {"name": "René"}


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        (b'{"a": 1,}', 400, "broken_json", None),
        (b"", 400, "broken_json", None),
        (b'{"a": NaN}', 400, "broken_json", None),
        (b'{"a": "\xff"}', 400, "broken_json", None),
        (b'"text"', 422, "not_an_object", None),
        (b"{}", 422, "empty", None),
        (b'{"a": "  ", "b": null, "c": [], "d": {"e": ""}}', 422, "empty", None),
        (b'{"a": {"b": "x\\u0000y"}}', 422, "forbidden_character", "a.b"),
        (b'{"a": ["ok", "\\ud800"]}', 422, "forbidden_character", "a[1]"),
        (b'{"a\\ud800": "x"}', 422, "forbidden_character", "a\ufffd"),
        (b'{"a\\u0000": "x"}', 422, "forbidden_character", "a\ufffd"),
        (b'{"a": ' + b"[" * 17 + b"]" * 17 + b"}", 422, "too_deep", None),
        (b"[" * 60_000, 422, "too_deep", None),
        (json.dumps({str(n): 1 for n in range(501)}).encode(), 422, "too_many_fields", None),
        (json.dumps({"a": "x" * 100_001}).encode(), 422, "too_long", "a"),
        (json.dumps({"n" * 201: "x"}).encode(), 422, "too_long", None),
        (b'{"a": 1e9999}', 422, "out_of_range", "a"),
        (b'{"a": 1e99999999999999999999}', 422, "out_of_range", None),
        (b'{"a": ' + b"1" * 5000 + b"}", 422, "out_of_range", None),
        (b'{"name": true}', 422, "wrong_type", "name"),
        (b'{"message": {"a": "x\\u0000y"}}', 422, "forbidden_character", "message.a"),
        (b'{"email": {"x": 1}}', 422, "wrong_type", "email"),
        (b'{"email": ["a@example.com"]}', 422, "wrong_type", "email"),
        (b'{"fields": {"Phone": true}}', 422, "wrong_type", "Phone"),
    ],
)
async def test_what_cannot_be_stored_is_refused_by_naming_the_field(
    door: Door, body: bytes, status: int, code: str, field: str | None
) -> None:
    source = await door.source()
    answer = await door.post(source, data=body, headers=JSON)
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]
    if field is not None:
        assert answer.json["errors"][0]["field"] == field
    assert await door.rows(source) == []


async def test_broken_json_is_answered_with_its_position(door: Door) -> None:
    answer = await door.post(await door.source(), data=b'{"a":\n oops}', headers=JSON)
    assert "line 2 column 2" in answer.json["detail"]


async def test_other_content_types_are_told_what_to_send(door: Door) -> None:
    source = await door.source()
    for kind in ("text/plain", "application/xml", ""):
        answer = await door.post(source, data=b"{}", headers={"Content-Type": kind})
        assert answer.status == 415
        assert "application/json" in answer.json["detail"]


async def test_json_sent_as_a_form_is_read_with_a_warning(door: Door) -> None:
    source = await door.source()
    answer = await door.post(source, data=b'{"name": "Ada"}', headers={"Content-Type": FORM})
    assert answer.status == 201
    assert answer.json["warnings"]
    assert await door.fields(source) == {"name": "Ada"}


async def test_other_methods_are_told_which_are_allowed(door: Door) -> None:
    source, form = await door.source(), await door.source("form")
    for url in (door.url(source), door.base + "/api/capture"):
        answer = await door.send("GET", url)
        assert (answer.status, answer.headers["Allow"]) == (405, "POST, OPTIONS")
    assert (await door.send("DELETE", door.url(form))).status == 405


async def test_bodies_over_the_limit_are_refused_whether_announced_or_not(door: Door) -> None:
    source = await door.source(max_body=2048)

    async def dribble() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * 1000

    for data in (b" " * 2049, dribble()):
        answer = await door.post(source, data=data, headers=JSON)
        assert answer.status == 413
        assert "2048" in answer.json["detail"]
    fits = json.dumps({"a": "x" * (2048 - 9)}).encode()
    assert len(fits) == 2048
    assert (await door.post(source, data=fits, headers=JSON)).status == 201


async def test_card_numbers_are_masked_wherever_they_are_sent(door: Door) -> None:
    source = await door.source()
    body = {
        "message": "my card 4242 4242 4242 4242!",
        "n": 4242424242424242,
        "list": ["4242424242424242"],
        "4242424242424242": "x",
        "context": {"page": "https://a.example/?c=4242424242424242"},
    }
    headers = {"Referer": "https://a.example/?card=4242424242424242"}
    assert (await door.post(source, json=body, headers=headers)).status == 201
    statement = "SELECT fields::text || context::text AS all FROM submission WHERE source_id = $1"
    (row,) = await door.query(statement, source.id)
    assert "4242424242424242" not in row["all"]
    assert "4242 4242" not in row["all"]
    assert row["all"].count("[card ending 4242]") >= 4


async def test_an_unknown_source_is_not_found_and_a_closed_one_gone(door: Door) -> None:
    for key in ("A" * 22, "x", "%00", "..", "a/b"):
        answer = await door.send("POST", f"{door.base}/api/inbound/w/{key}/leads", json={"a": 1})
        assert answer.status == 404, key
    source = await door.source()
    assert (await door.post(source, json={"a": 1})).status == 201
    async with door.db.tenant(door.workspace_id) as tx:
        await close_source(tx, source.id)
    # At once, though the memory still says open: the database refuses the row, and the memory learns of it.
    answer = await door.post(source, json={"a": 2})
    assert answer.status == 410
    assert len(await door.rows(source)) == 1
    async with door.db.tenant(door.workspace_id) as tx:
        await reopen_source(tx, source.id)
    await eventually(lambda: answers(door, source, 201))


async def test_a_source_answers_only_under_its_own_address(door: Door) -> None:
    webhook, form = await door.source(), await door.source("form")
    assert (await door.send("POST", f"{door.base}/f/{webhook.key}", data={"a": "1"})).status == 404
    assert (await door.send("POST", f"{door.base}/api/inbound/w/{form.key}/leads", json={"a": 1})).status == 404


async def test_changes_take_effect_within_a_second_without_a_request_failing(door: Door) -> None:
    source = await door.source()
    origin = {"Origin": "https://shop.example"}
    assert (await door.post(source, json={"a": 1}, headers=origin)).status == 201
    async with door.db.tenant(door.workspace_id) as tx:
        await update_source(tx, source.id, allowed_origins=["https://other.example"])
    await asyncio.sleep(1)
    assert (await door.post(source, json={"a": 1}, headers=origin)).status == 403


async def test_a_deleted_source_is_not_found(door: Door) -> None:
    source = await door.source()
    assert (await door.post(source, json={"a": 1})).status == 201
    await door.query("DELETE FROM source WHERE id = $1", source.id)
    assert (await door.post(source, json={"a": 2})).status == 404


async def test_the_context_of_the_request_is_kept(door: Door) -> None:
    source = await door.source()
    headers = {
        "User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/126.0.0.0 Safari/537.36",
        "Accept-Language": "de-CH,de;q=0.9",
        "Referer": "https://shop.example/contact?utm_source=x",
        "Origin": "https://shop.example",
    }
    body = {"utm_campaign": "spring", "context": {"title": "Contact", "referrer": "https://search.example/"}, "a": "1"}
    await door.post(source, json=body, headers=headers)
    (row,) = await door.rows(source)
    assert row["fields"] == {"utm_campaign": "spring", "a": "1"}
    context = row["context"]
    assert {name: context[name] for name in ("browser", "os", "device")} == {
        "browser": "Chrome",
        "os": "Windows",
        "device": "desktop",
    }
    assert context["language"] == "de-CH,de;q=0.9"
    assert context["page"] == context["referer"] == headers["Referer"]
    assert (context["origin"], context["referrer"], context["title"]) == (
        "https://shop.example",
        "https://search.example/",
        "Contact",
    )
    assert context["content_type"] == "application/json"
    assert str(row["ip"]) in ("127.0.0.1", "127.0.0.1/32")


async def test_the_address_is_the_nearest_one_that_is_not_a_trusted_proxy(database: TestDatabase, db: Database) -> None:
    trusted = [ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8")]
    async with open_door(database, db, trusted_proxies=trusted) as door:
        source = await door.source()
        await door.post(source, json={"a": 1}, headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.7, 10.1.1.1"})
        assert str((await door.rows(source))[0]["ip"]) in ("203.0.113.7", "203.0.113.7/32")


async def test_a_stranger_cannot_claim_an_address(door: Door) -> None:
    source = await door.source()
    await door.post(source, json={"a": 1}, headers={"X-Forwarded-For": "6.6.6.6"})
    assert "127.0.0.1" in str((await door.rows(source))[0]["ip"])


async def test_a_batch_stores_the_good_and_names_the_bad(door: Door) -> None:
    source = await door.source()
    body = {"leads": [{"name": "A"}, {"email": []}, "no", {"name": "B"}], "campaign": "fair"}
    answer = await door.post(source, json=body)
    assert answer.status == 201
    results = answer.json["results"]
    assert [each["status"] for each in results] == ["accepted", "rejected", "rejected", "accepted"]
    assert results[1]["errors"][0]["field"] == "email"
    rows = await door.rows(source)
    assert [row["fields"] for row in rows] == [{"campaign": "fair", "name": "A"}, {"campaign": "fair", "name": "B"}]
    assert [show("sub", row["id"]) for row in rows] == [results[0]["id"], results[3]["id"]]
    events = await door.query("SELECT 1 FROM outbox WHERE subject_id = ANY($1)", [row["id"] for row in rows])
    assert len(events) == 2


async def test_batches_are_at_most_five_hundred_and_not_all_bad(door: Door) -> None:
    source = await door.source()
    assert (await door.post(source, json=[{"n": n} for n in range(500)])).status == 201
    assert len(await door.rows(source)) == 500
    assert (await door.post(source, json=[{"n": n} for n in range(501)])).status == 422
    assert (await door.post(source, json=[])).status == 422
    answer = await door.post(source, json=[{}, 1])
    assert answer.status == 422
    assert len(answer.json["results"]) == 2


async def test_a_repeated_batch_is_answered_as_the_first_time(door: Door) -> None:
    source = await door.source()
    key = {"Idempotency-Key": "batch-1"}
    first = await door.post(source, json=[{"n": 1}, {}, {"n": 2}], headers=key)
    again = await door.post(source, json=[{"n": 1}, {}, {"n": 2}], headers=key)
    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    other = await door.post(source, json=[{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}], headers=key)
    assert other.status == 422
    assert len(await door.rows(source)) == 2


async def test_a_repeated_key_gets_the_first_answer_and_another_body_is_refused(door: Door) -> None:
    source, neighbour = await door.source(), await door.source()
    key = {"Idempotency-Key": "k-1"}
    first = await door.post(source, json={"a": 1}, headers=key)
    again = await door.post(source, json={"a": 1}, headers=key)
    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json
    other = await door.post(source, json={"a": 2}, headers=key)
    assert (other.status, other.json["code"]) == (422, "key_reused")
    assert (await door.post(neighbour, json={"a": 2}, headers=key)).status == 201
    assert len(await door.rows(source)) == 1
    for bad in ("k" * 256, "ключ"):
        assert (await door.post(source, json={"a": 1}, headers={"Idempotency-Key": bad})).status == 422


async def test_two_hundred_parallel_posts_with_one_key_store_one_row(door: Door) -> None:
    source = await door.source()
    key = {"Idempotency-Key": "once"}
    answers_ = await asyncio.gather(*(door.post(source, json={"a": 1}, headers=key) for _ in range(200)))
    assert sorted({answer.status for answer in answers_}) == [200, 201]
    assert [answer.status for answer in answers_].count(201) == 1
    assert len({answer.json["id"] for answer in answers_}) == 1
    assert len(await door.rows(source)) == 1


async def test_a_signed_source_wants_a_right_signature(door: Door) -> None:
    source = await door.source(signing_secret=b"terces-a-fo-rewolf")
    body = b'{"a": 1}'
    secret = b"terces-a-fo-rewolf"[::-1].decode()
    right = source_signature(secret, body)
    assert (await door.post(source, data=body, headers=JSON)).status == 401
    for wrong in ("sha256=" + "0" * 64, "", "é"):
        assert (await door.post(source, data=body, headers={**JSON, "X-LeadsBot-Signature": wrong})).status == 401
    assert (await door.post(source, data=body, headers={**JSON, "X-LeadsBot-Signature": right})).status == 201
    old = {**JSON, "X-LeadsBot-Signature": source_signature(secret, body, 1000), "X-LeadsBot-Timestamp": "1000"}
    assert (await door.post(source, data=body, headers=old)).status == 401
    assert len(await door.rows(source)) == 1


async def test_a_source_with_an_unreadable_secret_refuses_and_says_so(door: Door) -> None:
    source = await door.source(signing_secret=b"\xff\xfe")
    assert (await door.post(source, json={"a": 1}, headers={"X-LeadsBot-Signature": "sha256=x"})).status == 503


async def test_browsers_are_let_in_by_origin(door: Door) -> None:
    source = await door.source(allowed_origins=["https://Shop.example", "null"])
    for origin, status in (
        ("https://shop.example", 201),
        ("null", 201),
        ("https://evil.example", 403),
        ("http://shop.example", 403),
        ("https://shop.example.evil.example", 403),
        ("https://shop.example:8443", 403),
    ):
        answer = await door.post(source, json={"a": 1}, headers={"Origin": origin})
        assert answer.status == status, origin
        assert answer.headers.get("Access-Control-Allow-Origin") == (origin if status == 201 else None)
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    assert (await door.post(source, json={"a": 1})).status == 201
    broken = await door.post(source, data=b"{", headers={**JSON, "Origin": "https://shop.example"})
    assert (broken.status, broken.headers["Access-Control-Allow-Origin"]) == (400, "https://shop.example")


async def test_preflights_are_answered(door: Door) -> None:
    source = await door.source(allowed_origins=["https://shop.example"])
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = await door.send("OPTIONS", door.url(source), headers={"Origin": "https://shop.example", **ask})
    assert answer.status == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "idempotency-key" in answer.headers["Access-Control-Allow-Headers"]
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    evil = {"Origin": "https://evil.example", **ask}
    assert (await door.send("OPTIONS", door.url(source), headers=evil)).status == 403
    assert (await door.send("OPTIONS", f"{door.base}/api/capture", headers=evil)).status == 204


async def test_an_html_form_is_thanked_by_a_redirect(door: Door) -> None:
    form = await door.source("form", redirect_allow=["https://shop.example/thanks"])
    browser = {"Accept": "text/html,application/xhtml+xml"}
    answer = await door.post(form, data={"name": "Ada", "_subject": "Hi", "_lang": "de"}, headers=browser)
    assert (answer.status, answer.headers["Location"]) == (303, f"/f/{form.key}/thanks")
    (row,) = await door.rows(form)
    assert row["fields"] == {"name": "Ada"}
    assert (row["context"]["subject"], row["context"]["lang"]) == ("Hi", "de")
    good = "https://shop.example/thanks/now?x=1"
    answer = await door.post(form, data={"name": "Ada", "_next": good}, headers=browser)
    assert (answer.status, answer.headers["Location"]) == (303, good)
    for evil in ("//evil.example", "https://evil.example/thanks", "https://shop.example@evil.example/", "javascript:x"):
        answer = await door.post(form, data={"name": "Ada", "_next": evil}, headers=browser)
        assert (answer.status, answer.headers["Location"]) == (303, f"/f/{form.key}/thanks")


async def test_a_form_posted_by_script_is_answered_in_json(door: Door) -> None:
    form = await door.source("form")
    body = {"name": "Ada", "_next": "https://x.example"}
    answer = await door.post(form, data=body, headers={"Accept": "application/json"})
    assert answer.status == 201
    assert answer.id == (await door.rows(form))[0]["id"]
    assert answer.json["warnings"]


async def test_a_filled_trap_is_held_back_and_thanked(door: Door) -> None:
    form = await door.source("form")
    answer = await door.post(form, data={"name": "Bot", "_gotcha": "x"}, headers={"User-Agent": BROWSER})
    assert answer.status == 303
    (row,) = await door.rows(form)
    assert row["quarantined"] is True
    assert row["verdict"]["verdict"] == "quarantine"
    assert row["verdict"]["reasons"][0] == "trap_filled"
    assert row["fields"] == {"name": "Bot"}
    assert (await door.post(form, data={"name": "Ada", "_gotcha": ""})).status == 303
    assert (await door.rows(form))[1]["quarantined"] is False


async def test_a_browser_sees_a_page_when_the_form_fails(door: Door) -> None:
    form = await door.source("form")
    for referer, shown in (("https://shop.example/?a=<b>", True), ("javascript:alert(1)", False)):
        answer = await door.post(form, data={"name": ""}, headers={"Accept": "text/html", "Referer": referer})
        assert answer.status == 422
        assert answer.headers["Content-Type"].startswith("text/html")
        assert "fill in" in answer.text
        assert ('href="https://shop.example/?a=&lt;b&gt;"' in answer.text) is shown
        assert "javascript" not in answer.text


async def test_the_widget_posts_by_header_query_or_field_without_a_preflight(door: Door) -> None:
    widget = await door.source("widget")
    url, plain = f"{door.base}/api/capture", {"Content-Type": "text/plain"}
    body = {"fields": {"email": "a@example.com"}, "context": {"page": "https://a.example/"}}
    assert (await door.post(widget, json=body)).status == 201
    for address, extra in ((f"{url}?token={widget.key}", {}), (url, {"token": widget.key})):
        answer = await door.send("POST", address, data=json.dumps({**body, **extra}).encode(), headers=plain)
        assert answer.status == 201
    rows = await door.rows(widget)
    assert [row["fields"] for row in rows] == [{"email": "a@example.com"}] * 3
    assert rows[2]["context"]["page"] == "https://a.example/"
    assert (await door.send("POST", url, json={"a": 1})).status == 404
    assert (await door.send("POST", url, json={"a": 1, "token": "B" * 22})).status == 404


async def test_the_widget_names_its_idempotency_key_in_the_body_and_nobody_else_does(door: Door) -> None:
    widget, form = await door.source("widget"), await door.source("form")
    body = {"token": widget.key, "_key": "one", "fields": {"email": "ada@example.com"}}
    first, again = [await door.send("POST", f"{door.base}/api/capture", json=body) for _ in range(2)]
    other = await door.send("POST", f"{door.base}/api/capture", json={**body, "fields": {"email": "bo@example.com"}})
    bad = await door.send("POST", f"{door.base}/api/capture", json={**body, "_key": "é"})

    assert (first.status, again.status, again.json["id"]) == (201, 200, first.json["id"])
    assert (other.status, other.json["code"]) == (422, "key_reused")
    assert (bad.status, bad.json["code"]) == (422, "bad_key")
    assert [row["fields"] for row in await door.rows(widget)] == [{"email": "ada@example.com"}]

    plain, asks = {"email": "ada@example.com", "_key": "one"}, {"Accept": "application/json"}
    assert [(await door.post(form, json=plain, headers=asks)).status for _ in range(2)] == [201, 201]
    assert [row["fields"] for row in await door.rows(form)] == [plain, plain]


async def test_limits_let_exactly_the_allowed_number_through(database: TestDatabase, db: Database) -> None:
    limits = {kind: Limit("address", 30, 3600) for kind in KINDS}, {kind: Limit("source", 1000, 3600) for kind in KINDS}
    async with open_door(database, db, limiter=Limiter(), limits=limits) as door:
        source = await door.source()
        found = await asyncio.gather(*(door.post(source, json={"a": 1}) for _ in range(200)))
        assert [answer.status for answer in found].count(201) == 30
        assert {answer.status for answer in found} == {201, 429}
        assert len(await door.rows(source)) == 30
        refused = next(answer for answer in found if answer.status == 429)
        assert refused.headers["RateLimit-Policy"] == '"address";q=30;w=3600'
        assert int(refused.headers["Retry-After"]) in range(1, 121)
        assert refused.headers["RateLimit"].startswith('"address";r=0;t=')


async def test_limits_are_not_dodged_by_headers_or_by_changing_addresses_of_one_household(
    database: TestDatabase, db: Database
) -> None:
    limits = {kind: Limit("address", 10, 3600) for kind in KINDS}, {kind: Limit("source", 1000, 3600) for kind in KINDS}
    async with open_door(database, db, limiter=Limiter(), limits=limits) as door:
        source = await door.source()
        names = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP")
        found = [
            await door.post(source, json={"a": 1}, headers={names[n % 6]: f"for=198.51.100.{n}, 198.51.100.{n}"})
            for n in range(60)
        ]
        assert [answer.status for answer in found].count(201) == 10
    trusted = [ip_network("127.0.0.0/8")]
    async with open_door(database, db, limiter=Limiter(), limits=limits, trusted_proxies=trusted) as door:
        source = await door.source()
        house = [
            await door.post(source, json={"a": 1}, headers={"X-Forwarded-For": f"6.6.6.{n}, 2001:db8:1:2::{n:x}"})
            for n in range(40)
        ]
        assert [answer.status for answer in house].count(201) == 10
        other = await door.post(source, json={"a": 1}, headers={"X-Forwarded-For": "2001:db8:1:3::1"})
        assert other.status == 201


async def test_a_foreign_workspace_cannot_be_written(door: Door, database: TestDatabase) -> None:
    source = await door.source()
    connection = await asyncpg.connect(database.of(CAPTURE))
    insert = (
        "INSERT INTO submission "
        "(workspace_id, id, source_id, fields, context, body_hash, lawful_basis, notice_version) "
        "VALUES ($1, $2, $3, '{}', '{}', '', 'x', '1')"
    )
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(insert, new_id(), new_id(), source.id)
        for forbidden in ("SELECT fields FROM submission", "UPDATE source SET name = 'x'", "DELETE FROM submission"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


async def test_outcomes_are_counted(door: Door) -> None:
    source = await door.source()
    door.outcomes.seen.clear()
    await door.post(source, json={"a": 1})
    await door.post(source, json={})
    assert door.outcomes.seen[-2:] == ["accepted", "empty"]
