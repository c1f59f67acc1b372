"""What a confirmation says, and whom one may be sent to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from leadsbot.features.forms.public import Definition, words
from leadsbot.kit.text import one_line

CHANNEL: Final = "email"
KIND: Final = "confirmation"
FRESH: Final = timedelta(days=1)
"""A submission that is older is not confirmed any more: released from quarantine after a week, say."""
PER_HOUR: Final = 200
"""Confirmations of one workspace within an hour."""
PERIOD: Final = timedelta(hours=1)
MOST_ANSWERS, MOST_LETTERS = 30, 300
_EMAIL: Final = re.compile(r"[\w.+-]{1,64}@[\w.-]{1,200}[\w][,.;]?")
_ADDRESS: Final = re.compile(r"(?i)\b(?:[a-z][a-z0-9+.-]*:|www\.)\S+|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/\S*)?\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """One mail, ready to be handed over."""

    to: str
    sender: str
    """The name beside our own address: the workspace's."""
    subject: str
    text: str


def address(definition: Definition, fields: dict[str, Any]) -> str:
    """The answer to the form's first e-mail field; empty when there is none."""
    key = next((field.key for field in definition.fields() if field.type == "email"), None)
    answer = fields.get(key) if key else None
    return answer.strip() if isinstance(answer, str) else ""


def dedupe_key(mac: bytes, at: datetime) -> str:
    """The same for an address (given as its keyed hash) all day, so that nobody gets a second one."""
    return f"{KIND}:{mac.hex()[:32]}:{at:%Y-%m-%d}"


def written(definition: Definition, fields: dict[str, Any], language: str, *, to: str, sender: str) -> Confirmation:
    """The mail: the owner's words alone, then a line, and only below it what the visitor typed.

    What was typed stands there without anything that could be clicked: whoever enters a stranger's address can send no
    message worth sending. Answers are cut at 300 letters, thirty are shown.
    """
    said = words(language)
    mail = definition.confirmation
    lines = [mail.text.strip(), "", "-- ", said["confirm_why"].format(title=definition.title), ""]
    answers = list(_answers(definition, fields))
    if answers:
        lines += [said["confirm_sent"], "", *answers, ""]
    return Confirmation(to=to, sender=one_line(sender, 100), subject=one_line(mail.subject, 150), text="\n".join(lines))


def _answers(definition: Definition, fields: dict[str, Any]) -> list[str]:
    found = []
    for field in definition.fields():
        if field.type in {"heading", "hidden", "consent"} or field.key not in fields:
            continue
        answer = fields[field.key]
        labels = {option.value: option.label for option in field.options}
        parts = answer if isinstance(answer, list) else [answer]
        names = [part.get("filename") if isinstance(part, dict) else part for part in parts]
        text = ", ".join(labels.get(str(name), str(name)) for name in names if name not in (None, ""))
        if text:
            found.append(f"> {one_line(field.label, 100)}: {harmless(text)}")
    return found[:MOST_ANSWERS]


def harmless(text: str) -> str:
    """One line without addresses of pages that a mail program would make clickable; e-mail addresses stay."""
    words = one_line(text, MOST_LETTERS).split(" ")
    return " ".join(word if _EMAIL.fullmatch(word) else _ADDRESS.sub("[…]", word) for word in words)


__all__ = [
    "CHANNEL",
    "FRESH",
    "KIND",
    "PERIOD",
    "PER_HOUR",
    "Confirmation",
    "address",
    "dedupe_key",
    "harmless",
    "written",
]
