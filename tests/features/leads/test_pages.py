"""The lead list and the lead page, as a browser without scripts sees them."""

from __future__ import annotations

import re
from uuid import UUID

import httpx
import pytest

from leadsbot.contracts.events import DeliverySent
from leadsbot.features.forms.definition import decode
from leadsbot.features.forms.public import create_form, publish, save_draft
from leadsbot.features.leads import actions
from leadsbot.infra.events.log import emit
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from tests.features.leads.conftest import As, Desk

ANNA = {"name": "Anna Berg", "email": "anna@example.org", "phone": "030 901820", "message": "Hello", "colour": "red"}
ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def token(html: str) -> str:
    found = re.search(r'name="_csrf" value="([0-9a-f]+)"', html)
    assert found is not None
    return found.group(1)


async def post(client: httpx.AsyncClient, lead_id: str, action: str, **form: str) -> httpx.Response:
    html = (await client.get(f"/leads/{lead_id}")).text
    return await client.post(f"/leads/{lead_id}/{action}", data={"_csrf": token(html), **form})


async def test_the_empty_list_teaches_with_the_workspaces_own_addresses(http: As) -> None:
    async with http("alice") as client:
        page = await client.get("/leads")

    assert page.status_code == 200
    assert "Waiting for the first lead" in page.text
    assert ("Paste this." in page.text, "Paste one of these" in page.text) == (True, False)
    assert "/f/" in page.text


async def test_the_list_shows_leads_chips_with_counts_and_keeps_the_view_in_links(desk: Desk, http: As) -> None:
    lead_id = await desk.shown(ANNA)

    async with http("alice") as client:
        page = (await client.get("/leads?q=anna&stage=new")).text
        none = (await client.get("/leads?q=zebra")).text

    assert f"/leads/{lead_id}?stage=new&amp;q=anna" in page
    assert 'New <span class="n">1</span>' in page
    assert "Nothing matches" in none


async def test_the_lead_page_shows_contact_timeline_and_every_field_of_every_submission(desk: Desk, http: As) -> None:
    lead_id = await desk.shown(ANNA | {"nested": {"size": [1, 2]}})
    await desk.arrives(ANNA | {"message": "Again"})

    async with http("alice") as client:
        page = (await client.get(f"/leads/{lead_id}")).text

    for text in (
        "mailto:anna%40example.org", "tel:+4930901820", "Came in through Contact", "Wrote again through Contact",
        "colour", "&#34;size&#34;", "Wrote 2 times", "https://shop.example/contact",
    ):  # fmt: skip
        assert text in page, text


async def test_every_form_of_the_page_works_without_a_script(desk: Desk, http: As, alice: UUID) -> None:
    lead_id = await desk.arrives(ANNA)
    shown = ids.show(ids.LEAD, lead_id)

    async with http("alice") as client:
        for action, form in {
            "claim": {},
            "stage": {"stage": "contacted"},
            "tags": {"tags": "VIP, spring"},
            "edit": {"name": "Anna B.", "email": "anna@example.org", "phone": "", "company": "Berg AG"},
            "notes": {"note": ids.show(ids.NOTE, ids.new_id()), "body": "Called twice."},
            "owner": {"owner": ""},
        }.items():
            answer = await post(client, shown, action, **form)
            assert (answer.status_code, answer.headers["location"]) == (303, f"/leads/{shown}"), (action, answer.text)
        page = (await client.get(f"/leads/{shown}")).text

    lead = await desk.lead(lead_id)
    assert (lead.stage, lead.tags, lead.name, lead.phone, lead.company, lead.owner_id) == (
        "contacted", ("vip", "spring"), "Anna B.", None, "Berg AG", None,
    )  # fmt: skip
    assert "Called twice." in page
    assert ("Edited company, name, phone" in page, "Company: none → Berg AG" in page) == (True, True)


async def test_what_one_press_changed_one_press_takes_back(desk: Desk, http: As, alice: UUID) -> None:
    lead_id = await desk.arrives(ANNA)
    shown = ids.show(ids.LEAD, lead_id)

    async with http("alice") as client:
        await post(client, shown, "claim")
        page = (await client.get(f"/leads/{shown}")).text
        assert re.search(rf'action="/leads/{shown}/owner".*?name="owner" value="" data-hotkey="z"', page, re.DOTALL)
        await post(client, shown, "owner", owner="")
        page = (await client.get(f"/leads/{shown}")).text
        assert f'name="owner" value="{ids.show(ids.PERSON, alice)}" data-hotkey="z"' in page
        await post(client, shown, "stage", stage="won")
        page = (await client.get(f"/leads/{shown}")).text
        assert re.search(rf'action="/leads/{shown}/stage".*?value="new" data-hotkey="z"', page, re.DOTALL)
        assert 'data-hotkey="z"' not in (await client.get(f"/leads/{shown}")).text


