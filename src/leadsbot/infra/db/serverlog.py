"""The embedded server's own log file: kept small, and read for the reason when a start fails."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

LIMIT = 5 * 1024 * 1024
COMPLAINT = re.compile(r"FATAL|PANIC|error:|could not")


class ServerLog:
    """``postgres.log`` and the ``postgres.log.1`` before it; together never much over 10 MiB."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self) -> int:
        """A descriptor to append to, for the server's standard output (mode 0600)."""
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def size(self) -> int:
        """Its length in bytes; 0 before the first start."""
        return self.path.stat().st_size if self.path.exists() else 0

    def rotate(self) -> None:
        """Move the content to ``postgres.log.1`` when it is over 5 MiB.

        Copied and emptied, not renamed: the running server keeps the file open, and appends.
        """
        if self.size() > LIMIT:
            older = self.path.with_name(f"{self.path.name}.1")
            older.touch(mode=0o600)
            shutil.copyfile(self.path, older)
            os.truncate(self.path, 0)

    def complaint(self, since: int) -> str:
        """The last complaint written after the log was ``since`` bytes long, and where to read more."""
        with self.path.open("rb") as file:
            file.seek(since if since <= self.size() else 0)
            lines = file.read().decode("utf-8", "replace").splitlines()
        found = [line for line in lines if COMPLAINT.search(line)] or lines or ["no reason was given"]
        return f"{found[-1].strip()[-300:]} (the log is {self.path})"
