"""A body, in whatever form it comes, as what will be stored; everything else is refused by naming the field."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

from leadsbot.kit import formdata
from leadsbot.kit.errors import Invalid, UnsupportedType
from leadsbot.kit.storable import MAX_DEPTH, Checked

MAX_BATCH: Final = 500
CORE: Final = frozenset({"name", "email", "phone", "message", "company"})
RESERVED: Final = ("_next", "_subject", "_gotcha", "_lang", "token")
_SCALAR: Final = (str, int, Decimal, type(None))
_DECODE: Final = msgspec.json.Decoder(float_hook=Decimal).decode
encode: Final = msgspec.json.Encoder(decimal_format="number").encode


class Parsed(msgspec.Struct):
    """One submission: what was filled in, what the page said about itself, what was meant for us."""

    fields: dict[str, Any]
    context: dict[str, Any]
    reserved: dict[str, str]


def tree(content_type: str, body: bytes, *, text_is_json: bool) -> tuple[object, bool, list[str]]:
    """The body as a tree, whether it came from a form (where everything is text), and warnings.

    Raises UnsupportedType, or Invalid with status 400 and the position for broken JSON.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json") or (kind == "text/plain" and text_is_json):
        return _json(body), False, []
    if kind == "application/x-www-form-urlencoded":
        if body[:1] == b"{" and body.rstrip()[-1:] == b"}":
            return _json(body), False, ["The body is JSON: send Content-Type: application/json."]
        return *_form(formdata.urlencoded(body)), *()
    if kind == "multipart/form-data":
        return *_form(formdata.multipart(content_type, body)), *()
    raise UnsupportedType(
        "Send application/json, application/x-www-form-urlencoded or multipart/form-data.",
        headers={"Accept": "application/json, application/x-www-form-urlencoded, multipart/form-data"},
    )


def _form(result: tuple[Any, list[str]]) -> tuple[object, bool, list[str]]:
    return result[0], True, result[1]


def _json(body: bytes) -> object:
    try:
        return _DECODE(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidOperation, RecursionError) as error:
        raise _diagnosed(body, error) from None


def _diagnosed(body: bytes, error: Exception) -> Invalid:
    """Why the fast decoder refused, said exactly: the slow one knows positions and lets lone surrogates through."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_float=_bounded, parse_constant=_refuse)
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


def _bounded(text: str) -> Decimal:
    return Decimal(text)


def _refuse(word: str) -> object:
    raise json.JSONDecodeError(f"{word} is not JSON", "", 0)


def items(body: object) -> list[object] | None:
    """The items of a batch, or None for a single submission. Invalid for none or too many."""
    shared: dict[str, object] = {}
    if isinstance(body, dict) and isinstance(body.get("leads"), list):
        shared = {name: value for name, value in body.items() if name != "leads"}
        body = body["leads"]
    if not isinstance(body, list):
        return None
    if not 1 <= len(body) <= MAX_BATCH:
        raise Invalid("leads", f"Send 1 to {MAX_BATCH} leads at once; these are {len(body)}.", code="batch_size")
    return [{**shared, **item} if isinstance(item, dict) else item for item in body]


def submission(body: object, *, reserve: bool, is_form: bool) -> Parsed:
    """One submission, checked and with card numbers masked.

    What is nested under ``fields`` is brought to the top, unless a name would be lost; ``context`` is set apart when
    it is an object; with ``reserve`` the names that forms reserve for us are taken out. Of repeated JSON names the
    last one counts. Raises Invalid (422) that names the field.
    """
    if not isinstance(body, dict):
        raise Invalid(None, "Send a JSON object with the fields of the form.", code="not_an_object")
    fields: dict[str, Any] = dict(body)
    context = fields.pop("context") if isinstance(body.get("context"), dict) else {}
    reserved: dict[str, str] = {}
    for name in RESERVED if reserve else ():
        if isinstance(fields.get(name), str):
            reserved[name] = Checked().value(fields.pop(name), name)  # type: ignore[assignment]
    nested = fields.get("fields")
    if isinstance(nested, dict) and not (nested.keys() & fields.keys()) - {"fields"}:
        fields = {name: value for name, value in fields.items() if name != "fields"} | nested
    _core(fields, is_form)
    checked = Checked()
    fields = checked.value(fields)  # type: ignore[assignment]
    if not checked.content:
        raise Invalid(None, "The submission is empty: fill in at least one field.", code="empty")
    return Parsed(fields, Checked().value(context, "context"), reserved)  # type: ignore[arg-type]


def _core(fields: dict[str, Any], is_form: bool) -> None:
    """Refuse types that cannot be a name or an address, but not the objects that form builders wrap values in."""
    for name, value in fields.items():
        if name.lower() not in CORE or (isinstance(value, _SCALAR) and not isinstance(value, bool)):
            continue
        if isinstance(value, dict) and ("value" in value or is_form or _parts(name, value)):
            continue
        if not (isinstance(value, list) and is_form):
            raise Invalid(name, "This must be a text.", code="wrong_type")


def _parts(name: str, value: dict[str, Any]) -> bool:
    return name.lower() == "name" and bool(value) and all(isinstance(part, str | None) for part in value.values())
