"""JSON from strangers: decoded fast, refused exactly, numbers kept as they were written."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Final

import msgspec

from leadsbot.kit.errors import Invalid
from leadsbot.kit.storable import MAX_DEPTH, Checked

_DECODE: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_BOM: Final = b"\xef\xbb\xbf"
encode: Final = msgspec.json.Encoder(decimal_format="number").encode
"""JSON bytes of a decoded tree, in which decimals are numbers again."""


def decode(body: bytes) -> object:
    """The tree, with Decimal for every number that is not whole. Of repeated names the last one counts.

    Raises Invalid: 400 with the position for what is not JSON, 422 that names the field for lone surrogates, numbers
    out of range and too deep nesting.
    """
    try:
        return _DECODE(body.removeprefix(_BOM))
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidOperation, RecursionError) as error:
        raise _diagnosed(body, error) from None


def _diagnosed(body: bytes, error: Exception) -> Invalid:
    """Why the fast decoder refused, said exactly: the slow one knows positions and lets lone surrogates through."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_float=Decimal, parse_constant=_refuse)
        Checked().value(value)
    except Invalid as found:
        return found
    except json.JSONDecodeError as broken:
        place = f"line {broken.lineno} column {broken.colno} (character {broken.pos})"
        return Invalid(None, f"The body is not valid JSON: {broken.msg} at {place}.", 400, code="broken_json")
    except UnicodeDecodeError as broken:
        return Invalid(None, f"The body is not valid UTF-8 at byte {broken.start}.", 400, code="broken_json")
    except RecursionError:
        return Invalid(None, f"The body is nested more than {MAX_DEPTH} deep.", code="too_deep")
    except (ValueError, InvalidOperation):
        return Invalid(None, "The body holds a number that is out of range.", code="out_of_range")
    return Invalid(None, f"The body is not valid JSON: {error}.", 400, code="broken_json")


def _refuse(word: str) -> object:
    raise json.JSONDecodeError(f"{word} is not JSON", "", 0)
