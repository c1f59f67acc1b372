"""Challenges and captchas: asked for from every web site, good once over all processes, decided by the worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from ipaddress import ip_network
from uuid import UUID

import altcha
import pytest
from aiohttp import web

from leadsbot.features.capture.public import close_source
from leadsbot.features.screening import actions, later, store
from leadsbot.features.screening.captcha import NAME, CaptchaCheck
from leadsbot.infra.db.base import CAPTURE
from leadsbot.infra.jobs.kinds import JobContext, Retry
from leadsbot.infra.net.guard import Guard
from leadsbot.infra.net.http import HttpClient
from leadsbot.infra.ratelimit import Limiter
from leadsbot.testing.postgres import TestDatabase
from tests.cast import browser
from tests.features.screening.arriving import ANNA
from tests.features.screening.conftest import Desk, Whole


async def choose(desk: Desk, **wanted: str) -> None:
    answer = await desk.http.patch("/api/v1/screening", json=wanted, headers=desk.key)
    assert answer.status_code == 200, answer.text
    async with asyncio.timeout(10):
        while (await desk.stored(await desk.post(name="Pat"))).quarantined is False:
            await asyncio.sleep(0.1)


async def solved(desk: Desk) -> str:
    answer = await desk.http.get(f"/f/{desk.source.key}/challenge", headers={"origin": "https://shop.example"})
    assert answer.status_code == 200, answer.text
    challenge = altcha.Challenge.from_dict(answer.json())
    solution = await asyncio.to_thread(altcha.solve_challenge, challenge)
    assert solution is not None
    return altcha.Payload(challenge, solution).to_base64()


async def test_a_challenge_is_for_every_web_site_and_sets_no_cookie(desk: Desk) -> None:
    nothing = await desk.http.get(f"/f/{desk.source.key}/challenge")
    assert nothing.status_code == 204
    await choose(desk, proof_of_work="always")
    answer = await desk.http.get(f"/f/{desk.source.key}/challenge", headers={"origin": "https://any.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in answer.headers
    assert answer.json()["parameters"]["data"] == {"form": desk.source.key}
    assert (await desk.http.get("/f/nothing0/challenge")).status_code == 404
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        await close_source(tx, desk.source.id)
    assert (await desk.http.get(f"/f/{desk.source.key}/challenge")).status_code == 410


async def test_who_asks_for_too_many_challenges_must_wait(desk: Desk, database: TestDatabase) -> None:
    await choose(desk, proof_of_work="always")
    limited = Whole(desk.db, database.of(CAPTURE), limiter=Limiter())
    async with browser(limited.dashboard) as other:
        statuses = [(await other.http.get(f"/f/{desk.source.key}/challenge")).status_code for _ in range(40)]
    assert statuses.count(200) in (30, 31)
    assert statuses[-1] == 429


async def test_a_solution_lets_one_submission_through_over_all_processes(desk: Desk, database: TestDatabase) -> None:
    await choose(desk, proof_of_work="always")
    proof = await solved(desk)
    second = Whole(desk.db, database.of(CAPTURE))
    await second.start()
    async with browser(second) as web:
        first, again = replace(desk, http=desk.http), replace(desk, app=second, http=web.http)
        # Each process sees the solution for the first time, so both let it pass.
        ids = [await each.post(**ANNA, altcha=proof) for each in (first, again)]
        assert [(await desk.stored(each)).quarantined for each in ids] == [False, False]
        await asyncio.gather(*(desk.take_in(each) for each in (*ids, *ids)))
        await asyncio.gather(*(desk.take_in(each) for each in ids))
    await second.stop()
    assert len(await desk.leads()) == 1
    held = [each for each in ids if (await desk.stored(each)).quarantined]
    assert len(held) == 1
    verdict = (await desk.stored(held[0])).verdict
    assert verdict is not None
    assert verdict["reasons"][0] == "proof_reused"
    third = await desk.stored(await desk.post(**ANNA, altcha=proof))
    assert third.quarantined is True
    assert "altcha" not in third.fields


class Provider:
    """Turnstile's server, by its documented answers."""

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.status = 200
        self.garbage = False
        self.url = ""

    async def answer(self, request: web.Request) -> web.Response:
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.garbage:
            return web.Response(text="<html>", status=self.status)
        right = form == {"secret": "0xSECRET", "response": "good"}
        codes: list[str] = [] if right else ["invalid-input-response"]
        return web.json_response({"success": right, "error-codes": codes}, status=self.status)


