"""How the answer to each type of field is read: what is taken, what is refused and why.

An answer is stored as it was typed, without blanks around it; a number stays the text ``1.250,00`` if that was sent.
Only the shape is made one: a multiselect is always a list. What browsers, scripts and other people's forms send is
understood:

- **number, money**: JSON numbers; ``1234.5``, ``1 234,50``, ``1.234,50``, ``1,234.50``, ``€ 250``, ``2.500,-``. Of
  several marks the last is the decimal one; a single mark is, unless three digits follow it in an amount of money
  (``1.250`` is a thousand and more). ``5k`` is neither 5 nor guessed at: it is refused.
- **date**: ``2026-12-31``, also at the beginning of a time.
- **checkbox, consent**: ticked is whatever was sent but nothing, ``false``, ``off``, ``no`` and ``0``; of several
  values the last one counts (a hidden field before the box).
- **select, radio, multiselect**: values of the options and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeAlias

from leadsbot.features.forms.amounts import bounds
from leadsbot.features.forms.definition import Field
from leadsbot.kit.contact import possible_phone, valid_email
from leadsbot.kit.errors import Invalid
from leadsbot.kit.pattern import Pattern

Take: TypeAlias = Callable[[Any], Any]
"""From what was sent, which is not blank, to what is stored; raises Fault."""

MAX_FILES: Final = 10
MISSING: Final = {
    "select": "missing_choice", "radio": "missing_choice", "rating": "missing_choice", "multiselect": "missing_choices",
    "checkbox": "missing_tick", "consent": "missing_tick", "file": "missing_file",
}  # fmt: skip
"""What is said where nothing was answered, by type; ``missing`` for the others."""
_NOT_TICKED: Final = frozenset({"", "0", "false", "off", "no"})
_PLAIN_EMAIL: Final = re.compile(
    r"[a-z0-9_+\-]+(?:\.[a-z0-9_+\-]+)*@(?:[a-z0-9][a-z0-9\-]*\.)+[a-z]{2,24}", re.IGNORECASE
)
_AMOUNT: Final = re.compile(r"[-+]?[0-9][0-9.,'’ \u00a0\u202f]{0,30}|[-+]?[.,][0-9]{1,20}")
_GROUPED: Final = re.compile(r"[-+]?[0-9]{1,3}(?:[.,][0-9]{3})+")
_MARK: Final = r"(?:[^\W\d_]{1,4}\.?|[^\W\d_]{0,2}[$€£¥₹₽₪₺₩₫₦₴₡₱฿])?"
_MONEY: Final = re.compile(rf"{_MARK}\s*([-+]?[\d.,][\d.,'’\s]*)(?:[.,]\s*[-–—]{{1,2}})?\s*{_MARK}")
_MULTIPLE: Final = re.compile(r"\d\s*(?:[kmt]|mio|mln|tsd|teur)(?![^\W\d_])", re.IGNORECASE)
"""Thousands and millions cut short, which are no currencies."""
_GROUPS: Final = re.compile(r"['’ \u00a0\u202f]")
_THOUSANDTHS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""Currencies with three decimals (ISO 4217)."""


class Fault(Exception):
    """Why an answer is not taken: the name of one of our messages, and the numbers in it."""

    def __init__(self, code: str, **numbers: object) -> None:
        super().__init__(code)
        self.code, self.numbers = code, numbers


def number_of(value: Any, *, money: bool = False, decimals: int = 2) -> Decimal | None:
    """The number that was meant, or None. ``decimals`` says how many an amount of money has."""
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value)
    if not isinstance(value, str) or len(value) > 60:
        return None
    text = value.strip()
    if money:
        found = None if _MULTIPLE.search(text) else _MONEY.fullmatch(text)
        text = found.group(1).strip() if found else ""
    if not text.isascii():
        text = "".join(str(int(letter)) if letter.isdecimal() else letter for letter in text)
    if not _AMOUNT.fullmatch(text):
        return None
    text = _GROUPS.sub("", text)
    point = max(text.rfind("."), text.rfind(","))
    if point >= 0:
        mark = text[point]
        several = text.count(mark) > 1
        other = "," if mark == "." else "."
        grouped = money and decimals != 3 and len(text) - point == 4 and other not in text and point > 0
        whole = text[:point].replace(",", "").replace(".", "")
        if several and not _GROUPED.fullmatch(text):
            return None
        text = whole + text[point + 1 :] if several or grouped else f"{whole}.{text[point + 1 :]}"
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def decimals_of(field: Field) -> int:
    """How many decimals an amount of this field's money has, as far as it decides what a mark means."""
    return 3 if field.currency in _THOUSANDTHS else 2


def amount_of(field: Field, value: Any) -> Decimal | None:
    """The number that was meant as the answer to a field for numbers or money."""
    return number_of(value, money=field.type == "money", decimals=decimals_of(field))


def date_of(value: Any) -> str | None:
    """The day as ``YYYY-MM-DD``, or None."""
    if not isinstance(value, str) or not (len(value) == 10 or value[10:11] in ("T", " ")):
        return None
    try:
        return date.fromisoformat(value[:10]).isoformat() if value[4:5] == "-" else None
    except ValueError:
        return None


def ticked(value: Any) -> bool:
    """Whether a box was ticked."""
    if isinstance(value, list):
        return bool(value) and ticked(value[-1])
    return value.strip().lower() not in _NOT_TICKED if isinstance(value, str) else bool(value)


def blank(value: Any) -> bool:
    """Whether nothing was answered. A number is an answer, also when it is 0."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, list):
        return all(blank(each) for each in value)
    return value is None or value == {}


class Refused:
    """Stands for a file that was sent and that the form does not take, until its field is looked at."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault


