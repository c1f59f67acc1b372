"""Recognised fields: one real-shaped body for every form builder, many spellings, and nothing ever lost."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadsbot.features.leads.mapping import JSON, Attachment, Recognised, recognise
from leadsbot.kit.brackets import unfold

MESSAGE = "We would like a quote for 20 chairs."
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"


def _strings(value: object, labels: frozenset[str] = frozenset()) -> list[str]:
    """The values in a body or a result, each on one line; `labels` of a record that has a value are left out."""
    if isinstance(value, dict):
        skipped = labels if "value" in value or "values" in value else frozenset()
        # What the listener says of a field: its type is about the page, not about the visitor.
        skipped |= {"type"} if value.keys() == {"name", "label", "type", "value"} else set()
        return [text for key, each in value.items() if key not in skipped for text in _strings(each, labels)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in _strings(each, labels)]
    return [" ".join(str(value).split())] if isinstance(value, str | int | float) else []


def _sent(body: dict[str, Any]) -> list[str]:
    # The label of a record that has a value is a key like any other: it is allowed to be replaced by a known name.
    return _strings(body, frozenset({"label", "title", "name", "question", "fieldName", "key", "field"}))


def _everything(got: Recognised) -> str:
    """All that came out, names of fields included, as one text."""
    parts = [got.name, got.first_name, got.last_name, got.email, got.phone, got.company, got.message]
    values = [" ".join(part.split()) for part in parts if part]
    values += _strings(got.fields) + _strings(got.context)
    return "\n".join([*values, " ".join(json.dumps(got.fields, ensure_ascii=False).split())])


def _check(body: dict[str, Any]) -> Recognised:
    """Recognises the body and checks that it was left alone and that every value in it came out somewhere."""
    before = copy.deepcopy(body)
    got = recognise(body)
    assert body == before
    out = _everything(got)
    lost = [text for text in _sent(body) if text not in out]
    assert lost == []
    return got


def _who(got: Recognised) -> tuple[str | None, str | None, str | None, str | None]:
    return got.name, got.email, got.phone, got.message


ADA = ("Ada Lovelace", "ada@kunde.example", "+44 20 7183 8750", MESSAGE)


def test_the_plain_names_of_our_own_forms_are_recognised() -> None:
    body = {
        "name": ADA[0],
        "email": ADA[1],
        "phone": ADA[2],
        "company": "Kunde Ltd",
        "message": MESSAGE,
        "budget": "5k",
    }
    got = _check(body)
    assert _who(got) == ADA
    assert got.company == "Kunde Ltd"
    assert got.fields == {"budget": "5k"}
    assert got.ambiguous == ()


def test_fields_may_be_nested_under_fields() -> None:
    got = _check({"fields": {"name": ADA[0], "email": ADA[1], "budget": "5k", "rooms": ["a", "b"]}, "source": "x"})
    assert (got.name, got.email) == ADA[:2]
    assert got.fields == {"budget": "5k", "rooms": ["a", "b"], "source": "x"}


def test_a_name_beside_nested_fields_is_recognised() -> None:
    got = _check({"name": ADA[0], "email": ADA[1], "fields": {"budget": "5k"}})
    assert (got.name, got.email) == ADA[:2]
    assert got.fields == {"budget": "5k"}


def test_contact_form_7() -> None:
    pairs = [
        ("_wpcf7", "123"),
        ("_wpcf7_version", "5.9.8"),
        ("_wpcf7_locale", "en_GB"),
        ("_wpcf7_unit_tag", "wpcf7-f123-p45-o1"),
        ("_wpcf7_container_post", "45"),
        ("_wpcf7_posted_data_hash", ""),
        ("your-name", ADA[0]),
        ("your-email", ADA[1]),
        ("tel-610", ADA[2]),
        ("your-subject", "Chairs"),
        ("your-message", MESSAGE),
        ("checkbox-911[]", "Delivery"),
        ("checkbox-911[]", "Assembly"),
    ]
    got = _check(unfold(pairs))
    assert _who(got) == ADA
    assert got.context == {"locale": "en_GB"}
    assert got.fields["your-subject"] == "Chairs"
    assert got.fields["checkbox-911"] == ["Delivery", "Assembly"]
    assert got.fields["_wpcf7_unit_tag"] == "wpcf7-f123-p45-o1"


def test_elementor_as_the_browser_posts_it() -> None:
    pairs = [
        ("post_id", "12"),
        ("form_id", "7f3a2b1"),
        ("referer_title", "Contact"),
        ("queried_id", "12"),
        ("form_fields[name]", ADA[0]),
        ("form_fields[email]", ADA[1]),
        ("form_fields[field_a1b2c3d]", "5k"),
        ("form_fields[message]", MESSAGE),
        ("action", "elementor_pro_forms_send_form"),
        ("referrer", "https://kunde.example/contact/?utm_source=google&gclid=abc"),
    ]
    got = _check(unfold(pairs))
    assert (got.name, got.email, got.message) == (ADA[0], ADA[1], MESSAGE)
    assert got.fields["field_a1b2c3d"] == "5k"
    assert "form_fields" not in got.fields
    assert got.context["referrer"].startswith("https://kunde.example/contact/")


def test_the_elementor_webhook_with_labels_as_names() -> None:
    body = {
        "Name": ADA[0],
        "Email": ADA[1],
        "Phone": ADA[2],
        "Message": MESSAGE,
        "Date": "November 24, 2026",
        "Time": "1:15 am",
        "Page URL": "https://kunde.example/contact/?utm_source=google&utm_campaign=chairs&gclid=abc",
        "User Agent": AGENT,
        "Remote IP": "203.0.113.7",
        "Powered by": "Elementor",
        "form_id": "7f3a2b1",
        "form_name": "New Form",
    }
    got = _check(body)
    assert _who(got) == ADA
    assert got.context == {
        "page": body["Page URL"],
        "sent_user_agent": AGENT,
        "sent_ip": "203.0.113.7",
        "utm_source": "google",
        "utm_campaign": "chairs",
        "gclid": "abc",
    }
    assert got.fields["form_name"] == "New Form"


def _elementor_record(id: str, kind: str, title: str, value: str) -> dict[str, str]:
    return {"id": id, "type": kind, "title": title, "value": value, "raw_value": value, "required": "1"}


def test_the_elementor_webhook_with_advanced_data() -> None:
    body = {
        "form": {"id": "7f3a2b1", "name": "New Form"},
        "fields": {
            "name": _elementor_record("name", "text", "Your Name", ADA[0]),
            "field_9d2e": _elementor_record("field_9d2e", "email", "Where do we write to?", ADA[1]),
            "field_77": _elementor_record("field_77", "tel", "", ADA[2]),
            "field_a1": _elementor_record("field_a1", "select", "Budget", "5k"),
            "field_a2": _elementor_record("field_a2", "textarea", "Anything else?", MESSAGE),
        },
        "meta": {
            "date": {"title": "Date", "value": "November 24, 2026"},
            "page_url": {"title": "Page URL", "value": "https://kunde.example/contact/"},
            "user_agent": {"title": "User Agent", "value": AGENT},
            "remote_ip": {"title": "Remote IP", "value": "203.0.113.7"},
            "credit": {"title": "Powered by", "value": "Elementor"},
        },
    }
    got = _check(body)
    assert _who(got) == ADA
    assert got.fields["Budget"] == "5k"
    assert got.fields["form"] == {"id": "7f3a2b1", "name": "New Form"}
    assert got.context["page"] == "https://kunde.example/contact/"
    assert got.context["sent_ip"] == "203.0.113.7"


def test_the_elementor_webhook_with_advanced_data_form_encoded() -> None:
    pairs = [
        ("form[id]", "7f3a2b1"),
        ("form[name]", "New Form"),
        ("fields[email][id]", "email"),
        ("fields[email][type]", "email"),
        ("fields[email][title]", "E-mail"),
        ("fields[email][value]", ADA[1]),
        ("fields[email][raw_value]", ADA[1]),
        ("fields[name][value]", ADA[0]),
        ("meta[page_url][title]", "Page URL"),
        ("meta[page_url][value]", "https://kunde.example/"),
    ]
    got = _check(unfold(pairs))
    assert (got.name, got.email) == ADA[:2]
    assert got.context == {"page": "https://kunde.example/"}


def test_gravity_forms_as_the_browser_posts_it() -> None:
    pairs = [
        ("input_1.3", "Ada"),
        ("input_1.6", "Lovelace"),
        ("input_2", ADA[1]),
        ("input_3", "(020) 7183-8750"),
        ("input_4", MESSAGE),
        ("input_5.1", "Delivery"),
        ("is_submit_3", "1"),
        ("gform_submit", "3"),
        ("gform_unique_id", ""),
        ("state_3", "WyJbXSIsImEiXQ=="),
    ]
    got = _check(unfold(pairs))
    assert _who(got) == ("Ada Lovelace", ADA[1], "(020) 7183-8750", MESSAGE)
    assert (got.first_name, got.last_name) == ("Ada", "Lovelace")
    assert got.fields["input_5.1"] == "Delivery"
    assert got.fields["gform_submit"] == "3"


def test_gravity_forms_with_underscores_in_the_names() -> None:
    got = _check(
        {"input_1_3": "Ada", "input_1_6": "Lovelace", "input_7_1": "Main St 1", "input_7_3": "Bonn", "input_7_6": "DE"}
    )
    assert got.name == "Ada Lovelace"
    assert got.fields == {"input_7_1": "Main St 1", "input_7_3": "Bonn", "input_7_6": "DE"}


def test_a_gravity_forms_entry_from_its_webhook() -> None:
    body = {
        "id": "41",
        "form_id": "3",
        "post_id": None,
        "date_created": "2026-11-24 01:15:47",
        "is_starred": 0,
        "ip": "203.0.113.7",
        "source_url": "https://kunde.example/contact/",
        "user_agent": AGENT,
        "currency": "GBP",
        "status": "active",
        "1.2": "",
        "1.3": "Ada",
        "1.4": "",
        "1.6": "Lovelace",
        "1.8": "",
        "2": ADA[1],
        "3": ADA[2],
        "4": MESSAGE,
    }
    got = _check(body)
    assert _who(got) == ADA
    assert got.context == {"page": body["source_url"], "sent_ip": "203.0.113.7", "sent_user_agent": AGENT}
    assert got.fields["form_id"] == "3"


def test_wpforms_as_the_browser_posts_it() -> None:
    pairs = [
        ("wpforms[fields][0][first]", "Ada"),
        ("wpforms[fields][0][last]", "Lovelace"),
        ("wpforms[fields][1]", ADA[1]),
        ("wpforms[fields][3]", "5k"),
        ("wpforms[fields][2]", MESSAGE),
        ("wpforms[hp]", ""),
        ("wpforms[id]", "88"),
        ("wpforms[author]", "1"),
        ("page_title", "Contact"),
        ("page_url", "https://kunde.example/contact/"),
        ("wpforms[submit]", "wpforms-submit"),
    ]
    got = _check(unfold(pairs))
    assert (got.name, got.email, got.message) == ("Ada Lovelace", ADA[1], MESSAGE)
    assert got.fields["3"] == "5k"
    assert got.context == {"page_title": "Contact", "page": "https://kunde.example/contact/"}


def test_wpforms_processed_fields() -> None:
    body = {
        "form_id": "88",
        "fields": {
            "0": {
                "name": "Name", "value": ADA[0], "id": "0", "type": "name",
                "first": "Ada", "middle": "", "last": "Lovelace",
            },
            "1": {"name": "Email", "value": ADA[1], "id": "1", "type": "email"},
            "2": {"name": "Comment or Message", "value": MESSAGE, "id": "2", "type": "textarea"},
            "3": {"name": "Budget", "value": "5k", "value_raw": "five", "id": "3", "type": "select"},
        },
    }  # fmt: skip
    got = _check(body)
    assert (got.name, got.email, got.message) == (ADA[0], ADA[1], MESSAGE)
    assert got.fields["Budget"] == "5k"


def test_the_webflow_webhook() -> None:
    names = ["First Name", "Last Name", "email", "Phone Number", "Company size"]
    body = {
        "triggerType": "form_submission",
        "payload": {
            "name": "Contact Us",
            "siteId": "65427cf400e02b306eaa049c",
            "data": {
                "First Name": "Zaphod",
                "Last Name": "Beeblebrox",
                "email": "zaphod@kunde.example",
                "Phone Number": 15550000000,
                "Company size": "10-50",
            },
            "schema": [
                {"fieldName": name, "fieldType": "FormTextInput", "fieldElementId": f"2850-{name}"} for name in names
            ],
            "submittedAt": "2026-09-14T12:35:16.117Z",
            "id": "6321ca84df3949bfc6752327",
            "formId": "65429eadebe8a9f3a30f62d0",
            "formElementId": "4e038d2c-6a1e-4953-7be9-a59a2b453177",
        },
    }
    got = _check(body)
    assert (got.name, got.email, got.phone) == ("Zaphod Beeblebrox", "zaphod@kunde.example", "15550000000")
    assert got.fields["Company size"] == "10-50"
    assert got.fields["payload"]["name"] == "Contact Us"  # type: ignore[index, call-overload]
    assert got.message is None


def test_a_webflow_webhook_without_a_name_does_not_take_that_of_the_form() -> None:
    got = _check(
        {"triggerType": "form_submission", "payload": {"name": "Newsletter", "siteId": "1", "data": {"Email": ADA[1]}}}
    )
    assert got.name is None
    assert got.email == ADA[1]


def test_a_webflow_form_posted_directly() -> None:
    pairs = [("name", ADA[0]), ("Email-2", ADA[1]), ("Phone-3", ADA[2]), ("field-4", MESSAGE), ("Checkbox", "true")]
    got = _check(unfold(pairs))
    assert _who(got) == ADA
    assert got.fields == {"Checkbox": "true"}


def test_the_framer_webhook() -> None:
    got = _check({"Name": ADA[0], "Email": ADA[1], "Phone": ADA[2], "Message": MESSAGE, "Newsletter": "on"})
    assert _who(got) == ADA
    assert got.fields == {"Newsletter": "on"}


def test_a_squarespace_form() -> None:
    body = {
        "fname": "Ada",
        "lname": "Lovelace",
        "email-yui_3_17_2_1_1455037154250_51657": ADA[1],
        "phone-yui_3_17_2_1_1455037154250_51658": ADA[2],
        "textarea-yui_3_17_2_1_1455037154250_51659": MESSAGE,
        "select-yui_3_17_2_1_1455037154250_51660": "Chairs",
    }
    got = _check(body)
    assert _who(got) == ADA
    assert got.fields == {"select-yui_3_17_2_1_1455037154250_51660": "Chairs"}


def test_squarespace_system_fields() -> None:
    got = _check({"SQF_EMAIL": ADA[1], "SQF_NAME": ADA[0]})
    assert (got.name, got.email) == ADA[:2]


def test_the_wix_automation_webhook() -> None:
    body = {
        "data": {
            "formName": "Contact",
            "submissionTime": "2026-11-24T01:15:47.000Z",
            "formId": "1654cfeb-5d1b-4fc0-8589-0ecc2b5b153e",
            "field:first_name_fe01": "Ada",
            "field:last_name_b4ca": "Lovelace",
            "field:email_fea1": ADA[1],
            "field:budget_77aa": "5k",
            "submissions": [
                {"label": "First name", "value": "Ada"},
                {"label": "Last name", "value": "Lovelace"},
                {"label": "Email", "value": ADA[1]},
                {"label": "Phone", "value": ADA[2]},
                {"label": "Your message", "value": MESSAGE},
                {"label": "Budget", "value": "5k"},
            ],
            "contact": {
                "name": {"first": "Ada", "last": "Lovelace"},
                "email": ADA[1],
                "locale": "en-gb",
                "contactId": "3e884e7f-da65-53dc-ab09-3655e283dd40",
            },
        }
    }
    got = _check(body)
    assert _who(got) == ADA
    assert got.fields["Budget"] == "5k"
    assert "submissions" not in got.fields["data"]  # type: ignore[operator]
    assert ADA[1] not in json.dumps(got.fields)


def test_wix_fields_without_the_list_of_submissions() -> None:
    got = _check(
        {"data": {"field:first_name_fe01": "Ada", "field:last_name_abcd": "Lovelace", "field:email_abcd": ADA[1]}}
    )
    assert (got.name, got.email) == ADA[:2]


def _netlify() -> dict[str, Any]:
    return {
        "number": 6,
        "title": ADA[0],
        "email": ADA[1],
        "name": ADA[0],
        "first_name": "Ada",
        "last_name": "Lovelace",
        "company": None,
        "summary": MESSAGE,
        "body": MESSAGE,
        "data": {
            "name": ADA[0],
            "email": ADA[1],
            "comments": MESSAGE,
            "budget": "5k",
            "ip": "203.0.113.7",
            "user_agent": AGENT,
            "referrer": "https://kunde.example/contact/",
        },
        "created_at": "2026-10-13T14:02:06.088Z",
        "human_fields": {"Name:": ADA[0], "Email:": ADA[1], "Comments:": MESSAGE},
        "ordered_human_fields": [{"title": "Name:", "name": "name", "value": ADA[0]}],
        "id": "5f85b4fe0f0d5c0008c1f1c2",
        "form_id": "5f85b49d",
        "site_url": "http://kunde.example",
        "form_name": "contact",
    }


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_netlify_notification_and_event(wrapped: bool) -> None:
    got = _check({"payload": _netlify(), "site": {"id": "x"}} if wrapped else _netlify())
    assert (got.name, got.email, got.message) == (ADA[0], ADA[1], MESSAGE)
    assert got.fields["budget"] == "5k"
    assert got.context == {
        "sent_ip": "203.0.113.7",
        "sent_user_agent": AGENT,
        "referrer": "https://kunde.example/contact/",
    }


def test_a_netlify_form_posted_directly() -> None:
    got = _check({"form-name": "contact", "bot-field": "", "name": ADA[0], "email": ADA[1], "message": MESSAGE})
    assert (got.name, got.email, got.message) == (ADA[0], ADA[1], MESSAGE)
    assert got.fields == {"form-name": "contact", "bot-field": ""}


def _typeform() -> dict[str, Any]:
    definition = [
        ("q1", "short_text", "Hello, what's your name?"),
        ("q2", "email", "Where can we reach you?"),
        ("q3", "phone_number", "And by telephone?"),
        ("q4", "multiple_choice", "What is your budget?"),
        ("q5", "long_text", "How can we help you?"),
        ("q6", "multiple_choice", "Colours"),
    ]
    fields = [{"id": id, "ref": f"ref-{id}", "type": kind, "title": title} for id, kind, title in definition]

    def answer(id: str, kind: str, **value: Any) -> dict[str, Any]:
        return {"type": next(iter(value)), **value, "field": {"id": id, "type": kind, "ref": f"ref-{id}"}}

    return {
        "event_id": "01H5320DBGJF8PEJNWTN565S0A",
        "event_type": "form_response",
        "form_response": {
            "form_id": "r7kCCJJp",
            "token": "01H5320DBGJF8PEJNWTN565S0A",
            "landed_at": "2026-07-11T18:04:23Z",
            "submitted_at": "2026-07-11T18:05:23Z",
            "hidden": {"utm_source": "newsletter", "customer_no": "77"},
            "definition": {"id": "r7kCCJJp", "title": "Contact", "fields": fields},
            "answers": [
                answer("q1", "short_text", text=ADA[0]),
                answer("q2", "email", email=ADA[1]),
                answer("q3", "phone_number", phone_number=ADA[2]),
                answer("q4", "multiple_choice", choice={"id": "c1", "label": "5k", "ref": "c-ref"}),
                answer("q5", "long_text", text=MESSAGE),
                answer("q6", "multiple_choice", choices={"ids": ["a", "b"], "labels": ["red", "blue"]}),
            ],
        },
    }


def test_the_typeform_webhook() -> None:
    got = _check(_typeform())
    assert _who(got) == ADA
    assert got.fields["What is your budget?"] == "5k"
    assert got.fields["Colours"] == ["red", "blue"]
    assert got.context == {"utm_source": "newsletter"}
    assert got.fields["form_response"]["hidden"] == {"customer_no": "77"}  # type: ignore[index, call-overload]


def test_a_typeform_contact_block_in_a_group() -> None:
    body = _typeform()
    response = body["form_response"]
    parts = [("p1", "short_text", "First name"), ("p2", "short_text", "Last name"), ("p3", "email", "Email")]
    group = {"id": "g", "ref": "g", "type": "contact_info", "title": "Who are you?"}
    group["properties"] = {"fields": [{"id": id, "type": kind, "title": title} for id, kind, title in parts]}  # type: ignore[assignment]
    response["definition"]["fields"] = [group]
    response["answers"] = [
        {"type": "text", "text": "Ada", "field": {"id": "p1", "type": "short_text"}},
        {"type": "text", "text": "Lovelace", "field": {"id": "p2", "type": "short_text"}},
        {"type": "email", "email": ADA[1], "field": {"id": "p3", "type": "email"}},
    ]
    got = _check(body)
    assert (got.name, got.email) == ADA[:2]


def test_a_lead_of_an_advertisement() -> None:
    data = [
        {"name": "full_name", "values": [ADA[0]]},
        {"name": "email", "values": [ADA[1]]},
        {"name": "budget?", "values": ["5k"]},
    ]
    got = _check({"id": "8001", "ad_id": "6001", "field_data": data})
    assert (got.name, got.email) == ADA[:2]
    assert got.fields["budget?"] == ["5k"]


@pytest.mark.parametrize(
    "body",
    [
        {"first_name": "Ada", "last_name": "Lovelace"},
        {"firstName": "Ada", "lastName": "Lovelace"},
        {"First Name": "Ada", "Surname": "Lovelace"},
        {"fname": " Ada", "lname": "Lovelace "},
        {"fullname": "Ada Lovelace"},
        {"full_name": "Ada Lovelace"},
        {"fullName": "Ada  Lovelace"},
        {"Your Full Name *": "Ada Lovelace"},
        {"name": {"first": "Ada", "last": "Lovelace"}},
        {"vorname": "Ada", "nachname": "Lovelace"},
        {"Vorname": "Ada", "Name": "Lovelace"},
        {"Vor- und Nachname": "Ada Lovelace"},
        {"prénom": "Ada", "nom": "Lovelace"},
        {"Nom et prénom": "Ada Lovelace"},
        {"nombre": "Ada", "apellidos": "Lovelace"},
        {"Nombre y apellidos": "Ada Lovelace"},
        {"nome": "Ada", "cognome": "Lovelace"},
        {"voornaam": "Ada", "achternaam": "Lovelace"},
        {"nome": "Ada", "sobrenome": "Lovelace"},
        {"Imię": "Ada", "Nazwisko": "Lovelace"},
        {"Imię i nazwisko": "Ada Lovelace"},
        {"contact": {"firstName": "Ada", "lastName": "Lovelace"}},
        {"first_name": "Ada", "name": "Ada Lovelace"},
        {"from_name": "Ada Lovelace"},
    ],
)
def test_names_in_many_conventions(body: dict[str, Any]) -> None:
    got = _check(body)
    assert got.name == "Ada Lovelace"
    assert got.fields == {}


@pytest.mark.parametrize(
    "key",
    [
        "email",
        "E-Mail",
        "e_mail",
        "eMail",
        "EMAIL",
        "emailAddress",
        "Email Address",
        "your-email",
        "Work e-mail *",
        "mail",
        "email_1",
        "contact_email",
        "reply_to",
        "_replyto",
        "E-Mail-Adresse",
        "Ihre E-Mail",
        "Adresse e-mail",
        "courriel",
        "Correo electrónico",
        "correo",
        "Indirizzo email",
        "E-mailadres",
        "Endereço de e-mail",
        "Adres e-mail",
        "field:email_ab12",
        "contactForm_email",
        "What is your e-mail address?",
    ],
)
def test_addresses_in_many_spellings(key: str) -> None:
    got = _check({key: "Ada@Kunde.Example "})
    assert got.email == "Ada@Kunde.Example"
    assert got.fields == {}


@pytest.mark.parametrize(
    "key",
    [
        "phone",
        "Phone Number",
        "phoneNumber",
        "tel",
        "Tel.",
        "telephone",
        "mobile",
        "cell_phone",
        "your-phone",
        "tel-123",
        "WhatsApp",
        "Telefon",
        "Telefonnummer",
        "Handy",
        "Téléphone",
        "Numéro de téléphone",
        "Teléfono",
        "móvil",
        "Cellulare",
        "telefoonnummer",
        "telemóvel",
        "Numer telefonu",
        "Best phone number",
    ],
)
def test_numbers_in_many_spellings(key: str) -> None:
    got = _check({key: "020 7183 8750"})
    assert got.phone == "020 7183 8750"
    assert got.fields == {}


@pytest.mark.parametrize(
    "key",
    [
        "company",
        "Company Name",
        "organisation",
        "Organization",
        "Firma",
        "Unternehmen",
        "Entreprise",
        "société",
        "Empresa",
        "Azienda",
        "Bedrijf",
        "Nazwa firmy",
        "Your company",
    ],
)
def test_companies_in_many_spellings(key: str) -> None:
    got = _check({key: "Kunde Ltd"})
    assert got.company == "Kunde Ltd"
    assert got.name is None


@pytest.mark.parametrize(
    "key",
    [
        "message",
        "Comments",
        "your-message",
        "How can we help you?",
        "enquiry",
        "Nachricht",
        "Ihre Nachricht",
        "Votre message",
        "Mensaje",
        "Messaggio",
        "Bericht",
        "Mensagem",
        "Wiadomość",
        "Treść wiadomości",
        "description",
    ],
)
def test_messages_in_many_spellings(key: str) -> None:
    assert _check({key: MESSAGE}).message == MESSAGE


@pytest.mark.parametrize(
    "key",
    [
        "company_size",
        "username",
        "form_name",
        "event name",
        "product_name",
        "Friend's email",
        "confirm_email",
        "email_consent",
        "phone type",
        "subject",
        "newsletter",
        "country",
        "first choice",
        "last_visit",
        "owner_email",
        "file name",
        "message_id",
    ],
)
def test_fields_about_something_else_are_left_alone(key: str) -> None:
    value = "boss@kunde.example" if "email" in key.lower() else "something"
    body = {key: value, "name": ADA[0], "email": ADA[1]}
    got = _check(body)
    assert got.fields == {key: value}
    assert (got.name, got.email, got.company, got.message, got.phone) == (ADA[0], ADA[1], None, None, None)


def test_a_person_in_an_object_of_any_name() -> None:
    got = _check(
        {
            "enquiry": {"first_name": "Ada", "last_name": "Lovelace", "email": ADA[1], "message": MESSAGE},
            "commit": "Send",
        }
    )
    assert (got.name, got.email, got.message) == (ADA[0], ADA[1], MESSAGE)
    assert got.fields == {"commit": "Send"}


def test_a_company_may_be_an_object() -> None:
    got = _check({"email": ADA[1], "company": {"name": "Kunde Ltd", "size": 20}})
    assert got.company == "Kunde Ltd"
    assert got.fields == {"company": {"size": 20}}


def test_unknown_objects_stay_exactly_as_sent() -> None:
    body = {
        "product": {"title": "Chair"},
        "empty": {},
        "none": [],
        "list": [{"label": "x"}],
        "choice": {"first": "a", "last": "b"},
    }
    got = _check(body)
    assert got.fields == body
    assert got.name is None


def test_an_address_that_is_none_stays_a_field() -> None:
    got = _check({"email": "call me", "name": ADA[0]})
    assert got.email is None
    assert got.fields == {"email": "call me"}


def test_an_address_under_a_name_that_says_nothing_is_found() -> None:
    assert _check({"kontakt": ADA[1]}).email == ADA[1]
    two = _check({"kontakt": ADA[1], "kontakt2": "bob@kunde.example"})
    assert two.email is None
    assert len(two.fields) == 2


def test_repeated_keys_are_joined_or_kept() -> None:
    got = _check(
        unfold([("email", ADA[1]), ("email", ADA[1]), ("message", "One"), ("message", "Two"), ("a", "1"), ("a", "2")])
    )
    assert got.email == ADA[1]
    assert got.message == "One\nTwo"
    assert got.fields == {"a": ["1", "2"]}


def test_two_different_addresses_are_said_to_be_ambiguous() -> None:
    got = _check({"email": ADA[1], "E-mail address": "other@kunde.example"})
    assert got.email == ADA[1]
    assert got.ambiguous == ("email",)
    assert got.fields == {"E-mail address": "other@kunde.example"}


def test_the_context_is_read_from_the_top_from_objects_and_from_the_page() -> None:
    body = {
        "email": ADA[1],
        "context": {
            "url": "https://kunde.example/?utm_source=page&utm_term=chairs&fbclid=f",
            "timezone": "Europe/Berlin",
        },
        "meta": {"referrer": "https://search.example/", "custom": "kept"},
        "utm": {"source": "object", "medium": "cpc"},
        "msclkid": "m",
        "gbraid": "g",
        "locale": "de-DE",
    }
    got = _check({**body, "context": {"page": "https://kunde.example/a", **body["context"]}})  # type: ignore[dict-item]
    assert got.context["page"] == "https://kunde.example/a"
    got = recognise(body)  # type: ignore[arg-type]
    assert got.context == {
        "page": "https://kunde.example/?utm_source=page&utm_term=chairs&fbclid=f",
        "timezone": "Europe/Berlin",
        "referrer": "https://search.example/",
        "utm_source": "object",
        "utm_medium": "cpc",
        "msclkid": "m",
        "gbraid": "g",
        "locale": "de-DE",
        "utm_term": "chairs",
        "fbclid": "f",
    }
    assert got.fields == {"meta": {"custom": "kept"}}


def test_answers_that_only_sound_like_context_stay_answers() -> None:
    body = {
        "language": "English and German",
        "page": "three",
        "referrer": "Bob told me",
        "timezone": "afternoon",
        "url": "kunde.example",
    }
    got = _check(body)
    assert got.context == {}
    assert got.fields == body


def test_attachments_are_listed_and_kept() -> None:
    file = {"filename": "plan.pdf", "size": 1234, "content_type": "application/pdf"}
    got = _check({"email": ADA[1], "plans": [file, file], "cv": {"filename": "cv.doc"}})
    assert got.attachments == (
        Attachment("plans", "plan.pdf", 1234, "application/pdf"),
        Attachment("plans", "plan.pdf", 1234, "application/pdf"),
        Attachment("cv", "cv.doc", None, None),
    )
    assert got.fields["plans"] == [file, file]


keys = st.sampled_from(
    [
        "name",
        "fullname",
        "first_name",
        "last",
        "vorname",
        "email",
        "E-Mail",
        "phone",
        "tel",
        "company",
        "message",
        "comments",
        "fields",
        "data",
        "payload",
        "form",
        "contact",
        "person",
        "context",
        "meta",
        "utm",
        "page_url",
        "referrer",
        "locale",
        "value",
        "label",
        "title",
        "type",
        "id",
        "field",
        "answers",
        "submissions",
        "form_id",
        "hidden",
        "1.3",
        "1.6",
        "input_2",
        "raw_value",
        "definition",
        "choice",
        "_wpcf7",
        "",
        "a",
    ]
)
texts = st.one_of(
    st.sampled_from(
        [
            "Ada",
            "Lovelace",
            "ada@kunde.example",
            "bob@kunde.example",
            "+442071838750",
            "https://k.example/?gclid=1",
            "de-DE",
            "text",
            "email",
            "long text of several words here",
            " padded ",
            "a\n b",
        ]
    ),
    st.text(max_size=12),
)
trees = st.recursive(
    texts | st.integers(-5, 10**12) | st.booleans() | st.none(),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(keys | st.text(max_size=5), below, max_size=6),
    max_leaves=25,
)


def _heard(*fields: tuple[str, str, str, Any]) -> dict[str, Any]:
    """What the widget's listener sends of a form that a site had already."""
    return {"fields": [{"name": n, "label": label, "type": kind, "value": value} for n, label, kind, value in fields]}


