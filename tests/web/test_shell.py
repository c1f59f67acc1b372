"""What every answer has in common, and what every route is protected by."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from leadsbot.infra.db.pool import Database
from leadsbot.infra.ratelimit import Limit, Limiter
from leadsbot.web.app import build_app
from leadsbot.web.limits import ApiLimit
from tests.web.conftest import BROWSER, FEATURE, KEY, by_header, client_of, services, settings

PERSON = {"x-test-actor": "person", "x-test-workspace": "01900000-0000-7000-8000-000000000001"}


async def test_every_answer_carries_a_request_id_and_the_strict_headers(client: httpx.AsyncClient) -> None:
    for path in ("/open", "/nowhere", "/healthz", "/api/v1/things"):
        answer = await client.get(path)
        assert answer.headers["x-request-id"].startswith("req_"), path
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in answer.headers


async def test_behind_https_browsers_are_told_to_stay_there(db: Database) -> None:
    app = build_app((FEATURE,), services(db, base_url="https://leads.example.com"), authenticate=by_header)
    async with client_of(app) as client:
        assert "strict-transport-security" in (await client.get("/open")).headers


async def test_the_problem_names_the_request(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/broken/missing", headers=KEY)
    body = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["code"] == "not_found"


async def test_an_unexpected_fault_tells_nothing_of_itself(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/broken/fault", headers=KEY)
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_a_commit_that_fails_is_never_answered_with_success(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/broken/late", headers=KEY)
    assert answer.status_code == 500
    assert "stored" not in answer.text


async def test_a_nul_character_is_refused_and_not_a_fault(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/broken/nul", headers=KEY)
    assert (answer.status_code, answer.json()["code"]) == (422, "forbidden_character")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        (b'{"name": "x", "size": "many"}', 422, "size"),
        (b'{"name": "x"}', 422, "size"),
        (b"{", 400, None),
        (b"[]", 422, None),
        (b'{"name": "\xff", "size": 1}', 400, None),
        (b"", 422, None),
    ],
)
async def test_a_wrong_body_is_a_problem_that_names_the_field(
    client: httpx.AsyncClient, body: bytes, status: int, field: str | None
) -> None:
    answer = await client.post("/api/v1/things", content=body, headers={**KEY, "content-type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if field:
        assert answer.json()["errors"][0]["field"] == field


async def test_a_wrong_query_names_the_parameter(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/v1/things?limit=many", headers=KEY)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")


async def test_a_body_over_the_limit_is_refused_with_and_without_a_declared_length(client: httpx.AsyncClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"x" * 100_000

    for content in (b"x" * 2_000_000, chunks()):
        answer = await client.post("/api/v1/things", content=content, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_nobody_gets_401_from_the_api_and_the_login_page_from_the_dashboard(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/things")).status_code == 401
    answer = await client.get("/paper?a=1", headers=BROWSER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?next=/paper%3Fa%3D1")


async def test_a_wrong_credential_is_401_even_where_nobody_is_known(client: httpx.AsyncClient) -> None:
    assert (await client.get("/api/v1/things", headers={"x-test-actor": "wrong"})).status_code == 401


async def test_a_role_without_the_permission_is_told_so(client: httpx.AsyncClient) -> None:
    token = (await client.get("/mine", headers={"x-test-actor": "viewer"})).text
    headers = {"x-test-actor": "viewer", "x-csrf-token": token}
    assert (await client.get("/paper", headers=headers)).status_code == 200
    assert (await client.post("/paper", headers=headers, data={"title": "x"})).status_code == 403


async def test_a_form_needs_its_token_and_our_origin(client: httpx.AsyncClient) -> None:
    token = (await client.get("/mine", headers=PERSON)).text
    good = {"title": "x", "_csrf": token}
    assert (await client.post("/paper", headers=PERSON, data=good)).text == "x"
    assert (await client.post("/paper", headers=PERSON, data={"title": "x"})).status_code == 403
    assert (await client.post("/paper", headers=PERSON, data={**good, "_csrf": "é"})).status_code == 403
    for stranger in (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.test"},
        {"origin": "null"},
        {"referer": "https://evil.test/x"},
    ):
        assert (await client.post("/paper", headers={**PERSON, **stranger}, data=good)).status_code == 403
    ours = {**PERSON, "origin": "http://leads.test", "sec-fetch-site": "same-origin"}
    assert (await client.post("/paper", headers=ours, data=good)).status_code == 200


async def test_the_limit_is_told_and_then_kept(db: Database) -> None:
    limit = ApiLimit(Limiter(), settings(), Limit("api", 1, 60))
    app = build_app((FEATURE,), services(db), authenticate=by_header, limit=limit)
    key = {**KEY, "x-test-workspace": "019aa000-0000-7000-8000-000000000001"}
    async with client_of(app) as client:
        first = await client.get("/api/v1/things", headers=key)
        assert (first.status_code, first.headers["ratelimit"]) == (200, '"api";r=0;t=60')
        second = await client.get("/api/v1/things", headers=key)
        assert (second.status_code, second.headers["retry-after"]) == (429, "60")
        assert "ratelimit" in second.headers


async def test_exactly_the_allowed_number_passes_however_many_come_at_once(db: Database) -> None:
    limit = ApiLimit(Limiter(clock=lambda: 0.0), settings(), Limit("api", 30, 60), Limit("api-anonymous", 7, 60))
    app = build_app((FEATURE,), services(db), authenticate=by_header, limit=limit)
    key = {**KEY, "x-test-workspace": "019aa000-0000-7000-8000-000000000001"}
    async with client_of(app) as client:

        async def at_once(headers: dict[str, str]) -> dict[int, int]:
            asked = (client.get("/api/v1/things", headers=headers) for _ in range(200))
            return Counter(answer.status_code for answer in await asyncio.gather(*asked))

        assert await at_once(key) == {200: 30, 429: 170}
        assert await at_once({}) == {401: 7, 429: 193}


async def test_metrics_are_for_this_machine_only(db: Database) -> None:
    app = build_app((FEATURE,), services(db), authenticate=by_header)
    async with client_of(app, "127.0.0.1") as near, client_of(app) as far:
        assert (await near.get("/metrics")).status_code == 200
        assert (await near.get("/metrics", headers={"x-forwarded-for": "198.51.100.1"})).status_code == 404
        assert (await far.get("/metrics")).status_code == 404


async def test_readiness_names_the_part_that_is_not_there(db: Database) -> None:
    async def fine() -> None:
        return None

    async def fails() -> None:
        raise OSError("password=hunter2")

    app = build_app((FEATURE,), services(db), authenticate=by_header, checks={"database": fine, "queue": fails})
    async with client_of(app) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"] == {"database": "ok", "queue": "failed (OSError)"}


async def test_without_a_database_the_answer_is_503_with_a_time() -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    app = build_app((FEATURE,), services(away), authenticate=by_header)
    async with client_of(app) as broken:
        answer = await broken.post("/api/v1/things", json={"name": "x", "size": 1}, headers=KEY)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_static_files_stay_below_their_folder(client: httpx.AsyncClient) -> None:
    icon = await client.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml; charset=utf-8")
    assert (await client.get("/favicon.ico", headers={"if-none-match": icon.headers["etag"]})).status_code == 304
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/..%2fapp.py", "/static/built", "/static/%00"):
        assert (await client.get(path)).status_code == 404, path


async def test_the_api_describes_itself(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == {"/api/v1/things", "/api/v1/broken/{how}"}
    answers = document["paths"]["/api/v1/things"]["post"]["responses"]
    assert {"201", "400", "401", "403", "413", "422", "429", "500", "503"} <= set(answers)
    assert "application/problem+json" in answers["400"]["content"]
    assert "/api/v1/things" in (await client.get("/api/docs")).text


async def test_the_description_is_as_strict_as_what_reads_the_requests(client: httpx.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()

    thing, page = (document["components"]["schemas"][name] for name in ("Thing", "ThingPage"))
    assert thing["additionalProperties"] is False
    assert thing["properties"]["size"] == {"type": "integer", "minimum": 0}
    assert page["properties"]["data"]["items"] == {"$ref": "#/components/schemas/Thing"}
    limit, q = document["paths"]["/api/v1/things"]["get"]["parameters"]
    assert (limit["schema"]["type"], q["schema"]["type"]) == ("integer", "string")
    refused = document["paths"]["/api/v1/things"]["get"]["responses"]["429"]
    assert {"Retry-After", "RateLimit", "X-Request-Id"} <= set(refused["headers"])
    assert set(refused["headers"]) <= set(document["components"]["headers"])


async def test_a_browser_gets_a_page_for_an_error_and_a_program_a_problem(client: httpx.AsyncClient) -> None:
    page = await client.get("/nowhere", headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>" in page.text
    assert (await client.get("/nowhere")).headers["content-type"] == "application/problem+json"
    assert (await client.get("/api/nowhere", headers=BROWSER)).headers["content-type"] == "application/problem+json"


async def test_the_methods_of_a_path_are_told_to_anybody(client: httpx.AsyncClient) -> None:
    answer = await client.options("/api/v1/things")
    assert (answer.status_code, answer.headers["allow"]) == (204, "GET, HEAD, OPTIONS, POST")


async def test_head_is_answered_like_get_without_a_body(client: httpx.AsyncClient) -> None:
    pages = {"/healthz": {}, "/readyz": {}, "/paper": PERSON, "/api/v1/things": KEY, "/none": {}}
    for path, headers in pages.items():
        got = await client.get(path, headers=headers)
        head = await client.head(path, headers=headers)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
        assert "HEAD" in (await client.options(path)).headers.get("allow", "HEAD")
    assert (await client.head("/paper")).status_code == (await client.get("/paper")).status_code == 401
