"""Crash points kill only when and where they are armed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import leadsbot

SOURCES = str(Path(leadsbot.__file__).parents[1])


@pytest.mark.parametrize(("setting", "code"), [("sent", -9), ("sent:1", -9), ("sent:0", 0), ("intent", 0), ("", 0)])
def test_an_armed_point_kills_and_others_do_nothing(setting: str, code: int) -> None:
    program = f"from leadsbot.infra import crash; crash.arm({setting!r}); crash.point('sent')"
    done = subprocess.run([sys.executable, "-c", program], check=False, env={"PYTHONPATH": SOURCES})
    assert done.returncode == code
