"""What a published form costs each submission: the check of its answers, in microseconds."""

from __future__ import annotations

import itertools
import platform
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from leadsbot.contracts.intake import InvalidAnswers, Published
from leadsbot.features.forms.answers import FormCompiler
from leadsbot.features.forms.definition import Definition, decode
from leadsbot.features.forms.lint import lint
from leadsbot.features.forms.localized import ShownForm, shown_form
from leadsbot.kit.signing import Signer

ROUNDS, CALLS, GOAL_US = 7, 5_000, 15.0
TOPICS = [{"value": value, "label": value.title()} for value in ("roof", "kitchen", "bath")]


def field(key: str, type: str = "text", **more: Any) -> dict[str, Any]:
    return {"key": key, "type": type, "label": key.title(), **more}


FIVE = [
    field("name", required=True, max=200),
    field("email", "email", required=True),
    field("phone", "phone"),
    field("topic", "select", options=TOPICS),
    field("message", "textarea", required=True, max=5000),
]
LONG = [
    *FIVE,
    *(field(f"text{n}", show_if=[[{"field": "topic", "op": "is", "value": "roof"}]]) for n in range(20)),
    *(field(f"number{n}", "number", min=0, max=1000) for n in range(10)),
    field("code", pattern="[A-Z]{2}-\\d{4}"),
    field("terms", "consent", text="I agree that my details are kept.", required=True),
]
ENDING = [{"id": "done", "title": "Thank you, {name}", "text": "We write to {email}."}]


def form(fields: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"title": "Contact", "steps": [{"id": "one", "fields": fields}], **more}


def answers(**more: str) -> Iterator[dict[str, Any]]:
    """People who differ: nothing that is remembered from one helps with the next."""
    for number in itertools.count():
        yield {
            "name": f"Ada Lovelace {number}", "email": f"ada.lovelace{number}@example{number % 97}.com", "phone": "",
            "topic": "roof", "message": "Our roof leaks above the stairs. Can somebody come this week?", **more,
            **({"phone": f"+44 20 7946 {number % 10_000:04}"} if "phone" in more else {}),
        }  # fmt: skip


def measured(work: Callable[[dict[str, Any]], object], people: Iterator[dict[str, Any]], calls: int = CALLS) -> float:
    """The median over the rounds, in microseconds a call."""
    seen = []
    for _ in range(ROUNDS):
        batch = list(itertools.islice(people, calls))
        start = time.perf_counter()
        for each in batch:
            work(each)
        seen.append((time.perf_counter() - start) / calls * 1e6)
    return statistics.median(seen)


def shown(definition: Definition) -> ShownForm:
    return shown_form(definition, "en", key="k", version=1)


def checked(definition: dict[str, Any]) -> Callable[[dict[str, Any]], object]:
    assert lint(decode(definition)).errors == []
    stored = msgspec.json.encode({"version": 1, "definition": definition, "country": "GB"}).decode()
    compiled = FormCompiler(Signer("a secret key for this benchmark"))(Published("k" * 22, stored, (), None))
    return lambda fields: compiled.check(fields, "")


def refused(check: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], object]:
    def work(fields: dict[str, Any]) -> None:
        try:
            check(fields)
        except InvalidAnswers:
            return
        raise AssertionError("the answers were taken")

    return work


def main() -> int:
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}\n")
    numbers = {f"number{n}": str(n) for n in range(10)}
    more = {**{f"text{n}": "words" for n in range(20)}, **numbers, "code": "AB-1234", "terms": "yes"}
    five, long = decode(form(FIVE)), decode(form(LONG))
    rows = [
        ("five fields", measured(checked(form(FIVE)), answers())),
        ("five fields, with a telephone number", measured(checked(form(FIVE)), answers(phone="x"))),
        ("five fields, signed answers in the thank-you", measured(checked(form(FIVE, endings=ENDING)), answers())),
        ("five fields, refused", measured(refused(checked(form(FIVE))), answers(name="", topic="other"))),
        ("37 fields, 20 with conditions", measured(checked(form(LONG)), answers(**more))),
        ("for the page: five fields in one language", measured(lambda _: shown(five), answers())),
        ("for the builder: lint of 37 fields", measured(lambda _: lint(long), answers(), 200)),
    ]  # fmt: skip
    width = max(len(name) for name, _ in rows)
    for name, micros in rows:
        print(f"{name:{width}}  {micros:8.1f} µs")
    missed = rows[0][1] > GOAL_US
    print(f"\ngoal: five fields in {GOAL_US:g} µs: {'MISSED' if missed else 'met'}")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
