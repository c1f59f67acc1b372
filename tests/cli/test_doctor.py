"""``leadsbot doctor``: numbered checks of a real installation, each with a cure when something is wrong."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import asyncpg
import msgspec
import pytest

from leadsbot.testing.postgres import TestDatabase
from leadsbot.testing.telegram import FakeTelegram
from tests.cli.serving import ROOT, environment

BREAK = """
ALTER TABLE lead NO FORCE ROW LEVEL SECURITY;
UPDATE alembic_version SET version_num = '0000';
INSERT INTO job (kind, payload, due_at) VALUES ('x.waits', '{}', now() - interval '1 hour');
INSERT INTO job (kind, payload, state, last_error, ended_at) VALUES ('x.dead', '{}', 2, 'it broke', now());
INSERT INTO purge_run (table_name, cutoff, partitions_dropped, rows_deleted, oldest_row)
VALUES ('request_log', now(), 0, 0, now() - interval '40 days');
"""


@pytest.fixture(autouse=True)
def key(data: Path) -> Path:
    """The data directory and its secret key."""
    data.mkdir()
    (data / "secret.key").write_text("a secret key that is long enough for us")
    (data / "secret.key").chmod(0o600)
    return data / "secret.key"


async def doctor(data: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "leadsbot", "doctor", *options],
        env=environment(data, **settings), cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


async def findings(data: Path, code: int, **settings: str) -> dict[str, dict[str, Any]]:
    """The findings by number."""
    done = await doctor(data, "--json", **settings)
    assert done.returncode == code, done.stdout + done.stderr
    listed = msgspec.json.decode(done.stdout)
    numbers = [each["number"] for each in listed]
    assert numbers == sorted(set(numbers))
    assert [each for each in listed if each["verdict"] != "ok" and not each["cure"]] == []
    return {each["number"]: each for each in listed}


async def test_a_sound_installation_has_nothing_to_mend(data: Path, fresh_database: TestDatabase) -> None:
    async with FakeTelegram(referee=False) as telegram:
        settings = {
            "DATABASE_URL": fresh_database.owner,
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.url,
        }
        found = await findings(data, 0, **settings)
        shown = await doctor(data, **settings)

    assert {each["verdict"] for each in found.values()} <= {"ok", "warning"}
    assert found["LB008"]["found"] == f"the bot is @{telegram.username}"
    assert all(number in shown.stdout for number in found)
    assert "Nothing is broken" in shown.stdout
    assert telegram.token not in shown.stdout
    assert f"LB002 ok: Data directory: {data}\n" in shown.stdout
    unset = await doctor(data, DATABASE_URL=fresh_database.owner)
    assert "LB006 warning: Telegram: this shell has no token\n" in unset.stdout
    assert "set LEADSBOT_TELEGRAM_BOT_TOKEN. A server that was started from another shell" in unset.stdout


def test_nothing_is_cut_off_in_a_pipe_a_narrow_terminal_or_a_wide_one(data: Path) -> None:
    column = "submission.lawful_basis"
    piped = subprocess.run(
        [sys.executable, "-m", "leadsbot", "registry"], env=environment(data), cwd=ROOT, capture_output=True, text=True,
        check=True,
    ).stdout  # fmt: skip
    assert next(line for line in piped.splitlines() if line.startswith(column)).count(", ") == 5
    for width in ("60", "130"):
        command = f"{sys.executable} -m leadsbot doctor"
        shown = subprocess.run(
            ["script", "-qec", command, "/dev/null"],
            env=environment(data) | {"COLUMNS": width, "TERM": "dumb"}, cwd=ROOT, capture_output=True, text=True,
            check=False, stdin=subprocess.DEVNULL,
        ).stdout  # fmt: skip
        assert "…" not in shown
        assert "LB006" in shown


async def test_what_is_broken_is_found_and_named_with_its_cure(data: Path, fresh_database: TestDatabase) -> None:
    connection = await asyncpg.connect(fresh_database.superuser)
    await connection.execute(BREAK)
    await connection.close()
    (data / "secret.key").chmod(0o644)
    async with FakeTelegram(referee=False) as telegram:
        url = telegram.url
        found = await findings(
            data, 1, DATABASE_URL=fresh_database.owner, TELEGRAM_BOT_TOKEN="123:wrong", TELEGRAM_API_URL=url
        )
    silent = await findings(
        data, 1, DATABASE_URL=fresh_database.owner, TELEGRAM_BOT_TOKEN="123:wrong", TELEGRAM_API_URL=url
    )

    errors = {number for number, each in found.items() if each["verdict"] == "error"}
    assert errors == {"LB003", "LB008", "LB011", "LB013", "LB016"}
    assert found["LB003"]["cure"] == f"Run: chmod 600 {data}/secret.key"
    assert "@BotFather" in found["LB008"]["cure"]
    assert "0000" in found["LB011"]["found"]
    assert "lead" in found["LB013"]["found"]
    assert (found["LB014"]["verdict"], found["LB015"]["verdict"]) == ("warning", "warning")
    assert "x.dead" in found["LB015"]["found"]
    assert url in silent["LB008"]["cure"]


async def test_a_database_that_cannot_start_is_a_finding_and_not_the_end(data: Path) -> None:
    (data / "postgres").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("99\n")

    found = await findings(data, 1)

    assert "PostgreSQL 99" in found["LB010"]["found"]
    assert "install the newer LeadsBot" in found["LB010"]["cure"]
    assert found["LB004"]["verdict"] == "ok"


async def test_a_database_that_cannot_be_reached_is_one_finding(data: Path) -> None:
    found = await findings(data, 1, DATABASE_URL="postgresql://u:hush-hush@127.0.0.1:1/db")

    assert {number: each["verdict"] for number, each in found.items() if number >= "LB010"} == {"LB010": "error"}
    assert "hush-hush" not in str(found)


async def test_settings_that_do_nothing_and_a_password_that_needs_tls_are_told(data: Path) -> None:
    found = await findings(
        data, 1, DATABASE_URL="postgresql://u@127.0.0.1:1/db", AI_MODEL="some", STRIPE_SECRET_KEY="hush-hush",
        SMTP_URL="smtp://ann:hush-hush@mail.example.com:587", MAIL_FROM="leads@example.com",
    )  # fmt: skip

    assert found["LB009"]["verdict"] == "warning"
    assert found["LB009"]["found"] == "LEADSBOT_AI_MODEL, LEADSBOT_STRIPE_SECRET_KEY"
    assert "unless the server offers STARTTLS" in found["LB007"]["found"]
    assert "hush-hush" not in str(found)


async def test_a_webhook_that_does_not_work_is_found(data: Path, fresh_database: TestDatabase) -> None:
    async with FakeTelegram(referee=False) as telegram:
        settings = {
            "DATABASE_URL": fresh_database.owner, "BASE_URL": "https://127.0.0.1:1",
            "TELEGRAM_BOT_TOKEN": telegram.token, "TELEGRAM_API_URL": telegram.url,
        }  # fmt: skip
        unset = await findings(data, 0, **settings)
        telegram.inbox.set_webhook({"url": "https://other.example/hook"})
        elsewhere = await findings(data, 0, **settings)
        telegram.inbox.set_webhook({"url": "https://127.0.0.1:1/telegram/updates"})
        sound = await findings(data, 0, **settings)
        alice = telegram.add_user("Alice")
        telegram.start(alice.id, alice, "code")
        async with asyncio.timeout(10):
            while telegram.inbox.last_error is None:
                await asyncio.sleep(0.05)
        unreached = await findings(data, 1, **settings)

    assert "not pushed to https://127.0.0.1:1/telegram/updates" in unset["LB018"]["found"]
    assert "other.example" in elsewhere["LB018"]["found"]
    assert sound["LB018"]["verdict"] == "ok"
    assert "cannot reach https://127.0.0.1:1/telegram/updates" in unreached["LB018"]["found"]


async def test_a_database_that_was_never_set_up_is_one_finding_with_its_cure(data: Path) -> None:
    found = await findings(data, 1)
    assert [number for number in found if number >= "LB010"] == ["LB010"]
    assert "never set up" in found["LB010"]["found"]
    assert "leadsbot migrate" in found["LB010"]["cure"]
    assert str(data) in found["LB010"]["found"]
    assert sorted(path.name for path in data.iterdir()) == ["secret.key"]
