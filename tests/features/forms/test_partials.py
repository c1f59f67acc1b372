"""Beginnings that were not sent: kept only where the owner and the visitor agree, given back to nobody else."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import text

from leadsbot.contracts.events import SubmissionReceived
from leadsbot.features.forms import handlers, jobs
from leadsbot.infra.db.base import QUEUE
from leadsbot.infra.jobs.kinds import JobContext
from leadsbot.infra.upkeep import QUEUE_DSN, Nothing
from leadsbot.kit import ids
from leadsbot.testing.postgres import TestDatabase
from tests.cast import BASE, BROWSER, services
from tests.features.forms.conftest import Forms, field

LONG: dict[str, Any] = {
    "title": "A long form",
    "partials": True,
    "steps": [
        {
            "id": "you",
            "fields": [field("name", required=True), field("email", "email", required=True), field("news", "checkbox")],
        },
        {
            "id": "more",
            "fields": [
                field("topics", "multiselect", options=[{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]),
                field("message", "textarea"),
                field("cv", "file"),
                field("terms", "consent", text="I agree."),
                field("campaign", "hidden", prefill="utm_campaign"),
            ],
        },
    ],
}
ADA = {"name": "Ada <b>", "email": "ada@", "topics": ["b"], "message": "I was going to say"}


class Beginnings:
    """What visitors begin at Alice's forms."""

    def __init__(self, forms: Forms) -> None:
        self.forms, self.db, self.http = forms, forms.db, forms.web.http
        self.workspace = forms.cast.workspace_id

    async def tell(self, form: dict[str, Any], body: Any, **headers: str) -> httpx.Response:
        """As the widget does, from another site."""
        sent = {"origin": "https://shop.example", "content-type": "text/plain", **headers}
        return await self.http.post(f"/f/{form['key']}/partial", json=body, headers=sent)

    async def kept(self, form: dict[str, Any], **more: Any) -> dict[str, str]:
        answer = await self.tell(form, {"answers": ADA, "step": "more", **more})
        assert answer.status_code == 200, answer.text
        told: dict[str, str] = answer.json()
        return told

    async def rows(self) -> list[dict[str, Any]]:
        async with self.db.tenant(self.workspace) as tx:
            found = await tx.execute(text("SELECT * FROM form_partial ORDER BY created_at"))
            return [dict(row) for row in found.mappings()]

    async def settled(self, submission: UUID, source: UUID) -> None:
        context = JobContext(services(self.db), self.workspace, 1, 1, 1)
        async with self.db.tenant(self.workspace) as tx:
            event = SubmissionReceived(submission_id=submission, source_id=source)
            await handlers.after_submission(tx, context, event)

    async def press(self, form: dict[str, Any], query: str = "", **more: Any) -> httpx.Response:
        """The button of the hosted page."""
        headers = {**BROWSER, "origin": BASE, **more.pop("headers", {})}
        return await self.http.post(f"/f/{form['key']}/save{query}", data={**ADA, **more}, headers=headers)


@pytest.fixture
def begun(forms: Forms) -> Beginnings:
    return Beginnings(forms)


async def test_what_was_typed_is_kept_and_given_back_to_whoever_has_the_code(begun: Beginnings) -> None:
    form = await begun.forms.make(LONG)
    first = await begun.kept(form)
    assert re.fullmatch(r"[\w-]{43}", first["resume"])
    again = await begun.tell(form, {"answers": {**ADA, "email": "ada@example.com"}, "resume": first["resume"]})
    assert again.json() == first
    (row,) = await begun.rows()
    assert first["resume"].encode() not in row["resume_hash"]
    back = await begun.tell(form, {"resume": first["resume"]})
    assert back.json() == {"answers": {**ADA, "email": "ada@example.com"}, "step": "", "id": first["id"]}
    assert back.headers["access-control-allow-origin"] == "*"
    assert back.headers["cache-control"] == "no-store"
    for strange in ("x" * 43, "", "x", first["id"], "' OR 1=1 --"):
        assert (await begun.tell(form, {"resume": strange})).status_code == 404
    other = await begun.forms.make(LONG)
    assert (await begun.tell(other, {"resume": first["resume"]})).status_code == 404


async def test_it_is_told_once_and_is_no_lead(begun: Beginnings, database: TestDatabase) -> None:
    form = await begun.forms.make(LONG)
    first = await begun.kept(form)
    await begun.kept(form, resume=first["resume"])
    alice = begun.forms.cast.alice
    owner = await asyncpg.connect(database.superuser)
    try:
        told = await owner.fetch(
            "SELECT type, payload FROM outbox WHERE subject_id = $1", ids.read(ids.PARTIAL, first["id"])
        )
        assert await owner.fetchval("SELECT count(*) FROM submission WHERE workspace_id = $1", begun.workspace) == 0
    finally:
        await owner.close()
    assert [each["type"] for each in told] == ["submission.partial"]
    assert "Ada" not in str(told)
    leads = await begun.http.get("/api/v1/leads", headers=alice.bearer)
    assert leads.json()["data"] == []
    listed = (await begun.http.get("/api/v1/forms", headers=alice.bearer)).json()["data"]
    assert [each["unfinished"] for each in listed if each["id"] == form["id"]] == [1]
    theirs = await begun.http.get("/api/v1/forms", headers=begun.forms.cast.charlie.bearer)
    assert form["id"] not in theirs.text


