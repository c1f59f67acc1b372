"""Many runs at once, each with a temporary folder that nobody else touches."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import time
from pathlib import Path

def test_a_file_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    time.sleep({seconds})
    assert (tmp_path / "file").read_text() == "mine"
    assert {passes}
"""


def run(folder: Path, root: Path, *options: str, seconds: float = 0, passes: bool = True) -> subprocess.Popen[str]:
    """A run of pytest with this project's configuration over one small test."""
    folder.mkdir()
    (folder / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (folder / "test_it.py").write_text(TESTS.format(seconds=seconds, passes=passes))
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *options, str(folder)],
        cwd=ROOT, env={**os.environ, "PYTEST_DEBUG_TEMPROOT": str(root)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


async def test_runs_at_once_keep_apart_and_leave_nothing(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    runs = [run(tmp_path / f"run{n}", root, seconds=2 if n == 0 else 0) for n in range(3)]
    runs.append(run(tmp_path / "xdist", root, "-n", "2"))
    said = await asyncio.gather(*(asyncio.to_thread(each.communicate) for each in runs))

    assert [each.returncode for each in runs] == [0] * 4, said
    assert list(root.iterdir()) == []


async def test_the_folder_of_a_failed_run_is_kept_and_swept_when_it_is_old(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    await asyncio.to_thread(run(tmp_path / "failing", root, passes=False).communicate)
    (kept,) = root.iterdir()
    assert len(list(kept.rglob("file"))) == 1

    old = time.time() - 2 * 86_400
    os.utime(kept, (old, old))
    await asyncio.to_thread(run(tmp_path / "later", root).communicate)
    assert list(root.iterdir()) == []
