"""Numbers as a language writes them, for the sentences that visitors read."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

from leadsbot.features.forms.definition import Field

_MARKS: Final = {
    "de": (".", ",", 4), "es": (".", ",", 5), "fr": ("\u202f", ",", 4), "it": (".", ",", 4), "nl": (".", ",", 4),
    "pl": ("\u00a0", ",", 5), "pt": (".", ",", 4),
}  # fmt: skip
"""By language: between thousands, before decimals, and from how many digits on thousands are set apart."""
_OURS: Final = (",", ".", 4)


class Bound(NamedTuple):
    """A number in a message, and the currency that it is in, if any."""

    number: Decimal
    currency: str = ""

    def told(self, language: str) -> str:
        """In a language (BCP 47); as English writes it where we do not know better."""
        return f"{written(self.number, language)} {self.currency}".rstrip()


def written(number: Decimal, language: str) -> str:
    """The number with the language's marks."""
    group, point, least = _MARKS.get(language.partition("-")[0].lower(), _OURS)
    whole, _, rest = f"{abs(number).normalize():f}".partition(".")
    if len(whole) >= least:
        whole = f"{int(whole):,}".replace(",", group)
    return ("-" if number < 0 else "") + whole + (point + rest if rest else "")


def bounds(field: Field) -> dict[str, Bound]:
    """What may stand in a message about the amount in a field, by the name of its place."""
    if field.type not in ("number", "money") or (field.min, field.max, field.step) == (None, None, None):
        return {}
    named = {"min": field.min or 0, "max": field.max, "step": field.step}
    known = {name: Decimal(repr(each)) for name, each in named.items() if each is not None}
    return {name: Bound(each, "" if name == "step" else field.currency) for name, each in known.items()}


__all__ = ["Bound", "bounds", "written"]
