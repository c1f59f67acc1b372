"""The whole API against its own description, over real HTTP, by a tool that does not know how it was meant.

The environment variable ``LEADSBOT_API_EXAMPLES`` makes it look longer than the suite can.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from leadsbot.testing.postgres import TestDatabase
from tests.product import Product, running, until

EXAMPLES = os.environ.get("LEADSBOT_API_EXAMPLES", "3")
RULES = Path(__file__).with_name("api_rules.py")
UNJUDGED = "positive_data_acceptance"
"""The one check left out: 422 is also how we refuse what no schema can know, such as an owner who has left."""
WORDS = ["Quincunx", "quincunx@example.org", "Pellucid"]


@pytest.fixture
async def product(fresh_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Product]:
    """The product without rate limits, with a chat, leads, a note and deliveries in it."""
    async with running(fresh_database, tmp_path, referee=False, rate_limits="off") as found:
        owner = found.telegram.add_user("Alice")
        await found.bind(owner.id, owner)
        await _announced(found, "a")
        await _announced(found, "b")
        found.telegram.fault("refuse", code=400, description="Bad Request: not today")
        await _announced(found, "c")
        await _applied(found)
        yield found


async def _announced(product: Product, letter: str) -> None:
    """An enquiry whose alert has met its end."""

    async def ended() -> int:
        listed = (await product.http.get("/api/v1/deliveries", headers=product.key)).json()["data"]
        return sum(each["ended_at"] is not None for each in listed)

    before = await ended()
    await product.submit(name="Quincunx", email=f"{letter}quincunx@example.org", message="Pellucid")

    async def one_more() -> bool:
        return await ended() > before

    await until(one_more)


async def _ids(product: Product) -> dict[str, str]:
    """A record of the workspace for every path parameter, and for what bodies name."""

    async def listed(path: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await product.http.get(f"/api/v1/{path}", headers=product.key)).json()["data"]
        return found

    leads, failed = await listed("leads"), await listed("deliveries?state=failed")
    form = (await listed("forms"))[0]["id"]
    return {
        "lead": leads[0]["id"], "lead_id": leads[1]["id"], "delivery": failed[0]["id"],
        "source": (await listed("sources"))[0]["id"], "owner": (await listed("members"))[0]["id"],
        "key": (await listed("keys"))[0]["id"], "form_id": form, "upload": (await _uploads(product))[0],
    }  # fmt: skip


async def _applied(product: Product) -> None:
    """An enquiry with a file."""
    fields = [{"key": "cv", "type": "file", "label": "CV"}]
    definition = {"title": "Apply", "steps": [{"id": "one", "fields": fields}]}
    made = (await product.http.post("/api/v1/forms", json={"definition": definition}, headers=product.key)).json()
    before = len(await product.leads())
    await product.http.post(f"/f/{made['key']}", files={"cv": ("cv.pdf", b"%PDF-1.7", "application/pdf")})

    async def taken_in() -> bool:
        return bool(await _uploads(product)) and len(await product.leads()) > before

    await until(taken_in)


async def _uploads(product: Product) -> list[str]:
    """The files of every lead."""
    found = []
    for lead in await product.leads():
        answer = await product.http.get(f"/api/v1/leads/{lead['id']}/submissions", headers=product.key)
        found += [file["id"] for submission in answer.json()["data"] for file in submission["uploads"]]
    return found


async def _closed_form(product: Product) -> str:
    """A form that may be deleted."""
    copied = await product.http.post(f"/api/v1/forms/{(await _ids(product))['form_id']}/duplicate", headers=product.key)
    assert copied.status_code == 201, copied.text
    made: str = copied.json()["id"]
    return made


async def _fuzz(product: Product, key: str, folder: Path, *options: str, **known: Any) -> None:
    """Run the tool over every operation; what it finds fails the test in its own words."""
    mine = {"Authorization": f"Bearer {key}"}
    own = (await product.http.get("/api/v1/keys", headers=mine)).json()["data"][0]["id"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(RULES), "OWN_KEY": own}
    process = await asyncio.create_subprocess_exec(
        str(Path(sys.executable).with_name("st")), "run", f"{product.address}/api/openapi.json",
        "--header", f"Authorization: Bearer {key}", "--max-examples", EXAMPLES, "--generation-allow-x00", "true",
        "--exclude-checks", UNJUDGED, "--continue-on-failure", "--generation-database", "none", "--no-color",
        "--output-truncate", "false", *options,
        cwd=folder, env=environment | {name: json.dumps(value) for name, value in known.items()},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


async def _answered(product: Product, database: TestDatabase) -> dict[str, set[int]]:
    """Every status by operation, as the request log has it once it is written."""
    connection = await asyncpg.connect(database.superuser)
    try:
        await product.process.recorder.flush()
        rows = await connection.fetch("SELECT DISTINCT method || ' ' || route AS operation, status FROM request_log")
    finally:
        await connection.close()
    found: dict[str, set[int]] = {}
    for row in rows:
        found.setdefault(row["operation"].replace(":str", ""), set()).add(row["status"])
    return found


async def test_the_api_does_what_its_description_says(
    product: Product, fresh_database: TestDatabase, tmp_path: Path
) -> None:
    known = await _ids(product)
    del known["key"]
    known |= {"timezone": "Europe/London", "version": 1, "DELETE form_id": await _closed_form(product)}
    await _fuzz(product, product.workspace["api_key"], tmp_path, KNOWN=known)

    document = (await product.http.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1.")
    answered = await _answered(product, fresh_database)
    for path, item in document["paths"].items():
        for method in item:
            worked = {status for status in answered[f"{method.upper()} {path}"] if status < 300}
            assert worked, f"{method} {path} was never asked for something that it accepts"


async def test_the_outsider_meets_nothing_of_others_in_the_whole_api(product: Product, tmp_path: Path) -> None:
    other = await product.another_workspace()
    foreign = await _ids(product)
    before = await product.leads()

    # No chains of requests: they would go on with the ids that are swapped for foreign ones.
    phases = ("--phases", "coverage,fuzzing")
    await _fuzz(product, other["api_key"], tmp_path, *phases, FOREIGN=foreign, SECRETS=WORDS)

    assert await product.leads() == before
    assert await _ids(product) == foreign
