"""Files in words."""

from __future__ import annotations

import pytest

from leadsbot.kit.attached import told_files


@pytest.mark.parametrize(
    ("answer", "line"),
    [
        ({"filename": "roof.jpg", "size": "400", "content_type": "image/jpeg"}, "roof.jpg, 400 bytes, not kept"),
        ({"filename": "cv.pdf", "size": 307_200, "content_type": "a/b", "upload": "upl_1"}, "cv.pdf, 300 KB"),
        ([{"filename": "a", "size": 1}, {"filename": ""}], "a, 1 byte, not kept; a file without a name, not kept"),
        ({"filename": "a.txt", "size": "9" * 5000}, "a.txt, not kept"),
        ({"filename": "a.txt", "size": "²"}, "a.txt, not kept"),
        ({"filename": "a.txt", "size": True}, "a.txt, not kept"),
    ],
)
def test_a_file_is_one_readable_line(answer: object, line: str) -> None:
    assert told_files(answer) == line


@pytest.mark.parametrize(
    "answer", ["roof.jpg", None, 4, [], {}, {"filename": 4}, {"filename": "a", "answer": "b"}, [{"filename": "a"}, "b"]]
)
def test_what_is_no_file_is_not_told_as_one(answer: object) -> None:
    assert told_files(answer) is None