async def test_sending_the_form_ends_its_beginning_and_no_other(begun: Beginnings) -> None:
    form = await begun.forms.make(LONG)
    mine, other = await begun.kept(form), await begun.kept(form)
    body = {
        "token": form["key"], "fields": {"name": "Ada", "email": "ada@example.com"}, "context": {"partial": mine["id"]},
    }  # fmt: skip
    answer = await begun.http.post("/api/capture", json=body)
    stored = await begun.forms.stored(answer)
    await begun.settled(stored.id, stored.source_id)
    await begun.settled(stored.id, stored.source_id)
    assert [ids.show(ids.PARTIAL, row["id"]) for row in await begun.rows()] == [other["id"]]
    assert mine["resume"] not in str(stored.fields) + str(stored.context)


async def test_a_strange_word_for_a_beginning_ends_nothing(begun: Beginnings) -> None:
    form, other = await begun.forms.make(LONG), await begun.forms.make(LONG)
    mine = await begun.kept(form)
    for said, where in (("nonsense", form), (mine["id"], other), (["x"], form)):
        body = {"token": where["key"], "fields": {"name": "A", "email": "a@example.com"}, "context": {"partial": said}}
        stored = await begun.forms.stored(await begun.http.post("/api/capture", json=body))
        await begun.settled(stored.id, stored.source_id)
    assert len(await begun.rows()) == 1


async def test_nothing_is_kept_unless_the_owner_turned_it_on(begun: Beginnings) -> None:
    form = await begun.forms.make({**LONG, "partials": False})
    assert await begun.kept(form) == {}
    assert (await begun.press(form)).headers["location"] == f"/f/{form['key']}"
    assert "/save" not in (await begun.forms.see(form)).text
    assert await begun.rows() == []


async def test_nothing_is_kept_of_somebody_who_asks_for_privacy(begun: Beginnings) -> None:
    form = await begun.forms.make(LONG)
    answer = await begun.tell(form, {"answers": ADA}, **{"sec-gpc": "1"})
    assert (answer.status_code, answer.json()) == (200, {})
    pressed = await begun.press(form, headers={"sec-gpc": "1"})
    assert "resume" not in pressed.headers["location"]
    assert "/save" not in (await begun.forms.see(form, **{"sec-gpc": "1"})).text
    assert await begun.rows() == []


async def test_consents_files_hidden_and_unknown_fields_are_not_kept_and_card_numbers_are_masked(
    begun: Beginnings,
) -> None:
    form = await begun.forms.make(LONG)
    sent = {
        "name": "4111 1111 1111 1111", "message": " ", "terms": True, "cv": "cv.pdf", "campaign": "x", "strange": "y",
        "email": {"deep": 1}, "news": True,
    }  # fmt: skip
    await begun.kept(form, answers=sent)
    (row,) = await begun.rows()
    assert row["answers"].keys() == {"name", "news"}
    assert "4111 1111" not in row["answers"]["name"]
    assert await begun.kept(form, answers={"message": "  "}) == {}


async def test_what_cannot_be_kept_is_refused_by_name(begun: Beginnings) -> None:
    form = await begun.forms.make(LONG)
    assert (await begun.tell(form, {"answers": {"name": "a\x00"}})).status_code == 422
    assert (await begun.tell(form, {"answers": {"message": "x" * 40_000}})).status_code == 422
    assert (await begun.tell(form, {"answers": 7})).status_code == 422
    assert (await begun.tell(form, [])).status_code == 422
    assert (await begun.http.post(f"/f/{form['key']}/partial", content=b"{")).status_code == 400
    assert (await begun.http.post("/f/0000000000000000000000/partial", json={})).status_code == 404
    await begun.forms.option(form, allowed_origins=["https://ours.example"])
    assert (await begun.tell(form, {"answers": ADA})).status_code == 403
    await begun.forms.call("POST", f"/{form['id']}/close")
    closed = await begun.tell(form, {"answers": ADA}, origin="https://ours.example")
    assert closed.status_code == 410
    assert closed.headers["access-control-allow-origin"] == "*"


