"""Named crash points, for the failure tests: ``LEADSBOT_CRASH_AT=sent:0.05`` kills the process there, sometimes."""

from __future__ import annotations

import os
import random
import signal

_name, _chance = "", ""


def arm(setting: str | None) -> None:
    """Choose the point from the setting ``name`` or ``name:probability``; nothing set, nothing happens."""
    global _name, _chance
    _name, _, _chance = (setting or "").partition(":")


def point(name: str) -> None:
    """Die by SIGKILL here when this point is armed and chance agrees."""
    if _name and name == _name and random.random() < float(_chance or 1):  # noqa: S311 - a dice, not a secret
        os.kill(os.getpid(), signal.SIGKILL)
