"""Files that came with a submission, in words: what the answer that stands for a file says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FACTS = frozenset({"filename", "size", "content_type", "upload"})
_DIGITS = 15


def readable(size: int) -> str:
    """A number of bytes in words: ``5 MB``, ``1.4 KB``."""
    for unit, name in ((1 << 20, "MB"), (1 << 10, "KB")):
        if size >= unit:
            return f"{size / unit:.1f}".removesuffix(".0") + f" {name}"
    return f"{size} bytes" if size != 1 else "1 byte"


def told_files(value: object) -> str | None:
    """The files that an answer stands for as one line, ``roof.jpg, 400 bytes, not kept``; None when it is no file.

    A file whose content is stored has the id of its upload beside its name.
    """
    each = value if isinstance(value, list) else [value]
    lines = [_told(one) for one in each if isinstance(one, Mapping) and is_file(one)]
    return "; ".join(lines) if lines and len(lines) == len(each) else None


def is_file(value: Mapping[Any, object]) -> bool:
    """Whether an answer stands for a file."""
    return isinstance(value.get("filename"), str) and _FACTS.issuperset(value)


def _told(value: Mapping[object, object]) -> str:
    size = value.get("size")
    told = str(size) if isinstance(size, int | str) else ""
    # Whoever posts JSON may claim a file of any size.
    counted = [readable(int(told))] if told.isascii() and told.isdigit() and len(told) <= _DIGITS else []
    kept = [] if isinstance(value.get("upload"), str) else ["not kept"]
    return ", ".join([str(value["filename"]) or "a file without a name", *counted, *kept])
