"""How a source does: what it refused, and what its owner can do about that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

PERIOD: Final = timedelta(days=7)
"""How far back refusals are shown."""
TAKEN: Final = frozenset({"accepted", "repeated", "preflight", "blocked"})
"""How answers of capture end that are no refusal; what screening blocks is kept, and shown in the quarantine."""

MEANING: Final = {
    "forbidden": "came from a web site that may not post here: add its address below, if it is yours",
    "gone": "came while the source was closed",
    "too_large": "were larger than this source takes: raise the limit below, if they were real",
    "unauthorised": "had no valid signature: compare the secret of the program that sends",
    "too_many": "came faster than one sender may",
    "invalid": "did not answer the form properly; the visitor was told what is wrong",
    "unavailable": "came while nothing could be stored; who sends again loses nothing",
    "not_found": "used this source in a way that its kind does not have",
}
OTHERS: Final = "could not be read as a submission"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """How often one thing was refused, and when it was the last time."""

    code: str
    times: int
    last_at: datetime

    @property
    def meaning(self) -> str:
        """What to tell the owner, as the end of a sentence that begins with the number."""
        return MEANING.get(self.code, OTHERS)
