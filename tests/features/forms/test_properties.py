"""What lint accepts can be compiled and asked anything, and what it calls unreachable is."""

from __future__ import annotations

from itertools import product
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.contracts.intake import Answers, InvalidAnswers, Published
from leadsbot.features.forms.answers import FormCompiler
from leadsbot.features.forms.conditions import OPERATORS
from leadsbot.features.forms.definition import Definition, decode, encode
from leadsbot.features.forms.lint import lint
from leadsbot.features.forms.localized import as_data, shown_form
from leadsbot.kit.signing import Signer
from tests.features.forms.conftest import SECRET, field, one_step
from tests.features.forms.test_lint import AB, when

KEYS = ["a", "b", "c", "email", "message"]
TYPES = list(OPERATORS)
WORDS = st.sampled_from(["", " ", "a", "b", "a b", "5", "-1.5", "1.250,00", "yes", "off", "2026-05-01", "a@b.example",
                         "+49 30 123456", "\u202e", "é" * 30, "{a}", "<b>", "9" * 60, "\r\n", "٥"])  # fmt: skip
NUMBERS = st.one_of(
    st.none(), st.integers(-3, 12), st.floats(-1e6, 1e6, allow_nan=False), st.sampled_from([1e300, 1e-300])
)
OPTIONS = st.lists(st.sampled_from(["a", "b", "c", "5", " a", ""]), max_size=4).map(
    lambda values: [{"value": value, "label": value.upper()} for value in values]
)
COMPARISONS = st.fixed_dictionaries(
    {"field": st.sampled_from(KEYS), "op": st.sampled_from(sorted({op for ops in OPERATORS.values() for op in ops}))},
    optional={"value": st.one_of(WORDS, st.integers(-5, 5), st.booleans(), st.floats(-5, 5), st.just("a"))},
)
CONDITIONS = st.lists(st.lists(COMPARISONS, min_size=1, max_size=3), max_size=2)
FIELDS = st.fixed_dictionaries(
    {"key": st.sampled_from(KEYS), "type": st.sampled_from(TYPES), "label": st.sampled_from(["", "Label"])},
    optional={
        "required": st.booleans(), "options": OPTIONS, "min": NUMBERS, "max": NUMBERS, "step": NUMBERS,
        "pattern": st.sampled_from(["", "a+", "[a-z]{2}", "(a|b)*", "(", "\\d{3}"]), "default": WORDS,
        "prefill": st.sampled_from(["", "p"]), "country": st.sampled_from(["", "DE", "XX"]),
        "currency": st.sampled_from(["", "EUR", "KWD"]), "scale": st.integers(2, 10),
        "text": st.sampled_from(["", "I agree."]), "show_if": CONDITIONS,
    },
)  # fmt: skip
FITTING = st.one_of(
    st.builds(
        lambda k, r, s: field(k, "text", required=r, show_if=s), st.sampled_from(KEYS), st.booleans(), CONDITIONS
    ),
    st.builds(lambda k, o, s: field(k, "select", options=o, show_if=s), st.sampled_from(KEYS), st.just(AB), CONDITIONS),
    st.builds(lambda k, m: field(k, "number", min=m), st.sampled_from(KEYS), NUMBERS),
    st.builds(lambda k: field(k, "consent", text="I agree.", required=True), st.sampled_from(KEYS)),
    FIELDS,
)
DEFINITIONS = st.builds(
    lambda steps, endings, more: {
        "title": "T", "steps": [{"id": f"s{n}", **step} for n, step in enumerate(steps)],
        "endings": [{"id": f"e{n}", **each} for n, each in enumerate(endings)], **more,
    },
    st.lists(st.fixed_dictionaries({"fields": st.lists(FITTING, max_size=4)}, optional={"show_if": CONDITIONS}),
             min_size=1, max_size=3),
    st.lists(st.fixed_dictionaries({}, optional={
        "title": WORDS, "text": st.sampled_from(["{a}", "{zz}", "x"]), "kind": st.sampled_from(["message", "redirect"]),
        "url": st.sampled_from(["", "https://shop.example/?a={a}", "https://x.example/"]), "show_if": CONDITIONS,
    }), max_size=2),
    st.sampled_from([{}, {"languages": {"de": {}, "ar": {"title": "x"}}}, {"language": "he"}]),
)  # fmt: skip
VALUES = st.recursive(
    st.one_of(
        WORDS,
        st.none(),
        st.booleans(),
        st.integers(-(10**20), 10**20),
        st.decimals(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["x", "filename"]), inner, max_size=2)
    ),
    max_leaves=4,
)
ANSWERS = st.dictionaries(st.sampled_from([*KEYS, "unknown"]), VALUES, max_size=6)
COMPILE = FormCompiler(Signer(SECRET))


