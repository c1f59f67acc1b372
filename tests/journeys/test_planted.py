"""Secrets and personal data are planted through every door; afterwards no log and no technical table has a trace."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from leadsbot.cli.people import provision
from leadsbot.infra.db.base import APP
from leadsbot.infra.db.pool import Database
from leadsbot.kit.signing import mint_api_key
from leadsbot.testing.postgres import TestDatabase, TestServer
from leadsbot.testing.telegram import FakeTelegram
from tests.cast import csrf_of
from tests.product import TOKEN, until

EMAIL, PHONE, WORD, PASSWORD = "planted@quincunx.example", "+49 30 90182077", "Quincunx", "plum-lantern-otter-7"
CARD, CARD_IN_GROUPS = "4242424242424242", "4242 4242 4242 4242"
STRANGE_KEY = mint_api_key("live")
EVERYTHING = f"{WORD} {EMAIL} {PHONE} {CARD} {CARD_IN_GROUPS}"
TECHNICAL = {
    "request_log": "r::text", "error_trace": "r::text", "delivery_attempt": "r::text", "purge_run": "r::text",
    "job": "last_error", "delivery": "reason",
}  # fmt: skip
"""What must not hold anything planted: technical tables whole, of queue and deliveries the reasons."""
Form = dict[str, str]


@dataclass
class Running:
    """The real processes, whose every line is written down."""

    http: httpx.AsyncClient
    workspace: dict[str, str]
    owner: asyncpg.Connection[asyncpg.Record]
    telegram: FakeTelegram
    log: Path

    @property
    def key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.workspace['api_key']}"}

    def logged(self) -> str:
        return self.log.read_text()


@pytest.fixture
async def running(fresh_database: TestDatabase, tmp_path: Path) -> AsyncIterator[Running]:
    """``leadsbot web`` and ``leadsbot worker`` with debug logs, as ``serve`` starts them."""
    db = Database(fresh_database.of(APP))
    workspace = await provision(db, name="Corner", owner_email="alice@example.com", owner_password=PASSWORD)
    await db.close()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    owner = await asyncpg.connect(fresh_database.superuser)
    async with FakeTelegram(token=TOKEN, username="leads_test_bot", referee=False) as telegram:
        environment = {
            **os.environ, "LEADSBOT_DATA_DIR": str(tmp_path / "data"), "LEADSBOT_LOG_LEVEL": "debug",
            "LEADSBOT_SERVE_OWNER_DSN": fresh_database.owner, "LEADSBOT_SERVE_ADDRESS": address,
            "LEADSBOT_TELEGRAM_BOT_TOKEN": TOKEN, "LEADSBOT_TELEGRAM_API_URL": telegram.url,
            "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        with log.open("wb") as file:
            started = [
                await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "leadsbot", *arguments, env=environment, stdout=file, stderr=file
                )
                for arguments in (("web", "--port", str(port)), ("worker",))
            ]
        async with httpx.AsyncClient(base_url=address, timeout=20) as http:
            await until(lambda: _healthy(http), within=60)
            yield Running(http, workspace, owner, telegram, log)
        for process in started:
            process.send_signal(signal.SIGTERM)
        assert [await process.wait() for process in started] == [0, 0]
    await owner.close()


async def _healthy(http: httpx.AsyncClient) -> bool:
    try:
        return (await http.get("/readyz")).status_code == 200
    except httpx.TransportError:
        return False


async def _submit(running: Running, **more: Any) -> None:
    """Through the webhook and the form, well and badly."""
    hook, form = f"/api/inbound/w/{running.workspace['webhook_id']}/leads", f"/f/{running.workspace['form_key']}"
    fields = {"name": WORD, "email": EMAIL, "phone": PHONE, "message": EVERYTHING, "card": CARD, EVERYTHING: CARD}
    headers = {"Referer": f"https://shop.example/{CARD}", "User-Agent": EVERYTHING}
    if not more:
        headers["Idempotency-Key"] = CARD
    sent = await running.http.post(hook, json={**fields, **more}, headers=headers)
    assert sent.status_code == 201, sent.text
    assert (await running.http.post(form, data=fields, headers={"Accept": "application/json"})).status_code == 201
    for broken in (f'{{"email": "{EMAIL}", ', json.dumps({"message": EVERYTHING + "\0"}), f'["{EVERYTHING}"]'):
        answer = await running.http.post(hook, content=broken, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500


async def _ask_the_api(running: Running) -> None:
    """Values in bodies, addresses, queries and headers, right and wrong."""
    http, key = running.http, running.key

    async def taken() -> list[Any]:
        return list((await http.get("/api/v1/leads", headers=key)).json()["data"])

    lead = (await until(taken))[0]["id"]
    await http.post(f"/api/v1/leads/{lead}/notes", headers=key, json={"body": EVERYTHING})
    for change in ({"name": EVERYTHING}, {"company": CARD}, {"phone": CARD}, {"tags": [CARD, WORD]}, {EMAIL: CARD}):
        await http.patch(f"/api/v1/leads/{lead}", headers=key, json=change)
    for path, body in (
        ("sources", {"kind": "form", "name": EVERYTHING}),
        ("keys", {"name": EVERYTHING, "scopes": ["leads:read"]}),
    ):
        assert (await http.post(f"/api/v1/{path}", headers=key, json=body)).status_code == 201
    changed = await http.patch("/api/v1/workspace", headers=key, json={"name": CARD, "stage_labels": {"won": CARD}})
    assert changed.status_code == 200
    for strange in (f"/leads?q={CARD}", f"/leads/{EMAIL}", f"/{STRANGE_KEY}?token={PASSWORD}", f"/leads?owner={PHONE}"):
        await http.get(f"/api/v1{strange}", headers=key)
    for header in (f"Bearer {STRANGE_KEY}", f"Basic {PASSWORD}", f"Bearer {EMAIL}", f"Bearer {TOKEN}"):
        assert (await http.get("/api/v1/leads", headers={"Authorization": header})).status_code == 401
    with_cookie = await http.get("/leads", headers={"Cookie": f"session={PASSWORD}; flash={EMAIL}"})
    assert with_cookie.status_code == 401


async def _sign_in(running: Running) -> None:
    """Wrong, with the fields mixed up, right; then a note and the account's name from the dashboard, the last in vain.

    A violated constraint is told with the whole row, here with address and password hash.
    """
    async with httpx.AsyncClient(base_url=running.http.base_url, timeout=20) as browser:

        async def post(path: str, on: str, fields: Form) -> httpx.Response:
            page = await browser.get(on, headers={"Accept": "text/html"})
            return await browser.post(path, data={"_csrf": csrf_of(page.text), **fields})

        for email, password in ((EMAIL, "wrong " + PASSWORD), (PASSWORD, EMAIL), ("alice@example.com", PASSWORD)):
            answer = await post("/login", "/login", {"email": email, "password": password})
        assert answer.status_code == 303
        await post("/reset", "/reset", {"email": EMAIL})
        await post("/account", "/account", {"name": EVERYTHING})
        lead = (await running.http.get("/api/v1/leads", headers=running.key)).json()["data"][0]["id"]
        note = {"body": EVERYTHING, "note": "note_00000000000000000000000001"}
        assert (await post(f"/leads/{lead}/notes", f"/leads/{lead}", note)).status_code == 303
        await running.owner.execute(f"ALTER TABLE person ADD CONSTRAINT no CHECK (name <> '{WORD} Ltd') NOT VALID")
        assert (await post("/account", "/account", {"name": f"{WORD} Ltd"})).status_code == 500


async def _break_things(running: Running) -> None:
    """Faults of ours while planted values are at hand: in the API, in the worker, in capture, at Telegram."""
    owner, http, key = running.owner, running.http, running.key
    lead = (await http.get("/api/v1/leads", headers=key)).json()["data"][0]["id"]
    await owner.execute("REVOKE INSERT ON lead_note FROM leadsbot_app")
    assert (await http.post(f"/api/v1/leads/{lead}/notes", headers=key, json={"body": EVERYTHING})).status_code == 500
    await owner.execute(f"ALTER TABLE lead ADD CONSTRAINT no CHECK (company IS DISTINCT FROM '{WORD} Ltd') NOT VALID")
    broken = await http.patch(f"/api/v1/leads/{lead}", headers=key, json={"company": f"{WORD} Ltd", "email": EMAIL})
    assert broken.status_code == 500
    await _submit(running, company=f"{WORD} Ltd", email="another-" + EMAIL)
    await until(lambda: owner.fetchval("SELECT 1 FROM job WHERE last_error LIKE '%CheckViolation%'"))
    await owner.execute("REVOKE INSERT ON submission FROM leadsbot_capture")
    hook = f"/api/inbound/w/{running.workspace['webhook_id']}/leads"
    assert (await http.post(hook, json={"email": EMAIL, "message": EVERYTHING})).status_code >= 500
    await running.telegram.stop_listening()
    await http.post("/api/v1/telegram/links", headers=key)
    await until(lambda: "Telegram does not answer" in running.logged())


async def _note_from_telegram(running: Running) -> None:
    user = running.telegram.add_user("Alice")
    answer = await running.http.post("/api/v1/telegram/links", headers=running.key)
    running.telegram.start(user.id, user, answer.json()["code"])
    await until(lambda: any("connected" in str(each.get("text")) for each in running.telegram.messages(user.id)))
    await _submit(running, email="third-" + EMAIL)
    cards = await until(lambda: [each for each in running.telegram.messages(user.id) if each.get("reply_markup")])
    running.telegram.send_text(user.id, user, f"paid with {CARD}", reply_to=cards[0]["message_id"])
    await until(lambda: running.owner.fetchval("SELECT 1 FROM lead_note WHERE via = 'telegram'"))
    running.telegram.fault("refuse", code=400, description=f"Bad Request: not today, {EVERYTHING}")
    await _submit(running, email="fourth-" + EMAIL)
    await until(lambda: running.owner.fetchval("SELECT 1 FROM delivery WHERE state = 'failed'"))


async def _tables(owner: asyncpg.Connection[asyncpg.Record]) -> dict[str, str]:
    """Every table as one text."""
    names = await owner.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return {
        row["tablename"]: await owner.fetchval(f"SELECT coalesce(string_agg(r::text, ' '), '') FROM {row[0]} r")
        for row in names
    }


async def test_what_is_planted_is_in_no_log_and_no_technical_table(running: Running, postgres: TestServer) -> None:
    secrets = [running.workspace["api_key"], STRANGE_KEY, TOKEN, PASSWORD]
    await _submit(running)
    await _ask_the_api(running)
    await _sign_in(running)
    await _note_from_telegram(running)
    await _break_things(running)
    await until(lambda: running.owner.fetchval("SELECT count(*) >= 4 FROM error_trace"))

    log = running.logged() + "".join(path.read_text(errors="replace") for path in postgres.root.rglob("postgres.log*"))
    assert "database system is ready" in log
    assert [words for words in ("unexpected", "a job failed", "Telegram does not answer") if words not in log] == []
    hashed = "$argon2id$"
    planted = [EMAIL, EMAIL.split("@")[1], PHONE, PHONE[4:], WORD, CARD, CARD_IN_GROUPS, hashed, *secrets]
    assert [text for text in planted if text in log] == []
    for table, column in TECHNICAL.items():
        held = await running.owner.fetchval(f"SELECT coalesce(string_agg({column}, ' '), '') FROM {table} r")
        assert [text for text in planted if text in held] == [], table
    for table, held in (await _tables(running.owner)).items():
        assert [text for text in (CARD, CARD_IN_GROUPS, *secrets) if text in held] == [], table
