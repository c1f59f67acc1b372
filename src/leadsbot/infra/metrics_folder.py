"""The folder in which the processes of one ``serve`` keep their metrics. Needs no metrics library: see ``metrics``."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_folders: list[Path] = []


def prepare(folder: Path) -> dict[str, str]:
    """Empty the common folder and return the environment that children need to share it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    _folders[:] = [folder]
    return {FOLDER: str(folder)}


def process_ended(pid: int) -> None:
    """Forget the gauges of a process that is gone (``live…`` in the library's names); its counters stay counted."""
    for folder in _folders:
        for file in folder.glob(f"gauge_live*_{pid}.db"):
            file.unlink(missing_ok=True)
