"""Regular expressions that strangers wrote, matched in a time that grows with the length of the text and no faster.

The language is a part of JavaScript's (with the flag ``v``, as the ``pattern`` attribute has it) and of RE2's, so that
a browser and we always agree:

- letters and digits as they are, ``.`` (anything but a line end), ``\\d \\D \\w \\W \\s \\S`` (digits and letters are
  ASCII), ``\\t \\n \\r``, and ``\\`` before a mark of the syntax (``^ $ \\ . * + ? ( ) [ ] { } | /``);
- classes: ``[a-z0-9]``, ``[^,;]``; inside them ``( ) [ ] { } / - | \\`` need a ``\\``, other marks may have one;
- groups ``( )`` and ``(?: )``, alternatives ``|``, and ``? * + {2} {2,} {2,5}``;
- ``^`` at the very beginning and ``$`` at the very end, which say nothing: a pattern is for the whole text.

Back-references, looking ahead or behind, lazy and possessive repeats and properties are refused. A pattern becomes an
automaton of at most MAX_STATES states (one for every letter, repeats written out), whose sets of states are made when a
text first leads to them and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple, TypeAlias

from leadsbot.kit.errors import Invalid

MAX_STATES: Final = 500
MAX_DEPTH: Final = 20
MAX_KEPT: Final = 300
"""Sets of states, and eight times as many steps, that are kept; a pattern that meets more begins anew."""

_SYNTAX: Final = frozenset("^$\\.*+?()[]{}|/")
_CLASS_SYNTAX: Final = frozenset("()[]{}/-|")
_CLASS_ESCAPES: Final = _SYNTAX | frozenset("-&!#%,:;<=>@`~")
_DOUBLED: Final = frozenset("&!#$%*+,.:;<=>?@^`~")
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r"}
_LINE_ENDS: Final = frozenset("\n\r\u2028\u2029")
_NOT_SPACE: Final = frozenset("\x1c\x1d\x1e\x1f\x85")

Test: TypeAlias = Callable[[str], bool]
Node: TypeAlias = tuple[str, Any]
"""``("one", test)``, ``("all", nodes)``, ``("any", nodes)``, ``("maybe", node)`` or ``("loop", node)``."""


class _Part(NamedTuple):
    """A part of the automaton: which states begin it, which end it, whether it can be nothing."""

    first: set[int]
    last: set[int]
    empty: bool


class Pattern:
    """One compiled pattern. Raises Invalid (without a field) that says what is wrong, and where."""

    __slots__ = ("_ending", "_follow", "_known", "_parts", "_sets", "_start", "_steps", "_tests")

    def __init__(self, source: str) -> None:
        self._tests: list[Test] = []
        self._follow: list[set[int]] = []
        self._parts = 0
        whole = self._add(_Parser(source).whole())
        self._ending, self._start = whole.last, (frozenset(whole.first), whole.empty)
        self._forget()

    def matches(self, text: str) -> bool:
        """Whether the whole text is one of those that the pattern describes."""
        here = 0
        for letter in text:
            there = self._steps.get((here, letter))
            if there is None:
                there = self._step(here, letter)
            if there < 0:
                return False
            here = there
        return self._sets[here][1]

    def _forget(self) -> None:
        # A set is the states that may take the next letter, and whether the text may end here. The first is the start.
        self._sets: list[tuple[frozenset[int], bool]] = [self._start]
        self._known: dict[tuple[frozenset[int], bool], int] = {}
        self._steps: dict[tuple[int, str], int] = {}

    def _step(self, here: int, letter: str) -> int:
        taken = [state for state in self._sets[here][0] if self._tests[state](letter)]
        made = (frozenset().union(*(self._follow[state] for state in taken)), not self._ending.isdisjoint(taken))
        if len(self._sets) >= MAX_KEPT or len(self._steps) >= MAX_KEPT * 8:
            self._forget()
            here = -1  # the set that we come from is forgotten, so the step from it cannot be kept
        there = self._known.get(made, len(self._sets)) if taken else -1
        if there == len(self._sets):
            self._known[made] = there
            self._sets.append(made)
        if here >= 0:
            self._steps[here, letter] = there
        return there

    def _add(self, node: Node) -> _Part:
        """Add a part to the automaton of positions (Glushkov)."""
        kind, held = node
        self._parts += 1
        if len(self._tests) >= MAX_STATES or self._parts > MAX_STATES * 10:
            raise Invalid(None, "This pattern repeats too much. Use the lengths of the field instead.")
        if kind == "one":
            self._tests.append(held)
            self._follow.append(set())
            state = len(self._tests) - 1
            return _Part({state}, {state}, empty=False)
        if kind == "all":
            return self._sequence(held)
        if kind == "any":
            parts = [self._add(each) for each in held]
            first, last = (part.first for part in parts), (part.last for part in parts)
            return _Part(set().union(*first), set().union(*last), any(part.empty for part in parts))
        part = self._add(held)
        if kind == "loop":
            for state in part.last:
                self._follow[state] |= part.first
        return part._replace(empty=True)

    def _sequence(self, nodes: Iterable[Node]) -> _Part:
        whole = _Part(set(), set(), empty=True)
        for node in nodes:
            part = self._add(node)
            for state in whole.last:
                self._follow[state] |= part.first
            whole = _Part(
                whole.first | part.first if whole.empty else whole.first,
                whole.last | part.last if part.empty else part.last,
                whole.empty and part.empty,
            )
        return whole


class _Parser:
    """Reads a pattern, letter by letter."""

    def __init__(self, source: str) -> None:
        self._text = source.removeprefix("^")
        if self._text.endswith("$") and not self._text.endswith("\\$"):
            self._text = self._text[:-1]
        self._at, self._depth = 0, 0

    def whole(self) -> Node:
        """The tree of the whole pattern."""
        tree = self._choice()
        if self._at < len(self._text):
            raise self._wrong("a ) without its (")
        return tree

    def _wrong(self, what: str) -> Invalid:
        return Invalid(None, f"This pattern has {what} at letter {self._at + 1}.", code="bad_pattern")

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        letter = self._peek()
        if not letter:
            raise self._wrong("no end")
        self._at += 1
        return letter

    def _choice(self) -> Node:
        choices = [self._run()]
        while self._peek() == "|":
            self._at += 1
            choices.append(self._run())
        return ("any", choices) if len(choices) > 1 else choices[0]

    def _run(self) -> Node:
        found: list[Node] = []
        while (letter := self._peek()) and letter not in "|)":
            found += self._repeated(self._one())
        return "all", found

    def _one(self) -> Node:
        letter = self._next()
        if letter == "(":
            return self._group()
        if letter == "[":
            return "one", self._class()
        if letter == ".":
            return "one", lambda one: one not in _LINE_ENDS
        if letter == "\\":
            return "one", self._escaped(_SYNTAX)
        if letter in _SYNTAX and letter != "/":
            self._at -= 1
            raise self._wrong(f"a {letter} that means nothing there (write \\{letter} for the letter itself)")
        return "one", letter.__eq__

    def _group(self) -> Node:
        if self._peek() == "?":
            if self._text[self._at : self._at + 2] != "?:":
                raise self._wrong("a kind of group that is not supported")
            self._at += 2
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._wrong("groups nested too deep")
        tree = self._choice()
        self._depth -= 1
        if self._next() != ")":
            raise self._wrong("a ( without its )")
        return tree

    def _repeated(self, node: Node) -> list[Node]:
        letter = self._peek()
        if letter not in ("?", "*", "+", "{"):
            return [node]
        self._at += 1
        least, most = {"?": (0, 1), "*": (0, None), "+": (1, None)}.get(letter) or self._bounds()
        if self._peek() in ("?", "*", "+", "{"):
            raise self._wrong("a repeat of a repeat")
        rest: list[Node] = [("loop", node)] if most is None else [("maybe", node)] * (most - least)
        return [node] * least + rest

    def _bounds(self) -> tuple[int, int | None]:
        inside, closed, _ = self._text[self._at :].partition("}")
        low, comma, high = inside.partition(",")
        numbers = [each for each in (low, high) if each]
        fits = all(each.isascii() and each.isdigit() and len(each) <= 4 for each in numbers)
        if not closed or not low or not fits:
            raise self._wrong("a { that begins no repeat")
        least = int(low)
        most = (int(high) if high else None) if comma else least
        if max(least, most or 0) > MAX_STATES or (most is not None and most < least):
            raise self._wrong("a repeat that is too long or ends before it begins")
        self._at += len(inside) + 1
        return least, most

    def _escaped(self, allowed: frozenset[str]) -> Test:
        letter = self._next()
        if letter in _KINDS:
            return _KINDS[letter]
        if letter in _CONTROLS:
            return _CONTROLS[letter].__eq__
        if letter in allowed:
            return letter.__eq__
        raise self._wrong(f"a \\{letter}, which is not supported,")

    def _class(self) -> Test:
        negated = self._peek() == "^"
        self._at += negated
        tests: list[Test] = []
        while (letter := self._next()) != "]":
            low = self._member(letter)
            if self._peek() != "-":
                tests.append(low)
                continue
            self._at += 1
            tests.append(self._range(low, self._member(self._next())))
        found = tuple(tests)
        return lambda one: any(test(one) for test in found) is not negated

    def _member(self, letter: str) -> Test:
        if letter == "\\":
            return self._escaped(_CLASS_ESCAPES)
        if letter in _CLASS_SYNTAX:
            raise self._wrong(f"a {letter} in brackets (write \\{letter})")
        if letter in _DOUBLED and self._peek() == letter:
            raise self._wrong(f"{letter}{letter} in brackets (write it once)")
        return letter.__eq__

    def _range(self, low: Test, high: Test) -> Test:
        begin, end = getattr(low, "__self__", None), getattr(high, "__self__", None)
        if not isinstance(begin, str) or not isinstance(end, str) or end < begin:
            raise self._wrong("a range in brackets that is none")
        return lambda one: begin <= one <= end


def _digit(letter: str) -> bool:
    return "0" <= letter <= "9"


def _word(letter: str) -> bool:
    return letter == "_" or (letter.isascii() and letter.isalnum())


def _space(letter: str) -> bool:
    return (letter.isspace() and letter not in _NOT_SPACE) or letter == "\ufeff"


def _negated(test: Test) -> Test:
    return lambda letter: not test(letter)


_KINDS: Final[dict[str, Test]] = {
    "d": _digit, "D": _negated(_digit), "w": _word, "W": _negated(_word), "s": _space, "S": _negated(_space),
}  # fmt: skip
