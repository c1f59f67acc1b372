"""What a visitor reads whose form was not taken."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from leadsbot.infra.refused_page import POLICY, refused_page
from leadsbot.kit.errors import AppError, Gone, Invalid, NotFound, TooLarge, Unauthorised, Unavailable

OURS = ("X-LeadsBot", "API", "webhook", "Sources page", "request is not valid")


@pytest.mark.parametrize(
    ("error", "title"),
    [
        (Gone("This source is closed."), "This form is closed"),
        (NotFound("There is no such form or webhook address."), "There is no such form"),
        (Unauthorised("Send X-LeadsBot-Signature: sha256=<hex>."), "This form is not open to visitors"),
        (TooLarge("The webhook takes 256 KB."), "That was too much at once"),
        (Unavailable(2), "It could not be sent just now"),
        (AppError("Nothing was stored. Try again."), "It could not be sent"),
        (Invalid("email", "Please enter an e-mail address."), "Please check what you entered"),
    ],
)
def test_a_visitor_reads_no_word_that_is_meant_for_programmers(error: AppError, title: str) -> None:
    page = refused_page(error, "req_1", "").decode()

    assert f"<title>{title}</title>" in page
    assert f"<h1>{title}</h1>" in page
    assert [word for word in OURS if word in page] == []
    assert "req_1" in page


def test_what_is_wrong_with_a_field_is_named_and_hostile_text_is_only_text() -> None:
    error = Invalid("<b>name</b>", "Not <script>alert(1)</script>.")

    page = refused_page(error, "req_1", 'https://shop.example/"><script>').decode()

    assert "&lt;b&gt;name&lt;/b&gt;: Not &lt;script&gt;" in page
    assert 'href="https://shop.example/&quot;&gt;&lt;script&gt;"' in page
    assert "<script" not in page


@pytest.mark.parametrize("referer", ["", "javascript:alert(1)", "data:text/html,x", "http://[broken"])
def test_there_is_no_way_back_to_what_is_no_page(referer: str) -> None:
    assert b"<a " not in refused_page(Gone("Closed."), "req_1", referer)


def test_the_policy_allows_the_pages_own_style_and_nothing_else() -> None:
    style = re.search(r"<style>(.*)</style>", refused_page(Gone("Closed."), "req_1", "").decode())

    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in POLICY
    assert "default-src 'none'" in POLICY
