"""What files are is found in their content."""

from __future__ import annotations

import io
import zipfile

import pytest

from leadsbot.kit.mediatype import COMMON, UNKNOWN, called, media_type, said_by_name, takes


def archive(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return held.getvalue()


DOCX = archive(**{"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
OFFICE = "application/vnd.openxmlformats-officedocument."


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3", "cv.pdf", "application/pdf"),
        (b"%PDF-1.7\n%\xe2\xe3", "cv.exe", "application/pdf"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "roof.png", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "roof", "image/png"),
        (b"GIF89a\x01\x00", "", "image/gif"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "", "image/webp"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "IMG_1.HEIC", "image/heic"),
        (b"\x00\x00\x00\x18ftypavif\x00\x00", "", "image/avif"),
        (b"\x00\x00\x00\x18ftypisom\x00\x00", "", "video/mp4"),
        (b"\x00\x00\x00\x14ftypqt  \x00\x00", "", "video/quicktime"),
        (DOCX, "offer.docx", f"{OFFICE}wordprocessingml.document"),
        (archive(**{"[Content_Types].xml": b"", "xl/workbook.xml": b""}), "", f"{OFFICE}spreadsheetml.sheet"),
        (
            archive(mimetype=b"application/vnd.oasis.opendocument.text", **{"content.xml": b""}), "",
            "application/vnd.oasis.opendocument.text",
        ),
        (archive(mimetype=b"text/html", **{"a.html": b""}), "a.odt", "application/zip"),
        (archive(**{"setup.exe": b"MZ"}), "a.docx", "application/zip"),
        (b"PK\x03\x04 and then nothing", "a.docx", UNKNOWN),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "", "application/msword"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 64, "a.doc", "application/x-ole"),
        (b"MZ\x90\x00\x03", "invoice.pdf", "application/x-msdownload"),
        (b"\x7fELF\x02", "photo.jpg", "application/x-elf"),
        ("Größe: 12 m²\n".encode(), "note.txt", "text/plain"),
        ("Gr\xf6\xdfe".encode("cp1252"), "note", "text/plain"),
        ("Größe".encode("utf-16"), "note", "text/plain"),
        (b"a,b\n1,2\n", "prices.csv", "text/csv"),
        (b"<script>alert(1)</script>", "note.txt", "text/html"),
        (b"\n<!-- x --><!DOCTYPE html><p>", "note.txt", "text/html"),
        (b'<?xml version="1.0"?><svg onload="alert(1)">', "photo.png", "image/svg+xml"),
        (b"<note/>", "note.txt", "text/xml"),
        (b"a\x00b", "note.txt", UNKNOWN),
        (b"", "note.txt", UNKNOWN),
    ],
)  # fmt: skip
def test_a_file_is_what_is_in_it(content: bytes, name: str, kind: str) -> None:
    assert media_type(content, name) == kind


def test_what_people_attach_is_taken_and_what_browsers_run_is_not() -> None:
    assert all(takes(COMMON, kind) for kind in COMMON)
    refused = ("text/html", "image/svg+xml", "text/xml", "application/zip", "application/x-msdownload", UNKNOWN)
    assert not any(takes(COMMON, kind) for kind in refused)


def test_a_family_of_types_takes_its_members_but_no_picture_that_is_markup() -> None:
    assert takes(["image/*"], "image/heic")
    assert not takes(["image/*"], "image/svg+xml")
    assert takes(["image/svg+xml"], "image/svg+xml")
    assert not takes(["image/*"], "application/pdf")
    assert takes(["text/plain"], "text/csv")
    assert not takes(["text/plain"], "text/html")


def test_the_ending_of_a_name_says_what_a_file_should_be() -> None:
    said = {name: said_by_name(name) for name in ("a.PNG", "b.c.jpg", "cv.docx", "x.csv", "run.exe", "pdf.", "")}
    assert list(said.values())[:4] == [
        "image/png", "image/jpeg", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "text/csv",
    ]  # fmt: skip
    assert {said["run.exe"], said["pdf."], said[""]} == {UNKNOWN}


def test_formats_have_names_that_people_know() -> None:
    assert called(["application/pdf", "image/*", "application/x-odd"]) == (
        "PDF, JPEG, PNG, GIF, WebP, HEIC, application/x-odd"
    )


def test_an_archive_that_cannot_be_opened_is_just_unknown() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("mimetype", "application/vnd.oasis.opendocument.text")
    stored, whole = b"\x00\x00", held.getvalue()
    # The method of packing stands ten bytes into the directory's entry; 99 is none that Python knows.
    entry = whole.index(b"PK\x01\x02") + 10
    assert whole[entry : entry + 2] == stored
    packed = whole[:entry] + (99).to_bytes(2, "little") + whole[entry + 2 :]
    # Bit 0 of the flags, two bytes before, says that an entry is encrypted.
    sealed = whole[: entry - 2] + b"\x01\x00" + whole[entry:]

    assert media_type(whole, "a.odt") == "application/vnd.oasis.opendocument.text"
    assert [media_type(content, "a.odt") for content in (packed, sealed)] == [UNKNOWN, UNKNOWN]
