"""The data directory: who serves from it, and why it cannot be used, in a sentence with the cure."""

from __future__ import annotations

import errno
from pathlib import Path

from leadsbot.infra.filelock import FileLock
from leadsbot.kit.errors import StartError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def serve_lock(folder: Path) -> FileLock:
    """What the only ``serve`` of a data directory holds; its note is ``PROCESS ADDRESS`` while it runs."""
    return FileLock(folder / "serve.lock")


def unusable(folder: Path, error: OSError) -> StartError:
    """What to tell about a failed access below ``folder``."""
    place = f"The data directory {folder}"
    if error.errno in FULL:
        return StartError(f"{place} is on a full disk: make room, 500 MB at least, and start again.")
    if error.errno == errno.EROFS:
        return StartError(f"{place} is on a read-only file system: set LEADSBOT_DATA_DIR to one that can be written.")
    if isinstance(error, PermissionError):
        return StartError(
            f"LeadsBot may not use {error.filename or folder}: start it as the account that owns {folder}, or set "
            "LEADSBOT_DATA_DIR to a directory of its own."
        )
    if isinstance(error, FileExistsError | NotADirectoryError):
        return StartError(f"{error.filename or folder} is no directory: set LEADSBOT_DATA_DIR to one.")
    return StartError(f"{place} cannot be used: {error.strerror or error}.")
