"""``python -m bench`` runs them all, one after the other; a missed goal is said and makes the exit code 1."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHES = ("capture.py", "forms.py", "jobs.py", "screening.py", "serve.py")


def main() -> int:
    worst = 0
    for name in BENCHES:
        print(f"== {name}", flush=True)
        worst = max(worst, subprocess.run([sys.executable, str(HERE / name)], check=False).returncode)
    return worst


sys.exit(main())
