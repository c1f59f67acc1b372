"""What a submission says: links, markup, letters in a row, one text everywhere, an address for one day."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from disposable_email_domains import blocklist

from leadsbot.features.screening.learning.pieces import COUNT, COUNTABLE, LINKED, MIXED, ODD, TOKENS
from leadsbot.features.screening.learning.words import Reading, jumps
from leadsbot.features.screening.model import Evidence
from leadsbot.features.screening.signals.said import Said

SIDE: Final = "content"
SHORTENERS: Final = frozenset(
    "bit.ly tinyurl.com t.co goo.gl is.gd cutt.ly rb.gy ow.ly shorturl.at rebrand.ly tiny.cc s.id clck.ru vk.cc "
    "buff.ly t.ly bl.ink shorte.st v.gd qr.ae dub.sh u.to tr.ee".split()
)
LINKS: Final = (0.0, 0.4, 1.0, 1.7, 1.7, 2.6)
"""By the number of links, the last for all that are more."""
MARKUP: Final = re.compile(r"<a\s|href\s*=|\[(?:url|link|img)\b", re.IGNORECASE)
IN_NAME: Final = re.compile(
    r"https?:|www\.|\.(?:com|net|org|ru|top|xyz|info|shop|site|online)\b|[/\\]{2}", re.IGNORECASE
)
LINK_IN_NAME: Final = Evidence(2.4, "link_in_name", SIDE)
SENTENCE: Final = 8
SAME: Final = Evidence(2.0, "same_everywhere", SIDE)
LINK_MARKUP: Final = Evidence(2.4, "markup", SIDE)
"""HTML or BBCode links, which no form asks for."""
_ANY: Final = COUNT * (LINKED | ODD | MIXED)
ODD_NAME: Final = Evidence(1.5, "odd_name", SIDE)


def text(said: str, reading: Reading) -> list[Evidence]:
    """What speaks against a text by what stands in it: links, markup, letters that make no words."""
    found: list[Evidence] = []
    if reading.counts & _ANY:
        found += links(reading)
        found += letters(reading)
    if ("<" in said or "[" in said) and MARKUP.search(said):
        found.append(LINK_MARKUP)
    return found


def links(reading: Reading) -> list[Evidence]:
    """How many links there are, where they lead, and whether there is anything else."""
    hosts = reading.hosts()
    if not hosts:
        return []
    count = len(hosts)
    found = [Evidence(LINKS[min(count, len(LINKS) - 1)], "many_links" if count > 2 else "links", SIDE)]
    if any(host.removeprefix("www.") in SHORTENERS for host in hosts):
        found.append(Evidence(1.0, "shortened_link", SIDE))
    if reading.count(TOKENS) < 4 * count:
        found.append(Evidence(1.0, "mostly_links", SIDE))
    return found


def letters(reading: Reading) -> list[Evidence]:
    """Letters that make no words, or that mix two scripts inside one."""
    found, odd = [], reading.count(ODD)
    if odd and odd * 2 >= reading.count(COUNTABLE) and odd * 3 >= reading.count(TOKENS):
        found.append(Evidence(2.2, "gibberish", SIDE))
    if reading.count(MIXED):
        found.append(Evidence(1.3, "mixed_letters", SIDE))
    return found


def name(said: Said) -> Evidence | None:
    """A name that is an address of a web site, or letters that nobody is called."""
    given = said.name
    if ("." in given or ":" in given or "/" in given) and IN_NAME.search(given):
        return LINK_IN_NAME
    return ODD_NAME if given and jumps(given) else None


def same_everywhere(said: Said) -> Evidence | None:
    """One text in the name and elsewhere, or in three fields."""
    texts = said.texts
    if len(set(texts)) == len(texts):
        return None
    thrice = any(texts.count(each) > 2 for each in texts if len(each) >= SENTENCE)
    if thrice or (len(said.name) > 3 and texts.count(said.name) > 1):
        return SAME
    return None


@lru_cache(maxsize=8192)
def _disposable(domain: str) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[at:]) in blocklist for at in range(len(labels) - 1))


def disposable(said: Said) -> Evidence | None:
    """An e-mail address of a service that gives them away for a day; honest people use them too."""
    if said.email and _disposable(said.email.rpartition("@")[2][:255]):
        return Evidence(0.6, "disposable_email", SIDE)
    return None
