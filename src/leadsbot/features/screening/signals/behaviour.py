"""How a submission was made: the trap, the token of the page, the web site, the user agent."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import crawleruseragents

from leadsbot.features.screening.model import Evidence
from leadsbot.features.screening.token import Found

LONGEST_AGENT: Final = 512
CRAWLER: Final = Evidence(1.5, "crawler_agent", "agent")
PROGRAM: Final = Evidence(0.5, "program_agent", "agent")
"""A library that fetches addresses, or curl: what developers try a form with, and the cheaper bots."""
NO_AGENT: Final = Evidence(1.0, "no_agent", "agent")
TRAP: Final = Evidence(3.3, "trap_filled", "trap")
FOREIGN: Final = Evidence(2.2, "foreign_page", "page")
NO_TOKEN: Final = Evidence(0.5, "no_token", "page")
SILENT: Final = Evidence(0.4, "no_origin", "page")
TOKENS: Final = {
    "forged": Evidence(2.4, "token_forged", "page"),
    "too_fast": Evidence(2.6, "too_fast", "timing"),
    "expired": Evidence(0.7, "token_expired", "page"),
    "reused": Evidence(1.1, "token_reused", "page"),
}


def trap(value: str) -> Evidence | None:
    """A field that people do not see was filled in. Password managers do that too, so it never blocks alone."""
    return TRAP if value and not value.isspace() else None


def page(found: Found, *, designed: bool, origin: str | None) -> list[Evidence]:
    """What the token of the page says. None at all is neutral for a form of somebody's own (``designed`` is false)."""
    if found.state == "absent":
        return [NO_TOKEN] if designed else []
    evidence = [TOKENS[found.state]] if found.state in TOKENS else []
    if found.foreign:
        evidence.append(FOREIGN)
    elif origin is None and found.state != "forged":
        # Browsers tell the origin of every post; a page of ours was read by something that does not.
        evidence.append(SILENT)
    return evidence


_PROGRAMS: Final = re.compile(
    r"^(?:curl|wget|python-requests|python-httpx|python-urllib|aiohttp|axios|node|undici|node-fetch|got|okhttp|java|"
    r"go-http-client|postmanruntime|insomnia|httpie|guzzlehttp|ruby|apache-httpclient|libwww-perl)\b|\baiohttp/",
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def _agent(text: str) -> Evidence | None:
    if _PROGRAMS.search(text):
        return PROGRAM
    return CRAWLER if _crawlers().search(text) else None


@lru_cache(maxsize=1)
def _crawlers() -> re.Pattern[str]:
    return re.compile("|".join(each["pattern"] for each in crawleruseragents.CRAWLER_USER_AGENTS_DATA))


def agent(text: str) -> Evidence | None:
    """A program that says so, or says nothing. A hint only: the list knows about 6 of 10 bots, and bots lie."""
    return _agent(text[:LONGEST_AGENT]) if text else NO_AGENT


def warm_up() -> None:
    """Compile the list of crawlers, which takes a moment, before the first submission needs it."""
    agent("warm-up")
