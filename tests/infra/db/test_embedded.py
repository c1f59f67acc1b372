"""The embedded server survives what happens to real machines."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import psutil
import pytest

from leadsbot.infra.db import embedded

QUICK = {"fsync": "off"}
START = """
import asyncio, os, signal, sys
from pathlib import Path
from leadsbot.infra.db import embedded
async def main():
    server = await embedded.start(Path(sys.argv[1]), {"fsync": "off"})
    if sys.argv[2] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    print("up", flush=True)
    sys.stdin.readline()
    await server.stop()
asyncio.run(main())
"""


# An ordinary user who, unlike others, may pass through the folders that the interpreter happens to live in.
ORDINARY = [
    "setpriv",
    "--reuid",
    "65534",
    "--regid",
    "65534",
    "--clear-groups",
    "--inh-caps",
    "+dac_read_search",
    "--ambient-caps",
    "+dac_read_search",
    "--",
]


def _process(data: Path, then: str, prefix: Sequence[str] = ()) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", START, str(data), then],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _postmasters(data: Path) -> list[psutil.Process]:
    """The live server processes of one data directory, as the kernel sees them."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "-D" in (process.info["cmdline"] or []) and str(data / "postgres") in (process.info["cmdline"] or [])
    ]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return (tmp_path / "data").resolve()


async def _value(server: embedded.Server, query: str) -> object:
    connection = await asyncpg.connect(server.dsn())
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_the_first_start_makes_a_database_owned_by_the_owner_who_is_no_superuser(data: Path) -> None:
    server = await embedded.start(data, QUICK)
    try:
        assert await _value(server, "SELECT current_user::text") == "leadsbot_owner"
        assert await _value(server, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert await _value(server, "SHOW data_checksums") == "on"
    finally:
        await server.stop()

    assert _postmasters(data) == []


async def test_it_listens_on_its_socket_only(data: Path) -> None:
    server = await embedded.start(data, QUICK)
    try:
        process = _postmasters(data)[0]
        assert [c for c in process.net_connections(kind="inet") if c.status == psutil.CONN_LISTEN] == []
        assert server.socket_dir.stat().st_mode & 0o077 == 0
    finally:
        await server.stop()


async def test_commits_are_always_synchronous(data: Path) -> None:
    server = await embedded.start(data)
    try:
        assert await _value(server, "SHOW synchronous_commit") == "on"
        assert await _value(server, "SHOW fsync") == "on"
    finally:
        await server.stop()


async def test_a_killed_parent_leaves_a_server_that_the_next_start_uses_and_the_last_user_stops(data: Path) -> None:
    first = await embedded.start(data, QUICK)
    connection = await asyncpg.connect(first.dsn())
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    await connection.close()
    await first.stop()
    killed = _process(data, "die")
    assert killed.wait(60) == -signal.SIGKILL
    assert len(_postmasters(data)) == 1

    second = await embedded.start(data, QUICK)
    try:
        assert await _value(second, "SELECT n FROM kept") == 7
    finally:
        await second.stop()

    assert _postmasters(data) == []


async def test_a_killed_server_recovers_and_its_stale_pid_file_is_no_obstacle(data: Path) -> None:
    first = await embedded.start(data)
    connection = await asyncpg.connect(first.dsn())
    await connection.execute("CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)")
    await connection.close()
    server = _postmasters(data)[0]
    children = server.children(recursive=True)
    server.kill()
    psutil.wait_procs([server, *children], timeout=20)
    assert (data / "postgres" / "postmaster.pid").exists()

    second = await embedded.start(data)
    try:
        assert await _value(second, "SELECT n FROM kept") == 7
    finally:
        await second.stop()
        await first.stop()


async def test_a_second_process_attaches_and_its_end_does_not_stop_the_server(data: Path) -> None:
    server = await embedded.start(data, QUICK)
    other = _process(data, "wait")
    assert other.stdout is not None
    assert other.stdout.readline() == "up\n"
    other.communicate("\n", timeout=60)

    try:
        assert other.returncode == 0
        assert await _value(server, "SELECT 1") == 1
    finally:
        await server.stop()


@pytest.mark.parametrize(("version", "word"), [("99", "newer"), ("9", "pg_dump")])
async def test_a_directory_of_another_major_version_is_refused_in_one_sentence(
    data: Path, version: str, word: str
) -> None:
    (data / "postgres").mkdir(parents=True)
    (data / "postgres" / "PG_VERSION").write_text(f"{version}\n")

    with pytest.raises(embedded.EmbeddedError, match=word):
        await embedded.start(data, QUICK)


async def test_a_very_long_path_gets_a_short_socket(data: Path) -> None:
    deep = data / ("d" * 60) / ("e" * 60)
    server = await embedded.start(deep, QUICK)
    try:
        assert await _value(server, "SELECT 1") == 1
    finally:
        await server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else; otherwise every test is this test")
async def test_it_runs_for_an_ordinary_user_too(data: Path) -> None:
    data.mkdir(parents=True)
    os.chown(data, 65534, 65534)
    ordinary = _process(data, "wait", ORDINARY)
    assert ordinary.stdout is not None

    assert ordinary.stdout.readline() == "up\n"
    ordinary.communicate("\n", timeout=60)
    assert ordinary.returncode == 0
