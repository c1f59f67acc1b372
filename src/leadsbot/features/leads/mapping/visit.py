"""What forms tell about the visit: page, referrer, campaign, click ids, language, time zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

from leadsbot.features.leads.mapping.shapes import Leaf
from leadsbot.kit.spellings import joined

_UTM: Final = ("source", "medium", "campaign", "term", "content", "id", "source_platform", "creative_format")
_CLICKS: Final = (
    "gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id", "yclid", "fbp", "fbc",
)  # fmt: skip
_LONGEST: Final = 2048
_URL: Final = re.compile(r"(?:https?://|/)\S*", re.IGNORECASE)
_LOCALE: Final = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")
_ZONE: Final = re.compile(r"UTC|GMT|[A-Z][A-Za-z]+(?:/[A-Za-z0-9_+-]+){1,2}")
_ADDRESS: Final = re.compile(r"[0-9A-Fa-f:.]{3,45}")

_Check = Callable[[str], object]
_NAMES: Final[dict[str, tuple[str, _Check]]] = {
    **{f"utm{name.replace('_', '')}": (f"utm_{name}", str) for name in _UTM},
    **{name.replace("_", ""): (name, str) for name in _CLICKS},
    **dict.fromkeys(
        (
            "pageurl",
            "page",
            "pageuri",
            "sourceurl",
            "currenturl",
            "formurl",
            "locationhref",
            "submittedfrom",
            "pagelink",
        ),
        ("page", _URL.fullmatch),
    ),
    **dict.fromkeys(("landingpage", "landingurl", "landingpageurl", "firstpage"), ("landing_page", _URL.fullmatch)),
    **dict.fromkeys(
        ("referrer", "referer", "referrerurl", "refererurl", "httpreferer", "referringurl"),
        ("referrer", _URL.fullmatch),
    ),
    **dict.fromkeys(("pagetitle", "referertitle", "pagename"), ("page_title", str)),
    **dict.fromkeys(("locale", "lang", "language", "wpcf7locale", "browserlanguage"), ("locale", _LOCALE.fullmatch)),
    **dict.fromkeys(("timezone", "tz", "browsertimezone"), ("timezone", _ZONE.fullmatch)),
    **dict.fromkeys(("ip", "ipaddress", "remoteip", "userip", "clientip"), ("sent_ip", _ADDRESS.fullmatch)),
    **dict.fromkeys(("useragent", "browseruseragent"), ("sent_user_agent", str)),
}
# Only within a context object: elsewhere the same words are questions of a form.
_INSIDE: Final[dict[str, tuple[str, _Check]]] = {
    **dict.fromkeys(("url", "href", "location", "path"), ("page", _URL.fullmatch)),
    "title": ("page_title", str),
    "network": ("sent_ip", _ADDRESS.fullmatch),
}


def take_context(found: Iterable[Leaf]) -> tuple[dict[str, str], list[Leaf]]:
    """The context by its own names, and the answers it was read from.

    Names are `page`, `landing_page`, `referrer`, `page_title`, `utm_*`, the click ids as they are usually written,
    `locale`, `timezone`, `sent_ip` and `sent_user_agent` (what a form builder's server says about its visitor; anyone
    can claim that). A value that does not look right stays an answer. The first one of several wins and the others
    stay answers, too. UTM and click ids are also read from the page's address, then from the landing page's.
    """
    context: dict[str, str] = {}
    taken: list[Leaf] = []
    for leaf in sorted(found, key=lambda each: not each.context):
        value = leaf.value
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            continue
        word = joined(leaf.key if not leaf.context else leaf.label)
        known = _NAMES.get(word) or (_INSIDE.get(word) if leaf.context else _NAMES.get(joined(leaf.label)))
        if known is not None and known[0] not in context and known[1](value.strip()):
            context[known[0]] = value.strip()
            taken.append(leaf)
    for address in ("page", "landing_page"):
        for name, value in _from_query(context.get(address, "")):
            context.setdefault(name, value)
    return context, taken


def _from_query(address: str) -> list[tuple[str, str]]:
    if "?" not in address:
        return []
    try:
        pairs = parse_qsl(urlsplit(address).query, max_num_fields=100)
    except ValueError:
        return []
    wanted = {*(f"utm_{name}" for name in _UTM), *_CLICKS}
    return [(name.lower(), value) for name, value in pairs if name.lower() in wanted and value.strip()]
