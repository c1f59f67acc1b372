"""Errors as callers see them."""

from __future__ import annotations

import pytest

from leadsbot.kit import errors


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.Invalid("email", "Send an e-mail address."), 422),
        (errors.Invalid("body", "This is not JSON.", 400), 400),
        (errors.Unauthorised(), 401),
        (errors.Forbidden(), 403),
        (errors.NotFound(), 404),
        (errors.Conflict(), 409),
        (errors.Gone(), 410),
        (errors.TooLarge(), 413),
        (errors.UnsupportedType(), 415),
        (errors.TooMany(7), 429),
        (errors.Unavailable(3), 503),
    ],
)
def test_every_error_is_a_problem_document(error: errors.AppError, status: int) -> None:
    body = errors.problem(error, "req_1")
    assert body["status"] == error.status == status
    assert body["type"] == "about:blank"
    assert body["title"]
    assert body["detail"]
    assert body["code"]
    assert body["request_id"] == "req_1"


def test_a_field_is_named_in_the_errors_of_the_problem() -> None:
    body = errors.problem(errors.Invalid("fields.email", "Send an e-mail address."), "r")
    assert body["errors"] == [{"field": "fields.email", "message": "Send an e-mail address."}]
    assert errors.problem(errors.NotFound(), "r")["errors"] == []


def test_errors_that_pass_say_when_to_come_back() -> None:
    assert errors.TooMany(7).headers == {"Retry-After": "7"}
    assert errors.Unavailable(0).headers == {"Retry-After": "1"}
    assert errors.Unauthorised().headers == {"WWW-Authenticate": "Bearer"}


def test_headers_of_one_error_do_not_leak_into_another() -> None:
    errors.NotFound().headers["X"] = "1"
    assert errors.NotFound().headers == {}


def test_a_status_that_nobody_knows_has_a_title_too() -> None:
    assert errors.status_title(405) == "Method Not Allowed"
    assert errors.status_title(799) == "Error"
