"""Named crash points, for the failure tests: ``LEADSBOT_CRASH_AT=sent:0.05`` kills the process there, sometimes."""

from __future__ import annotations

import os
import random
import signal
from typing import Final

POINTS: Final = {
    "capture_committed": "a submission is stored and not answered yet",
    "dispatching": "events became jobs, before the commit",
    "claimed": "jobs are leased and none runs yet",
    "committing": "a job's writes and its end, before their commit",
    "intent": "the intent to send is committed and nothing was sent",
    "sent": "a message is out and not recorded yet",
    "finishing": "jobs are done and still in the table",
}
_name, _chance = "", 1.0


def arm(setting: str | None) -> None:
    """Choose the point from the setting ``name`` or ``name:probability``; nothing set, nothing happens."""
    global _name, _chance
    name, _, chance = (setting or "").partition(":")
    _name, _chance = name, float(chance or 1)


def point(name: str) -> None:
    """Die by SIGKILL here when this point is armed and chance agrees."""
    if _name and name == _name and random.random() < _chance:  # noqa: S311 - a dice, not a secret
        os.kill(os.getpid(), signal.SIGKILL)
