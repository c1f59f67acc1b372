"""How this program is called on this machine, for sentences that say what to run."""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path

NAME = "leadsbot"


@cache
def called() -> str:
    """``leadsbot`` where the shell finds this program under its name, else its path: ``.venv/bin/leadsbot``."""
    script = Path(sys.executable).parent / NAME
    if not script.exists():
        return NAME
    found = shutil.which(NAME)
    if found is not None and os.path.samefile(found, script):
        return NAME
    here = Path.cwd()
    return str(script.relative_to(here) if script.is_relative_to(here) else script)


def told(command: str) -> str:
    """What to type, for a page that anybody may see: nobody learns from it in which folders of the machine we are."""
    return f"{NAME if Path(called()).is_absolute() else called()} {command}"


def run(command: str) -> str:
    """What to type for one of our commands."""
    return f"{called()} {command}"
