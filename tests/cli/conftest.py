"""A data directory that was used before, so that not every test waits for a new database."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.cli import serving


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A place for a data directory; whatever still runs on it at the end is killed."""
    tmp_path.chmod(0o711)
    folder = tmp_path / "data"
    yield folder
    for process in psutil.process_iter(["environ", "cwd"]):
        environment = process.info["environ"] or {}
        if environment.get("LEADSBOT_DATA_DIR") == str(folder) or process.info["cwd"] == str(folder / "postgres"):
            process.kill()


@pytest.fixture(scope="session")
async def used(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A data directory after its first run, with one workspace (as ``workspace create --json`` prints it)."""
    folder = tmp_path_factory.mktemp("used")
    folder.chmod(0o711)
    return folder / "data", await serving.workspace(folder / "data")


@pytest.fixture
def home(used: tuple[Path, dict[str, str]], data: Path) -> dict[str, str]:
    """The workspace of a copy of :func:`used`, which is what ``data`` is then."""
    subprocess.run(["cp", "-a", str(used[0]), str(data)], check=True)
    return used[1]
