"""Errors that a caller is meant to see, each with its HTTP status and a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus


class StartError(RuntimeError):
    """A command cannot run; the message is what its user is told: why, and what to do."""


class NotSetUp(StartError):
    """There is nothing yet that a command could work on, and it is not the one that makes it."""


class AppError(Exception):
    """An answer to the caller rather than a fault of ours.

    `code` is a stable word for programs, `title` the same for every error of the class, `detail` a sentence about this
    one, `field` the input it concerns (dotted path) and `headers` what the answer must carry. A detail must be safe to
    show: it never repeats a secret or a value that was sent.
    """

    code: str = "error"
    status: int = 500
    title: str = "Something went wrong"

    def __init__(
        self,
        detail: str | None = None,
        *,
        field: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.detail = detail or self.title
        self.field = field
        if code is not None:
            self.code = code
        self.headers: dict[str, str] = dict(headers or {})
        super().__init__(self.detail)


class Invalid(AppError):
    """A value was sent that cannot be accepted; names the field. 400 for a broken body, 422 for a broken value."""

    code = "invalid"
    status = 422
    title = "The request is not valid"

    def __init__(self, field: str | None, message: str, status: int = 422, *, code: str | None = None) -> None:
        super().__init__(message, field=field, code=code)
        self.status = status


class Unauthorised(AppError):
    """Nobody is known to be asking: no credentials, or wrong ones."""

    code = "unauthorised"
    status = 401
    title = "Sign in or send a valid API key"

    def __init__(self, detail: str | None = None, *, scheme: str = "Bearer") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": scheme})


class Unsigned(Unauthorised):
    """A source wants signed requests, and this one has no signature or a wrong one."""

    title = "The request is not signed rightly"


class Forbidden(AppError):
    """The caller is known, may know that the thing exists, and may not do this with it."""

    code = "forbidden"
    status = 403
    title = "You are not allowed to do this"


class NotFound(AppError):
    """No such thing, or none that the caller may know of: both look the same."""

    code = "not_found"
    status = 404
    title = "There is nothing here"


class Conflict(AppError):
    """The request is fine by itself but does not fit what is stored now."""

    code = "conflict"
    status = 409
    title = "This conflicts with the present state"


class Gone(AppError):
    """It existed and was closed or deleted on purpose."""

    code = "gone"
    status = 410
    title = "This is no longer available"


class TooLarge(AppError):
    """The body is larger than the limit that the detail names."""

    code = "too_large"
    status = 413
    title = "The request is too large"


class UnsupportedType(AppError):
    """The body has a content type that is not understood here."""

    code = "unsupported_type"
    status = 415
    title = "This content type is not supported"


class TooMany(AppError):
    """The caller is over a limit and may try again after `retry_after` seconds."""

    code = "too_many_requests"
    status = 429
    title = "Too many requests"

    def __init__(self, retry_after: int, detail: str | None = None) -> None:
        self.retry_after = max(1, retry_after)
        text = detail or f"Too many requests. Try again in {self.retry_after} s."
        super().__init__(text, headers={"Retry-After": str(self.retry_after)})


class Unavailable(AppError):
    """We cannot serve this now and nothing was done; the caller may try again after `retry_after` seconds."""

    code = "unavailable"
    status = 503
    title = "Temporarily unavailable"

    def __init__(self, retry_after: int, detail: str | None = None) -> None:
        self.retry_after = max(1, retry_after)
        text = detail or f"Nothing was stored. Try again in {self.retry_after} s."
        super().__init__(text, headers={"Retry-After": str(self.retry_after)})


def problem(error: AppError, request_id: str) -> dict[str, object]:
    """The `application/problem+json` body of an error (RFC 9457).

    Beside the members of the standard it carries `code`, `request_id` and `errors`, a list of `{field, message}`
    with one entry when the error names a field, none otherwise, and one for each of its `faults` (field to message)
    where it has more than one. The type is `about:blank`, which says that the
    title explains no more than the status; programs look at `code`.
    """
    faults: Mapping[str, str] = getattr(error, "faults", {})
    if not faults and error.field is not None:
        faults = {error.field: error.detail}
    named = [{"field": field, "message": message} for field, message in faults.items()]
    return {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "errors": named,
        "request_id": request_id,
    }


def status_title(status: int) -> str:
    """The standard phrase of a status, for answers that were not raised by us (404 of the router, 405)."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
