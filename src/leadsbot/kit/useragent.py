"""What a user agent says, as families only: browser, operating system, kind of device."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from ua_parser import Parser
from ua_parser.basic import Resolver
from ua_parser.loaders import load_lazy_builtins

_LONGEST: Final = 512
_BOT: Final = re.compile(
    r"bot\b|crawl|spider|slurp|curl/|wget/|python-|java/|okhttp|go-http|headless|httpx|axios", re.IGNORECASE
)
_TABLET: Final = re.compile(r"ipad|tablet|kindle|silk/|playbook", re.IGNORECASE)
_PHONE: Final = re.compile(r"iphone|ipod|mobile|phone|opera mini", re.IGNORECASE)
_DESKTOP: Final = frozenset({"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Chrome OS", "FreeBSD", "Debian"})


class Agent(NamedTuple):
    """Families of a user agent, each None when unknown; `device` is desktop, mobile, tablet or bot."""

    browser: str | None
    os: str | None
    device: str | None


_UNKNOWN: Final = Agent(None, None, None)


@lru_cache(maxsize=1)
def _parser() -> Parser:
    # The rules take a moment to load, so it is done when the first agent is read. The rules that tell devices from
    # each other are hundreds of slow expressions and would give models; a class is all we keep.
    return Parser(Resolver(load_lazy_builtins()))


@lru_cache(maxsize=2048)
def _families(text: str) -> dict[str, str]:
    return {name: said for name, said in _parse(text)._asdict().items() if said}


def families(user_agent: str) -> dict[str, str]:
    """The same as :func:`parse` by name, without what is not known. Shared: it is not to be changed."""
    return _families(user_agent[:_LONGEST])


@lru_cache(maxsize=2048)
def _parse(text: str) -> Agent:
    parser = _parser()
    agent, system = parser.parse_user_agent(text), parser.parse_os(text)
    browser = agent.family if agent else None
    os = system.family if system else None
    if _BOT.search(text):
        device: str | None = "bot"
    elif _TABLET.search(text) or (os == "Android" and "mobile" not in text.lower()):
        device = "tablet"
    elif _PHONE.search(text) or os in ("Android", "iOS"):
        device = "mobile"
    else:
        device = "desktop" if os in _DESKTOP else None
    return Agent(browser, os, device)


def parse(user_agent: str | None) -> Agent:
    """The families of a `User-Agent` header. Never raises; only the first 512 characters are read, answers are kept.

    Versions are left out on purpose: they are what makes a visitor recognisable.
    """
    if not user_agent:
        return _UNKNOWN
    return _parse(user_agent[:_LONGEST])