async def test_an_undo_takes_back_its_own_change_and_no_later_one(desk: Desk, http: As, alice: UUID) -> None:
    lead_id = await desk.arrives(ANNA)
    shown, me = ids.show(ids.LEAD, lead_id), ids.show(ids.PERSON, alice)

    async with http("alice") as first, http("alice") as second:
        await post(first, shown, "stage", stage="lost")
        page = (await first.get(f"/leads/{shown}")).text
        assert re.search(r'name="expects" value="lost"><button [^>]*value="new" data-hotkey="z"', page)
        await post(second, shown, "stage", stage="won")
        late = await post(first, shown, "stage", stage="new", expects="lost")
        assert (late.status_code, "It was changed since, so nothing was undone" in late.text) == (409, True)
        assert (await desk.lead(lead_id)).stage == "won"
        assert (await post(first, shown, "stage", stage="lost", expects="won")).status_code == 303
        assert (await desk.lead(lead_id)).stage == "lost"

        await post(first, shown, "claim")
        page = (await first.get(f"/leads/{shown}")).text
        assert re.search(rf'name="expects" value="{me}"><button [^>]*value="" data-hotkey="z"', page)
        await post(second, shown, "owner", owner="")
        assert (await post(first, shown, "owner", owner=me, expects=me)).status_code == 409
        assert (await desk.lead(lead_id)).owner_id is None
        assert (await post(first, shown, "owner", owner=me, expects="nobody")).status_code == 303
        assert (await desk.lead(lead_id)).owner_id == alice


async def test_what_was_wrong_is_said_on_the_page_and_what_was_typed_stays(desk: Desk, http: As) -> None:
    lead_id = await desk.shown(ANNA)

    async with http("alice") as client:
        answer = await post(client, lead_id, "edit", name="Anna", email="anna at example", phone="", company="")

    assert answer.status_code == 422
    assert "This is not an e-mail address" in answer.text
    assert 'value="anna at example"' in answer.text


async def test_a_note_that_was_sent_twice_is_there_once(desk: Desk, http: As) -> None:
    lead_id = await desk.shown(ANNA)
    note = ids.show(ids.NOTE, ids.new_id())

    async with http("alice") as client:
        for _ in range(2):
            await post(client, lead_id, "notes", note=note, body="Only once.")
        page = (await client.get(f"/leads/{lead_id}")).text

    assert page.count("Only once.") == 1


async def test_a_possible_duplicate_is_offered_and_merged_by_a_person(desk: Desk, http: As) -> None:
    by_phone = await desk.shown({"name": "Anna", "phone": "030 901820"})
    await desk.arrives({"email": "anna@example.org"})
    by_mail = await desk.shown(ANNA)

    async with http("alice") as client:
        before = (await client.get(f"/leads/{by_mail}")).text
        await post(client, by_mail, "merge", other=by_phone)
        after = (await client.get(f"/leads/{by_mail}")).text
        old = await client.get(f"/leads/{by_phone}")

    assert by_phone != by_mail
    assert "Possible duplicate:" in before
    assert "Possible duplicate:" not in after
    assert old.headers["location"] == f"/leads/{by_mail}"


async def test_previous_and_next_stay_in_the_view(desk: Desk, http: As) -> None:
    old, middle, new = [await desk.shown({"email": f"{n}@example.org", "name": "Anna"}) for n in range(3)]
    await desk.arrives({"email": "other@example.org", "name": "Bert"}, at=utcnow())

    async with http("alice") as client:
        page = (await client.get(f"/leads/{middle}?q=anna")).text
        last = (await client.get(f"/leads/{new}?q=anna")).text

    assert f'rel="prev" href="/leads/{new}?q=anna"' in page
    assert f'rel="next" href="/leads/{old}?q=anna"' in page
    assert 'rel="prev"' not in last


async def test_a_viewer_sees_no_forms_and_cannot_post(desk: Desk, http: As) -> None:
    lead_id = await desk.shown(ANNA)

    async with http("bob") as client:
        page = (await client.get(f"/leads/{lead_id}")).text
        refused = await client.post(f"/leads/{lead_id}/stage", data={"_csrf": token(page), "stage": "won"})

    assert "Anna Berg" in page
    assert "/stage" not in page
    assert refused.status_code == 403


