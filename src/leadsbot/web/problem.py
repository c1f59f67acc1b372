"""The shape of an error answer, as the OpenAPI document describes it (RFC 9457 with three members of ours)."""

from __future__ import annotations

import msgspec

MEDIA_TYPE = "application/problem+json"


class FieldError(msgspec.Struct):
    """One input that was not accepted."""

    field: str
    message: str


class Problem(msgspec.Struct):
    """An error: ``code`` is stable for programs, ``detail`` tells a person what to do."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[FieldError]
    request_id: str


DESCRIPTIONS = {
    400: "The request cannot be read",
    401: "No credentials, or wrong ones",
    403: "The role or key does not include this",
    404: "No such thing in this workspace",
    409: "It conflicts with the present state",
    410: "It was closed or deleted on purpose",
    413: "The body is too large",
    415: "The body has a type that is not understood",
    422: "A value is not acceptable; `errors` names it",
    429: "Too many requests; see Retry-After",
    500: "A fault of ours; quote the request_id",
    503: "Temporarily unavailable; see Retry-After",
}
