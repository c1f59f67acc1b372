"""A temporary folder for this run alone.

pytest numbers its folders in one place for all runs of a user and keeps the newest three, so a fourth run at the same
time on the same machine can take away the folder of the first. Ours has a name that nobody else has, is locked while we
run, and is removed at the end unless something failed. What killed runs left behind goes after a day.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest

from leadsbot.infra.filelock import FileLock

PREFIX = "leadsbot-pytest-"
ABANDONED_AFTER_S = 86_400
_LOCK = pytest.StashKey[FileLock]()


def give(config: pytest.Config) -> None:
    """Choose the folder, unless somebody chose one with ``--basetemp`` (as xdist does for its workers)."""
    if config.option.basetemp is not None:
        return
    root = Path(os.environ.get("PYTEST_DEBUG_TEMPROOT") or tempfile.gettempdir())
    _sweep(root)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
    # PostgreSQL's account walks through it to the databases of tests.
    folder.chmod(0o711)
    lock = config.stash[_LOCK] = FileLock(folder / "lock")
    lock.hold_shared()
    config.option.basetemp = folder / "t"


def take_back(session: pytest.Session) -> None:
    """Remove the folder of a run in which nothing failed."""
    lock = session.config.stash.get(_LOCK, None)
    if lock is None:
        return
    lock.release()
    if session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        shutil.rmtree(lock.path.parent, ignore_errors=True)


def _sweep(root: Path) -> None:
    """Remove what is old and used by nobody."""
    for folder in root.glob(f"{PREFIX}*"):
        lock = FileLock(folder / "lock")
        try:
            if folder.stat().st_mtime + ABANDONED_AFTER_S < time.time() and lock.try_exclusive():
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # Somebody else is at it, or it is not ours to remove.
        finally:
            lock.release()
