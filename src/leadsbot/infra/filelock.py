"""Advisory file locks between processes: one at a time, or counted users. The system drops them with their process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class FileLock:
    """A lock on a file that is made when needed (mode 0600). One object holds at most one lock at a time."""

    def __init__(self, path: Path) -> None:
        """Nothing is opened yet."""
        self.path = path
        self._file: int | None = None

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Wait for the lock and hold it alone for the block. Threads of one process exclude each other as well."""
        file = _open(self.path, fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(file)

    def hold_shared(self) -> None:
        """Wait until nobody holds it alone, then count as one of its users until :meth:`release`."""
        self._file = _open(self.path, fcntl.LOCK_SH)

    def hold_exclusive(self) -> bool:
        """Try to turn the shared lock into the only one, without waiting. True means that nobody else was left."""
        if self._file is None:
            return False
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def try_exclusive(self) -> bool:
        """Take the lock alone if nobody has it; False, without waiting, when somebody has."""
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def note(self) -> str:
        """What the holder, or the last one, wrote into the file."""
        return self.path.read_text(encoding="ascii", errors="replace").strip()

    def write(self, note: str) -> None:
        """Leave a note for others; only while holding the lock."""
        self.path.write_text(note, encoding="ascii")

    def release(self) -> None:
        """Stop counting as a user; does nothing without a hold."""
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)  # Also where a fork's copy keeps the file open.
            os.close(self._file)
            self._file = None


def _open(path: Path, kind: int) -> int:
    """Open and lock the file that is at ``path`` once the lock is ours: it may be removed while we wait."""
    while True:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, kind)
            if os.path.samestat(os.fstat(file), path.stat()):
                return file
        except FileNotFoundError:
            if not path.parent.exists():
                os.close(file)
                raise
        except BaseException:
            os.close(file)
            raise
        os.close(file)