Opened: TypeAlias = Callable[[str, str], dict[str, Any]]
"""From the key of a field and what stands for a stored file to what is kept of it; raises Fault."""


def taker(field: Field, country: str | None, opened: Opened | None = None) -> Take:
    """How answers to this field are taken. ``country`` reads national telephone numbers unless the field says another;
    ``opened`` knows the files that came with a submission: without it none is taken.

    Never raises: what :mod:`~leadsbot.features.forms.lint` refuses is left out.
    """
    make: dict[str, Callable[[], Take]] = {
        "email": lambda: _checked(field, _email),
        "phone": lambda: _checked(field, _phone(field.country or country)),
        "number": lambda: _number(field, "number"),
        "money": lambda: _number(field, "money"),
        "rating": lambda: _rating(field),
        "date": lambda: _date,
        "select": lambda: _option(field),
        "radio": lambda: _option(field),
        "multiselect": lambda: _options(field),
        "checkbox": lambda: _anything,
        "consent": lambda: _anything,
        "file": lambda: _files(field, opened),
        "heading": lambda: _anything,
        "hidden": lambda: _anything,
    }
    return make.get(field.type, lambda: _checked(field, None))()


def reader(field: Field) -> Take:
    """How a taken answer is read by conditions; see :mod:`~leadsbot.features.forms.conditions`."""
    match field.type:
        case "number" | "money" | "rating":
            return lambda value: float(amount_of(field, value) or 0)
        case "date":
            return date_of
        case "select" | "radio" | "multiselect" | "file":
            return _anything
        case "checkbox" | "consent":
            return ticked
        case _:
            return lambda value: str(value).strip().lower()


def _anything(value: Any) -> Any:
    return value


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise Fault("text")


def _checked(field: Field, own: Callable[[str], None] | None) -> Take:
    """A text within its lengths and of its pattern, and what its type asks of it."""
    low, high = (None if bound is None else int(bound) for bound in (field.min, field.max))
    pattern = _pattern(field)
    if low is None and high is None and pattern is None:
        return _alone(own or _anything)

    def take(value: Any) -> Any:
        text = _text(value)
        if own is not None:
            own(text)
        # A browser counts a line end as one character and sends it as two.
        size = len(text) - text.count("\r\n") if low is not None or high is not None else 0
        if low is not None and size < low:
            raise Fault("too_short", min=low)
        if high is not None and size > high:
            raise Fault("too_long", max=high)
        if pattern is not None and not pattern.matches(text):
            raise Fault("pattern")
        return value

    return take


def _alone(own: Callable[[str], object]) -> Take:
    def take(value: Any) -> Any:
        own(_text(value))
        return value

    return take


def _pattern(field: Field) -> Pattern | None:
    try:
        return Pattern(field.pattern) if field.pattern else None
    except Invalid:
        return None


def _email(text: str) -> None:
    if not (len(text) <= 64 and _PLAIN_EMAIL.fullmatch(text)) and not valid_email(text):
        raise Fault("email")


def _phone(country: str | None) -> Callable[[str], None]:
    def own(text: str) -> None:
        if not possible_phone(text, country):
            raise Fault("phone")

    return own


def _number(field: Field, code: str) -> Take:
    low, high, step = (None if each is None else Decimal(repr(each)) for each in (field.min, field.max, field.step))
    base, told = low or Decimal(0), bounds(field)

    def take(value: Any) -> Any:
        number = amount_of(field, value)
        if number is None or abs(number.adjusted()) > 40:
            raise Fault(code)
        if low is not None and number < low:
            raise Fault("at_least", **told)
        if high is not None and number > high:
            raise Fault("at_most", **told)
        if step and not _on_step(number - base, step):
            raise Fault("step", **told)
        return value

    return take


def _on_step(distance: Decimal, step: Decimal) -> bool:
    try:
        return not distance % step
    except InvalidOperation:
        # So many steps that their number has more digits than are reckoned with.
        return False


def _rating(field: Field) -> Take:
    def take(value: Any) -> Any:
        number = number_of(value)
        if number is None or not 1 <= number <= field.scale or number % 1:
            raise Fault("rating", max=field.scale)
        return value

    return take


def _date(value: Any) -> Any:
    if date_of(value) is None:
        raise Fault("date")
    return value


def _option(field: Field) -> Take:
    known = frozenset(option.value for option in field.options)

    def take(value: Any) -> Any:
        if not isinstance(value, str) or value not in known:
            raise Fault("option")
        return value

    return take


def _list(value: Any) -> list[Any]:
    held: Iterable[Any] = value if isinstance(value, list) else [value]
    return [each.strip() if isinstance(each, str) else each for each in held if not blank(each)]


def _options(field: Field) -> Take:
    known = frozenset(option.value for option in field.options)
    low, high = int(field.min or 0), int(field.max or 0)

    def take(value: Any) -> Any:
        chosen = _list(value)
        if not all(isinstance(each, str) and each in known for each in chosen):
            raise Fault("option")
        chosen = list(dict.fromkeys(chosen))
        if len(chosen) < low:
            raise Fault("too_few", min=low)
        if high and len(chosen) > high:
            raise Fault("too_many", max=high)
        return chosen

    return take


def _files(field: Field, opened: Opened | None) -> Take:
    low, high = int(field.min or 0), int(field.max or 1)

    def one(each: Any) -> dict[str, Any]:
        if isinstance(each, Refused):
            raise each.fault
        if opened is None or not isinstance(each, str):
            raise Fault("file")
        return opened(field.key, each)

    def take(value: Any) -> Any:
        files = _list(value)
        if len(files) > high:
            raise Fault("too_many_files", max=high)
        kept = [one(each) for each in files]
        if len(kept) < low:
            raise Fault("too_few", min=low)
        return kept

    return take
