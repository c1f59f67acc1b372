"""A bounded memory of what was seen, for what comes once or soon again."""

from __future__ import annotations

from collections.abc import Hashable


class Remembered:
    """Remembers at least the last ``most`` / 2 things and at most ``most``, each at the same small cost.

    Two halves: when one is full, the other is forgotten. Taking the oldest out of one dictionary again and again
    would search through all the places that were emptied before.
    """

    def __init__(self, most: int) -> None:
        self._half = most // 2
        self._new: set[Hashable] = set()
        self._old: set[Hashable] = set()

    def first(self, thing: Hashable) -> bool:
        """Whether it is seen for the first time; it is remembered."""
        if thing in self._new or thing in self._old:
            return False
        self._new.add(thing)
        if len(self._new) >= self._half:
            self._old, self._new = self._new, set()
        return True