def compiled(definition: Definition) -> Any:
    form = msgspec.json.encode({"version": 3, "definition": encode(definition), "country": "GB"}).decode()
    made = COMPILE(Published("k" * 22, form, ("https://shop.example/",), None))
    assert made.version == 3
    return made


def asked(form: Any, answers: dict[str, Any], language: str = "") -> Answers | InvalidAnswers:
    try:
        taken: Answers = form.check(answers, language)
    except InvalidAnswers as error:
        return error
    return taken


@given(DEFINITIONS, ANSWERS, st.sampled_from(["", "de", "ar-EG", "xx", "-", "\x00"]))
def test_whatever_is_compiled_answers_or_refuses_by_field(
    data: dict[str, Any], answers: dict[str, Any], language: str
) -> None:
    definition = decode(data)
    report = lint(definition, ["https://shop.example/"])
    form = compiled(definition)
    keys = {each.key for each in definition.fields()}
    taken = asked(form, answers, language)
    if isinstance(taken, InvalidAnswers):
        assert set(taken.faults) <= keys
        assert all(len(message) > 5 and "{" not in message for message in taken.faults.values())
    else:
        # What stands in the place of a file that was not asked for is no answer.
        files = {each.key for each in definition.fields() if each.type == "file"}
        assert taken.fields.keys() | files == answers.keys() | files
        assert taken.fields.get("unknown") == answers.get("unknown")
        assert taken.ending is not None
        assert taken.ending["url"].startswith(("/f/kkk", "https://shop.example/"))
        msgspec.json.encode(taken)
    if not report.errors:
        for tag in (definition.language, *definition.languages):
            assert as_data(shown_form(definition, tag, key="k", version=1))["language"] == tag


CHOICES = st.sampled_from(["select", "checkbox"])


@st.composite
def puzzles(draw: st.DrawFn) -> dict[str, Any]:
    """Forms of choices and boxes with sound conditions: small enough to try every way of filling them in."""
    fields: list[dict[str, Any]] = []
    for number in range(draw(st.integers(2, 5))):
        groups = []
        for _ in range(draw(st.integers(0, 2)) if fields else 0):
            group = []
            for _ in range(draw(st.integers(1, 3))):
                asked = draw(st.sampled_from(fields))
                op = draw(st.sampled_from(["is", "is_not", "filled", "empty"]))
                value = draw(st.booleans() if asked["type"] == "checkbox" else st.sampled_from(["a", "b"]))
                group.append(when(asked["key"], op, value if op.startswith("is") else None))
            groups.append(group)
        type = draw(CHOICES)
        more: dict[str, Any] = {"options": AB} if type == "select" else {}
        fields.append(field(f"f{number}", type, show_if=groups, **more))
    return one_step(*fields)


@given(puzzles())
def test_exactly_what_no_answers_can_bring_about_is_called_unreachable(data: dict[str, Any]) -> None:
    fields = data["steps"][0]["fields"]
    reachable: set[int] = set()
    required = one_step(*({**each, "required": True} for each in fields))
    form = compiled(decode(required))
    everything = [("a", "b", "") if each["type"] == "select" else (True, False) for each in fields]
    for values in product(*everything):
        answers = {each["key"]: value for each, value in zip(fields, values, strict=True)}
        for number, each in enumerate(fields):
            # Left empty, a required field is missed exactly where it is shown.
            try:
                form.check({**answers, each["key"]: ""}, "")
            except InvalidAnswers as error:
                if each["key"] in error.faults:
                    reachable.add(number)
    errors = {each.path for each in lint(decode(data)).errors}
    never = {f"steps[0].fields[{number}].show_if" for number in range(len(fields)) if number not in reachable}
    assert errors == never
