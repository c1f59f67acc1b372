"""Bodies of the API are what their description says: a number is not taken from a text, a truth not from a word.

Litestar reads a body together with the parameters of the address, which are texts, and is lenient with both.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import SerializationException, ValidationException


async def check_body(request: Request[Any, Any, Any]) -> None:
    """Raise ValidationException for a JSON body of an API operation that only a lenient reader would take."""
    handler = request.route_handler
    field = getattr(handler, "parsed_data_field", None)
    if field is None or handler.opt.get("surface") != "api" or "json" not in request.headers.get("content-type", ""):
        return
    if not await request.body():
        return
    try:
        sent = await request.json()
    except SerializationException:
        return  # What is no JSON is refused by whoever reads the body for the handler, with the position.
    try:
        msgspec.convert(sent, field.annotation, strict=True, str_keys=True)
    except msgspec.ValidationError as error:
        message, _, place = str(error).partition(" - at `$")
        key = place.rstrip("`").lstrip(".") or "data"
        raise ValidationException(extra=[{"message": message, "key": key, "source": "body"}]) from error
