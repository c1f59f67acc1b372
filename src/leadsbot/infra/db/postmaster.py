"""The main process of a PostgreSQL server, found through the data directory's ``postmaster.pid``.

The file alone proves nothing: after kill -9 or a restart of the machine its number may be another program's. A process
counts as the server of a directory when it works in it, because PostgreSQL changes into its data directory and stays.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

PAUSE = 0.02
PID, PORT, SOCKET_DIR, STATUS = 0, 3, 4, 7  # Lines of postmaster.pid (miscadmin.h: LOCK_FILE_LINE_*, from zero).


@dataclass(frozen=True, slots=True)
class Postmaster:
    """A server of the directory ``cluster``, alive when it was looked up. Its socket is known once it is ready."""

    cluster: Path
    pid: int
    port: int = 0
    socket_dir: Path = Path()

    @classmethod
    def of(cls, cluster: Path) -> Postmaster | None:
        """The server that runs on this directory, ready or not."""
        pid = _claim(cluster)
        return cls(cluster, pid) if pid is not None and cls.running(cluster, pid) else None

    @classmethod
    def expect(cls, cluster: Path, process: subprocess.Popen[bytes], seconds: float) -> Postmaster | None:
        """Wait for a server that was just started; None when its process ended instead."""
        found = cls(cluster, process.pid)
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            if ready := found._when_ready():
                return ready
            time.sleep(PAUSE)
        return None

    @staticmethod
    def running(cluster: Path, pid: int) -> bool:
        """Whether process ``pid`` lives and works in ``cluster``."""
        try:
            return _works_in(psutil.Process(pid), cluster)
        except psutil.NoSuchProcess:
            return False

    @staticmethod
    def hidden(path: Path) -> bool:
        """Whether somebody listens on the socket ``path``: a server in a process namespace that we do not see."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(os.fsencode(path))
            except OSError:
                return False
            return True

    @staticmethod
    def claimed_by_stranger(cluster: Path) -> bool:
        """Whether the process named in postmaster.pid lives and is something else."""
        pid = _claim(cluster)
        return pid is not None and psutil.pid_exists(pid) and not Postmaster.running(cluster, pid)

    @staticmethod
    def end_orphans(cluster: Path) -> int:
        """Ask the children of a dead server to end, each rolling back; how many there were. Never with a live one."""
        found = 0
        for process in psutil.process_iter():
            with suppress(psutil.NoSuchProcess):
                if process.name().startswith("postgres") and _works_in(process, cluster):
                    process.terminate()
                    found += 1
        return found

    def _when_ready(self) -> Postmaster | None:
        """This server with its socket, if it says that it takes connections."""
        lines = _lines(self.cluster)
        if len(lines) <= STATUS or lines[PID] != str(self.pid) or lines[STATUS] != "ready":
            return None
        return replace(self, port=int(lines[PORT]), socket_dir=Path(lines[SOCKET_DIR]))

    def wait_ready(self, seconds: float) -> Postmaster | None:
        """Wait until it takes connections and return it with its socket; None when it ended or took longer."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.running(self.cluster, self.pid):
            if found := self._when_ready():
                return found
            time.sleep(PAUSE)
        return None

    def wait_gone(self, seconds: float, child: subprocess.Popen[bytes] | None) -> bool:
        """Wait until it ended; ``child`` is reaped when it is the one."""
        deadline = time.monotonic() + seconds
        while self.running(self.cluster, self.pid):
            if child is not None:
                child.poll()
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE)
        if child is not None:
            child.poll()
        return True


def _lines(cluster: Path) -> list[str]:
    try:
        return [line.strip() for line in (cluster / "postmaster.pid").read_text(errors="replace").splitlines()]
    except FileNotFoundError:
        return []


def _claim(cluster: Path) -> int | None:
    """The process number in postmaster.pid, if there is a sound one."""
    lines = _lines(cluster)
    return int(lines[PID]) if lines and lines[PID].isdecimal() and int(lines[PID]) > 0 else None


def _works_in(process: psutil.Process, cluster: Path) -> bool:
    """Whether the process's working directory is ``cluster``. Raises NoSuchProcess when it ends meanwhile.

    Root in a container without CAP_SYS_PTRACE may not ask that of another account's process, but may read its
    command line, which names the directory of a main process.
    """
    try:
        return process.status() != psutil.STATUS_ZOMBIE and os.path.samefile(process.cwd(), cluster)
    except psutil.AccessDenied:
        with suppress(psutil.AccessDenied):
            return str(cluster) in process.cmdline()
    except OSError:  # The directory is gone.
        pass
    return False
