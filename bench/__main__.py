"""``python -m bench`` runs them all, one after the other; a missed goal is said and makes the exit code 1."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BENCHES = ("capture", "jobs", "alerts", "serve", "forms", "screening", "widget")


def main() -> int:
    worst = 0
    for name in BENCHES:
        print(f"== {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, "-m", f"bench.{name}"], cwd=ROOT, check=False).returncode)
    return worst


sys.exit(main())
