"""Values that pages' forms post, read as text and cleaned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leadsbot.kit.errors import Invalid
from leadsbot.kit.text import clean

LIMIT = 10_000


class Form(Mapping[str, str]):
    """The posted fields; files are not among them. Texts are cleaned and trimmed when asked for by :meth:`text`."""

    def __init__(self, items: list[tuple[str, str]]) -> None:
        self._items = items
        self._first = dict(reversed(items))

    def __getitem__(self, name: str) -> str:
        return self._first[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._first)

    def __len__(self) -> int:
        return len(self._first)

    def text(self, name: str, *, label: str | None = None, limit: int = 200, required: bool = True) -> str:
        """One field, cleaned and trimmed; Invalid that names it when it is missing (and required) or too long."""
        value = clean(self._first.get(name, ""), name, max(limit, LIMIT)).strip()
        if required and not value:
            raise Invalid(name, f"{label or name.replace('_', ' ').capitalize()} is missing.", code="missing")
        return clean(value, name, limit)

    def secret(self, name: str, *, limit: int = 1024) -> str:
        """One field exactly as typed: passwords are not trimmed. At most ``limit`` bytes in UTF-8."""
        value = self._first.get(name, "")
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise Invalid(name, "This contains half of a character. Type it again.") from None
        if size > limit:
            raise Invalid(name, f"This is longer than {limit} bytes. Choose a shorter one.")
        return value

    def number(self, name: str, *, low: int, high: int) -> int:
        """One field as a whole number between ``low`` and ``high``."""
        text = self.text(name, limit=20)
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise Invalid(name, f"Give a whole number from {low} to {high}.")
        return int(text)

    def all(self, name: str) -> list[str]:
        """Every value of a repeated field (check boxes), cleaned."""
        return [clean(value, name, LIMIT) for key, value in self._items if key == name]
