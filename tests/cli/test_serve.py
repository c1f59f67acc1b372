"""``leadsbot serve`` from outside: it becomes ready, survives its parts, ends in order, and says what is in its way."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from leadsbot.infra.db import embedded
from leadsbot.testing.telegram import FakeTelegram
from tests.cli import serving
from tests.cli.serving import Serving, until
from tests.infra.db.test_embedded import ORDINARY

pytestmark = pytest.mark.xdist_group("serve")
root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount or become somebody else")


def client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, trust_env=False, timeout=20)


async def test_it_becomes_ready_shows_the_first_link_and_ends_in_order(data: Path) -> None:
    serve = serving.start(data, "--port", "0")
    url = await serve.ready()
    await until(lambda: serve.said("Create the owner account"), serve.lines)
    async with client(url) as http:
        assert (await http.get("/readyz")).status_code == 200
        link = next(line for line in serve.lines if "Create the owner" in line).split()[-1]
        assert (await http.get(link)).status_code == 200
        # Other commands know the port that it got.
        assert (await serving.said(data, "first-run-link")).startswith(f"{url}/setup")
    assert [len(serve.children(f"leadsbot {name}")) for name in ("web", "worker")] == [1, 1]

    assert await serve.stop() == 0
    assert serve.left() == []
    assert (data / "secret.key").stat().st_mode & 0o077 == 0


async def test_a_web_process_or_worker_that_dies_is_replaced_and_nobody_is_refused(
    data: Path, home: dict[str, str]
) -> None:
    serve = serving.start(data, "--port", "0")
    url = await serve.ready()
    (web,), (worker,) = serve.children("leadsbot web"), serve.children("leadsbot worker")
    web.kill()
    worker.kill()
    psutil.wait_procs([web, worker], timeout=10)

    async with client(url) as http:
        # The port was never closed: the request waits until the next web process takes it.
        assert (await serving.submit(http, home, 1)).status_code == 201
        await until(lambda: serve.children("leadsbot worker"), serve.lines)
        async with asyncio.timeout(30):
            while await serving.stored(http, home) != ["visitor1@example.com"]:
                await asyncio.sleep(0.05)
    assert web.pid not in [process.pid for process in serve.children("leadsbot web")]
    assert serve.said("process ended, restarting")
    assert await serve.stop() == 0


async def test_sigterm_in_the_middle_of_submissions_and_alerts_loses_and_repeats_nothing(
    data: Path, home: dict[str, str]
) -> None:
    async with FakeTelegram(referee=False) as telegram:
        settings = {
            "TELEGRAM_BOT_TOKEN": telegram.token,
            "TELEGRAM_API_URL": telegram.url,
            "TELEGRAM_CHAT_RATE": "6000",
            "RATE_LIMITS": "off",
        }
        serve = serving.start(data, "--port", "0", **settings)
        url = await serve.ready()
        alice = telegram.add_user("Alice")
        async with client(url) as http:
            key = {"Authorization": f"Bearer {home['api_key']}"}
            code = (await http.post("/api/v1/telegram/links", headers=key)).json()["code"]
            telegram.start(alice.id, alice, code)
            await telegram.wait_for("sendMessage", 1, within=30)
            acknowledged: list[str] = []

            async def write(number: int) -> None:
                try:
                    answer = await serving.submit(http, home, number)
                except httpx.HTTPError:
                    return
                if answer.status_code == 201:
                    acknowledged.append(f"visitor{number}@example.com")

            writing = [asyncio.create_task(write(n)) for n in range(10)]
            await telegram.wait_for("sendMessage", 2, within=30)
            writing += [asyncio.create_task(write(n)) for n in range(10, 60)]
            await asyncio.sleep(0.02)
            stopping = asyncio.create_task(serve.stop())
            await asyncio.gather(*writing)
            assert await stopping == 0
        assert serve.left() == []
        assert acknowledged

        again = serving.start(data, "--port", "0", **settings)
        async with client(await again.ready()) as http:
            async with asyncio.timeout(60):
                while len(telegram.messages(alice.id)) < 2 or await _due(data):
                    await asyncio.sleep(0.1)
            leads = await serving.stored(http, home)
        assert await again.stop() == 0

    assert set(acknowledged) <= set(leads)
    assert len(leads) == len(set(leads))
    cards = [str(message["text"]) for message in telegram.messages(alice.id)]
    single = [card for card in cards if "new enquiries" not in card]
    for email in leads:
        # One card, or a line in the digest that a chat gets when so many come at once. Never two cards.
        assert sum(email in card for card in single) <= 1, email
        assert any(email in card for card in cards), email


async def _due(data: Path) -> int:
    """How much is under way in the database of a running ``serve``."""
    server = await embedded.start(data)
    try:
        connection = await asyncpg.connect(server.dsn(embedded.SUPERUSER, embedded.DATABASE))
        try:
            return int(
                await connection.fetchval(
                    "SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM outbox)"
                    " + (SELECT count(*) FROM delivery WHERE state IN ('due', 'sending'))"
                )
            )
        finally:
            await connection.close()
    finally:
        await server.stop()


async def test_after_kill_9_its_children_end_and_the_next_start_goes_on_at_the_same_port(
    data: Path, home: dict[str, str]
) -> None:
    serve = serving.start(data, "--port", "0")
    url = await serve.ready()
    async with client(url) as http:
        assert (await serving.submit(http, home, 1)).status_code == 201
    assert await serve.stop(signal.SIGKILL) == -signal.SIGKILL
    assert "postgres" in serve.left()

    again = serving.start(data, "--port", url.rpartition(":")[2])
    async with client(await again.ready()) as http:
        assert again.url == url
        async with asyncio.timeout(30):
            while await serving.stored(http, home) != ["visitor1@example.com"]:
                await asyncio.sleep(0.05)
    await until(lambda: not serve.left("leadsbot"), again.lines)
    assert await again.stop() == 0
    assert serve.left() == []


async def test_a_killed_database_is_back_without_a_restart_of_anything_else(data: Path, home: dict[str, str]) -> None:
    serve = serving.start(data, "--port", "0")
    url = await serve.ready()
    processes = [*serve.children("leadsbot web"), *serve.children("leadsbot worker")]
    main = int((data / "postgres" / "postmaster.pid").read_text().split()[0])
    os.kill(main, signal.SIGKILL)

    async with client(url) as http, asyncio.timeout(60):
        while (await serving.submit(http, home, 1)).status_code not in (200, 201):
            await asyncio.sleep(0.1)
        while await serving.stored(http, home) != ["visitor1@example.com"]:
            await asyncio.sleep(0.05)
    assert all(process.is_running() for process in processes)
    assert await serve.stop() == 0


@pytest.mark.usefixtures("home")
async def test_a_second_serve_on_the_same_data_directory_is_told_so(data: Path) -> None:
    serve = serving.start(data, "--port", "0")
    await serve.ready()

    said = await serving.refused(data, "--port", "0")

    assert f"LeadsBot runs already with the data directory {data} (process {serve.process.pid})" in said
    assert await serve.stop() == 0


async def test_a_port_in_use_is_told(data: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        for _ in range(2):  # The second time as quickly as the first: nothing was left behind.
            said = await serving.refused(data, "--port", str(port))
            assert f"Port {port} of 127.0.0.1 is in use by another program" in said


async def test_an_address_that_is_not_ours_is_told(data: Path) -> None:
    assert "choose another --host or --port" in await serving.refused(data, "--host", "192.0.2.1", "--port", "0")


async def test_a_database_of_a_newer_postgresql_is_refused_in_a_sentence(data: Path) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text("99\n")

    assert "was made by PostgreSQL 99" in await serving.refused(data, "--port", "0")


@pytest.mark.usefixtures("home")
async def test_a_schema_of_a_newer_leadsbot_is_refused_in_a_sentence(data: Path) -> None:
    server = await embedded.start(data)
    connection = await asyncpg.connect(server.dsn(embedded.OWNER))
    await connection.execute("UPDATE alembic_version SET version_num = '9999'")
    await connection.close()
    await server.stop()

    said = await serving.refused(data, "--port", "0")

    assert "at revision 9999, which this version of LeadsBot does not know" in said


async def test_a_database_that_cannot_be_reached_is_told_without_its_password(data: Path) -> None:
    said = await serving.refused(data, "--port", "0", DATABASE_URL="postgresql://u:hush-hush@127.0.0.1:1/db")

    assert "The database cannot be reached" in said
    assert "hush-hush" not in said


async def test_a_data_directory_that_is_a_file_is_told(data: Path) -> None:
    data.write_text("not a directory")
    assert "is no directory" in await serving.refused(data, "--port", "0")


def mounted(data: Path, options: str) -> list[str]:
    """Run what follows with a file system of its own on the data directory, which nobody else sees."""
    data.mkdir(exist_ok=True)
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", str(data)], check=False).returncode != 0:
        pytest.skip("this machine lets nobody mount: full and read-only disks were NOT tried")
    return ["unshare", "-m", "sh", "-c", f'mount -t tmpfs -o {options} tmpfs {data} && exec "$@"', "sh"]


@root
async def test_a_read_only_data_directory_is_told(data: Path) -> None:
    said = await serving.refused(data, "--port", "0", prefix=mounted(data, "ro"))
    assert "read-only file system: set LEADSBOT_DATA_DIR" in said


@root
@pytest.mark.parametrize("size", ["4k", "8m"])
async def test_a_full_disk_is_told(data: Path, size: str) -> None:
    said = await serving.refused(data, "--port", "0", prefix=mounted(data, f"size={size}"))
    assert "full disk" in said or "No space left on device" in said


@root
async def test_a_directory_that_an_ordinary_user_may_not_use_is_told(data: Path) -> None:
    data.mkdir(mode=0o755)
    assert "may not use" in await serving.refused(data, "--port", "0", prefix=ORDINARY)


@root
async def test_it_runs_for_an_ordinary_user(data: Path) -> None:
    data.mkdir()
    os.chown(data, 65534, 65534)
    serve: Serving = serving.start(data, "--port", "0", prefix=ORDINARY)
    async with client(await serve.ready()) as http:
        assert (await http.get("/readyz")).status_code == 200
    assert {process.uids().real for process in psutil.Process(serve.process.pid).children(recursive=True)} == {65534}
    assert await serve.stop() == 0
