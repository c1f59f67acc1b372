"""What a submission says: links, markup, letters in a row, one text everywhere, an address for one day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from disposable_email_domains import blocklist

from leadsbot.features.screening.learning.words import JUMPY, MIXED, ODD, TRAIT_MASK, Reading, traits
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
ODD_NAME: Final = Evidence(1.5, "odd_name", SIDE)
_BLOCKS: Final = (
    ("Latin", 0x0041, 0x024F), ("Greek", 0x0370, 0x03FF), ("Cyrillic", 0x0400, 0x052F), ("Hebrew", 0x0590, 0x05FF),
    ("Arabic", 0x0600, 0x077F), ("Devanagari", 0x0900, 0x097F), ("Thai", 0x0E00, 0x0E7F), ("Kana", 0x3040, 0x30FF),
    ("Han", 0x3400, 0x9FFF), ("Hangul", 0xAC00, 0xD7AF),
)  # fmt: skip
SCRIPTS: Final = {
    "el": ("Greek",), "ru": ("Cyrillic",), "uk": ("Cyrillic",), "bg": ("Cyrillic",), "sr": ("Cyrillic", "Latin"),
    "mk": ("Cyrillic",), "be": ("Cyrillic",), "kk": ("Cyrillic",), "he": ("Hebrew",), "yi": ("Hebrew",),
    "ar": ("Arabic",), "fa": ("Arabic",), "ur": ("Arabic",), "hi": ("Devanagari",), "mr": ("Devanagari",),
    "ne": ("Devanagari",), "th": ("Thai",), "ja": ("Kana", "Han"), "zh": ("Han",), "ko": ("Hangul", "Han"),
}  # fmt: skip


LATIN: Final = frozenset(
    "en de fr es it pt nl pl sv da nb no nn fi cs sk hu ro hr sl et lv lt tr id ms vi ca eu gl ga cy is sq af".split()
)


def scripts_of(languages: Iterable[str]) -> list[str]:
    """The scripts that people write in a form of these languages (BCP 47); Latin is among them always, since names and
    brands are written in it everywhere. Empty when a language is not known: then nothing is held against anybody."""
    found = {"Latin"}
    for language in languages:
        base = language.partition("-")[0].lower()
        if base not in SCRIPTS and base not in LATIN:
            return []
        found.update(SCRIPTS.get(base, ()))
    return sorted(found)


def links(reading: Reading) -> list[Evidence]:
    """How many links there are, where they lead, and whether there is anything else."""
    hosts = reading.hosts
    if not hosts:
        return []
    count = len(hosts)
    found = [Evidence(LINKS[min(count, len(LINKS) - 1)], "many_links" if count > 2 else "links", SIDE)]
    if any(host.removeprefix("www.") in SHORTENERS for host in hosts):
        found.append(Evidence(1.0, "shortened_link", SIDE))
    if len(reading.tokens) < 4 * count:
        found.append(Evidence(1.0, "mostly_links", SIDE))
    return found


def markup(text: str) -> Evidence | None:
    """HTML or BBCode links, which no form asks for."""
    if ("<" in text or "[" in text) and MARKUP.search(text):
        return Evidence(2.4, "markup", SIDE)
    return None


def letters(reading: Reading) -> list[Evidence]:
    """Letters that make no words, or that mix two scripts inside one."""
    shape, found = reading.traits, []
    countable, odd = shape & TRAIT_MASK, shape // ODD & TRAIT_MASK
    if odd and odd * 2 >= countable and odd * 3 >= len(reading.tokens):
        found.append(Evidence(2.2, "gibberish", SIDE))
    if shape // MIXED & TRAIT_MASK:
        found.append(Evidence(1.3, "mixed_letters", SIDE))
    return found


def script(text: str, scripts: frozenset[str]) -> Evidence | None:
    """A text in letters that no language of the form is written in: unusual, and no more than that."""
    if not scripts:
        return None
    counts: dict[str, int] = {}
    for letter in text[:400]:
        point = ord(letter)
        for name, first, last in _BLOCKS:
            if first <= point <= last:
                counts[name] = counts.get(name, 0) + 1
                break
    strange = sum(count for name, count in counts.items() if name not in scripts)
    return Evidence(1.0, "foreign_script", SIDE) if strange * 2 > sum(counts.values()) else None


def name(said: Said) -> Evidence | None:
    """A name that is an address of a web site, or letters that nobody is called."""
    given = said.name
    if ("." in given or ":" in given or "/" in given) and IN_NAME.search(given):
        return LINK_IN_NAME
    return ODD_NAME if given and traits(given) >= JUMPY else None


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

