"""Answers in one line."""

from __future__ import annotations

import pytest

from leadsbot.kit.headline import Told, headline, is_empty

LONG = "The roof leaks above the stairs"
FILE = {"filename": "plan.pdf", "size": 2048, "content_type": "application/pdf", "upload": "upl_1"}


@pytest.mark.parametrize(
    ("answers", "line"),
    [
        ([], ""),
        ([Told("Date", " "), Told("Agreed", True), Told("Terms", "Yes"), Told("More", None)], ""),
        ([Told("Stars", 0), Told("Text", LONG)], f"{LONG} · Stars: 0"),
        ([Told("Text", LONG), Told("Longer", LONG + " since May")], f"{LONG} since May · Text: {LONG}"),
        ([Told("Topic", LONG, written=False)], f"Topic: {LONG}"),
        ([Told("Ref", "upl_01arz3ndektsv4rrffq69g5fav"), Told("Plan", [FILE])], "Plan: plan.pdf, 2 KB"),
        ([Told("Ref", "0198C2F4-1111-7222-8333-444455556666"), Told("Deep", {"a": ["b"]})], ""),
        ([Told("Rooms", ["attic", "", 2]), Told("Mixed", [["x"]])], "Rooms: attic, 2"),
        ([Told(str(n), "x") for n in range(9)], "0: x · 1: x · 2: x · 3: x"),
        ([Told("Word", "x" * 5000), Told("Text", "two\nlines " * 900)], "two lines " * 20 + " · Word: " + "x" * 60),
    ],
)
def test_one_line_tells_what_was_written_first_and_leaves_out_what_tells_nothing(
    answers: list[Told], line: str
) -> None:
    assert headline(answers) == line


def test_a_tick_that_was_not_set_and_a_zero_are_answers() -> None:
    assert [is_empty(each) for each in (False, 0, "x", [0])] == [False] * 4
    assert [is_empty(each) for each in (None, "", " \n", [], {})] == [True] * 5