def test_a_form_that_the_listener_heard_is_read_by_names_labels_and_types() -> None:
    got = _check(
        _heard(
            ("your-name", "Your name *", "text", ADA[0]),
            ("field_1", "", "email", ADA[1]),
            ("x3", "Telephone", "text", ADA[2]),
            ("comments", "Anything else?", "textarea", MESSAGE),
            ("field_7", "Budget", "select-one", "2,000 to 5,000"),
            ("topics", "", "checkbox", ["roof", "gutter"]),
        )
    )
    assert _who(got) == ADA
    assert got.fields == {"Budget": "2,000 to 5,000", "topics": ["roof", "gutter"]}


def test_what_browsers_fill_in_by_says_what_a_field_is() -> None:
    got = _check(
        _heard(
            ("a", "", "given-name", "Ada"), ("b", "", "family-name", "Lovelace"),
            ("c", "", "organization", "Kunde Ltd"), ("d", "", "tel-national", "020 7183 8750"),
        )
    )  # fmt: skip
    assert (got.name, got.company, got.phone, got.fields) == ("Ada Lovelace", "Kunde Ltd", "020 7183 8750", {})


@pytest.mark.parametrize(
    ("name", "email", "phone", "message"),
    [
        ("Имя", "Электронная почта", "Телефон", "Сообщение"),
        ("姓名", "电子邮箱", "手机号码", "留言"),
        ("お名前", "メールアドレス", "電話番号", "お問い合わせ内容"),
        ("이름", "이메일", "전화번호", "문의내용"),
        ("الاسم", "البريد الإلكتروني", "رقم الهاتف", "الرسالة"),
        ("שם מלא", "אימייל", "טלפון", "הודעה"),
        ("Ad Soyad", "E-posta", "Telefon numarası", "Mesajınız"),
        ("Namn", "E-post", "Mobilnummer", "Meddelande"),
        ("Jméno a příjmení", "E-mail", "Telefon", "Zpráva"),
        ("Ονοματεπώνυμο", "E-mail", "Τηλέφωνο", "Μήνυμα"),
    ],
)
def test_labels_are_understood_in_many_languages(name: str, email: str, phone: str, message: str) -> None:
    labels = zip((name, email, phone, message), ADA, strict=True)
    got = _check(_heard(*((f"f{place}", label, "text", value) for place, (label, value) in enumerate(labels))))
    assert (_who(got), got.fields) == (ADA, {})


