"""The embedded server under what administrators, other accounts and the out-of-memory killer do to it."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest

from leadsbot.infra.db import embedded, tuning
from leadsbot.infra.db.serverlog import ServerLog

SOURCES = Path(embedded.__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCES)}
QUICK = {"fsync": "off"}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other accounts")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return (tmp_path / "data").resolve()


def _server_processes(data: Path) -> list[psutil.Process]:
    """Every process that works in the cluster's directory: the server and its children."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(data / "postgres"):
                found.append(process)
        except psutil.Error:
            continue
    return found


async def _answers(server: embedded.Server) -> bool:
    try:
        connection = await asyncpg.connect(server.dsn(), timeout=5)
    except (OSError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True


async def test_the_servers_log_holds_nothing_that_a_statement_carried(data: Path) -> None:
    server = await embedded.start(data, QUICK)
    try:
        connection = await asyncpg.connect(server.dsn())
        await connection.execute("CREATE TABLE person (email text PRIMARY KEY, age int)")
        await connection.execute("INSERT INTO person VALUES ('ann.secret@example.com', 1)")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO person VALUES ('ann.secret@example.com', 1)")
        with pytest.raises(asyncpg.DataError):
            await connection.execute("SELECT 'ann.secret@example.com'::int")
        await connection.close()
    finally:
        await server.stop()

    assert "ann.secret" not in (data / "postgres.log").read_text()


async def test_a_server_killed_in_the_middle_of_a_long_statement_starts_again_once_its_children_are_gone(
    data: Path,
) -> None:
    first = await embedded.start(data, QUICK)
    connection = await asyncpg.connect(first.dsn())
    work = asyncio.gather(
        connection.execute("SELECT count(*) FROM generate_series(1, 60000000)"), return_exceptions=True
    )
    await asyncio.sleep(0.5)
    main = next(p for p in _server_processes(data) if p.ppid() not in {q.pid for q in _server_processes(data)})
    main.kill()

    second = await embedded.start(data, QUICK)
    try:
        assert await _answers(second)
    finally:
        await work
        connection.terminate()
        await second.stop()
        await first.stop()
    assert _server_processes(data) == []


async def test_a_stale_pid_file_whose_number_belongs_to_another_program_is_cleared(data: Path) -> None:
    await (await embedded.start(data, QUICK)).stop()
    lines = [str(os.getpid()), str(data / "postgres"), "1700000000", "5432", str(data), "", "12345 1", "ready"]
    (data / "postgres" / "postmaster.pid").write_text("\n".join(lines) + "\n")

    server = await embedded.start(data, QUICK)
    try:
        assert await _answers(server)
    finally:
        await server.stop()
    assert psutil.pid_exists(os.getpid())


async def test_a_process_with_another_temporary_directory_joins_over_the_same_socket(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = data / ("d" * 60) / ("e" * 60)
    first = await embedded.start(deep, QUICK)
    try:
        monkeypatch.setenv("TMPDIR", str(tmp_path))
        monkeypatch.setattr("tempfile.tempdir", None)
        second = await embedded.start(deep, QUICK)
        assert second.socket_dir == first.socket_dir
        await second.stop()
    finally:
        await first.stop()


async def test_a_server_that_was_killed_is_started_again_while_somebody_uses_it(data: Path) -> None:
    server = await embedded.start(data, QUICK)
    try:
        for process in _server_processes(data):
            process.kill()
        async with asyncio.timeout(60):
            while not await _answers(server):
                await asyncio.sleep(0.1)
    finally:
        await server.stop()
    assert _server_processes(data) == []


async def test_leaving_twice_is_harmless(data: Path) -> None:
    server = await embedded.start(data, QUICK)
    await server.stop()
    await server.stop()


@needs_root
async def test_a_cluster_keeps_the_account_that_made_it(data: Path) -> None:
    await (await embedded.start(data, QUICK)).stop()
    cluster, other = data / "postgres", pwd.getpwnam("nobody")
    for path in (cluster, *cluster.rglob("*")):
        os.chown(path, other.pw_uid, other.pw_gid)

    server = await embedded.start(data, QUICK)
    try:
        assert {process.uids().real for process in _server_processes(data)} == {other.pw_uid}
    finally:
        await server.stop()


@needs_root
async def test_below_a_closed_directory_the_servers_account_may_pass_and_nobody_may_read(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    (closed / "secret").write_text("root's own")
    (closed / "secret").chmod(0o600)
    server = await embedded.start(closed / "data", QUICK)
    try:
        connection = await asyncpg.connect(server.dsn(embedded.SUPERUSER, "postgres"))
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.fetchval("SELECT pg_read_file($1)", str(closed / "secret"))
        await connection.close()
    finally:
        await server.stop()
    assert closed.stat().st_mode & 0o007 == 0


async def test_a_socket_directory_that_is_a_planted_link_is_refused(data: Path, tmp_path: Path) -> None:
    deep = data / ("d" * 60) / ("e" * 60)
    server = await embedded.start(deep, QUICK)
    place = server.socket_dir
    await server.stop()
    assert not place.exists()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place.symlink_to(elsewhere)
    try:
        with pytest.raises(embedded.EmbeddedError, match="remove it"):
            await embedded.start(deep, QUICK)
    finally:
        place.unlink()


async def test_a_path_with_commas_and_spaces_works(data: Path) -> None:
    server = await embedded.start(data / "Müller, Söhne & Co: 100% ?", QUICK)
    try:
        assert await _answers(server)
        with socket.socket(socket.AF_UNIX) as plain:
            plain.connect(str(server.socket_dir / ".s.PGSQL.5432"))
    finally:
        await server.stop()


@needs_root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="setpriv (util-linux) takes the capability away")
def test_root_in_a_container_that_may_not_inspect_other_accounts_finds_its_own_server(data: Path) -> None:
    limited = ["setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace", "--"]
    program = """
import asyncio, sys
from pathlib import Path
from leadsbot.infra.db import embedded
async def main():
    first = await embedded.start(Path(sys.argv[1]), {"fsync": "off"})
    second = await embedded.start(Path(sys.argv[1]), {"fsync": "off"})
    print(first.pid == second.pid, await first.stop(), await second.stop())
asyncio.run(main())
"""
    done = subprocess.run(
        [*limited, sys.executable, "-c", program, str(data)],
        capture_output=True,
        text=True,
        timeout=60,
        env=ENVIRONMENT,
    )

    assert (done.stdout, done.stderr) == ("True False True\n", "")
    assert _server_processes(data) == []


async def test_processes_that_come_and_go_a_hundred_times_share_one_server_and_leave_none(data: Path) -> None:
    program = """
import asyncio, sys
from pathlib import Path
from leadsbot.infra.db import embedded
async def main():
    for _ in range(25):
        server = await embedded.start(Path(sys.argv[1]), {"fsync": "off"})
        await server.stop()
asyncio.run(main())
"""
    running = [
        subprocess.Popen([sys.executable, "-c", program, str(data)], env=ENVIRONMENT, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    complaints = [process.communicate(timeout=120)[1] for process in running]

    assert complaints == [""] * 4
    assert _server_processes(data) == []


async def test_the_log_is_kept_small_while_the_server_appends_to_it(data: Path) -> None:
    server = await embedded.start(data, QUICK)
    try:
        with (data / "postgres.log").open("ab") as file:
            file.write(b"x" * (6 * 1024 * 1024))
        ServerLog(data / "postgres.log").rotate()
        assert (data / "postgres.log").stat().st_size < 1024
        assert (data / "postgres.log.1").stat().st_size > 6 * 1024 * 1024
    finally:
        await server.stop()
    assert b"shut down" in (data / "postgres.log").read_bytes()


def test_a_quarter_of_the_memory_is_never_exceeded_and_a_small_machine_gets_little() -> None:
    gib = 1024**3
    for memory, buffers in ((gib // 4, "64MB"), (gib, "128MB"), (64 * gib, "512MB")):
        assert tuning.tuned(memory)["shared_buffers"] == buffers