@asynccontextmanager
async def served(provider: Provider) -> AsyncIterator[None]:
    app = web.Application()
    app.router.add_post("/siteverify", provider.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}/siteverify"
    yield
    await runner.cleanup()


@pytest.fixture
async def provider(desk: Desk) -> AsyncIterator[Provider]:
    made = Provider()
    async with served(made), HttpClient(guard=Guard([str(ip_network("127.0.0.0/8"))])) as http:
        desk.app.services.extra[NAME] = CaptchaCheck(http, {"turnstile": made.url})
        await choose(desk, captcha="turnstile", captcha_site_key="0xSITE", captcha_secret="0xSECRET")
        yield made


async def check(desk: Desk, submission_id: UUID, *, attempt: int = 1) -> None:
    """What the worker does after intake, with the attempt that is under way."""
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        from sqlalchemy import text

        key = {"key": f"captcha {submission_id}"}
        found = await tx.execute(text("SELECT count(*) FROM job WHERE unique_key = :key"), key)
        assert found.scalar() == 1
    context = JobContext(desk.app.services, desk.cast.workspace_id, 1, attempt, 5)
    await later.check_captcha(context, later.Captcha(submission_id))


async def waiting(desk: Desk, token: str) -> UUID:
    submission = await desk.post(**ANNA, **{"cf-turnstile-response": token})
    await desk.take_in(submission)
    stored = await desk.stored(submission)
    assert stored.quarantined is True
    assert stored.verdict is not None
    assert stored.verdict["reasons"][0] == "captcha_pending"
    assert "cf-turnstile-response" not in stored.fields
    return submission


async def test_what_the_provider_confirms_is_released_once(desk: Desk, provider: Provider) -> None:
    submission = await waiting(desk, "good")
    assert await desk.leads() == []
    for _ in range(2):
        await check(desk, submission)
    assert provider.asked == [{"secret": "0xSECRET", "response": "good"}]
    stored = await desk.stored(submission)
    assert stored.quarantined is False
    assert stored.verdict is not None
    assert stored.verdict["reasons"] == ["captcha_passed"]
    assert "captcha" not in stored.verdict
    await desk.take_in(submission, released=True)
    assert len(await desk.leads()) == 1
    assert await desk.said() == ["submission.released"]


async def test_what_the_provider_refuses_stays_and_says_why(desk: Desk, provider: Provider) -> None:
    submission = await waiting(desk, "bad")
    await check(desk, submission)
    stored = await desk.stored(submission)
    assert stored.quarantined is True
    assert stored.verdict is not None
    assert stored.verdict["reasons"] == ["captcha_failed"]
    assert "The captcha was not solved correctly" in (await desk.alice.get("/quarantine")).text


@pytest.mark.parametrize("trouble", ["garbage", "down", "away"])
async def test_a_provider_in_trouble_is_asked_again_and_nothing_is_lost(
    desk: Desk, provider: Provider, trouble: str
) -> None:
    submission = await waiting(desk, "good")
    if trouble == "away":
        checker = desk.app.services.extra[NAME]
        desk.app.services.extra[NAME] = CaptchaCheck(checker._http, {"turnstile": "http://127.0.0.1:9/x"})
    provider.garbage, provider.status = trouble == "garbage", 503 if trouble == "down" else 200
    with pytest.raises(Retry):
        await check(desk, submission)
    assert (await desk.stored(submission)).quarantined is True
    await check(desk, submission, attempt=5)
    stored = await desk.stored(submission)
    assert stored.quarantined is True
    assert stored.verdict is not None
    assert stored.verdict["reasons"] == ["captcha_unchecked"]


async def test_what_somebody_decided_meanwhile_stands(desk: Desk, provider: Provider) -> None:
    submission = await waiting(desk, "good")
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        await actions.label(tx, submission, spam=True, by="system")
    await check(desk, submission)
    stored = await desk.stored(submission)
    assert (stored.quarantined, stored.label) == (True, "spam")


async def test_without_keys_nobody_is_asked(desk: Desk, provider: Provider) -> None:
    submission = await waiting(desk, "good")
    async with desk.db.tenant(desk.cast.workspace_id) as tx:
        await store.choose(tx, captcha="none", captcha_secret=None)
    await check(desk, submission)
    assert provider.asked == []
    assert (await desk.stored(submission)).quarantined is True


def test_the_undo_and_the_retries_fit_their_times() -> None:
    assert sum(later.CHECK_CAPTCHA.policy.schedule) < 120
    assert timedelta(seconds=8) == timedelta(seconds=later.UNDO_S)
