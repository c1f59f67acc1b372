"""A request body of any kind we take, as the tree of values it stands for."""

from __future__ import annotations

from leadsbot.kit import formdata, jsonbody
from leadsbot.kit.errors import UnsupportedType


def tree(content_type: str, body: bytes, *, text_is_json: bool) -> tuple[object, bool, list[str]]:
    """The body as a tree, whether it came from a form (where everything is text), and warnings.

    Raises UnsupportedType, or Invalid with status 400 and the position for broken JSON.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" or kind.endswith("+json") or (kind == "text/plain" and text_is_json):
        return jsonbody.decode(body), False, []
    if kind == "application/x-www-form-urlencoded":
        if body[:1] == b"{" and body.rstrip()[-1:] == b"}":
            return jsonbody.decode(body), False, ["The body is JSON: send Content-Type: application/json."]
        fields, warnings = formdata.urlencoded(body)
        return fields, True, warnings
    if kind == "multipart/form-data":
        fields, warnings = formdata.multipart(content_type, body)
        return fields, True, warnings
    raise UnsupportedType(
        "Send application/json, application/x-www-form-urlencoded or multipart/form-data.",
        headers={"Accept": "application/json, application/x-www-form-urlencoded, multipart/form-data"},
    )
