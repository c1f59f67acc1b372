"""What is in the way of a command is said in a sentence, with a code that says so: never a traceback, never silence."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from leadsbot.infra.db import revision
from leadsbot.testing.postgres import TestDatabase, TestServer
from tests.cli.serving import ROOT, environment

KEY = "a secret key that is long enough for us"


@pytest.fixture
async def empty(postgres: TestServer) -> AsyncIterator[TestDatabase]:
    """A database that nobody has migrated."""
    made = await postgres.database(template=None)
    yield made
    await postgres.drop(made)


async def refused(data: Path, *command: str, **settings: str) -> str:
    """What a command says that cannot run."""
    given = {"SECRET_KEY": KEY, **settings}
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "leadsbot", *command],
        env=environment(data, **given), cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert done.returncode == 2, said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) <= 5, said
    return said


@pytest.mark.parametrize("command", ["web", "worker"])
async def test_a_process_needs_a_database_that_is_there_and_migrated(
    data: Path, empty: TestDatabase, command: str
) -> None:
    unmigrated = await refused(data, command, DATABASE_URL=empty.owner)
    absent = await refused(data, command, DATABASE_URL=empty.owner.replace(empty.name, "nowhere"))
    silent = await refused(data, command, DATABASE_URL="postgresql://u:hush-hush@127.0.0.1:1/db")

    assert "is at revision none and this version needs" in unmigrated
    assert "leadsbot migrate`" in unmigrated
    assert '"nowhere" does not exist' in absent
    assert "cannot be reached" in silent
    assert "hush-hush" not in silent


@pytest.mark.parametrize("command", ["migrate", "demo", "rotate-secrets", "first-run-link", "reset-password a@b.ch"])
async def test_no_command_answers_a_database_that_is_away_with_a_traceback(data: Path, command: str) -> None:
    said = await refused(data, *command.split(), DATABASE_URL="postgresql://u:hush-hush@127.0.0.1:1/db")
    assert "database" in said
    assert "hush-hush" not in said


@pytest.mark.parametrize(
    "command", ["web", "worker", "demo", "rotate-secrets", "first-run-link", "reset-password a@b.ch"]
)
async def test_a_command_makes_no_installation_where_there_is_none(data: Path, command: str) -> None:
    said = await refused(data, *command.split(), SECRET_KEY="")

    assert len(said.splitlines()) == 1
    assert f"There is no LeadsBot in the data directory {data} yet" in said
    assert not data.exists()


@pytest.mark.parametrize("command", ["demo", "reset-password a@b.ch", "first-run-link"])
async def test_a_command_sets_no_empty_database_up(data: Path, empty: TestDatabase, command: str) -> None:
    said = await refused(data, *command.split(), DATABASE_URL=empty.owner)

    assert "leadsbot migrate`" in said
    assert await revision.current(empty.owner) is None


async def test_who_has_no_account_and_who_has_one_already_are_told_where_it_was_looked(
    data: Path, home: dict[str, str]
) -> None:
    async def said(*command: str) -> tuple[int, str, str]:
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-m", "leadsbot", *command], env=environment(data), cwd=ROOT,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    code, link, why = await said("reset-password", "nobody@example.com")
    assert (code, link, str(data) in why) == (1, "", True)
    code, link, why = await said("first-run-link")
    assert (code, link, f"{data} has an account already" in why) == (1, "", True)
    code, link, why = await said("reset-password", "o@example.com")
    assert (code, "Set a new password here" in link, why) == (0, True, "")


async def test_web_names_a_port_that_is_taken(data: Path, fresh_database: TestDatabase) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = await refused(data, "web", "--port", port, DATABASE_URL=fresh_database.owner)
    assert f"Port {port} of 127.0.0.1 is in use" in said


async def test_every_wrong_setting_is_named_once_and_its_value_is_not(data: Path) -> None:
    wrong = {
        "DATABASE_URL": "mysql://u:hush-hush@host/db",
        "BASE_URL": "ftp://hush-hush",
        "SMTP_URL": "smtp://u:hush-hush@host:nothing",
        "MAIL_FROM": "hush-hush",
        "EGRESS_ALLOW": "hush-hush",
    }
    said = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "leadsbot", "serve"],
        env=environment(data, **wrong), cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    lines = said.stderr.splitlines()
    assert said.returncode == 2
    assert sorted(line.partition(":")[0] for line in lines[1:]) == sorted(f"LEADSBOT_{name}" for name in wrong)
    assert "hush-hush" not in said.stderr
    assert not any("Value error" in line for line in lines)
