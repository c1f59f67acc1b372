"""Submissions become leads: through the handler as the worker runs it, each event taken in twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from leadsbot.features.capture.public import get_submission
from leadsbot.features.leads import actions, public, store
from leadsbot.features.leads.handlers import QUARANTINED
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id
from tests.features.leads.conftest import Desk

ANNA = {"name": "Anna Berg", "email": "anna@example.org"}


async def test_a_submission_becomes_a_lead_once_however_often_it_is_replayed(desk: Desk) -> None:
    lead_id = await desk.arrives(ANNA | {"message": "Hello", "phone": "030 901820", "colour": "red"})

    lead = await desk.lead(lead_id)
    assert (lead.name, lead.email, lead.phone, lead.phone_e164) == (
        "Anna Berg", "anna@example.org", "030 901820", "+4930901820",
    )  # fmt: skip
    assert (lead.message, lead.fields, lead.context["page"]) == (
        "Hello", {"colour": "red"}, "https://shop.example/contact",
    )  # fmt: skip
    assert (lead.lawful_basis, lead.notice_version, lead.submission_count) == ("consent", "3", 1)
    assert await desk.told(lead_id) == ["lead.created"]


async def test_a_repeat_within_the_window_joins_the_open_lead(desk: Desk) -> None:
    first = await desk.arrives(ANNA | {"message": "Hello"})
    second = await desk.arrives({"email": " ANNA@Example.org", "company": "Berg AG", "name": "A.", "message": "Again"})

    lead = await desk.lead(first)
    assert second == first
    assert (lead.name, lead.company, lead.message, lead.submission_count) == ("Anna Berg", "Berg AG", "Again", 2)
    assert await desk.told(first) == ["lead.created", "lead.submission_joined"]
    async with desk.db.tenant(desk.workspace) as tx:
        assert [each.fields.get("message") for each in await public.submissions(tx, first)] == ["Again", "Hello"]


async def test_a_number_joins_however_it_was_written(desk: Desk) -> None:
    first = await desk.arrives({"name": "Anna", "phone": "030 901820"})

    assert await desk.arrives({"phone": "+49 (30) 90 18 20"}) == first


async def test_a_repeat_after_the_window_is_a_new_lead_and_a_possible_duplicate(desk: Desk) -> None:
    first = await desk.arrives(ANNA, at=utcnow() - timedelta(days=31))
    second = await desk.arrives(ANNA)

    assert second != first
    assert await desk.duplicates(second) == [first]


@pytest.mark.parametrize("stage", ["won", "lost", "junk"])
async def test_a_closed_lead_is_not_joined(desk: Desk, stage: str) -> None:
    first = await desk.arrives(ANNA)
    await desk.move(first, stage)

    assert await desk.arrives(ANNA) != first


async def test_nobody_is_merged_by_a_name_an_address_of_a_network_or_an_invalid_number(desk: Desk) -> None:
    ids = [await desk.arrives({"name": "Anna Berg", "phone": "12345"}, ip="192.0.2.7") for _ in range(3)]

    assert len(set(ids)) == 3


async def test_the_address_decides_and_the_other_lead_is_shown_as_a_possible_duplicate(desk: Desk) -> None:
    by_mail = await desk.arrives(ANNA)
    by_phone = await desk.arrives({"name": "Anna", "phone": "030 901820"})

    assert await desk.arrives(ANNA | {"phone": "030 901820"}) == by_mail
    assert await desk.duplicates(by_mail) == [by_phone]
    assert await desk.duplicates(by_phone) == [by_mail]


async def test_an_office_number_does_not_make_two_people_one(desk: Desk) -> None:
    anna = await desk.arrives(ANNA | {"phone": "030 901820"})
    bert = await desk.arrives({"email": "bert@example.org", "phone": "030 901820"})

    assert anna != bert
    assert await desk.duplicates(bert) == [anna]


async def test_two_submissions_at_the_same_moment_make_one_lead(desk: Desk) -> None:
    submissions = [await desk.submit(ANNA | {"phone": "030 901820", "n": n}) for n in range(6)]
    await asyncio.gather(*map(desk.take_in, submissions))

    async with desk.db.tenant(desk.workspace) as tx:
        leads = await store.page(tx, store.Filter(), None, 100)
    assert [lead.submission_count for lead in leads] == [6]


async def test_a_repeat_of_a_merged_lead_joins_the_survivor(desk: Desk) -> None:
    anna = await desk.arrives(ANNA)
    other = await desk.arrives({"email": "anna@work.example"})
    async with desk.db.tenant(desk.workspace) as tx:
        await actions.merge(tx, anna, other, by="system")

    assert await desk.arrives({"email": "anna@work.example"}) == anna


async def test_a_quarantined_submission_makes_no_lead_and_says_why(desk: Desk) -> None:
    submission_id = await desk.submit(ANNA, quarantined=True)
    await desk.take_in(submission_id)
    await desk.take_in(submission_id)

    async with desk.db.tenant(desk.workspace) as tx:
        submission = await get_submission(tx, submission_id)
    assert submission is not None
    assert (submission.lead_id, submission.intake_note) == (None, QUARANTINED)
    assert await desk.count() == 0


@pytest.mark.parametrize("fields", [{}, {"colour": "red"}, {"name": None, "nested": {"a": [1, {"b": None}]}}])
async def test_a_submission_without_any_contact_still_becomes_a_lead(desk: Desk, fields: dict[str, Any]) -> None:
    lead = await desk.lead(await desk.arrives(fields))

    assert lead.display == "No contact details"


async def test_hostile_text_is_kept_and_taken_in(desk: Desk) -> None:
    lead_id = await desk.arrives(
        {
            "name": "<script>alert(1)</script>",
            "email": "x@example.org'; DROP TABLE lead; --",
            "message": "{{7*7}} \u202e =cmd()",
        }
    )

    assert (await desk.lead(lead_id)).name == "<script>alert(1)</script>"


async def test_the_outsider_sees_nothing_of_it(desk: Desk, outside: Desk) -> None:
    lead_id = await desk.arrives(ANNA)

    async with desk.db.tenant(new_id()) as tx:
        assert await public.get_lead(tx, lead_id) is None
        assert await public.submissions(tx, lead_id) == []
        assert await store.candidates(tx, ["mailto:anna@example.org"]) == []
    assert await outside.arrives(ANNA) != lead_id
