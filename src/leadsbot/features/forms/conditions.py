"""Conditions: what the operators mean, for which fields there are which, and the quick form in which they are asked.

The widget has the same rules in TypeScript; what holds here must hold there:

- A field that is not shown counts as empty, whatever was typed into it before.
- ``filled`` and ``empty`` ask whether there is an answer. Of an empty answer only ``empty`` and ``is_not`` hold.
- Texts are compared without regard to case and to blanks around them; options by their value; numbers as numbers; dates
  as ``YYYY-MM-DD``; a tick is ``true``, its absence is empty (so ``is false`` means: not ticked).
- Of a multiselect ``contains`` asks for one of the choices and ``is`` whether it is the only one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from leadsbot.features.forms.definition import Comparison, Conditions, Field

Seen: TypeAlias = Mapping[str, Any]
"""The answers so far, as :data:`values` reads them; what is empty or not shown is absent."""
Predicate: TypeAlias = Callable[[Seen], bool]

TEXTS: Final = frozenset({"text", "textarea", "email", "phone", "hidden"})
NUMBERS: Final = frozenset({"number", "money", "rating"})
CHOICES: Final = frozenset({"select", "radio", "multiselect"})
TICKS: Final = frozenset({"checkbox", "consent"})
_BOTH: Final = frozenset({"filled", "empty"})
_EQUAL: Final = _BOTH | {"is", "is_not"}
_ORDER: Final = frozenset({"gt", "gte", "lt", "lte"})
OPERATORS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(TEXTS, _EQUAL | {"contains"}),
    **dict.fromkeys(NUMBERS | {"date"}, _EQUAL | _ORDER),
    **dict.fromkeys(TICKS, _EQUAL),
    "select": _EQUAL,
    "radio": _EQUAL,
    "multiselect": _EQUAL | {"contains"},
    "file": _BOTH,
    "heading": frozenset(),
}


def operand(field: Field, comparison: Comparison) -> Any:
    """The value that is compared with, as answers of this field are read. Raises ValueError that says what it must
    be."""
    value = comparison.value
    if field.type in TICKS:
        if not isinstance(value, bool):
            raise ValueError("true or false")
        return value
    if field.type in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("a number")
        return float(value)
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text")
    return value.strip().lower() if field.type in TEXTS else value


def predicate(conditions: Conditions, fields: Mapping[str, Field]) -> Predicate | None:
    """Whether the conditions hold, as one function of the answers so far; None when there are none.

    Never raises, also not for conditions that :mod:`~leadsbot.features.forms.lint` refuses: a comparison that means
    nothing does not hold.
    """
    groups = [_every([_compared(each, fields) for each in group]) for group in conditions]
    if not groups:
        return None
    if len(groups) == 1:
        return groups[0]
    return lambda seen: any(group(seen) for group in groups)


def both(one: Predicate | None, other: Predicate | None) -> Predicate | None:
    """Whether both hold."""
    if one is None or other is None:
        return one or other
    return lambda seen: one(seen) and other(seen)


def _every(tests: list[Predicate]) -> Predicate:
    if len(tests) == 1:
        return tests[0]
    return lambda seen: all(test(seen) for test in tests)


def _compared(comparison: Comparison, fields: Mapping[str, Field]) -> Predicate:
    key, field = comparison.field, fields.get(comparison.field)
    if field is None or comparison.op not in OPERATORS[field.type]:
        return lambda seen: False
    if comparison.op == "filled":
        return lambda seen: key in seen
    if comparison.op == "empty":
        return lambda seen: key not in seen
    try:
        wanted = operand(field, comparison)
    except ValueError:
        return lambda seen: False
    if wanted is False:
        # An absent tick is what "is false" looks for.
        return (lambda seen: key not in seen) if comparison.op == "is" else (lambda seen: key in seen)
    return _held(key, comparison.op, wanted, several=field.type == "multiselect")


def _held(key: str, op: str, wanted: Any, *, several: bool) -> Predicate:
    exact = [wanted] if several else wanted
    tests: dict[str, Predicate] = {
        "is": lambda seen: seen.get(key) == exact,
        "is_not": lambda seen: seen.get(key) != exact,
        "contains": lambda seen: key in seen and wanted in seen[key],
        "gt": lambda seen: key in seen and seen[key] > wanted,
        "gte": lambda seen: key in seen and seen[key] >= wanted,
        "lt": lambda seen: key in seen and seen[key] < wanted,
        "lte": lambda seen: key in seen and seen[key] <= wanted,
    }
    return tests[op]
