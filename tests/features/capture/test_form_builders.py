"""Bodies as the common form builders post them go in and every value is there afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Door

BUILDERS: dict[str, dict[str, Any]] = {
    "contact form 7": {
        "data": [
            ("_wpcf7", "42"),
            ("_wpcf7_unit_tag", "wpcf7-f42-p7-o1"),
            ("your-name", "Ada Lovelace"),
            ("your-email", "ada@example.com"),
            ("your-message", "Hello\r\nthere"),
            ("topics[]", "a"),
            ("topics[]", "b"),
        ]
    },
    "elementor": {
        "data": [
            ("form[id]", "f1"),
            ("form[name]", "Contact"),
            ("fields[name][id]", "name"),
            ("fields[name][value]", "Ada"),
            ("fields[email][id]", "email"),
            ("fields[email][type]", "email"),
            ("fields[email][value]", "ada@example.com"),
            ("meta[page_url][value]", "https://shop.example/contact"),
        ]
    },
    "elementor page": {"data": {"form_fields[name]": "Ada", "form_fields[email]": "ada@example.com", "post_id": "7"}},
    "gravity forms": {"json": {"id": "9", "form_id": "1", "1.3": "Ada", "1.6": "Lovelace", "2": "ada@example.com"}},
    "wpforms": {
        "data": [
            ("wpforms[fields][0][first]", "Ada"),
            ("wpforms[fields][0][last]", "Lovelace"),
            ("wpforms[fields][1]", "ada@example.com"),
            ("wpforms[id]", "3"),
        ]
    },
    "webflow": {
        "json": {
            "triggerType": "form_submission",
            "payload": {"name": "Contact", "data": {"First name": "Ada", "Email": "ada@example.com"}, "schema": []},
        }
    },
    "framer": {"json": {"First Name": "Ada", "Email": "ada@example.com", "Newsletter": "on"}},
    "squarespace": {"json": {"name": {"first": "Ada", "last": "Lovelace"}, "email": "ada@example.com", "formId": "x"}},
    "wix": {"json": {"data": {"formName": "Contact", "field:first_name": "Ada", "field:email_1": "ada@example.com"}}},
    "netlify": {"data": {"form-name": "contact", "name": "Ada", "email": "ada@example.com", "bot-field": ""}},
    "typeform": {
        "json": {
            "event_id": "01H",
            "event_type": "form_response",
            "form_response": {
                "answers": [
                    {"type": "text", "text": "Ada", "field": {"ref": "name", "type": "short_text"}},
                    {"type": "email", "email": "ada@example.com", "field": {"ref": "mail", "type": "email"}},
                ]
            },
        }
    },
    "plain, repeated keys": {"data": [("email", "ada@example.com"), ("email", "second@example.com"), ("name", "Ada")]},
}


def leaves(tree: Any) -> list[str]:
    """Every value of a tree, as text."""
    if isinstance(tree, dict):
        return [leaf for value in tree.values() for leaf in leaves(value)]
    if isinstance(tree, list):
        return [leaf for value in tree for leaf in leaves(value)]
    return [str(tree)]


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("kind", ["webhook", "form", "widget"])
async def test_every_value_a_form_builder_sends_is_stored(door: Door, name: str, kind: str) -> None:
    source, body = await door.source(kind), BUILDERS[name]
    answer = await door.post(source, headers={"Accept": "application/json"}, **body)
    assert answer.status == 201, answer.text
    data = body.get("data")
    sent = [value for _, value in data] if isinstance(data, list) else leaves(data or body["json"])
    assert sorted(leaves(await door.fields(source))) == sorted(sent)
