"""What lives when a process has started is left alone by the collector; what comes later is still collected."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import gc, weakref
from leadsbot.infra import memory

class Ring:
    def __init__(self): self.itself = self

memory.settle()
assert gc.get_freeze_count() > 1000, gc.get_freeze_count()
later = weakref.ref(Ring())
gc.collect()
assert later() is None
print("settled")
"""


def test_a_settled_process_searches_only_what_came_later() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "settled", ran.stderr
