"""What a new user waits for (``make serve`` from a clean clone, and again) and what the product costs at rest."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
FIRST_S, SECOND_S, MEMORY_MB = 60.0, 4.0, 250.0
REPEATS = 3
REST_S = float(os.environ.get("BENCH_REST_S", "10"))
MIB = 2**20


@dataclass
class Memory:
    """One process of ours at rest."""

    name: str
    resident: float
    proportional: float


def environment(folder: Path) -> dict[str, str]:
    """Nothing of ours and nothing that hides the byte code, as on a user's machine; data in a folder of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LEADSBOT_", "PYTHON", "VIRTUAL_ENV", "MAKE"))}
    return kept | {"LEADSBOT_DATA_DIR": str(folder / "data"), "PYTHONUNBUFFERED": "1"}


@contextlib.contextmanager
def served(clone: Path) -> Iterator[tuple[psutil.Process, float]]:
    """``make serve`` until it says that it is ready: its process and the seconds that took."""
    began = time.perf_counter()
    make = subprocess.Popen(
        ["make", "serve", "ARGS=--port 0"],
        cwd=clone, env=environment(clone), stdout=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert make.stdout is not None
        for line in make.stdout:
            if "is ready at" in line:
                break
        else:
            raise RuntimeError("it ended before it was ready")
        yield psutil.Process(make.pid), time.perf_counter() - began
    finally:
        os.killpg(make.pid, signal.SIGTERM)
        make.communicate(timeout=60)


def ours(parent: psutil.Process) -> list[Memory]:
    """The memory of our processes: all below ``parent`` but make, its shell and PostgreSQL."""
    found = []
    for process in parent.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            command = " ".join(process.cmdline())
            if "leadsbot" in command and "postgres" not in process.name() and process.name() not in ("make", "sh"):
                used = process.memory_full_info()
                name = command.strip() if command.startswith("leadsbot") else "leadsbot serve"
                found.append(Memory(name, used.rss / MIB, used.pss / MIB))
    return found


def measure(clone: Path) -> tuple[float, list[float], list[Memory]]:
    """First start, later starts, memory at rest."""
    with served(clone) as (_, first):
        pass
    later, memory = [], []
    for _ in range(REPEATS):
        with served(clone) as (parent, seconds):
            later.append(seconds)
            if len(later) == REPEATS:
                time.sleep(REST_S)
                memory = ours(parent)
    return first, later, memory


def main() -> int:
    """Print the table; 1 when a goal is missed."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="leadsbot-bench-") as folder:
        Path(folder).chmod(0o711)
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(clone)], check=True)
        first, later, memory = measure(clone)
    second = sorted(later)[len(later) // 2]
    resident, proportional = sum(m.resident for m in memory), sum(m.proportional for m in memory)
    print(f"Serve: the last commit, {os.cpu_count()} cores, load before {load:.1f}, Python {platform.python_version()}")
    print(f"{'what':<52}{'measured':>12}{'target':>10}")
    print(f"{'make serve, clean clone, warm package cache: ready':<52}{first:>10.1f} s{FIRST_S:>8.0f} s")
    print(f"{f'make serve again: ready (median of {REPEATS})':<52}{second:>10.1f} s{SECOND_S:>8.0f} s")
    for each in sorted(memory, key=lambda m: m.name):
        print(f"{f'  {each.name} at rest ({each.proportional:.0f} MB proportional)':<52}{each.resident:>9.0f} MB")
    print(f"{f'all of ours at rest ({proportional:.0f} MB proportional)':<52}{resident:>9.0f} MB{MEMORY_MB:>7.0f} MB")
    return int(first > FIRST_S or second > SECOND_S or resident > MEMORY_MB or not memory)


if __name__ == "__main__":
    sys.exit(main())
