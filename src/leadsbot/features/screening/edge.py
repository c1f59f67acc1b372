"""Screening at the edge: between the reading of a submission and its commit."""

from __future__ import annotations

from leadsbot.contracts.intake import QUARANTINE, Arriving, Verdict


class EdgeScreener:
    """Judges submissions by what can be known at once."""

    def judge(self, arriving: Arriving) -> Verdict | None:
        """The verdict; None where nothing speaks against a person."""
        if arriving.trap.strip():
            return Verdict(QUARANTINE, 0.8, ["trap_filled"])
        return None