async def test_the_page_keeps_and_goes_on_without_a_script(begun: Beginnings) -> None:
    form = await begun.forms.make(LONG)
    page = (await begun.forms.see(form)).text
    assert f'formaction="/f/{form["key"]}/save"' in page
    pressed = await begun.press(form)
    assert pressed.status_code == 303
    assert "set-cookie" not in pressed.headers
    address = pressed.headers["location"]
    back = await begun.http.get(address, headers=BROWSER)
    assert back.status_code == 200
    assert back.headers["cache-control"] == "no-store"
    assert "What you filled in is kept for 30 days" in back.text
    assert 'value="Ada &lt;b&gt;"' in back.text
    assert re.search(r'value="b" type="checkbox" checked', back.text)
    assert "I was going to say" in back.text
    resume = address.partition("?")[2].partition("&")[0]
    more = await begun.press(form, f"?{resume}", name="Ada Byron")
    assert resume in more.headers["location"]
    assert 'value="Ada Byron"' in (await begun.http.get(more.headers["location"])).text
    assert len(await begun.rows()) == 1


async def test_a_page_that_goes_on_sends_which_beginning_it_was_also_after_a_refusal(begun: Beginnings) -> None:
    form = await begun.forms.make(LONG)
    address = (await begun.press(form)).headers["location"]
    page = (await begun.http.get(address)).text
    action = re.search(r'<form method="post" action="([^"]+)"', page)
    mark = re.search(r'name="context\[partial\]" value="(part_\w+)"', page)
    assert action is not None
    assert mark is not None
    headers = {**BROWSER, "origin": BASE}
    sent = {"name": "", "email": "ada@example.com", "context[partial]": mark[1]}
    refused = await begun.http.post(action[1], data=sent, headers=headers)
    assert refused.status_code == 422
    assert mark[1] in refused.text
    taken = await begun.http.post(action[1], data={**sent, "name": "Ada"}, headers=headers)
    assert taken.status_code == 303
    async with begun.db.tenant(begun.workspace) as tx:
        row = (await tx.execute(text("SELECT id, source_id, fields, context FROM submission"))).one()
    assert row.fields == {"name": "Ada", "email": "ada@example.com"}
    await begun.settled(row.id, row.source_id)
    assert await begun.rows() == []
    gone = await begun.http.get(address, headers=BROWSER)
    assert "not there any more" in gone.text


async def test_hidden_fields_of_a_page_that_goes_on_come_from_its_address(begun: Beginnings) -> None:
    form = await begun.forms.make(LONG)
    address = (await begun.press(form)).headers["location"]
    page = (await begun.http.get(f"{address}&utm_campaign=spring")).text
    assert 'name="campaign" value="spring"' in page


async def test_the_team_sees_a_number_and_no_answers(begun: Beginnings) -> None:
    form = await begun.forms.make(LONG)
    await begun.kept(form)
    await begun.forms.web.sign_in(begun.forms.cast.alice.email)
    for path in ("/forms", f"/forms/{form['id']}", f"/forms/{form['id']}/share"):
        page = (await begun.forms.web.get(path)).text
        assert "1 started, not finished" in page, path
        assert "I was going to say" not in page


async def test_old_beginnings_go_and_leave_a_record(begun: Beginnings, database: TestDatabase) -> None:
    form = await begun.forms.make(LONG)
    old, young = await begun.kept(form), await begun.kept(form)
    owner = await asyncpg.connect(database.superuser)
    try:
        await owner.execute(
            "UPDATE form_partial SET changed_at = now() - interval '30 days 1 minute' WHERE id = $1",
            ids.read(ids.PARTIAL, old["id"]),
        )
    finally:
        await owner.close()
    assert (await begun.tell(form, {"resume": old["resume"]})).status_code == 404

    given = services(begun.db, extra={QUEUE_DSN: database.of(QUEUE)})
    await jobs.purge_partials(JobContext(given, None, 1, 1, 1), Nothing())
    assert [ids.show(ids.PARTIAL, row["id"]) for row in await begun.rows()] == [young["id"]]
    async with begun.db.system() as tx:
        runs = (await tx.execute(
            text("SELECT rows_deleted, clock_timestamp() - cutoff FROM purge_run WHERE table_name = 'form_partial'")
        )).all()  # fmt: skip
    assert any(deleted >= 1 and timedelta(days=29) < age < timedelta(days=31) for deleted, age in runs)


async def test_the_chore_can_read_no_answer(begun: Beginnings, database: TestDatabase) -> None:
    form = await begun.forms.make(LONG)
    await begun.kept(form)
    queue = await asyncpg.connect(database.of(QUEUE))
    try:
        assert await queue.execute("DELETE FROM form_partial") == "DELETE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await queue.fetch("SELECT answers FROM form_partial")
    finally:
        await queue.close()
    assert len(await begun.rows()) == 1


async def test_beginnings_go_with_their_form(begun: Beginnings) -> None:
    form = await begun.forms.make(LONG)
    await begun.kept(form)
    await begun.forms.call("POST", f"/{form['id']}/close")
    deleted = await begun.forms.call("DELETE", f"/{form['id']}")
    assert deleted.status_code in (200, 204)
    assert await begun.rows() == []
