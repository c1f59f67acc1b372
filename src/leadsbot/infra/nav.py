"""Entries of the dashboard's navigation, given by features."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NavItem:
    """One entry: shown to those who have the permission, in the order of ``order``."""

    name: str
    """What tests and scripts find it by: ``leads``."""
    letter: str
    """The key that leads here after ``g``; no two entries share one."""
    label: str
    path: str
    icon: str
    needs: str
    """A :class:`~leadsbot.web.actor.Permission`."""
    order: int
    count: str = ""
    """Where the number beside the label is read from, as a fragment of HTML; empty for none."""
