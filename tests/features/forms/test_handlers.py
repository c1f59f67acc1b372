"""What forms do when something happened, by a real worker; and the commands that make forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from leadsbot.features.accounts.public import create_workspace, find_or_add_person
from leadsbot.features.capture.public import list_sources
from leadsbot.features.forms.public import list_forms
from leadsbot.kit import ids
from leadsbot.testing.postgres import TestDatabase
from tests.features.forms.conftest import BOT, ROOF, SCRIPT, contact
from tests.product import Product, running, until

ADA = {"name": "Ada", "email": "ada@example.com"}


def person(number: int) -> dict[str, str]:
    """Somebody else each time."""
    return {**ROOF, "email": f"ada{number}@example.com", "message": f"Please call me about number {number}, our roof."}


@pytest.fixture
async def product(fresh_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Product]:
    async with running(fresh_database, tmp_path, referee=False) as made:
        yield made


async def call(product: Product, method: str, path: str, body: Any = None) -> Any:
    answer = await product.http.request(method, f"/api/v1/forms{path}", json=body, headers=product.key)
    assert answer.status_code < 300, answer.text
    return answer.json()


async def post(product: Product, form: dict[str, Any], fields: dict[str, str]) -> int:
    answer = await product.http.post(f"/f/{form['key']}", json=fields, headers=SCRIPT)
    return answer.status_code


async def test_a_form_closes_when_it_has_as_many_submissions_as_it_may_have(product: Product) -> None:
    form = await call(product, "POST", "", {"definition": contact(max_submissions=3)})
    assert await post(product, form, BOT) == 201
    for number in range(2):
        assert await post(product, form, person(number)) == 201

    async def counted() -> bool:
        read = await call(product, "GET", f"/{form['id']}")
        return bool((read["submissions"], read["quarantined"], read["state"]) == (3, 1, "open"))

    # What is held back as suspicious does not count.
    await until(counted)
    assert await post(product, form, person(2)) == 201

    async def closed() -> bool:
        return await post(product, form, BOT) == 410

    await until(closed)
    full = await product.http.post(f"/api/v1/forms/{form['id']}/reopen", headers=product.key)
    assert (full.status_code, "higher maximum" in full.json()["detail"]) == (409, True)
    read = await call(product, "GET", f"/{form['id']}")
    draft = {"definition": contact(max_submissions=100), "revision": read["revision"]}
    await call(product, "PATCH", f"/{form['id']}", draft)
    await call(product, "POST", f"/{form['id']}/publish")
    assert (await call(product, "POST", f"/{form['id']}/reopen"))["state"] == "open"

    async def open_again() -> bool:
        return await post(product, form, ADA) == 201

    await until(open_again)


async def test_a_workspace_made_by_command_has_a_real_contact_form(product: Product) -> None:
    db = product.process.services.db
    async with db.tenant(ids.read(ids.WORKSPACE, product.workspace["workspace_id"])) as tx:
        (form,) = await list_forms(tx)
        kinds = sorted(source.kind for source in await list_sources(tx))
    assert (form.name, form.live_version, form.source.key) == ("Contact", 1, product.workspace["form_key"])
    keys = [(field.key, field.required) for field in form.draft.fields()]
    assert keys == [("name", True), ("email", True), ("phone", False), ("message", False)]
    page = await product.http.get(f"/f/{form.source.key}")
    assert page.status_code == 200
    assert 'data-version="1"' in page.text
    assert await post(product, {"key": form.source.key}, {"name": "Ada"}) == 422
    assert await post(product, {"key": form.source.key}, ADA) == 201
    # The event of the new workspace finds what the command made, and opens nothing twice.
    assert kinds == ["form", "webhook", "widget"]


async def test_a_workspace_made_otherwise_gets_its_first_form_and_sources(product: Product) -> None:
    db, workspace = product.process.services.db, ids.new_id()
    async with db.tenant(workspace) as tx:
        dora, _ = await find_or_add_person(tx, email="dora@example.com", name="Dora", password_hash=None)
        await create_workspace(tx, name="Dora's", country="GB", owner=dora)

    async def opened() -> bool:
        async with db.tenant(workspace) as tx:
            return sorted(source.kind for source in await list_sources(tx)) == ["form", "webhook", "widget"]

    await until(opened)
    async with db.tenant(workspace) as tx:
        (form,) = await list_forms(tx)
        assert (form.name, form.live_version) == ("Contact", 1)
