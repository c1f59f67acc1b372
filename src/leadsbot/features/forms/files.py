"""Files that come with a submission: what is known of one, and how a submission names one that was stored.

A file is stored before its submission. On its way through the capture path it is a signed reference in the place of
the answer, which only this installation can make; what is stored with the submission is what the reference says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec

from leadsbot.features.forms.definition import Definition, Field
from leadsbot.features.forms.reading import Fault
from leadsbot.kit import ids
from leadsbot.kit.attached import readable
from leadsbot.kit.errors import Invalid, NotFound
from leadsbot.kit.mediatype import COMMON, called
from leadsbot.kit.signing import Signer

LIFE_S: Final = 600
"""A reference is made and used within one request; this bounds what one that leaked is good for."""
_PURPOSE: Final = "forms.file:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A stored file, without its content."""

    id: UUID
    source_id: UUID
    submission_id: UUID | None
    field: str
    name: str
    media_type: str
    size: int

    @property
    def shown_id(self) -> str:
        """Its id as people and programs see it."""
        return ids.show(ids.UPLOAD, self.id)

    @property
    def shown_size(self) -> str:
        """Its size in words."""
        return readable(self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFile:
    """A file that is to be stored."""

    id: UUID
    field: str
    name: str
    media_type: str
    sha256: bytes
    content: bytes


class References:
    """Makes and reads what stands for a stored file in a submission to the form with a key."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def made(self, key: str, file: NewFile) -> str:
        """What stands for the file in its field."""
        told = (file.field, ids.show(ids.UPLOAD, file.id), file.name, len(file.content), file.media_type)
        return self._signer.sign(_PURPOSE + key, msgspec.json.encode(told), LIFE_S)

    def tried(self, key: str, field: str, name: str) -> str:
        """What stands for a file that is only named, in a trial of the form: no file is stored under its id."""
        return self.made(key, NewFile(field=field, id=ids.new_id(), name=name, content=b"", sha256=b"", media_type=""))

    def opened(self, key: str, field: str, token: str) -> dict[str, Any]:
        """What a submission keeps of the file. Raises Fault for what was not made for this form and field."""
        try:
            said = self._signer.verify(_PURPOSE + key, token)
        except Invalid:
            raise Fault("file") from None
        home, upload, name, size, kind = msgspec.json.decode(said, type=tuple[str, str, str, int, str])
        if home != field:
            raise Fault("file")
        return {"filename": name, "size": size, "content_type": kind, "upload": upload}


def named(fields: Mapping[str, Any], definition: Definition) -> list[UUID]:
    """The files that the answers to a form name."""
    return list(_named(fields, definition))


def _named(fields: Mapping[str, Any], definition: Definition) -> Iterator[UUID]:
    for key in of_files(definition):
        held = fields.get(key)
        for each in held if isinstance(held, list) else []:
            upload = each.get("upload") if isinstance(each, dict) else None
            if isinstance(upload, str):
                try:
                    yield ids.read(ids.UPLOAD, upload)
                except NotFound:
                    continue


def of_files(definition: Definition) -> dict[str, Field]:
    """The fields of a form that take files, by their keys; of two with one key the first is meant."""
    return {field.key: field for field in reversed(definition.fields()) if field.type == "file"}


def wanted(field: Field) -> tuple[str, ...]:
    """The media types that a field takes."""
    return tuple(field.accept) or COMMON


def kinds(field: Field) -> str:
    """What a field takes, in words."""
    return called(wanted(field))


__all__ = ["NewFile", "References", "Upload", "kinds", "named", "of_files", "readable", "wanted"]
