"""What a file is, by what is in it: never by what somebody says that it is.

A table of the beginnings of formats (WHATWG MIME Sniffing, the formats' own specifications) for what people attach to
enquiries. Formats inside a container are told apart by the container's own directory. The ending of the name only
decides between kinds of plain text, which nothing else does. Pure Python without a dependency: libmagic is a system
library, and what is not in the table is unknown, which is the safe answer here.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable
from typing import Final

UNKNOWN: Final = "application/octet-stream"
PLAIN: Final = "text/plain"
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
_OPEN: Final = "application/vnd.oasis.opendocument."
PICTURES: Final = (
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/avif", "image/tiff", "image/bmp",
)  # fmt: skip
GROUPS: Final = {
    "Pictures": ("image/*",),
    "PDF": ("application/pdf",),
    "Text documents (Word, OpenDocument, RTF, plain text)": (
        "application/msword", f"{_OFFICE}wordprocessingml.document", f"{_OPEN}text", "application/rtf", PLAIN,
    ),
    "Spreadsheets (Excel, OpenDocument, CSV)": (
        "application/vnd.ms-excel", f"{_OFFICE}spreadsheetml.sheet", f"{_OPEN}spreadsheet", "text/csv",
    ),
    "Presentations (PowerPoint, OpenDocument)": (
        "application/vnd.ms-powerpoint", f"{_OFFICE}presentationml.presentation", f"{_OPEN}presentation",
    ),
    "Sound": ("audio/*",),
    "Video": ("video/*",),
    "ZIP archives": ("application/zip",),
}  # fmt: skip
"""Kinds of files by what people call them."""
USUAL: Final = tuple(GROUPS.values())[:5]
DOCUMENTS: Final = tuple(kind for group in USUAL[1:] for kind in group)
COMMON: Final = (*DOCUMENTS, *PICTURES)
"""What people usually attach. Markup (HTML, SVG, XML), programs and archives are not among it."""
NAMES: Final = {
    "application/pdf": "PDF", "application/rtf": "RTF", "application/msword": "DOC",
    "application/vnd.ms-excel": "XLS", "application/vnd.ms-powerpoint": "PPT",
    f"{_OFFICE}wordprocessingml.document": "DOCX", f"{_OFFICE}spreadsheetml.sheet": "XLSX",
    f"{_OFFICE}presentationml.presentation": "PPTX", "application/vnd.oasis.opendocument.text": "ODT",
    "application/vnd.oasis.opendocument.spreadsheet": "ODS",
    "application/vnd.oasis.opendocument.presentation": "ODP", PLAIN: "TXT", "text/csv": "CSV",
    "image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF", "image/webp": "WebP", "image/heic": "HEIC",
    "image/avif": "AVIF", "image/tiff": "TIFF", "image/bmp": "BMP", "application/zip": "ZIP",
    "audio/mpeg": "MP3", "audio/wav": "WAV", "audio/ogg": "OGG", "audio/mp4": "M4A", "audio/flac": "FLAC",
    "video/mp4": "MP4", "video/quicktime": "MOV", "video/webm": "WebM",
}  # fmt: skip
"""What people call the formats."""

_BEGINNINGS: Final = (
    (b"%PDF-", "application/pdf"),
    (b"{\\rtf", "application/rtf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-elf"),
)
_BRANDS: Final = {
    b"heic": "image/heic", b"heix": "image/heic", b"heim": "image/heic", b"heis": "image/heic",
    b"mif1": "image/heic", b"msf1": "image/heic", b"avif": "image/avif", b"avis": "image/avif",
    b"qt  ": "video/quicktime", b"M4A ": "audio/mp4", b"M4B ": "audio/mp4",
}  # fmt: skip
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_IN_ZIP: Final = (
    ("word/", f"{_OFFICE}wordprocessingml.document"),
    ("xl/", f"{_OFFICE}spreadsheetml.sheet"),
    ("ppt/", f"{_OFFICE}presentationml.presentation"),
)
_OPEN_DOCUMENT: Final = re.compile(r"application/vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation)")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_OLE: Final = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
)
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_TAG: Final = re.compile(r"<(!doctype\s+)?([a-z][a-z0-9:-]*)", re.IGNORECASE)
_PROLOGUE: Final = {"<!--": "-->", "<?xml": "?>"}
_HTML: Final = frozenset(
    "html head body script style iframe title table div p a b br h1 h2 h3 span form img svg meta link".split()
)
_TEXTS: Final = {
    "csv": "text/csv", "ics": "text/calendar", "vcf": "text/vcard", "md": "text/markdown", "json": "application/json",
}  # fmt: skip
_BY_NAME: Final = {
    **{name.lower(): kind for kind, name in NAMES.items()}, **_TEXTS,
    "jpg": "image/jpeg", "tif": "image/tiff", "heif": "image/heic", "oga": "audio/ogg",
}  # fmt: skip
_LOOKED_AT: Final = 4_096
_LONGEST_DIRECTORY: Final = 5_000


def media_type(content: bytes, name: str = "") -> str:
    """The media type of a file; UNKNOWN for what is not in the table."""
    for beginning, kind in _BEGINNINGS:
        if content.startswith(beginning):
            return kind
    if content[4:8] == b"ftyp":
        return _BRANDS.get(content[8:12], "video/mp4")
    if content[:4] == b"RIFF":
        return _RIFF.get(content[8:12], UNKNOWN)
    if content[:2] == b"BM" and len(content) > 26 and int.from_bytes(content[2:6], "little") in (0, len(content)):
        return "image/bmp"
    if content[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zipped(content)
    if content.startswith(_OLE):
        return next((kind for entry, kind in _IN_OLE if entry.encode("utf-16-le") in content), "application/x-ole")
    if len(content) > 2 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    return _text(content, name)


def said_by_name(name: str) -> str:
    """What a file would be if it were what the ending of its name says; UNKNOWN for other endings."""
    return _BY_NAME.get(name.rpartition(".")[2].lower(), UNKNOWN)


def takes(wanted: Iterable[str], kind: str) -> bool:
    """Whether a media type is among those wanted (``application/pdf``, ``image/*``). A form that wants plain text gets
    its kinds, which only a name tells apart; markup never comes in by that, nor a picture that is markup."""
    if kind == "image/svg+xml":
        return kind in wanted
    whole, plain = kind.partition("/")[0] + "/*", kind in ("text/csv", "text/markdown")
    return any(each in (kind, whole, "*/*") or (each == PLAIN and plain) for each in wanted)


def called(kinds: Iterable[str]) -> str:
    """The formats in words: ``PDF, DOCX, JPEG``."""
    wide = {"image/*": "JPEG, PNG, GIF, WebP, HEIC", "audio/*": "MP3, WAV, M4A", "video/*": "MP4, MOV, WebM"}
    return ", ".join(dict.fromkeys(NAMES.get(each) or wide.get(each) or each for each in kinds))


def _zipped(content: bytes) -> str:
    """A document of an office program, or just an archive. Only the directory is read: nothing is unpacked but the
    first bytes of a file that says what it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()[:_LONGEST_DIRECTORY]
            if "[Content_Types].xml" in names:
                return next((kind for folder, kind in _IN_ZIP if any(n.startswith(folder) for n in names)), UNKNOWN)
            if "mimetype" in names:
                with archive.open("mimetype") as entry:
                    said = entry.read(100).decode("ascii", "replace").strip()
                return said if _OPEN_DOCUMENT.fullmatch(said) else "application/zip"
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError, EOFError):
        # RuntimeError is also what an encrypted entry, or one packed in a way that Python does not know, ends with.
        return UNKNOWN
    return "application/zip"


def _text(content: bytes, name: str) -> str:
    text = _decoded(content)
    if text is None or _CONTROLS.search(text):
        return UNKNOWN
    found = _TAG.match(_without_prologue(text[:_LOOKED_AT].lstrip()))
    if found:
        tag = found.group(2).lower()
        if tag == "svg":
            return "image/svg+xml"
        return "text/html" if found.group(1) or tag in _HTML else "text/xml"
    return _TEXTS.get(name.rpartition(".")[2].lower(), PLAIN)


def _without_prologue(text: str) -> str:
    """The text from its first tag on, without comments and declarations before it."""
    while True:
        end = next((mark for start, mark in _PROLOGUE.items() if text.startswith(start)), None)
        if end is None or end not in text:
            return text
        text = text[text.index(end) + len(end) :].lstrip()


def _decoded(content: bytes) -> str | None:
    if not content:
        return None
    codes = ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252")
    for code in codes:
        try:
            return content.decode(code)
        except UnicodeDecodeError:
            continue
    return None


__all__ = [
    "COMMON", "DOCUMENTS", "NAMES", "PICTURES", "PLAIN", "UNKNOWN", "called", "media_type", "said_by_name", "takes",
]  # fmt: skip
