"""The folder over real HTTP: what lands there, why, the way out, the undo; the outsider sees and changes nothing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text

from leadsbot.features.capture.tables import Submission
from leadsbot.features.screening import later
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id, show
from tests.features.screening.arriving import SPAM
from tests.features.screening.conftest import CONTEXT, Desk, plain

HOSTILE = '<script>alert(1)</script>{{ 7 * 7 }} "><img src=x onerror=alert(2)> \u202e'


def shown(submission_id: UUID) -> str:
    return show(ids.SUBMISSION, submission_id)


async def caught(desk: Desk, **fields: str) -> UUID:
    submission_id = await desk.post(**{**SPAM, "_gotcha": "x", **fields})
    await desk.take_in(submission_id)
    return submission_id


async def held(tx: TenantTx, source_id: UUID, fields: dict[str, Any]) -> UUID:
    """A submission that waits, as a form with fields for files leaves it."""
    submission_id = new_id()
    await tx.execute(
        insert(Submission).values(
            workspace_id=tx.workspace_id, id=submission_id, source_id=source_id, fields=fields, context={},
            body_hash=b"", received_at=utcnow(), lawful_basis="consent", notice_version="1", quarantined=True,
            verdict={"verdict": "quarantine", "score": 0.8, "reasons": ["trap_filled"]},
        )
    )  # fmt: skip
    return submission_id


async def settle(desk: Desk, submission_id: UUID) -> bool:
    """Run the job that the time to undo has passed for; False when there is none."""
    key = f"screening {submission_id}"
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        found = await tx.execute(
            text("DELETE FROM job WHERE unique_key = :key RETURNING payload, due_at - clock_timestamp()"), {"key": key}
        )
        row = found.one_or_none()
        if row is None:
            return False
        assert 0 < row[1].total_seconds() <= 8
        job = later.Settle(UUID(row[0]["submission_id"]), row[0]["spam"], row[0]["by"])
        await later.settle(tx, CONTEXT, job)
        return True


async def test_a_bot_is_thanked_like_a_person_and_waits_in_the_folder(desk: Desk) -> None:
    person = await desk.post(name="Anna Berg", email="anna@example.org", message="What does a new door cost?")
    bot = await caught(desk)
    assert (await desk.stored(person)).quarantined is False
    assert (await desk.stored(bot)).quarantined is True
    assert await desk.leads() == []
    page = (await desk.alice.get("/quarantine?state=blocked")).text
    assert "Kevin" in page
    assert "A field that people cannot see was filled in" in page
    assert "Anna Berg" not in page
    assert "Kevin" not in (await desk.charlie.get("/quarantine?state=blocked")).text


async def test_a_name_in_two_fields_is_read_in_its_usual_order(desk: Desk) -> None:
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        await held(tx, desk.source.id, {"last_name": "Berg", "first_name": "Anna", "message": "What is a new door?"})
    assert "Anna Berg" in plain((await desk.alice.get("/quarantine")).text)


async def test_each_list_is_headed_by_what_is_in_it(desk: Desk) -> None:
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        freed = await held(tx, desk.source.id, {"name": "Anna", "message": "What does a new door cost?"})
        await held(tx, desk.source.id, {"name": "Bo", "message": "And a window, please?"})
    await desk.alice.post(f"/quarantine/{shown(freed)}/release", {"state": "quarantined"}, on="/quarantine")
    assert await settle(desk, freed)
    await desk.take_in(freed, released=True)
    waiting = (await desk.alice.get("/quarantine")).text
    assert ("Quarantined, the newest first" in waiting, "Bo" in waiting, "it waits here for" in waiting) == (True,) * 3
    released = (await desk.alice.get("/quarantine?state=released")).text
    assert ("Released, the newest first" in released, "Anna" in released, "It became a lead" in released) == (True,) * 3
    assert ("Held back" in released, "it waits here" in released) == (False, False)


async def test_how_it_came_is_told_in_words_and_technical_details_are_folded(desk: Desk) -> None:
    await caught(desk)
    page = (await desk.alice.get("/quarantine?state=blocked")).text
    came = page.split("How it came")[1].split("</td>")[0]
    plain, technical = came.split("Technical details")
    assert "<dt>Score</dt>" in plain
    assert ("<dt>Request</dt><dd>" in plain, "<dt>Request</dt><dd>" in technical) == (False, True)
    assert not any(raw in came for raw in ("request id", "content type", "<dt>os</dt>"))


async def test_the_folder_is_empty_and_says_what_it_is_for(desk: Desk) -> None:
    page = plain((await desk.alice.get("/quarantine")).text)
    assert "Nothing is held back" in page
    assert "the filter learns" in page
    assert (await desk.alice.get("/quarantine/count")).text == ""


async def test_the_folder_tells_what_was_written_and_names_files_without_their_ids(desk: Desk) -> None:
    upload = show(ids.UPLOAD, new_id())
    written = "Our roof leaks above the stairs."
    answers = {"name": "Kevin", "which_day": "Monday", "hint": "", "tell_us": written, "ref": upload, "agreed": "yes"}
    plan = {"filename": "plan.pdf", "size": 2048, "content_type": "application/pdf", "upload": upload}
    body = {**answers, "plans": [plan], "rooms": ["attic", "stairs"]}
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        bot = await held(tx, desk.source.id, body)
    html = (await desk.alice.get("/quarantine")).text
    # JSON in the database has its own order of names, by their length.
    told = f"{written} · Plans: plan.pdf, 2 KB · Rooms: attic, stairs · Which day: Monday"
    assert f'<span class="cut">{told}</span>' in html
    assert "<dt>Plans</dt><dd>plan.pdf, 2 KB</dd>" in html
    assert "<dt>Rooms</dt><dd>attic, stairs</dd>" in html
    assert "<dt>Hint</dt>" not in html
    assert "application/pdf" not in html
    assert shown(bot) in html
    assert written not in (await desk.charlie.get("/quarantine")).text


async def test_the_lists_stay_in_reach_when_the_last_submission_was_released(desk: Desk) -> None:
    bot = await caught(desk)
    answer = await desk.alice.post(f"/quarantine/{shown(bot)}/release", {"state": "blocked"}, on="/quarantine")
    for address in (answer.headers["location"], "/quarantine"):
        page = (await desk.alice.get(address)).text
        for state in ("quarantined", "blocked", "spam", "released"):
            assert f'href="/quarantine?state={state}"' in page, (address, state)
    assert "Choose another kind above" in (await desk.alice.get(answer.headers["location"])).text


async def test_hostile_text_is_shown_as_text(desk: Desk) -> None:
    text_ = HOSTILE + " https://a.example https://b.example"
    await caught(desk, name=HOSTILE, message=text_, **{HOSTILE[:30]: HOSTILE})
    for state in ("quarantined", "blocked"):
        page = (await desk.alice.get(f"/quarantine?state={state}")).text
        assert "<script>alert(1)" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page


async def test_a_released_submission_becomes_a_lead_once_after_the_time_to_undo(desk: Desk) -> None:
    bot = await caught(desk)
    answer = await desk.alice.post(f"/quarantine/{shown(bot)}/release", {"state": "blocked"}, on="/quarantine")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/quarantine?state=blocked&done={shown(bot)}"
    page = plain((await desk.alice.get(answer.headers["location"])).text)
    assert "Released: it becomes a lead in 8 seconds" in page
    assert "Undo" in page
    assert (await desk.stored(bot)).quarantined is True
    assert await settle(desk, bot)
    assert (await desk.stored(bot)).quarantined is False
    for _ in range(3):
        await desk.take_in(bot, released=True)
    (lead,) = await desk.leads()
    assert lead["email"] == SPAM["email"]
    assert lead["submission_count"] == 1
    assert await desk.said() == ["submission.labelled", "submission.released"]
    assert "Undo" not in plain((await desk.alice.get(answer.headers["location"])).text)
    released = plain((await desk.alice.get("/quarantine?state=released")).text)
    assert "Kevin" in released
    assert "a lead" in released


async def test_what_was_done_can_be_undone_until_it_has_taken_effect(desk: Desk) -> None:
    bot = await caught(desk)
    for what in ("release", "spam"):
        await desk.alice.post(f"/quarantine/{shown(bot)}/{what}", on="/quarantine")
        assert (await desk.stored(bot)).label is not None
        done = {"done": shown(bot)}
        assert (await desk.alice.post("/quarantine/undo", done, on="/quarantine")).status_code == 303
        assert (await desk.stored(bot)).label is None
        assert not await settle(desk, bot)
    assert await desk.said() == []
    await desk.alice.post(f"/quarantine/{shown(bot)}/spam", on="/quarantine")
    assert await settle(desk, bot)
    late = await desk.alice.post("/quarantine/undo", {"done": shown(bot)}, on="/quarantine")
    assert late.status_code == 409
    assert "taken effect already" in late.text
    assert (await desk.stored(bot)).label == "spam"


async def test_what_was_done_one_after_the_other_is_undone_together_as_far_as_it_still_can_be(desk: Desk) -> None:
    first, second, third = [await caught(desk, name=name) for name in ("Kim Ode", "Lu Park", "Mo Reis")]
    done = ""
    for each, what in ((first, "release"), (second, "release"), (third, "spam")):
        sent = {"state": "blocked", "done": done}
        answer = await desk.alice.post(f"/quarantine/{shown(each)}/{what}", sent, on="/quarantine")
        done = answer.headers["location"].partition("done=")[2]
    assert done == ",".join(map(shown, (third, second, first)))
    page = (await desk.alice.get(answer.headers["location"])).text
    assert "2 released, 1 marked as spam: this takes effect in 8 seconds. Mo Reis, Lu Park, Kim Ode" in plain(page)
    assert await settle(desk, first)
    assert "1 marked as spam" in plain((await desk.alice.get(answer.headers["location"])).text)
    assert (await desk.alice.post("/quarantine/undo", {"done": done}, on="/quarantine")).status_code == 303
    assert [(await desk.stored(each)).label for each in (first, second, third)] == ["genuine", None, None]


async def test_spam_that_was_none_is_released_from_the_list_of_spam(desk: Desk) -> None:
    bot = await caught(desk)
    await desk.alice.post(f"/quarantine/{shown(bot)}/spam", on="/quarantine")
    await settle(desk, bot)
    page = (await desk.alice.get("/quarantine?state=spam")).text
    assert f"/quarantine/{shown(bot)}/release" in page
    await desk.alice.post(f"/quarantine/{shown(bot)}/release", on="/quarantine")
    await settle(desk, bot)
    await desk.take_in(bot, released=True)
    assert len(await desk.leads()) == 1


async def test_everything_from_one_address_is_released_together(desk: Desk) -> None:
    mine = [await caught(desk, email="pat@example.org", message=f"Text {n} {SPAM['message']}") for n in range(3)]
    other = await caught(desk, email="somebody@example.net")
    form = {"by": "email", "state": "blocked"}
    answer = await desk.alice.post(f"/quarantine/{shown(mine[0])}/release-all", form, on="/quarantine")
    assert "3 released" in plain((await desk.alice.get(answer.headers["location"])).text)
    assert [await settle(desk, each) for each in mine] == [True] * 3
    assert (await desk.stored(other)).quarantined is True
    by_source = {"by": "source"}
    await desk.alice.post(f"/quarantine/{shown(other)}/release-all", by_source, on="/quarantine")
    assert await settle(desk, other)


async def test_counts_and_pages_of_the_folder(desk: Desk) -> None:
    quiet = {"message": SPAM["message"], "email": "k@example.net"}
    for n in range(70):
        await desk.post(name=f"Kevin {n:02}", **{**quiet, "email": f"k{n}@example.net"})
    # Copies of one text from one address: after a few the second strong sign is there.
    page = (await desk.alice.get("/quarantine?state=blocked")).text
    waiting = int((await desk.alice.get("/quarantine/count")).text)
    assert 0 < waiting < 15
    assert page.count('data-row-key="r"') == 50
    following = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert (await desk.alice.get(following)).text.count('data-row-key="r"') == 20 - waiting
    assert (await desk.charlie.get("/quarantine/count")).text == ""


async def test_a_reader_looks_and_changes_nothing_and_the_outsider_finds_nothing(desk: Desk) -> None:
    bot = await caught(desk)
    bob, charlie = desk.cast.bob.bearer, desk.cast.charlie.bearer
    for path in ("release", "label"):
        body = {"label": "spam"} if path == "label" else None
        url = f"/api/v1/submissions/{shown(bot)}/{path}"
        assert (await desk.http.post(url, json=body, headers=bob)).status_code == 403
        assert (await desk.http.post(url, json=body, headers=charlie)).status_code == 404
    assert (await desk.charlie.post(f"/quarantine/{shown(bot)}/release", on="/quarantine")).status_code == 404
    assert (await desk.charlie.post("/quarantine/undo", {"done": shown(bot)}, on="/quarantine")).status_code == 404
    assert (await desk.http.get(f"/api/v1/submissions/{shown(bot)}", headers=charlie)).status_code == 404
    assert (await desk.http.get("/api/v1/submissions", headers=charlie)).json()["data"] == []
    assert (await desk.stored(bot)).label is None


async def test_the_api_lists_reads_releases_and_labels(desk: Desk) -> None:
    person = await desk.post(name="Anna Berg", email="anna@example.org", message="What does a new door cost?")
    bot = await caught(desk)

    async def listed(query: str) -> list[str]:
        answer = await desk.http.get(f"/api/v1/submissions{query}", headers=desk.key)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["data"]]

    assert await listed("") == [shown(bot), shown(person)]
    assert await listed("?quarantined=true") == [shown(bot)]
    assert await listed("?quarantined=false") == [shown(person)]
    assert await listed("?state=blocked") == [shown(bot)]
    assert await listed("?state=quarantined") == []
    assert await listed(f"?source={show(ids.SOURCE, new_id())}") == []
    one = (await desk.http.get(f"/api/v1/submissions/{shown(bot)}", headers=desk.key)).json()
    assert one["verdict"]["verdict"] == "block"
    assert one["verdict"]["reasons"][0] == "trap_filled" or "wording" in one["verdict"]["reasons"]
    assert "A field that people cannot see was filled in" in one["verdict"]["explanations"]
    assert one["fields"] == SPAM
    for _ in range(2):
        answer = await desk.http.post(f"/api/v1/submissions/{shown(bot)}/release", headers=desk.key)
        assert (answer.status_code, answer.json()["quarantined"], answer.json()["label"]) == (200, False, "genuine")
    assert await desk.said() == ["submission.labelled", "submission.released"]
    await desk.take_in(bot, released=True)
    again = await desk.http.post(f"/api/v1/submissions/{shown(bot)}/label", json={"label": "spam"}, headers=desk.key)
    assert again.json()["label"] == "spam"
    assert len(await desk.leads()) == 1


@pytest.mark.parametrize("query", ["state=sleeping", "quarantined=perhaps", "source=nonsense", "source=", "cursor=x"])
async def test_a_wrong_filter_is_named(desk: Desk, query: str) -> None:
    answer = await desk.http.get(f"/api/v1/submissions?{query}", headers=desk.key)
    assert answer.status_code in (400, 422)
    assert query.partition("=")[0] in answer.text


async def test_a_lead_that_is_spam_teaches_and_is_junk_until_the_word_is_taken_back(desk: Desk) -> None:
    submission = await desk.post(name="Anna Berg", email="anna@example.org", message="What does a new door cost?")
    await desk.take_in(submission)
    (lead,) = await desk.leads()
    page = f"/leads/{lead['id']}"
    assert (await desk.alice.post(f"{page}/spam", {"spam": "1"}, on=page)).status_code == 303
    assert (await desk.stored(submission)).label == "spam"
    (lead,) = await desk.leads()
    assert lead["stage"] == "junk"
    assert "It is not spam" in (await desk.alice.get(page)).text
    await desk.alice.post(f"{page}/spam", {"spam": "0"}, on=page)
    assert (await desk.stored(submission)).label == "genuine"
    assert await desk.said() == ["submission.labelled", "submission.labelled"]
    assert (await desk.charlie.post(f"{page}/spam", {"spam": "1"}, on="/leads")).status_code == 404