async def test_the_outsider_finds_no_page_and_changes_nothing(desk: Desk, http: As) -> None:
    lead_id = await desk.arrives(ANNA)
    shown = ids.show(ids.LEAD, lead_id)

    async with http("charlie-in-a-browser") as client:
        listed = (await client.get("/leads")).text
        read = await client.get(f"/leads/{shown}")
        for action in ("stage", "owner", "claim", "tags", "edit", "notes", "merge"):
            answer = await client.post(f"/leads/{shown}/{action}", data={"_csrf": token(listed), "stage": "junk"})
            assert answer.status_code == 404, action

    assert read.status_code == 404
    assert "Anna" not in listed + read.text
    assert await desk.told(lead_id) == ["lead.created"]


@pytest.mark.parametrize(
    "query", ["stage=sold", "owner=x", "q=%00", "cursor=x", "source=%ED%A0%80", "tag=" + "x" * 300]
)
async def test_a_broken_address_of_the_list_is_an_answer_not_a_fault(http: As, query: str) -> None:
    async with http("alice") as client:
        assert (await client.get(f"/leads?{query}")).status_code in {400, 422}


async def test_hostile_text_is_shown_as_text(desk: Desk, http: As) -> None:
    lead_id = await desk.arrives({"name": ATTACK[:60], "email": "a@example.org", "message": ATTACK, ATTACK: ATTACK})
    async with desk.db.tenant(desk.workspace) as tx:
        await actions.add_note(tx, lead_id, ATTACK, by="telegram:1", via="telegram", author_name=ATTACK)
        await actions.set_tags(tx, lead_id, ["<b>x"], by="system")

    async with http("alice") as client:
        for path in ("/leads", f"/leads/{ids.show(ids.LEAD, lead_id)}"):
            html = (await client.get(path)).text
            assert "<script>alert" not in html
            assert "<img src=x" not in html
            assert "<b>x" not in html


async def test_a_lead_without_a_message_shows_its_answers_in_the_list(desk: Desk, http: As) -> None:
    await desk.shown({"name": "Ann", "email": "ann@example.org", "Width": "3 m", "Front": ATTACK})

    async with http("alice") as client:
        page = (await client.get("/leads")).text

    assert "Width: 3 m" in page
    assert "<script>alert" not in page


async def test_who_takes_a_lead_has_claimed_it_and_nobody_gave_it_to_them(desk: Desk, http: As) -> None:
    lead_id = await desk.shown(ANNA)

    async with http("alice") as client:
        assert (await post(client, lead_id, "claim")).status_code == 303
        page = (await client.get(f"/leads/{lead_id}")).text

    assert "Claimed" in page
    assert "Given to" not in page


CHOICES = [{"value": "a1", "label": "A new roof"}, {"value": "b2", "label": "A repair of something"}]


async def designed(desk: Desk) -> UUID:
    """A form of several kinds of fields, published twice: the second version calls its first field otherwise."""
    fields = [
        {"key": "email", "type": "email", "label": "Your e-mail"},
        {"key": "what", "type": "select", "label": "What is it about?", "options": CHOICES},
        {"key": "when", "type": "text", "label": "By when?"},
        {"key": "urgent", "type": "rating", "label": "How urgent?"},
        {"key": "site", "type": "text", "label": "Where is it?"},
        {"key": "agreed", "type": "consent", "label": "I agree", "text": "You may answer me."},
    ]
    form = {"title": "Roofs", "steps": [{"id": "one", "fields": fields}]}
    async with desk.db.tenant(desk.workspace) as tx:
        made = await create_form(tx, decode(form))
    fields[1]["label"] = "Subject, renamed"
    async with desk.db.tenant(desk.workspace) as tx:
        await save_draft(tx, made.id, decode(form), revision=made.revision)
        await publish(tx, made.id)
    return made.source.id


ROOF = {
    "agreed": True, "urgent": 4, "when": "", "site": "Behind the old mill, second yard", "what": "b2",
    "email": "roof@example.org", "ref": "0198c2f4-1111-7222-8333-444455556666", "extra": "blue",
}  # fmt: skip


