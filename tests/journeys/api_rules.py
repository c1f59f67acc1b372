"""What the tool that fuzzes the API must know of LeadsBot; it loads this file into its own process.

``OWN_KEY`` is the id of the key that asks: it must not be revoked on the way. ``KNOWN`` are ids of records of the
workspace, by path parameter or member of a body (or by method and parameter, ``DELETE form_id``): what fits the
description is asked for these, or it would be about nothing. ``FOREIGN`` are ids of another workspace, ``SECRETS``
words that stand in its records.
"""

from __future__ import annotations

import json
import os
from typing import Any

import schemathesis

OWN_KEY = os.environ["OWN_KEY"]
KNOWN: dict[str, Any] = json.loads(os.environ.get("KNOWN", "{}"))
FOREIGN: dict[str, str] = json.loads(os.environ.get("FOREIGN", "{}"))
REFUSED = {400, 401, 405, 413, 415, 422}
SECRETS: list[str] = json.loads(os.environ.get("SECRETS", "[]"))


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Keep the key that asks; ask for records that are there."""
    asked, body = case.path_parameters or {}, case.body if isinstance(case.body, dict) else {}
    for values in (asked, body) if _fits(case) else ():
        values.update({name: KNOWN[name] for name in values.keys() & KNOWN.keys() if values[name]})
        values.update({name: KNOWN[own] for name in values if (own := f"{case.method} {name}") in KNOWN})
    asked.update({name: FOREIGN[name] for name in asked.keys() & FOREIGN.keys()})
    if asked.get("key") == OWN_KEY:
        asked["key"] = OWN_KEY[:-1] + ("0" if OWN_KEY[-1] != "0" else "1")


@schemathesis.check
def nothing_of_others(_context: Any, response: Any, case: Any) -> None:
    """A foreign id is 404, or the request is refused before anything is looked up; no answer holds foreign words."""
    answer = response.content.decode("utf-8", "replace")
    assert not [word for word in SECRETS if word in answer], "The answer shows a record of another workspace."
    if FOREIGN.keys() & (case.path_parameters or {}).keys() and response.request.method != "OPTIONS":
        assert response.status_code in {404, *REFUSED}, "A foreign id did something."
        plain = case.method == "GET" and _fits(case) and "Authorization" in response.request.headers
        assert response.status_code == 404 or not plain, "A foreign id is not just absent."


def _fits(case: Any) -> bool:
    """Whether the request was made to fit the description."""
    return case.meta is None or bool(case.meta.generation.mode.is_positive)
