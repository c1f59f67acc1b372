"""A post in parts, read as it arrives: never more of it is held than the form's files may have.

What is too much is read on and forgotten, within reason: a browser only shows an answer to a post that was read.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from leadsbot.features.forms.definition import Definition, Field
from leadsbot.features.forms.files import kinds, of_files, readable, wanted
from leadsbot.features.forms.reading import Fault
from leadsbot.infra.asgi import TooSlow, too_large
from leadsbot.kit.errors import Invalid, Unavailable
from leadsbot.kit.filename import safe_name
from leadsbot.kit.mediatype import media_type, said_by_name, takes
from leadsbot.kit.redact import mask_pans
from leadsbot.kit.storable import MAX_KEYS

READ_ON: Final = 32 << 20
"""Bytes beyond what is allowed that are read and forgotten, so that the page can say which file was too large."""
DEADLINE_S: Final = 120.0
Receive = Callable[[], Awaitable[Mapping[str, Any]]]


class Part:
    """One part: a text, or a file with what is wrong with it."""

    def __init__(self, name: str, filename: str | None, claimed: str, field: Field | None) -> None:
        self.name = name
        self.field = field
        """The form's field for the file; None for a text and for a file that the form does not ask for."""
        self.filename = None if filename is None else mask_pans(safe_name(filename)) if filename else ""
        self.claimed = claimed
        self.content = bytearray()
        self.size = 0
        self.fault: Fault | None = None
        self.media_type = ""
        self.sha256 = b""

    @property
    def chosen(self) -> bool:
        """Whether it is a file that somebody chose: browsers send an empty one without a name for none."""
        return self.filename is not None and bool(self.filename or self.size)

    def refuse(self, code: str, **numbers: object) -> None:
        """Forget the content and remember why."""
        self.fault = self.fault or Fault(code, name=self.filename, **numbers)
        self.content = bytearray()

    def examine(self) -> None:
        """Find out what the file is, and refuse what its field does not take. Takes milliseconds for a large one."""
        if self.fault is not None or self.field is None:
            return
        if not self.size:
            self.refuse("file_empty")
            return
        content = bytes(self.content)
        self.media_type = media_type(content, self.filename or "")
        if takes(wanted(self.field), self.media_type):
            self.sha256 = hashlib.sha256(content).digest()
        else:
            known = takes(wanted(self.field), said_by_name(self.filename or ""))
            self.refuse("file_content" if known else "file_type", types=kinds(self.field))


class Memory:
    """How many such posts may be read at once, and how many bytes of theirs be held; beyond it: 503."""

    def __init__(self, requests: int = 64, size: int = 128 << 20) -> None:
        self._requests, self._bytes = requests, size

    @contextmanager
    def share(self) -> Iterator[Callable[[int], None]]:
        """A place for one request, and what it calls before it holds more bytes. Raises Unavailable."""
        if self._requests <= 0:
            raise Unavailable(5)
        self._requests -= 1
        held = 0

        def hold(more: int) -> None:
            nonlocal held
            if self._bytes < more:
                raise Unavailable(5)
            self._bytes -= more
            held += more

        try:
            yield hold
        finally:
            self._requests += 1
            self._bytes += held


class _Reading:
    """The parts of one post so far."""

    def __init__(self, definition: Definition, texts: int, hold: Callable[[int], None]) -> None:
        self.parts: list[Part] = []
        self._fields, self._most = of_files(definition), definition.files_max_bytes
        self._texts, self._hold = texts, hold
        self._text_bytes = self._file_bytes = 0
        self._count: Counter[str] = Counter()

    def take(self, event: MultipartSegment | bytes | bytearray | None) -> None:
        if isinstance(event, MultipartSegment):
            self._begin(event)
        elif event and self.parts:
            part = self.parts[-1]
            part.size += len(event)
            if part.filename is None:
                self._text(part, event)
            elif part.field is not None and part.fault is None:
                self._file(part, part.field, event)

    def _begin(self, segment: MultipartSegment) -> None:
        name = segment.name or ""
        field = self._fields.get(name.removesuffix("[]")) if segment.filename is not None else None
        part = Part(name, segment.filename, segment.content_type or "", field)
        self.parts.append(part)
        if field is not None and part.filename:
            self._count[field.key] += 1
            most = int(field.max or 1)
            if self._count[field.key] > most:
                part.refuse("too_many_files", max=most)

    def _text(self, part: Part, chunk: bytes | bytearray) -> None:
        self._text_bytes += len(chunk)
        if self._text_bytes > self._texts:
            raise too_large(self._texts)
        self._hold(len(chunk))
        part.content += chunk

    def _file(self, part: Part, field: Field, chunk: bytes | bytearray) -> None:
        if part.size > field.max_bytes:
            part.refuse("file_size", size=readable(field.max_bytes))
        elif self._file_bytes + len(chunk) > self._most:
            part.refuse("files_size", size=readable(self._most))
        else:
            self._hold(len(chunk))
            self._file_bytes += len(chunk)
            part.content += chunk


async def read(
    receive: Receive,
    content_type: str,
    declared: str,
    definition: Definition,
    *,
    texts: int,
    hold: Callable[[int], None],
    deadline: float = DEADLINE_S,
) -> list[Part]:
    """The parts of a post to a form, each file looked at. ``texts`` is how many bytes all texts may have.

    Raises Invalid (400) for a broken body, TooLarge for one that is beyond all measure, TooSlow, Unavailable.
    """
    most = texts + definition.files_max_bytes + READ_ON
    if declared and (not declared.isdigit() or len(declared) > 15 or int(declared) > most):
        raise too_large(definition.files_max_bytes)
    reading = _Reading(definition, texts, hold)
    try:
        async with asyncio.timeout(deadline):
            await _read(receive, content_type, reading, most)
    except TimeoutError:
        raise TooSlow(f"The body did not arrive within {deadline:g} s.") from None
    except (MultipartError, ValueError, AssertionError) as error:
        raise Invalid(None, f"The multipart body is broken: {error}.", 400, code="broken_body") from None
    await asyncio.to_thread(_examine, [part for part in reading.parts if part.chosen])
    return reading.parts


async def _read(receive: Receive, content_type: str, reading: _Reading, most: int) -> None:
    parser = PushMultipartParser(parse_options_header(content_type)[1].get("boundary", ""), max_segment_count=MAX_KEYS)
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise TooSlow("The connection was closed before the body had arrived.")
        chunk, more = message.get("body", b""), message.get("more_body", False)
        size += len(chunk)
        if size > most:
            raise too_large(most - READ_ON)
        for event in parser.parse(chunk) if chunk else ():
            reading.take(event)
    for event in parser.parse(b""):
        reading.take(event)


def _examine(parts: Sequence[Part]) -> None:
    for part in parts:
        part.examine()


def rewritten(pairs: Sequence[tuple[str, bytes]], boundary: str) -> bytes:
    """A post in parts, of texts only."""
    made = bytearray()
    for name, content in pairs:
        shown = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        made += f'--{boundary}\r\nContent-Disposition: form-data; name="{shown}"\r\n\r\n'.encode()
        made += content + b"\r\n"
    return bytes(made + f"--{boundary}--\r\n".encode())


__all__ = ["Memory", "Part", "read", "rewritten"]
