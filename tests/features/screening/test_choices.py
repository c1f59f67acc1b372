"""A workspace's choices: stored, carried by every source, in force at once, secrets never shown; for owners only."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from leadsbot.contracts.events import FormPublished, SourceCreated
from leadsbot.features.capture.public import create_source, get_source, update_source
from leadsbot.features.screening import actions, handlers, store
from leadsbot.features.screening.public import asks
from leadsbot.infra.crypto import Crypto
from leadsbot.infra.db.base import CAPTURE
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase
from tests.cast import SECRET
from tests.features.screening.arriving import SPAM
from tests.features.screening.conftest import CONTEXT, Desk, plain

HERE = "/api/v1/screening"
DEFAULTS = {
    "sensitivity": "normal", "proof_of_work": "off", "captcha": "none", "captcha_site_key": "",
    "captcha_secret_set": False, "learned": 0,
}  # fmt: skip


async def checks(desk: Desk) -> dict[str, Any]:
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        source = await get_source(tx, desk.source.id)
    assert source is not None
    return source.checks


async def change(desk: Desk, **wanted: Any) -> dict[str, Any]:
    answer = await desk.http.patch(HERE, json=wanted, headers=desk.key)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def eventually(desk: Desk, quarantined: bool, **fields: str) -> None:
    """Submissions are judged so within some seconds."""
    async with asyncio.timeout(10):
        while (await desk.stored(await desk.post(**fields))).quarantined is not quarantined:
            await asyncio.sleep(0.1)


async def test_the_defaults_are_told_and_one_change_leaves_the_rest(desk: Desk) -> None:
    assert (await desk.http.get(HERE, headers=desk.key)).json() == DEFAULTS
    assert await change(desk, sensitivity="high") == {**DEFAULTS, "sensitivity": "high"}
    assert await change(desk, proof_of_work="doubtful") == {
        **DEFAULTS, "sensitivity": "high", "proof_of_work": "doubtful",
    }  # fmt: skip
    assert await checks(desk) == {"sensitivity": "high", "proof": "doubtful"}
    assert await change(desk, sensitivity="normal", proof_of_work="off") == DEFAULTS
    assert await checks(desk) == {}


async def test_choices_are_in_force_for_every_source_within_seconds(desk: Desk) -> None:
    await eventually(desk, True, **SPAM)
    await change(desk, sensitivity="off")
    await eventually(desk, False, **SPAM)
    stored = await desk.stored(await desk.post(**SPAM, _gotcha="x"))
    assert (stored.quarantined, stored.verdict) == (False, None)


async def test_a_new_source_and_a_published_form_carry_the_choices(desk: Desk) -> None:
    await change(desk, sensitivity="low")
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        made = await create_source(tx, "form", "Second")
        await handlers.equip(tx, CONTEXT, SourceCreated(source_id=made.id))
        again = await get_source(tx, made.id)
        assert again is not None
        assert again.checks == {"sensitivity": "low"}
        steps = [{"id": "s", "fields": []}]
        definition = {"title": "Kontakt", "language": "de", "languages": {"ru": {}}, "steps": steps}
        await update_source(tx, made.id, form={"version": 1, "definition": definition})
        await handlers.learn_languages(tx, CONTEXT, FormPublished(form_id=new_id(), live_version=1))
        again = await get_source(tx, made.id)
        assert again is not None
        assert again.checks == {"sensitivity": "low", "scripts": ["Cyrillic", "Latin"]}


async def test_a_captcha_needs_its_keys_and_never_shows_the_secret(desk: Desk, database: TestDatabase) -> None:
    for wanted, field in (
        ({"captcha": "turnstile"}, "captcha_site_key"),
        ({"captcha": "turnstile", "captcha_site_key": "site"}, "captcha_secret"),
        ({"captcha": "recaptcha"}, "captcha"),
        ({"captcha_secret": ""}, "captcha_secret"),
        ({"sensitivity": "paranoid"}, "sensitivity"),
        ({"unknown": 1}, "unknown"),
        ({"captcha_site_key": "a\u0000b"}, "captcha_site_key"),
    ):
        answer = await desk.http.patch(HERE, json=wanted, headers=desk.key)
        assert answer.status_code in (400, 422), answer.text
        assert field in answer.text
    keys = {"captcha_site_key": "0xSITE", "captcha_secret": "0xSECRET"}
    told = await change(desk, captcha="hcaptcha", **keys)
    assert told == {**DEFAULTS, "captcha": "hcaptcha", "captcha_site_key": "0xSITE", "captcha_secret_set": True}
    page = (await desk.alice.get("/quarantine/settings")).text
    assert "0xSITE" in page
    assert "0xSECRET" not in page
    assert await checks(desk) == {"captcha": "hcaptcha", "site_key": "0xSITE"}
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        source = await get_source(tx, desk.source.id)
        sealed = (await store.choice(tx)).captcha_secret
    assert source is not None
    assert asks(source) == ("", "hcaptcha", "0xSITE")
    assert sealed is not None
    assert b"0xSECRET" not in sealed
    newer = Crypto("another secret key that is long enough", [SECRET])
    done = await actions.reseal(desk.db, {CAPTURE: database.of(CAPTURE)}.__getitem__, newer)
    assert done.anew >= 1
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        anew = (await store.choice(tx)).captcha_secret
    assert anew is not None
    assert newer.is_current(anew)
    workspace = desk.cast.workspace_id
    assert newer.open(anew, workspace=workspace, kind=actions.KIND, id=workspace) == b"0xSECRET"


async def test_the_page_says_what_is_wrong_and_keeps_what_was_typed(desk: Desk) -> None:
    form = {"sensitivity": "low", "proof_of_work": "always", "captcha": "turnstile", "captcha_site_key": "0xTYPED"}
    answer = await desk.alice.post("/quarantine/settings", form, on="/quarantine/settings")
    assert answer.status_code == 422
    assert "0xTYPED" in answer.text
    assert "Paste the secret key" in answer.text
    assert (await desk.http.get(HERE, headers=desk.key)).json() == DEFAULTS
    form = {**form, "captcha": "none"}
    assert (await desk.alice.post("/quarantine/settings", form, on="/quarantine/settings")).status_code == 303
    assert (await desk.http.get(HERE, headers=desk.key)).json()["proof_of_work"] == "always"
    page = plain((await desk.alice.get("/quarantine/settings")).text)
    assert "Nothing yet: it knows what it was shipped with" in page


@pytest.mark.parametrize("who", ["bob", "charlie"])
async def test_others_change_nothing_of_ours(desk: Desk, who: str) -> None:
    bearer = getattr(desk.cast, who).bearer
    answer = await desk.http.patch(HERE, json={"sensitivity": "off"}, headers=bearer)
    assert answer.status_code == (403 if who == "bob" else 200)
    assert (await desk.http.get(HERE, headers=desk.key)).json() == DEFAULTS
    assert await checks(desk) == {}


async def test_the_filter_learns_and_web_processes_know_within_seconds(desk: Desk) -> None:
    mild = {"name": "Pat", "email": "pat@example.org", "message": "Our awnings brochure for your team room, see inside"}
    before = await desk.stored(await desk.post(**mild))
    assert before.quarantined is False
    for _ in range(4):
        taught = await desk.post(**mild)
        url = f"/api/v1/submissions/sub_{'0' * 26}"
        assert (await desk.http.get(url, headers=desk.key)).status_code == 404
        async with desk.db.tenant(desk.cast.workspace_id) as tx:
            await actions.label(tx, taught, spam=True, by="system")
        for _ in range(2):
            await desk.teach(taught, spam=True)
    assert (await desk.http.get(HERE, headers=desk.key)).json()["learned"] == 4
    await eventually(desk, True, **{**mild, "email": "other@example.org"})
    assert "It has learned from 4 submissions" in plain((await desk.alice.get("/quarantine/settings")).text)
    other = await desk.http.get(HERE, headers=desk.cast.charlie.bearer)
    assert other.json()["learned"] == 0
    for _ in range(4):
        genuine = await desk.post(**mild)
        async with desk.db.tenant(desk.cast.workspace_id) as tx:
            await actions.label(tx, genuine, spam=False, by="system")
        await desk.teach(genuine, spam=False)
    await eventually(desk, False, **{**mild, "email": "third@example.org"})
    await desk.alice.post("/quarantine/settings/forget", on="/quarantine/settings")
    assert (await desk.http.get(HERE, headers=desk.key)).json()["learned"] == 0


async def test_a_word_that_is_changed_is_learned_and_one_that_is_repeated_is_not(desk: Desk) -> None:
    submission = await desk.post(name="Pat", email="pat@example.org", message="A question about your opening hours")

    async def learned(*, spam: bool) -> int:
        async with desk.db.tenant(desk.cast.workspace_id) as tx:
            await actions.label(tx, submission, spam=spam, by="system")
        await desk.teach(submission, spam=spam)
        return int((await desk.http.get(HERE, headers=desk.key)).json()["learned"])

    assert [await learned(spam=spam) for spam in (True, True, False, False, True)] == [1, 1, 2, 2, 3]
