"""What sent values must be like to be stored: bounded, free of what PostgreSQL refuses and of card numbers."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from leadsbot.kit.errors import Invalid
from leadsbot.kit.redact import mask_pans

MAX_DEPTH: Final = 16
MAX_KEYS: Final = 500
MAX_TEXT: Final = 100_000
MAX_NAME: Final = 200
MAX_ITEMS: Final = 5_000
MAX_EXPONENT: Final = 400

_REFUSED: Final = re.compile("[\x00\ud800-\udfff]")
_SHORT: Final = 13
"""Shorter texts hold no card number."""
_CARD_SIZED: Final = range(10**12, 10**19)


class Checked:
    """Counts what one submission holds while :meth:`value` walks through it."""

    __slots__ = ("content", "items", "keys")

    def __init__(self) -> None:
        self.keys = 0
        self.items = 0
        self.content = False
        """Whether any value seen so far says something."""

    def value(self, value: object, path: str = "", depth: int = 0) -> object:
        """The value as it is stored: the same, only with card numbers masked.

        Raises Invalid that names the field for NUL and lone surrogates (jsonb cannot hold them), for more than
        MAX_KEYS names, MAX_ITEMS list items, MAX_DEPTH levels or MAX_TEXT characters, and for numbers whose exponent
        is beyond MAX_EXPONENT. Everything harmless stays verbatim.
        """
        kind = type(value)
        if kind is str:
            return self._text(value, path)  # type: ignore[arg-type]
        if value is None or kind is bool:
            self.content = self.content or value is not None
            return value
        if kind is int or kind is Decimal:
            return self._number(value, path)  # type: ignore[arg-type]
        if depth >= MAX_DEPTH:
            raise Invalid(path[:MAX_NAME] or None, f"This is nested more than {MAX_DEPTH} deep.", code="too_deep")
        if isinstance(value, dict):
            return self._names(value, path, depth)
        if isinstance(value, list):
            self.items += len(value)
            if self.items > MAX_ITEMS:
                raise Invalid(path or None, f"There are more than {MAX_ITEMS} list items.", code="too_many_items")
            return [self.value(item, f"{path}[{place}]", depth + 1) for place, item in enumerate(value)]
        raise Invalid(path or None, "This kind of value is not supported.")

    def _names(self, value: dict[str, object], path: str, depth: int) -> dict[str, object]:
        self.keys += len(value)
        if self.keys > MAX_KEYS:
            raise Invalid(path or None, f"There are more than {MAX_KEYS} fields.", code="too_many_fields")
        kept: dict[str, object] = {}
        for name, item in value.items():
            here = f"{path}.{name}" if path else name
            if len(name) > MAX_NAME:
                raise Invalid(here[:MAX_NAME], f"A field name is longer than {MAX_NAME} characters.", code="too_long")
            if not name.isascii() or "\x00" in name:
                self._refuse(name, here)
            known = mask_pans(name) if len(name) > 12 else name
            # Nearly every value of a form is a text: the short ways save a call for each.
            if type(item) is not str:
                kept[known] = self.value(item, here, depth + 1)
            elif self.content and len(item) < _SHORT and item.isascii() and "\x00" not in item:
                kept[known] = item
            else:
                kept[known] = self._text(item, here)
        return kept

    def _text(self, value: str, path: str) -> str:
        if len(value) > MAX_TEXT:
            raise Invalid(path, f"This is longer than {MAX_TEXT} characters. Shorten it.", code="too_long")
        if not value.isascii() or "\x00" in value:
            self._refuse(value, path)
        if not self.content:
            self.content = bool(value) and not value.isspace()
        return mask_pans(value) if len(value) > 12 else value

    def _number(self, value: int | Decimal, path: str) -> object:
        self.content = True
        if isinstance(value, Decimal) and abs(value.adjusted()) > MAX_EXPONENT:
            raise Invalid(path or None, "This number is out of range.", code="out_of_range")
        if int(value) in _CARD_SIZED:
            plain = f"{value:f}" if isinstance(value, Decimal) else str(value)
            masked = mask_pans(plain.partition(".")[0])
            return masked if masked[0] == "[" else value
        return value

    @staticmethod
    def _refuse(text: str, path: str) -> None:
        found = _REFUSED.search(text)
        if found:
            what = "a NUL character" if found.group() == "\x00" else "half of a character (a lone surrogate)"
            raise Invalid(_REFUSED.sub("\ufffd", path), f"This contains {what}. Remove it.", code="forbidden_character")