def test_a_name_that_is_too_long_is_shown_cut_and_kept_whole() -> None:
    name, company = "Ada " * 60, "Kunde " * 60
    got = _check({"name": name, "company": company, "email": "ada@kunde.example"})
    assert got.name == ("Ada " * 50).strip()[:199].rstrip() + "…"
    assert got.company is not None
    assert (len(got.company), got.company[-1]) == (300, "…")
    assert got.fields == {"name": name, "company": company}
    short = _check({"name": "A" * 200})
    assert (short.name, short.fields) == ("A" * 200, {})


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(keys, trees, max_size=8))
def test_no_value_disappears(body: dict[str, JSON]) -> None:
    before = copy.deepcopy(body)
    got = recognise(body)
    assert body == before
    out = _everything(got)
    unescaped = "\n".join([out, *(" ".join(key.split()) for key in _keys(got.fields))])
    for text in _sent(body):
        assert text in unescaped or text.strip() in unescaped


def _keys(value: object) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(key for each in value.values() for key in _keys(each))]
    return [key for each in value for key in _keys(each)] if isinstance(value, list) else []


@given(st.dictionaries(keys, trees, max_size=8))
def test_what_is_left_is_json(body: dict[str, JSON]) -> None:
    assert json.loads(json.dumps(recognise(body).fields)) is not None
