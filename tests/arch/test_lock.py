"""The lock file against pyproject.toml: what one names, the other pins."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def name_of(requirement: str) -> str:
    """The normalised name of a requirement such as ``uvicorn[standard]>=0.35``."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", requirement)[0]).lower()


def test_every_dependency_is_pinned_with_hashes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lock = (ROOT / "requirements.lock").read_text()

    wanted = {name_of(each) for each in project["dependencies"] + project["optional-dependencies"]["dev"]}
    pinned = set(re.findall(r"^([a-z0-9-]+)==[^\n]*\\\n    --hash=sha256:", lock, re.MULTILINE))
    assert wanted - pinned == set(), "run: make lock"


def test_the_lock_file_names_no_registry_and_no_path() -> None:
    lock = (ROOT / "requirements.lock").read_text()
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links| /", lock)
