"""Submissions as screening sees them, by default a person's from a form of their own."""

from __future__ import annotations

from typing import Any

from leadsbot.contracts.intake import Arriving
from leadsbot.features.screening.edge import EdgeScreener
from leadsbot.kit.ids import new_id
from leadsbot.kit.signing import Signer

SIGNER = Signer("a secret key that is long enough for tests")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
KEY = "0123456789abcdefABCDEF"
ANNA = {"name": "Anna Berg", "email": "anna@example.org", "message": "Could you send me a price for two doors, please?"}
SPAM = {
    "name": "Kevin",
    "email": "kevin@example.net",
    "message": "We guarantee page 1 of Google in 30 days! Cheap SEO, 1000 backlinks for $49, limited offer, reply now "
    "https://rank.example https://links.example https://offer.example",
}


def arriving(fields: dict[str, Any] | None = None, **more: Any) -> Arriving:
    given: dict[str, Any] = {
        "workspace_id": new_id(), "source_id": new_id(), "source_key": KEY, "route": "form", "checks": {},
        "ip": "203.0.113.7", "user_agent": BROWSER, "origin": "https://shop.example", "referer": "", "token": "",
        "trap": "", "proof": "", "captcha": "", "designed": False, "fields": ANNA if fields is None else fields,
    }  # fmt: skip
    return Arriving(**{**given, **more})


def screener(*, counting: bool = True) -> EdgeScreener:
    return EdgeScreener(SIGNER, counting=counting)
