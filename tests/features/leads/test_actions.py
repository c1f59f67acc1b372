"""Writes to leads: what they change, what they tell, what they refuse."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from leadsbot.features.leads import actions, model, store
from leadsbot.features.leads.model import Arrival, Lead
from leadsbot.infra.db.pool import Database
from leadsbot.infra.events.log import history
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Conflict, Invalid, NotFound
from leadsbot.kit.ids import new_id

PERSON = "person:00000000-0000-7000-8000-000000000001"


@pytest.fixture
def home() -> UUID:
    return new_id()


async def make(db: Database, home: UUID, **values: Any) -> UUID:
    e164 = model.to_e164(values.get("phone"), None)
    arrival = Arrival(**values, phone_e164=e164, keys=model.contact_keys(values.get("email"), e164))
    async with db.tenant(home) as tx:
        return await actions.create(
            tx, arrival, submission_id=None, source_id=None, at=utcnow(),
            lawful_basis="legitimate_interests", notice_version="1",
        )  # fmt: skip


async def read(db: Database, home: UUID, lead_id: UUID) -> Lead:
    async with db.tenant(home) as tx:
        lead = await store.get(tx, lead_id)
    assert lead is not None
    return lead


async def told(db: Database, home: UUID, lead_id: UUID) -> list[str]:
    async with db.tenant(home) as tx:
        return [each.type for each in reversed(await history(tx, lead_id))]


async def test_moving_a_lead_is_told_once(db: Database, home: UUID) -> None:
    lead_id = await make(db, home, name="Anna")

    for expected in (True, False):
        async with db.tenant(home) as tx:
            assert await actions.set_stage(tx, lead_id, "contacted", by=PERSON) is expected

    assert (await read(db, home, lead_id)).stage == "contacted"
    assert await told(db, home, lead_id) == ["lead.created", "lead.stage_changed"]


async def test_an_unknown_stage_is_refused_by_name(db: Database, home: UUID) -> None:
    lead_id = await make(db, home, name="Anna")

    with pytest.raises(Invalid) as caught:
        async with db.tenant(home) as tx:
            await actions.set_stage(tx, lead_id, "sold", by=PERSON)

    assert caught.value.field == "stage"


async def test_of_two_who_claim_at_once_one_gets_the_lead_and_the_other_learns_who(db: Database, home: UUID) -> None:
    lead_id, people = await make(db, home, name="Anna"), [new_id() for _ in range(5)]

    async def claim(person: UUID) -> actions.Claim:
        async with db.tenant(home) as tx:
            return await actions.claim(tx, lead_id, person, by=f"person:{person}")

    claims = await asyncio.gather(*map(claim, people))

    assert [each.won for each in claims].count(True) == 1
    assert len({each.owner_id for each in claims}) == 1
    assert (await told(db, home, lead_id)).count("lead.assigned") == 1


async def test_the_outsider_finds_no_lead_of_another_workspace(db: Database, home: UUID) -> None:
    lead_id, outside = await make(db, home, name="Anna"), new_id()

    with pytest.raises(NotFound):
        async with db.tenant(outside) as tx:
            await actions.set_stage(tx, lead_id, "junk", by=PERSON)

    async with db.tenant(outside) as tx:
        assert await store.page(tx, store.Filter(), None, 10) == []


async def test_a_merged_id_keeps_answering_with_the_survivor(db: Database, home: UUID) -> None:
    first = await make(db, home, name="Anna", email="anna@example.org")
    second = await make(db, home, phone="+49 30 901820", message="Call me", fields={"colour": "red"})
    third = await make(db, home, email="anna@work.example")

    async with db.tenant(home) as tx:
        assert await actions.merge(tx, second, third, by=PERSON)
    async with db.tenant(home) as tx:
        assert await actions.merge(tx, first, second, by=PERSON)
    async with db.tenant(home) as tx:
        assert not await actions.merge(tx, first, third, by=PERSON)

    lead = await read(db, home, third)
    assert lead.id == first
    assert (lead.name, lead.email, lead.phone_e164) == ("Anna", "anna@example.org", "+4930901820")
    assert (lead.message, lead.fields) == ("Call me", {"colour": "red"})
    async with db.tenant(home) as tx:
        assert [each.id for each in await store.page(tx, store.Filter(), None, 10)] == [first]
        assert [each.id for each in await store.page(tx, store.Filter(q="work.example"), None, 10)] == [first]
        assert set(await store.family(tx, first)) == {first, second, third}


async def test_two_merges_of_a_pair_in_both_directions_end_with_one_lead(db: Database, home: UUID) -> None:
    one, two = await make(db, home, name="Anna"), await make(db, home, name="Anna B.")

    async def merge(into: UUID, other: UUID) -> bool:
        async with db.tenant(home) as tx:
            return await actions.merge(tx, into, other, by=PERSON)

    assert sorted(await asyncio.gather(merge(one, two), merge(two, one))) == [False, True]
    async with db.tenant(home) as tx:
        assert len(await store.page(tx, store.Filter(), None, 10)) == 1


async def test_a_lead_cannot_be_merged_into_itself(db: Database, home: UUID) -> None:
    lead_id = await make(db, home, name="Anna")

    with pytest.raises(Invalid):
        async with db.tenant(home) as tx:
            await actions.merge(tx, lead_id, lead_id, by=PERSON)


async def test_a_corrected_address_replaces_the_mistyped_one_in_recognition(db: Database, home: UUID) -> None:
    lead_id = await make(db, home, email="anna@exmaple.org")

    async with db.tenant(home) as tx:
        assert await actions.edit_fields(tx, lead_id, {"email": "anna@example.org"}, country=None, by=PERSON)
    async with db.tenant(home) as tx:
        assert await store.candidates(tx, ["mailto:anna@exmaple.org"]) == []
        assert [each.id for each in await store.candidates(tx, ["mailto:anna@example.org"])] == [lead_id]
    assert (await told(db, home, lead_id))[-1] == "lead.updated"


async def test_what_an_edited_field_was_and_what_it_is_stays_in_a_note(db: Database, home: UUID) -> None:
    lead_id = await make(db, home, name="Anna", email="anna@exmaple.org", phone="+49 30 901820")

    async with db.tenant(home) as tx:
        edits = {"name": "Anna", "email": "anna@example.org", "phone": "", "company": "Berg AG"}
        assert await actions.edit_fields(tx, lead_id, edits, country=None, by=PERSON)
    async with db.tenant(home) as tx:
        (note,) = await store.notes(tx, [lead_id])
        (event, _) = await history(tx, lead_id, limit=5)
    assert (note.via, note.author) == ("edit", PERSON)
    assert note.body.splitlines() == [
        "E-mail: anna@exmaple.org → anna@example.org", "Phone: +49 30 901820 → none", "Company: none → Berg AG",
    ]  # fmt: skip
    assert event.payload["note_id"] == str(note.id)
    assert "anna" not in str(event.payload)


async def test_editing_to_the_same_value_says_nothing(db: Database, home: UUID) -> None:
    lead_id = await make(db, home, name="Anna")

    async with db.tenant(home) as tx:
        assert not await actions.edit_fields(tx, lead_id, {"name": " Anna "}, country=None, by=PERSON)

    assert await told(db, home, lead_id) == ["lead.created"]


async def test_events_about_a_lead_hold_no_personal_data(db: Database, home: UUID) -> None:
    lead_id = await make(db, home, name="Zuleika", email="zuleika@example.org", message="secret wish")
    async with db.tenant(home) as tx:
        await actions.add_note(tx, lead_id, "Zuleika likes tea", by=PERSON, via="dashboard")
        await actions.edit_fields(tx, lead_id, {"name": "Zuleika B."}, country=None, by=PERSON)
        rows = await history(tx, lead_id)

    assert "zuleika" not in str([row.payload for row in rows]).lower()
    assert "tea" not in str([row.payload for row in rows])


async def test_tags_and_notes_are_told_with_what_changed(db: Database, home: UUID) -> None:
    lead_id = await make(db, home, name="Anna")

    async with db.tenant(home) as tx:
        await actions.set_tags(tx, lead_id, ["VIP", "berlin"], by=PERSON)
    async with db.tenant(home) as tx:
        await actions.set_tags(tx, lead_id, ["berlin", "spring"], by=PERSON)
        note_id = await actions.add_note(tx, lead_id, " Called. ", by=PERSON, via="api")
        rows = await history(tx, lead_id)
        note = await store.get_note(tx, note_id)

    assert note is not None
    assert note.body == "Called."
    tagged = [row.payload for row in rows if row.type == "lead.tagged"]
    assert (tagged[0]["added"], tagged[0]["removed"]) == (["spring"], ["vip"])


async def test_a_note_sent_twice_is_written_once(db: Database, home: UUID) -> None:
    lead_id, note_id = await make(db, home, name="Anna"), new_id()

    for _ in range(2):
        async with db.tenant(home) as tx:
            await actions.add_note(tx, lead_id, "Called.", by=PERSON, via="dashboard", note_id=note_id)

    assert (await told(db, home, lead_id)).count("lead.note_added") == 1


async def test_a_stale_version_is_refused(db: Database, home: UUID) -> None:
    lead_id = await make(db, home, name="Anna")
    seen = actions.version((await read(db, home, lead_id)).updated_at)
    async with db.tenant(home) as tx:
        await actions.set_stage(tx, lead_id, "won", by=PERSON)

    actions.must_match(await read(db, home, lead_id), None)
    with pytest.raises(Conflict):
        actions.must_match(await read(db, home, lead_id), seen)


async def test_updated_after_misses_nothing_that_commits_late(db: Database, home: UUID) -> None:
    slow, quick = await make(db, home, name="Slow"), await make(db, home, name="Quick")
    seen: list[UUID] = []
    position = None

    async def sync() -> None:
        nonlocal position
        async with db.tenant(home) as tx:
            for lead in await store.changed(tx, store.Filter(updated_after=None), position, 100):
                seen.append(lead.id)
                position = (lead.updated_at, lead.id)

    await sync()
    seen.clear()
    async with db.tenant(home) as late:
        await actions.set_stage(late, slow, "contacted", by=PERSON)
        async with db.tenant(home) as tx:
            await actions.set_stage(tx, quick, "contacted", by=PERSON)
        await sync()
    await sync()

    assert set(seen) == {slow, quick}


async def test_search_finds_words_in_any_order_and_takes_wildcards_literally(db: Database, home: UUID) -> None:
    lead_id = await make(db, home, name="Anna Björk", company="100% Ökostrom", phone="+49 30 901820")

    async with db.tenant(home) as tx:
        for text in ("björk anna", "100%", "ökostrom", "30901820", "+4930901820", "+49 30"):
            assert [each.id for each in await store.page(tx, store.Filter(q=text), None, 5)] == [lead_id], text
        assert await store.page(tx, store.Filter(q="1_0"), None, 5) == []
