"""How a submission came, in words: what was told beside the answers, under plain labels and in one order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

_FACTS: Final = {
    "page": "Page", "page_title": "Title of the page", "form": "Form", "landing_page": "First page",
    "referrer": "Came from", "utm_source": "Campaign source", "utm_medium": "Campaign medium",
    "utm_campaign": "Campaign", "utm_term": "Searched for", "utm_content": "Advertisement", "subject": "Subject",
    "lang": "Language of the form", "language": "Language of the browser", "locale": "Language",
    "timezone": "Time zone", "device": "Device", "os": "System", "browser": "Browser",
    "seconds_on_page": "Seconds on the page", "identity": "Who the site says it is",
}  # fmt: skip
"""What helps whoever answers, in the order in which it is shown."""
_TECHNICAL: Final = {
    "referer": "Sent from", "origin": "Web site", "first_touch": "First visit", "utm_id": "Campaign id",
    "gclid": "Google click", "gbraid": "Google click (app)", "wbraid": "Google click (web)", "dclid": "Google ad click",
    "fbclid": "Facebook click", "msclkid": "Microsoft click", "ttclid": "TikTok click", "twclid": "X click",
    "li_fat_id": "LinkedIn click", "yclid": "Yandex click", "user_agent": "User agent",
    "sent_user_agent": "User agent, as told", "sent_ip": "IP address, as told", "content_type": "Sent as",
    "partial": "Beginning", "request_id": "Request",
}  # fmt: skip
_DEVICES: Final = {"desktop": "Computer", "mobile": "Telephone", "tablet": "Tablet", "bot": "Program"}
_DEEPEST: Final = 3


class Visit(NamedTuple):
    """Labels and texts: what helps whoever answers, and what only helps to find a fault."""

    facts: list[tuple[str, str]]
    technical: list[tuple[str, str]]


def told_visit(context: Mapping[str, Any]) -> Visit:
    """A submission's context without what is empty. What nobody knows comes last, among the technical."""
    facts = [(label, text) for key, label in _FACTS.items() if (text := _said(key, context.get(key)))]
    unknown = {key: _words(key) for key in context if key not in _FACTS and key not in _TECHNICAL}
    technical = {**_TECHNICAL, **unknown}
    # Most browsers send the page's own address as the referer: once is enough.
    same = {"referer"} if context.get("referer") == context.get("page") else set()
    named = ((key, label) for key, label in technical.items() if key not in same)
    return Visit(facts, [(label, text) for key, label in named if (text := _said(key, context.get(key)))])


def _said(key: str, value: Any) -> str:
    if key == "device" and isinstance(value, str):
        return _DEVICES.get(value, value)
    if key == "language" and isinstance(value, str):
        return ", ".join(each.partition(";")[0].strip() for each in value.split(","))
    if key == "form" and isinstance(value, Mapping):
        return _form(value)
    return _text(value)


def _form(form: Mapping[str, Any]) -> str:
    """Of a form of ours its version (its key is the source's); of one on a web site the name, else the id."""
    if version := _text(form.get("version")):
        return f"version {version}"
    return _text(form.get("name")) or _text(form.get("id"))


def _text(value: Any, depth: int = 0) -> str:
    """One line; a tree as ``name: value`` pairs, without what is empty. Trees can be as deep as whoever posts likes."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "" if depth == _DEEPEST else _joined(_pairs(value, depth + 1))
    if isinstance(value, list):
        return "" if depth == _DEEPEST else _joined(_text(each, depth + 1) for each in value)
    return str(value).strip()


def _pairs(tree: Mapping[str, Any], depth: int) -> Iterator[str]:
    for key, value in tree.items():
        if text := _text(value, depth):
            yield f"{_words(key)}: {text}"


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def _words(key: str) -> str:
    words = " ".join(key.replace("_", " ").split())
    return words[:1].upper() + words[1:] or key


__all__ = ["Visit", "told_visit"]
