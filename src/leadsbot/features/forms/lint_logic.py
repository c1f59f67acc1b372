"""What can be wrong with conditions: they name what is not there, ask what cannot be asked, or can never hold.

Whether conditions can hold is decided by writing them out: a comparison that needs an answer also needs whatever makes
its field visible. That is done with measure (MAX_WAYS for one condition, MAX_WORK comparisons for a form); what is
beyond it counts as fine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from itertools import islice
from operator import ge, gt, le, lt
from typing import Any, Final

from leadsbot.features.forms.conditions import CHOICES, NUMBERS, OPERATORS, TICKS, operand
from leadsbot.features.forms.definition import Comparison, Conditions, Definition, Field
from leadsbot.features.forms.findings import Report, called

MAX_WAYS: Final = 200
MAX_WORK: Final = 50_000
_SAYS: Final = {
    "is": "is", "is_not": "is not", "contains": "contains", "gt": "is more than", "gte": "is at least",
    "lt": "is less than", "lte": "is at most", "filled": "is filled in", "empty": "is empty",
}  # fmt: skip
_BLANK_HOLDS: Final = frozenset({"empty", "is_not"})
_ORDER: Final[dict[str, Callable[[Any, Any], Any]]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
Way = tuple[Comparison, ...]
"""Comparisons that must all hold."""


class Logic:
    """The conditions of one form."""

    def __init__(self, definition: Definition, report: Report) -> None:
        self._definition, self._report = definition, report
        # Of two fields with one key, which is an error of its own, the first is the one that is meant.
        self._fields = {field.key: field for field in reversed(definition.fields())}
        self._left = MAX_WORK
        self._ways: dict[str, list[Way]] = {}
        """How each field can come to be visible."""

    def look(self) -> None:
        """Report on every condition of the form."""
        earlier: dict[str, Field] = {}
        for place, step in enumerate(self._definition.steps):
            path = f"steps[{place}]"
            of_step = self._held(step.show_if, f"{path}.show_if", earlier, "This step is never shown")
            for number, field in enumerate(step.fields):
                here = f"{path}.fields[{number}].show_if"
                own = self._held(field.show_if, here, earlier, f"{called(field)} is never shown", among=of_step)
                self._ways.setdefault(field.key, own)
                earlier.setdefault(field.key, field)
        self._endings(earlier)

    def _endings(self, fields: dict[str, Field]) -> None:
        always = None
        for place, ending in enumerate(self._definition.endings):
            path = f"endings[{place}]"
            if always is not None:
                self._report.error(path, "unreachable", f"It is never reached, for “{always}” before it always is.")
            self._held(ending.show_if, f"{path}.show_if", fields, "This ending is never reached")
            if not ending.show_if and always is None:
                always = ending.title or ending.id

    def _held(
        self,
        conditions: Conditions,
        path: str,
        earlier: Mapping[str, Field],
        never: str,
        *,
        among: list[Way] | None = None,
    ) -> list[Way]:
        """The ways in which conditions can hold while what is around them does (``among``); errors are reported."""
        around: list[Way] = [()] if among is None else among
        if not conditions:
            return around
        ways: list[Way] = []
        sound = True
        for place, group in enumerate(conditions):
            faults = [self._fault(each, earlier) for each in group]
            for number, fault in enumerate(faults):
                if fault:
                    self._report.error(f"{path}[{place}][{number}]", "bad_condition", fault)
            if any(faults):
                sound = False
                continue
            found = self._expanded(group, around)
            if not found and around and len(conditions) > 1:
                self._report.hint(f"{path}[{place}]", "contradiction", "These conditions can never hold together.")
            ways += found
        if not sound:
            return around
        if not ways and around:
            self._report.error(path, "contradiction", f"{never}: its conditions can never hold together.")
        return ways[:MAX_WAYS]

    def _expanded(self, group: Iterable[Comparison], around: list[Way]) -> list[Way]:
        """Every way in which a group can hold that is no contradiction."""
        if self._left <= 0:
            return around
        ways = [way + tuple(group) for way in around]
        for needed in {each.field for each in group if self._needs_answer(each)}:
            known = self._ways.get(needed, [()])
            ways = list(islice((way + more for way in ways for more in known), MAX_WAYS))
        self._left -= sum(map(len, ways))
        return [way for way in ways if self._possible(way)]

    def _needs_answer(self, comparison: Comparison) -> bool:
        """Whether this can only hold where its field is shown and something was answered."""
        if self._fields[comparison.field].type in TICKS:
            return _ticked(comparison)
        return comparison.op not in _BLANK_HOLDS

    def _possible(self, way: Way) -> bool:
        by_field: dict[str, list[Comparison]] = {}
        for each in way:
            by_field.setdefault(each.field, []).append(each)
        return all(_can_hold(self._fields[key], comparisons) for key, comparisons in by_field.items())

    def _fault(self, comparison: Comparison, earlier: Mapping[str, Field]) -> str | None:
        """What is wrong with one comparison by itself."""
        field = earlier.get(comparison.field)
        if field is None:
            if comparison.field not in self._fields:
                return f"There is no field {comparison.field}. Choose another one for this condition."
            return f"{called(self._fields[comparison.field])} comes later. Ask for what was answered before."
        if comparison.op not in OPERATORS[field.type]:
            return f"It cannot be asked whether {called(field)} {_SAYS[comparison.op]} something."
        if comparison.op in ("filled", "empty"):
            return None
        try:
            value = operand(field, comparison)
        except ValueError as error:
            return f"Compare {called(field)} with {error}."
        return _bad_value(field, value)


def _bad_value(field: Field, value: Any) -> str | None:
    if field.type in CHOICES and value not in {option.value for option in field.options}:
        return f"{called(field)} has no option “{value}” (any more)."
    if field.type == "date" and not _is_date(value):
        return f"Compare {called(field)} with a date like 2026-12-31."
    return None


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _can_hold(field: Field, comparisons: list[Comparison]) -> bool:
    """Whether some answer to one field makes all of these comparisons hold."""
    if field.type in TICKS:
        wanted = {_ticked(each) for each in comparisons}
        return len(wanted) == 1
    blank = [each.op in _BLANK_HOLDS for each in comparisons]
    if all(blank):
        # No answer at all is none of the values that it must not be.
        return True
    if any(each.op == "empty" for each in comparisons):
        return False
    values = [(each.op, operand(field, each)) for each in comparisons if each.op != "filled"]
    equal = {value for op, value in values if op == "is"}
    unequal = {value for op, value in values if op == "is_not"}
    if len(equal) > 1:
        return False
    if equal:
        only = equal.pop()
        several = field.type == "multiselect"
        return all(_agrees(op, only, value, several=several) for op, value in values if op != "is")
    if field.type in ("select", "radio"):
        return not {option.value for option in field.options} <= unequal
    if field.type in NUMBERS or field.type == "date":
        return _between(values, unequal)
    return True


def _ticked(comparison: Comparison) -> bool:
    if comparison.op in ("filled", "empty"):
        return comparison.op == "filled"
    return (comparison.op == "is") is bool(comparison.value)


def _agrees(op: str, answer: Any, value: Any, *, several: bool) -> bool:
    """Whether the answer of which only ``is`` was said lets another comparison hold."""
    if op == "is_not":
        return bool(answer != value)
    if op == "contains":
        return bool(value == answer if several else value in answer)
    return bool(_ORDER[op](answer, value))


def _between(values: Sequence[tuple[str, Any]], unequal: set[Any]) -> bool:
    """Whether something lies between the bounds; a single point that is excluded does not."""
    lows = [(value, op == "gt") for op, value in values if op in ("gt", "gte")]
    highs = [(value, op == "lt") for op, value in values if op in ("lt", "lte")]
    if not lows or not highs:
        return True
    low, open_low = max(lows)
    high, open_high = min(highs, key=lambda bound: (bound[0], not bound[1]))
    if low == high:
        return not open_low and not open_high and low not in unequal
    return bool(low < high)
