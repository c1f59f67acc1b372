"""Cursors of keyset pages: the sort key of the last row, opaque to the caller."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from leadsbot.kit.errors import Invalid

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(tuple[datetime, UUID])


def encode(at: datetime, id: UUID) -> str:
    """The cursor that continues after the row of this time (aware) and id."""
    return base64.urlsafe_b64encode(_encoder.encode((at, id))).rstrip(b"=").decode()


def decode(text: str, field: str = "cursor") -> tuple[datetime, UUID]:
    """The time and id that `encode` wrote; `Invalid` that names the field for anything else."""
    try:
        if len(text) > 200:
            raise ValueError("too long")
        raw = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
        at, id = _decoder.decode(raw)
        if at.tzinfo is None:
            raise ValueError("no time zone")
    except (ValueError, binascii.Error, OverflowError, msgspec.MsgspecError):
        message = "This cursor is not one of ours. Use next_cursor of the previous page, or leave it out."
        raise Invalid(field, message, status=400, code="bad_cursor") from None
    return at, id