async def test_the_lead_page_reads_like_the_version_that_was_filled_in(desk: Desk, http: As) -> None:
    desk.source = await designed(desk)
    lead_id = await desk.shown(ROOF, form_version=1)

    async with http("alice") as client:
        page = (await client.get(f"/leads/{lead_id}")).text
        outside = http("charlie-in-a-browser")
        async with outside as charlie:
            assert "What is it about?" not in (await charlie.get(f"/leads/{lead_id}")).text

    sent = page.split('id="submissions"')[1].split("How it came")[0]
    told = [
        "Your e-mail",
        "What is it about?",
        "A repair of something",
        "How urgent?",
        "Where is it?",
        "I agree",
        "extra",
    ]
    assert sorted(told, key=sent.index) == told
    assert "Subject, renamed" not in page
    assert "By when?" not in sent
    assert "<dt>What is it about?</dt><dd>A repair of something</dd>" in page.split('id="facts"')[1]


async def test_a_consent_is_shown_with_the_words_that_were_agreed_to(desk: Desk, http: As) -> None:
    desk.source = await designed(desk)
    consents = [
        {"field": "agreed", "text": "You may <b>answer</b> me.", "text_version": "4", "given": True, "language": "en"},
        {"field": "news", "text": "Send me news.", "text_version": "", "given": False, "language": "en"},
    ]
    lead_id = await desk.shown({"email": "a@example.org", "agreed": "yes"}, form_version=1, consents=consents)

    async with http("alice") as client:
        page = (await client.get(f"/leads/{lead_id}")).text

    sent = page.split('id="submissions"')[1].split("How it came")[0]
    assert '<dt>I agree</dt><dd>Yes: <q lang="en" dir="auto">You may &lt;b&gt;answer&lt;/b&gt; me.</q>' in sent
    assert "version 4</span>" in sent
    assert '<dt>Consent</dt><dd>No: <q lang="en" dir="auto">Send me news.</q></dd>' in sent
    assert sent.count("I agree") == 1


async def test_a_basis_and_a_notice_that_nobody_chose_are_not_told(desk: Desk, http: As) -> None:
    free = await desk.shown(ANNA)
    desk.source = await designed(desk)
    default = {"lawful_basis": "legitimate_interests", "notice_version": "1"}
    formed = await desk.shown(ANNA | {"email": "other@example.org", "phone": ""}, form_version=1, **default)

    async with http("alice") as client:
        chosen = (await client.get(f"/leads/{free}")).text
        page = (await client.get(f"/leads/{formed}")).text

    assert "<dt>Lawful basis</dt><dd>Consent</dd>" in chosen
    assert "<dt>Privacy notice</dt><dd>version 3</dd>" in chosen
    assert "Lawful basis" not in page
    assert "Privacy notice" not in page


async def test_how_a_submission_came_is_told_in_words(desk: Desk, http: As) -> None:
    context = {"form": {"id": "k", "version": 1}, "referrer": "", "os": "Linux", "request_id": "req_9"}
    lead_id = await desk.shown(ANNA, context=context)

    async with http("alice") as client:
        page = (await client.get(f"/leads/{lead_id}")).text

    came = page.split("How it came")[1]
    for said in ("<dt>Form</dt><dd>version 1</dd>", "<dt>System</dt><dd>Linux</dd>", "<dt>Request</dt><dd>req_9</dd>"):
        assert said in came
    assert came.index("System") < came.index("Technical details") < came.index("req_9")
    assert not any(raw in came for raw in ("Came from", "request id", "&#34;version"))


async def test_the_list_tells_what_was_written_and_leaves_out_ticks_ids_and_empty_answers(desk: Desk, http: As) -> None:
    desk.source = await designed(desk)
    await desk.shown(ROOF, form_version=2)

    async with http("alice") as client:
        page = (await client.get("/leads")).text

    line = "Behind the old mill, second yard · Subject, renamed: A repair of something · How urgent?: 4 · extra: blue"
    assert f'<span class="cut muted">{line}</span>' in page


async def test_a_mail_to_whoever_wrote_is_called_a_confirmation(desk: Desk, http: As) -> None:
    lead_id = await desk.arrives(ANNA)
    async with desk.db.tenant(desk.workspace) as tx:
        for channel in ("email", "telegram"):
            await emit(tx, DeliverySent(delivery_id=ids.new_id(), lead_id=lead_id, channel=channel))

    async with http("alice") as client:
        page = (await client.get(f"/leads/{ids.show(ids.LEAD, lead_id)}")).text

    assert "Confirmed by e-mail" in page
    # Of a chat that was removed nobody knows the name any more.
    assert "Sent to Telegram" in page
    assert "Sent to Email" not in page
