"""Bodies of HTML forms, url-encoded or multipart, as the tree of fields they stand for."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qsl

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from leadsbot.kit.brackets import Tree, unfold
from leadsbot.kit.errors import Invalid
from leadsbot.kit.storable import MAX_KEYS

MAX_NESTING: Final = 8


def _decoded(raw: bytes) -> tuple[str, bool]:
    """The text, and whether it had to be guessed: old pages post Windows-1252 without saying so."""
    try:
        return raw.decode("utf-8"), False
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace"), True


def urlencoded(body: bytes) -> tuple[dict[str, Tree], list[str]]:
    """Fields and warnings of an ``application/x-www-form-urlencoded`` body; Invalid when there are too many."""
    warnings: list[str] = []
    try:
        text = body.decode("latin-1")
        try:
            pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_KEYS, encoding="utf-8", errors="strict")
            if not text.isascii():
                pairs = [(name.encode("latin-1").decode(), value.encode("latin-1").decode()) for name, value in pairs]
        except UnicodeError:
            text = _decoded(body)[0]
            pairs = parse_qsl(text, keep_blank_values=True, encoding="cp1252", errors="replace")
            warnings.append("The body is not UTF-8; it was read as Windows-1252.")
    except ValueError:
        raise Invalid(None, f"There are more than {MAX_KEYS} fields.", code="too_many_fields") from None
    return unfold(pairs, max_depth=MAX_NESTING), warnings


def multipart(content_type: str, body: bytes) -> tuple[dict[str, Tree], list[str]]:
    """Fields and warnings of a ``multipart/form-data`` body; Invalid with status 400 when it is broken.

    Of a file only ``{filename, size, content_type}`` is kept. An empty file input, which browsers send as a file
    without name and content, counts as not sent.
    """
    pairs: list[tuple[str, str]] = []
    files: list[tuple[str, dict[str, Tree]]] = []
    guessed = False
    try:
        boundary = parse_options_header(content_type)[1].get("boundary", "")
        parser = PushMultipartParser(boundary, max_segment_count=MAX_KEYS)
        segment: MultipartSegment | None = None
        content = b""
        for event in (*parser.parse(body), *parser.parse(b"")):
            if isinstance(event, MultipartSegment):
                segment, content = event, b""
            elif event:
                content += bytes(event)
            elif segment is not None and segment.filename is not None:
                if segment.filename or content:
                    kind = segment.content_type or "application/octet-stream"
                    files.append(
                        (segment.name, {"filename": segment.filename, "size": str(len(content)), "content_type": kind})
                    )
            elif segment is not None:
                value, odd = _decoded(content)
                pairs.append((segment.name, value))
                guessed = guessed or odd
    except (MultipartError, ValueError, AssertionError) as error:
        raise Invalid(None, f"The multipart body is broken: {error}.", 400, code="broken_body") from None
    tree = unfold(pairs, max_depth=MAX_NESTING)
    warnings = ["The body is not UTF-8; it was read as Windows-1252."] if guessed else []
    for name, facts in files:
        held = tree.get(name)
        tree[name] = facts if held is None else [*held, facts] if isinstance(held, list) else [held, facts]
        warnings.append(f"The content of the file in {name!r} was not stored, only its name, size and type.")
    return tree, warnings
