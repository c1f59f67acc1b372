"""Endings: what a visitor is told, with answers in the texts and in the query of an address.

The host and path of an address never come from an answer, and where it may lead is the source's list. A thank-you text
with answers in it travels to the page that shows it in a sealed payload: nobody can make our page say anything, and no
history or log of addresses tells who wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec

from leadsbot.features.forms.definition import Definition, Ending, Field, Translation
from leadsbot.features.forms.reading import ticked
from leadsbot.features.forms.words import words
from leadsbot.infra.crypto import CannotOpen, open_token, seal_token
from leadsbot.kit.links import redirect_allowed
from leadsbot.kit.signing import Signer

VARIABLE: Final = re.compile(r"\{([a-z][a-z0-9_]{0,39})\}")
LIFE_S: Final = 3600
"""How long a thank-you page with answers in it can be opened."""
_PURPOSE: Final = "forms.thanks:"
_LONGEST: Final = 200
"""Characters of one answer in a text or an address."""
_LONGEST_IN_ALL: Final = 600
Told = dict[str, Any]


def variables(text: str) -> set[str]:
    """The keys of the answers that a text wants."""
    return set(VARIABLE.findall(text))


def filled(text: str, answers: Mapping[str, str]) -> str:
    """The text with answers in it; one that was not given leaves nothing."""
    return VARIABLE.sub(lambda found: answers.get(found.group(1), ""), text)


def filled_address(url: str, answers: Mapping[str, str]) -> str:
    """The address with answers in its query, encoded."""
    base, mark, query = url.partition("?")
    return base + mark + VARIABLE.sub(lambda found: quote(answers.get(found.group(1), ""), safe=""), query)


def sound_address(url: str, allowed: Iterable[str] | None) -> bool:
    """Whether an ending may lead there: a whole http address with variables in its query only, and on the list.

    Without a list (None) every such address is.
    """
    base, _, query = url.partition("?")
    asked, _, place = query.partition("#")
    if {"{", "}"} & {*base, *place, *VARIABLE.sub("", asked)}:
        return False
    return redirect_allowed(filled_address(url, {}), [base] if allowed is None else allowed)


def shown(field: Field, value: Any, translation: Translation | None) -> str:
    """An answer as a text of ours says it: the words of an option, not its value."""
    labels = {option.value: option.label for option in field.options}
    if translation is not None and (texts := translation.fields.get(field.key)):
        labels |= {value: label for value, label in texts.options.items() if label}
    if field.type in ("checkbox", "consent"):
        return "✓" if ticked(value) else ""
    held = value if isinstance(value, list) else [value]
    if field.type == "file":
        held = [each.get("filename") if isinstance(each, dict) else each for each in held]
    said = ", ".join(labels.get(each, each) if isinstance(each, str) else str(each) for each in held if _plain(each))
    return said[:_LONGEST]


def _plain(value: Any) -> bool:
    return value is not None and not isinstance(value, dict | list)


def own(ending: Ending | None, translation: Translation | None) -> dict[str, str]:
    """Title and text of an ending, translated; both are empty where its owner wrote none."""
    if ending is None:
        return {"title": "", "text": ""}
    texts = translation.endings.get(ending.id, {}) if translation is not None else {}
    return {name: texts.get(name) or getattr(ending, name) for name in ("title", "text")}


def told(ending: Ending | None, translation: Translation | None, language: str) -> dict[str, str]:
    """The same in a language; without any of its own our thank-you. That the page can be closed is not in it, since it
    may be read on the owner's site: our own page adds it."""
    texts, ours = own(ending, translation), words(language)
    return texts if any(texts.values()) else {"title": ours["thanks_title"], "text": ours["thanks_text"]}


class Thanks:
    """Makes and reads the addresses of thank-you pages."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def url(self, key: str, ending: str, language: str, said: Mapping[str, str]) -> str:
        """The address that shows an ending of a form; ``language`` is empty where the form has only one."""
        query = {"ending": ending, "lang": language}
        if said:
            left, kept = _LONGEST_IN_ALL, {}
            for name, value in said.items():
                kept[name] = value[:left]
                left -= len(kept[name])
            payload = msgspec.json.encode([ending, kept])
            query["said"] = seal_token(self._signer.key(_PURPOSE + key), payload, LIFE_S)
        held = {name: value for name, value in query.items() if value}
        return f"/f/{key}/thanks" + (f"?{urlencode(held)}" if held else "")

    def said(self, key: str, ending: str, token: str) -> dict[str, str]:
        """The answers in an address; none where it was not made by us for this ending, or is too old."""
        try:
            payload = open_token(self._signer.key(_PURPOSE + key), token)
            made_for, said = msgspec.json.decode(payload, type=tuple[str, dict[str, str]])
        except (CannotOpen, msgspec.DecodeError):
            return {}
        return said if made_for == ending else {}


Finish = Callable[[Mapping[str, Any]], Told]


def finish(
    ending: Ending | None, definition: Definition, language: str, key: str, allowed: Iterable[str], thanks: Thanks
) -> Finish:
    """How an ending is told in a language, as a function of the answers."""
    translation = definition.languages.get(language)
    fields = {field.key: field for field in definition.fields()}
    texts = told(ending, translation, language)
    tag = language if definition.languages or language != definition.language else ""
    name = ending.id if ending else ""
    leads = ending is not None and ending.kind == "redirect" and sound_address(ending.url, allowed)
    url = ending.url if ending and leads else ""
    wanted = (variables(url) if leads else variables(texts["title"] + texts["text"])) & fields.keys()
    known = {"id": name, "kind": "redirect" if leads else "message"}

    def tell(answers: Mapping[str, Any]) -> Told:
        held = {each: answers[each] for each in wanted if answers.get(each) not in (None, "")}
        if leads:
            plain = {each: shown(msgspec.structs.replace(fields[each], options=[]), held[each], None) for each in held}
            return {**known, **texts, "url": filled_address(url, plain)}
        said = {each: shown(fields[each], held[each], translation) for each in held}
        return {
            **known,
            "title": filled(texts["title"], said),
            "text": filled(texts["text"], said),
            "url": thanks.url(key, name, tag, said),
        }

    if wanted:
        return tell
    always = tell({})
    return lambda answers: always
