"""The delivery log over real HTTP: states, attempts, another try, jobs that gave up; the outsider sees nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import text

from leadsbot.features.deliveries import public as deliveries
from leadsbot.features.deliveries.feature import FEATURE
from leadsbot.features.deliveries.public import RESEND, Delivery, Outcome, State
from leadsbot.features.leads import store as leads
from leadsbot.features.leads.feature import FEATURE as LEADS
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.jobs import admin
from leadsbot.infra.jobs.kinds import JobKind
from leadsbot.infra.jobs.queue import enqueue
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id
from tests.cast import Browser, Cast, application, browser, services


class Nothing(msgspec.Struct, frozen=True):
    """No payload."""


async def nothing(*_: object) -> None:
    """A job that does nothing."""


KIND = JobKind(name="tests.nothing", payload=Nothing, run=nothing)
CHANNEL = "pigeon"


@pytest.fixture
async def web(db: Database) -> AsyncIterator[Browser]:
    async with browser(application(services(db), LEADS, FEATURE)) as opened:
        yield opened


@pytest.fixture
def resent() -> list[UUID]:
    """Deliveries that the channel of these tests was asked to send again."""
    asked: list[UUID] = []

    async def resend(_tx: TenantTx, delivery: Delivery) -> None:
        asked.append(delivery.id)

    RESEND[CHANNEL] = resend
    return asked


async def delivery(
    db: Database,
    cast: Cast,
    outcome: Outcome | None,
    *,
    channel: str = CHANNEL,
    lead_id: UUID | None = None,
    detail: str | None = None,
) -> str:
    """A delivery that was tried once, with this outcome as its last word; None leaves it due."""
    async with db.tenant(cast.workspace_id) as tx:
        planned = await deliveries.plan(
            tx, channel=channel, kind="alert", destination_id=new_id(), lead_id=lead_id, dedupe_key=str(new_id())
        )
        assert planned is not None
        begun = await deliveries.begin(tx, planned) if outcome else None
        if begun and outcome:
            await deliveries.record(
                tx, begun, outcome, started=utcnow() - timedelta(seconds=1), status=403, detail=detail, final=True
            )
    return ids.show(ids.DELIVERY, planned)


async def dead_job(db: Database, cast: Cast) -> int:
    async with db.tenant(cast.workspace_id) as tx:
        await enqueue(tx, KIND, Nothing())
        job = await tx.scalar(
            text(
                "UPDATE job SET state = 2, attempt = 9, last_error = 'the pigeon is lost', ended_at = now() "
                "WHERE workspace_id = :ws AND state <> 2 RETURNING id"
            ),
            {"ws": cast.workspace_id},
        )
    return int(job)


async def test_the_log_is_listed_by_state_and_lead_in_pages(web: Browser, cast: Cast, db: Database) -> None:
    lead_id = new_id()
    sent = await delivery(db, cast, Outcome.SENT, lead_id=lead_id)
    failed = await delivery(db, cast, Outcome.REJECTED)
    due = await delivery(db, cast, None)

    async def listed(query: str) -> list[str]:
        answer = await web.http.get(f"/api/v1/deliveries{query}", headers=cast.bob.bearer)
        assert answer.status_code == 200, answer.text
        return [each["id"] for each in answer.json()["data"]]

    assert await listed("") == [due, failed, sent]
    assert await listed("?state=failed&state=due") == [due, failed]
    assert await listed(f"?lead={ids.show(ids.LEAD, lead_id)}") == [sent]
    first = await web.http.get("/api/v1/deliveries?limit=2", headers=cast.bob.bearer)
    assert await listed(f"?cursor={first.json()['next_cursor']}") == [sent]
    for query, field in (("state=lost", "state"), ("lead=dlv_1", "lead")):
        wrong = await web.http.get(f"/api/v1/deliveries?{query}", headers=cast.bob.bearer)
        assert (wrong.status_code, wrong.json()["errors"][0]["field"].split("[")[0]) == (422, field)


async def test_a_delivery_is_read_with_its_attempts(web: Browser, cast: Cast, db: Database) -> None:
    shown = await delivery(db, cast, Outcome.REJECTED, detail="the bot was blocked")
    read = (await web.http.get(f"/api/v1/deliveries/{shown}", headers=cast.bob.bearer)).json()
    assert (read["state"], read["reason"], read["attempts"]) == ("failed", "the bot was blocked", 1)
    (attempt,) = read["log"]
    assert (attempt["outcome"], attempt["status"], attempt["detail"]) == ("rejected", 403, "the bot was blocked")
    assert attempt["milliseconds"] >= 1000


@pytest.mark.usefixtures("resent")
async def test_the_outsider_finds_no_delivery_and_the_reader_retries_none(
    web: Browser, cast: Cast, db: Database
) -> None:
    shown, job = await delivery(db, cast, Outcome.REJECTED), await dead_job(db, cast)
    path = f"/api/v1/deliveries/{shown}"
    assert (await web.http.get(path, headers=cast.charlie.bearer)).status_code == 404
    assert (await web.http.post(f"{path}/retry", headers=cast.charlie.bearer)).status_code == 404
    assert (await web.http.post(f"{path}/retry", headers=cast.bob.bearer)).status_code == 403
    assert (await web.http.post(f"{path}/retry")).status_code == 401
    assert (await web.http.get("/api/v1/deliveries", headers=cast.charlie.bearer)).json()["data"] == []
    await web.sign_in(cast.charlie.email)
    page = await web.get("/deliveries")
    assert "Nothing was sent yet" in page.text
    assert "the pigeon is lost" not in page.text
    for act in (f"{shown}/retry", f"jobs/{job}/replay", f"jobs/{job}/dismiss", "jobs/9/replay", "jobs/x/dismiss"):
        assert (await web.post(f"/deliveries/{act}")).status_code == 404, act


async def test_a_failed_delivery_is_tried_again_once_however_often_it_is_asked_for(
    web: Browser, cast: Cast, db: Database, resent: list[UUID]
) -> None:
    shown = await delivery(db, cast, Outcome.REJECTED)
    for _ in range(2):
        again = await web.http.post(f"/api/v1/deliveries/{shown}/retry", headers=cast.alice.bearer)
        assert (again.status_code, again.json()["state"]) == (200, "due")
    assert resent == [ids.read(ids.DELIVERY, shown)]


@pytest.mark.usefixtures("resent")
async def test_what_was_sent_or_has_no_channel_is_not_tried_again(web: Browser, cast: Cast, db: Database) -> None:
    sent = await delivery(db, cast, Outcome.SENT)
    strange = await delivery(db, cast, Outcome.REJECTED, channel="telex")
    for shown in (sent, strange):
        answer = await web.http.post(f"/api/v1/deliveries/{shown}/retry", headers=cast.alice.bearer)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_the_page_shows_states_reasons_attempts_and_retries(
    web: Browser, cast: Cast, db: Database, resent: list[UUID]
) -> None:
    async with db.tenant(cast.workspace_id) as tx:
        lead_id = await leads.add(tx, name="Ada <Lovelace>", search="", lawful_basis="consent", notice_version="1")
    failed = await delivery(db, cast, Outcome.REJECTED, lead_id=lead_id, detail="<blocked>")
    await delivery(db, cast, Outcome.UNCERTAIN)
    await web.sign_in(cast.alice.email)
    page = await web.get("/deliveries")
    assert "Ada &lt;Lovelace&gt;" in page.text
    assert "&lt;blocked&gt;" in page.text
    assert "1 attempt<" in page.text
    assert "it may have arrived" in page.text
    assert "No answer" in page.text
    assert "Unclear" in page.text
    only = await web.get("/deliveries?state=uncertain")
    assert "Lovelace" not in only.text
    assert "/deliveries?state=uncertain" in only.text
    back = await web.post(f"/deliveries/{failed}/retry", {"back": "/deliveries?state=failed"}, on="/deliveries")
    assert (back.status_code, back.headers["location"]) == (303, "/deliveries?state=failed")
    assert resent == [ids.read(ids.DELIVERY, failed)]
    away = await web.post(f"/deliveries/{failed}/retry", {"back": "//evil.example"}, on="/deliveries")
    assert away.headers["location"] == "/deliveries"
    assert "No message is in this state" in (await web.get("/deliveries?state=held")).text
    assert (await web.get("/deliveries?state=nonsense&cursor=")).status_code == 200


async def test_jobs_that_have_given_up_are_replayed_or_dismissed(web: Browser, cast: Cast, db: Database) -> None:
    job = await dead_job(db, cast)
    await web.sign_in(cast.alice.email)
    assert "the pigeon is lost" in (await web.get("/deliveries")).text
    assert (await web.post(f"/deliveries/jobs/{job}/replay", on="/deliveries")).status_code == 303
    assert (await web.post(f"/deliveries/jobs/{job}/replay", on="/deliveries")).status_code == 404
    assert "the pigeon is lost" not in (await web.get("/deliveries")).text
    await dead_job(db, cast)
    async with db.tenant(cast.workspace_id) as tx:
        dead = await admin.dead(tx, cast.workspace_id)
    for each in dead:
        assert (await web.post(f"/deliveries/jobs/{each.id}/dismiss", on="/deliveries")).status_code == 303
    async with db.tenant(cast.workspace_id) as tx:
        assert await admin.dead(tx, cast.workspace_id) == []


async def test_an_attempt_that_was_overtaken_is_logged_and_moves_nothing(
    web: Browser, cast: Cast, db: Database
) -> None:
    shown = await delivery(db, cast, None)
    own = ids.read(ids.DELIVERY, shown)
    async with db.tenant(cast.workspace_id) as tx:
        late, present = await deliveries.begin(tx, own), await deliveries.begin(tx, own)
        assert late is not None
        assert present is not None
        now = utcnow()
        assert await deliveries.record(tx, present, Outcome.SENT, started=now, external_id="1:2")
        assert not await deliveries.record(tx, late, Outcome.REJECTED, started=now, detail="too late")
        assert not await deliveries.record(tx, late, Outcome.UNCERTAIN, started=now)

    read = (await web.http.get(f"/api/v1/deliveries/{shown}", headers=cast.bob.bearer)).json()
    assert (read["state"], read["reason"]) == ("sent", None)
    # Whoever began again wrote the first attempt down as of unknown end; what it says when it is back is written, too.
    assert sorted((attempt["n"], attempt["outcome"]) for attempt in read["log"]) == [
        (1, "rejected"), (1, "uncertain"), (1, "uncertain"), (2, "sent")
    ]  # fmt: skip


async def test_recording_an_outcome_twice_records_it_once(web: Browser, cast: Cast, db: Database) -> None:
    shown = await delivery(db, cast, None)
    async with db.tenant(cast.workspace_id) as tx:
        begun = await deliveries.begin(tx, ids.read(ids.DELIVERY, shown))
        assert begun is not None
        told = [await deliveries.record(tx, begun, Outcome.SENT, started=utcnow()) for _ in range(2)]
        events = await tx.scalar(
            text("SELECT count(*) FROM event_log WHERE type = 'delivery.sent' AND payload->>'delivery_id' = :id"),
            {"id": str(begun.id)},
        )

    assert (told, events) == ([True, False], 1)
    read = (await web.http.get(f"/api/v1/deliveries/{shown}", headers=cast.bob.bearer)).json()
    assert [attempt["outcome"] for attempt in read["log"]] == ["sent"]


async def test_every_state_and_outcome_has_words_a_chip_and_a_colour() -> None:
    from leadsbot.features.deliveries import words
    from leadsbot.features.deliveries.pages import CHIPS, TONES
    from leadsbot.features.deliveries.schemas import STATES

    assert {state for _, _, states in CHIPS for state in states} == set(State) == set(TONES) == set(STATES)
    assert set(words.STATES) == set(State)
    assert set(words.OUTCOMES) == set(Outcome)


@pytest.mark.parametrize(
    ("stored", "told"),
    [
        ("timeout", "The other side did not answer in time."),
        ("error_502", "The other side had a trouble of its own (502)."),
        ("new_code", "It did not work (new_code)."),
        ("The bot was blocked.", "The bot was blocked."),
        (None, ""),
    ],
)
async def test_a_reason_is_told_as_a_sentence(stored: str | None, told: str) -> None:
    from leadsbot.features.deliveries import words

    assert words.sentence(stored) == told
