"""What features have to say on every page: told to those who can cure it, and never at the price of the page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
from litestar import Request, Response

from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.feature import Feature
from leadsbot.infra.notices import Notice, NoticeSource
from leadsbot.web.actor import SIGNED_IN, Permission
from leadsbot.web.app import build_app
from leadsbot.web.render import render
from leadsbot.web.routes import api, page
from tests.web.conftest import BROWSER, by_header, client_of, services

PERSON = {"x-test-actor": "person", **BROWSER}
asked: list[str] = []


@page("GET", "/framed", needs=SIGNED_IN)
async def framed(request: Request[Any, Any, Any]) -> Response[str]:
    return render(request, "layout.html")


@api("GET", "/api/v1/bare", needs=Permission.LEADS_READ)
async def bare() -> list[str]:
    """Nothing."""
    return []


async def leaking(tx: TenantTx) -> Sequence[Notice]:
    asked.append(str(tx.workspace_id))
    return [Notice(text="The <roof> leaks.", action="Mend it", path="/roof")]


async def silent(_tx: TenantTx) -> Sequence[Notice]:
    return []


async def broken(_tx: TenantTx) -> Sequence[Notice]:
    raise RuntimeError("secret detail")


def source(name: str, look: Any, needs: Permission = Permission.LEADS_WRITE) -> NoticeSource:
    return NoticeSource(name=name, look=look, needs=needs, live=f"{name}.")


def client(db: Database, *sources: NoticeSource, errors: list[str] | None = None) -> httpx.AsyncClient:
    class Recorder:
        def error(self, place: str, error: BaseException, _request: str | None) -> None:
            if errors is not None:
                errors.append(f"{place}: {error!r}")

        def request(self, answered: object) -> None:
            """Not of interest here."""

    feature = Feature(name="things", routes=lambda: (framed, bare), notices=sources)
    recorder: Any = Recorder()
    return client_of(build_app((feature,), services(db), authenticate=by_header, recorder=recorder))


async def test_a_notice_stands_above_the_page_with_the_way_to_the_cure(db: Database) -> None:
    async with client(db, source("roof", leaking), source("cellar", silent)) as http:
        shown = (await http.get("/framed", headers=PERSON)).text
    assert "The &lt;roof&gt; leaks." in shown
    assert 'href="/roof">Mend it</a>' in shown
    assert 'data-live="roof. cellar."' in shown
    assert shown.index('id="notices"') > shown.index("<main")


async def test_those_who_cannot_cure_it_are_not_told_and_the_source_is_not_even_asked(db: Database) -> None:
    asked.clear()
    async with client(db, source("roof", leaking)) as http:
        shown = (await http.get("/framed", headers={**PERSON, "x-test-actor": "viewer"})).text
    assert "notices" not in shown
    assert asked == []


async def test_programs_cost_no_look(db: Database) -> None:
    asked.clear()
    async with client(db, source("roof", leaking, Permission.LEADS_READ)) as http:
        await http.get("/api/v1/bare", headers={"x-test-actor": "key", **BROWSER})
        await http.get("/framed", headers={"x-test-actor": "person"})
        await http.options("/framed")
    assert asked == []


async def test_a_source_that_fails_is_recorded_and_the_page_is_shown(db: Database) -> None:
    errors: list[str] = []
    async with client(db, source("cellar", broken), source("roof", leaking), errors=errors) as http:
        answer = await http.get("/framed", headers=PERSON)
    assert answer.status_code == 200
    assert "Mend it" in answer.text
    assert "secret detail" not in answer.text
    assert errors == ["notices cellar: RuntimeError('secret detail')"]
