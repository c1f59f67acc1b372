"""Names of files that strangers chose."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.kit.filename import LONGEST, attachment, safe_name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("cv.pdf", "cv.pdf"),
        ("Grundriß 2. Stock.pdf", "Grundriß 2. Stock.pdf"),
        ("Lebenslauf – Müller.pdf", "Lebenslauf – Müller.pdf"),
        ("屋顶.jpg", "屋顶.jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\roof.png", "roof.png"),
        ("\u202egpj.exe", "gpj.exe"),
        ("a\u200bb\x00c\r\nSet-Cookie: x=1.pdf", "ab_c Set-Cookie_ x=1.pdf"),
        (".htaccess", "htaccess"),
        ("...", "file"),
        ("", "file"),
        ("/", "file"),
        ("con.txt", "_con.txt"),
        ('"><img src=x>.png', "___img src=x_.png"),
        ("x" * 500 + ".pdf", "x" * (LONGEST - 4) + ".pdf"),
        ("lone \ud800.txt", "lone _.txt"),
    ],
)
def test_a_name_keeps_what_it_says_and_loses_what_it_does(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


@given(st.text(st.characters(), max_size=400))
def test_any_name_becomes_one_that_can_be_a_file_and_a_header(sent: str) -> None:
    kept = safe_name(sent)
    assert 0 < len(kept) <= LONGEST
    assert not re.search(r"[/\\\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", kept)
    assert safe_name(kept) == kept
    header = attachment(kept)
    assert header.isascii()
    assert header.isprintable()
    plain = re.fullmatch(r"attachment; filename=\"([^\"\\]+)\"; filename\*=UTF-8''([!-~]+)", header)
    assert plain is not None
    assert unquote(plain.group(2)) == kept


def test_a_header_names_a_file_twice_so_that_old_browsers_can_read_it() -> None:
    assert attachment("Größe.pdf") == "attachment; filename=\"Groe.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.pdf"
