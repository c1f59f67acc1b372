"""The answers of capture: JSON, a redirect, the answer to a preflight."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from leadsbot.contracts.intake import Verdict
from leadsbot.features.capture.commit import Stored
from leadsbot.features.capture.parse import Parsed
from leadsbot.features.capture.source_cache import Source
from leadsbot.infra.asgi import Reply, Request, as_json
from leadsbot.kit.errors import Invalid, problem
from leadsbot.kit.ids import SUBMISSION, show
from leadsbot.kit.links import redirect_allowed

ALLOW: Final = {"webhook": "POST, OPTIONS", "widget": "POST, OPTIONS", "form": "GET, HEAD, POST, OPTIONS"}
_ASK: Final = "content-type, idempotency-key, x-leadsbot-token, x-leadsbot-signature, x-leadsbot-timestamp"


def preflight(route: str) -> Reply:
    """The answer to a browser's question whether it may post."""
    return (
        204,
        {
            "Allow": ALLOW[route],
            "Access-Control-Allow-Methods": "POST, OPTIONS",
            "Access-Control-Allow-Headers": _ASK,
            "Access-Control-Max-Age": "7200",
        },
        b"",
    )


def results(parsed: Iterable[Parsed | Invalid], ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """One entry per item of a batch, in the order sent."""
    names = iter(ids)
    return [
        {"status": "rejected", "errors": [{"field": item.field, "message": item.detail}]}
        if isinstance(item, Invalid)
        else {"id": show(SUBMISSION, next(names)), "status": "accepted"}
        for item in parsed
    ]


def all_rejected(request: Request, items: list[dict[str, Any]] | None) -> Reply:
    """422 for a batch without one good item."""
    error = Invalid(None, "None of the leads could be taken; see results.", code="all_rejected")
    return as_json(422, {**problem(error, request.id), "results": items})


def astray(source: Source, reserved: dict[str, str]) -> bool:
    """Whether a submission asks for a page that its source may not lead to."""
    return bool(reserved.get("_next")) and not redirect_allowed(reserved["_next"], source.redirects)


def thanks(
    source: Source,
    stored: Stored,
    reserved: dict[str, str],
    warnings: list[str],
    ending: dict[str, Any] | None,
    *,
    page: bool,
) -> Reply:
    """201 or, for a repeat, 200; for a person 303 to an allowed ``_next``, the form's ending or the thank-you page."""
    wanted, allowed = reserved.get("_next", ""), not astray(source, reserved)
    if page:
        own = (ending or {}).get("url") or f"/f/{source.key}/thanks"
        return 303, {"Location": wanted if wanted and allowed else own}, b""
    status = 200 if stored.repeated else 201
    if stored.answer is not None:
        return as_json(status, stored.answer)
    if wanted and not allowed:
        warnings = [*warnings, "_next is not among the addresses this form may redirect to."]
    told = {"id": show(SUBMISSION, stored.id), "status": "accepted", "warnings": warnings, "ending": ending}
    return as_json(status, {name: held for name, held in told.items() if held})


def blocked(request: Request, verdict: Verdict) -> Reply:
    """422 for a program whose submission was taken for a bot's: programs are told why, anonymous bots are not."""
    error = Invalid(None, "This looks like spam and was set aside; see reasons.", code="blocked")
    return as_json(422, {**problem(error, request.id), "reasons": verdict.reasons})
