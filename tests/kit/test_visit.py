"""How a submission came, in words."""

from __future__ import annotations

from typing import Any

import pytest

from leadsbot.kit.visit import told_visit


def test_facts_come_in_one_order_without_empty_ones_and_technical_ones_apart() -> None:
    told = told_visit(
        {
            "request_id": "req_1", "os": "Linux", "referrer": "", "content_type": "application/json",
            "page": "https://shop.example/", "device": "mobile", "referer": "https://shop.example/",
            "form": {"id": "abc", "version": 1}, "my_own": "x", "utm_source": "news", "first_touch": None,
        }
    )  # fmt: skip
    assert told.facts == [
        ("Page", "https://shop.example/"), ("Form", "version 1"), ("Campaign source", "news"), ("Device", "Telephone"),
        ("System", "Linux"),
    ]  # fmt: skip
    assert told.technical == [("Sent as", "application/json"), ("Request", "req_1"), ("My own", "x")]


def test_what_a_browser_prefers_is_told_without_weights() -> None:
    assert told_visit({"language": "de-CH,de;q=0.9, en;q=0.8"}).facts == [("Language of the browser", "de-CH, de, en")]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"id": 7, "plan": "pro", "gone": None, "empty": ""}, "Id: 7, Plan: pro"),
        ([1, "two", True, []], "1, two, yes"),
        ({"a": {"b": {"c": {"d": "too deep"}}}}, ""),
        ({"a": {"b": "c"}}, "A: B: c"),
    ],
)
def test_trees_are_one_line(value: Any, text: str) -> None:
    assert told_visit({"identity": value}).facts == ([("Who the site says it is", text)] if text else [])


@pytest.mark.parametrize(
    ("form", "text"), [({"id": "f1", "name": "contact"}, "contact"), ({"id": "f1", "name": ""}, "f1"), ("mine", "mine")]
)
def test_a_form_of_a_web_site_is_called_by_its_name(form: Any, text: str) -> None:
    assert told_visit({"form": form}).facts == [("Form", text)]
