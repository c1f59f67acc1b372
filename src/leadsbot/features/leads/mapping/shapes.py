"""Where the answers are in the bodies that form builders send: wrappers, records with labels, names in parts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from leadsbot.kit.contact import looks_like_email
from leadsbot.kit.spellings import is_nameless, is_other, joined, role_of

JSON: TypeAlias = "str | int | float | bool | list[JSON] | dict[str, JSON] | None"
Node: TypeAlias = dict[str, JSON]

# Wrappers of answers, the most telling first. Only one of them is opened at each level.
_ANSWERS: Final = (
    "formresponse", "submissions", "answers", "fielddata", "formfields", "fields", "wpforms", "data", "payload",
    "formdata", "submission", "entry", "lead", "values", "inputs", "responses", "rawfields", "attributes",
    "properties", "body", "form",
)  # fmt: skip
_PERSON: Final = frozenset(
    {"contact", "customer", "person", "client", "visitor", "user", "prospect", "kontakt", "lead"}
)
_COMPANY: Final = frozenset({"company", "organisation", "organization", "business", "firma", "account"})
_CONTEXT: Final = frozenset(
    {"context", "meta", "metadata", "hidden", "tracking", "attribution", "utm", "utms", "session", "analytics", "page"}
)
# Beside these a plain `name` is the name of the form or of the site.
_MARKERS: Final = frozenset(
    {"siteid", "formid", "triggertype", "eventtype", "formname", "websiteid", "formelementid", "siteurl", "webhookid"}
)
_VALUES: Final = ("value", "values", "answer", "response")
_LABELS: Final = ("title", "label", "question", "name", "fieldName", "field_name", "key", "field", "id")
_METADATA: Final = frozenset({*_LABELS, "type", "fieldType", "field_type", "ref"})
# What the widget's listener says of a field beside its value.
# What the widget's listener says of a field beside its value.
_LISTENED: Final = frozenset({"name", "label", "type"})
_TYPES: Final = ("type", "fieldType", "field_type")
_ANSWER_TYPES: Final = (
    "text",
    "email",
    "phone_number",
    "choice",
    "choices",
    "number",
    "boolean",
    "date",
    "url",
    "file_url",
)
_FIRST: Final = ("first", "first_name", "firstName", "firstname", "given_name", "givenName", "fname")
_LAST: Final = ("last", "last_name", "lastName", "lastname", "family_name", "familyName", "lname")
_GRAVITY: Final = re.compile(r"(input_)?(\d{1,4})([._])(\d{1,2})")
_DEPTH: Final = 6


@dataclass(slots=True, eq=False)
class Leaf:
    """One answer: where it stands in the (copied) body, what it is called and how near to the core it is.

    `tier` 0 is the innermost wrapper of answers, 1 the envelope around it; `label` is the name to show; `movable`
    says that the answer may be lifted to the top under its label when it means nothing to us.
    """

    holder: Node
    key: str
    labels: tuple[str, ...]
    hint: str | None = None
    tier: int = 0
    movable: bool = False
    context: bool = False
    named_form: bool = False
    record: bool = False

    @property
    def value(self) -> JSON:
        """What was answered."""
        return self.holder.get(self.key)

    @property
    def gone(self) -> bool:
        """Whether the answer was taken already."""
        return self.key not in self.holder

    @property
    def label(self) -> str:
        """The name to show."""
        return self.labels[0]


def leaves(body: Node) -> list[Leaf]:
    """Every answer of the body, in the order sent."""
    found: list[Leaf] = []
    _visit(body, 0, found, movable=False)
    return found


def _visit(node: Node, depth: int, found: list[Leaf], *, movable: bool, titles: dict[str, str] | None = None) -> None:
    wrapper = _wrapper(node) if depth < _DEPTH else None
    tier = 0
    if wrapper is not None:
        tier = 1
        titles = _titles(node) or titles
        inner = node[wrapper]
        if isinstance(inner, dict):
            _visit(inner, depth + 1, found, movable=True, titles=titles)
        elif isinstance(inner, list):
            found.extend(_records(inner, titles or {}))
    named_form = not _MARKERS.isdisjoint(map(joined, node)) and tier == 1
    gravity = _gravity_names(node)
    for key, value in list(node.items()):
        if key == wrapper:
            continue
        if isinstance(value, dict):
            _visit_child(node, key, value, depth, found, tier=tier, movable=movable)
        else:
            labels = (key, gravity[key]) if key in gravity else (key,)
            found.append(Leaf(node, key, labels, None, tier, movable and tier == 0, named_form=named_form))


def _visit_child(node: Node, key: str, value: Node, depth: int, found: list[Leaf], *, tier: int, movable: bool) -> None:
    """A dictionary that is not the wrapper of the answers: a record, a name in parts, a person, context, or unknown."""
    word = joined(key)
    record = _record(value, key)
    if record is not None:
        record.tier = tier
        record.movable = movable and tier == 0
        found.append(record)
    elif word in _CONTEXT:
        found.extend(_context(word, value))
    elif word in _COMPANY and isinstance(value.get("name"), str):
        found.append(Leaf(value, "name", ("company",), tier=tier))
    elif depth < _DEPTH and not is_other(key) and (word in _PERSON or _holds_email(value)):
        start = len(found)
        _visit(value, depth + 1, found, movable=False)
        for leaf in found[start:]:
            leaf.tier = max(leaf.tier, tier)
    elif parts := _name_parts(value, key):
        found.extend(Leaf(value, part, (label,), tier=tier) for part, label in parts)
    else:
        found.append(Leaf(node, key, (key,), None, tier, movable and tier == 0))


def _wrapper(node: Node) -> str | None:
    names: dict[str, str] = {}
    for key, value in node.items():
        if isinstance(value, dict | list) and value:
            names.setdefault(joined(key), key)
    return next((names[word] for word in _ANSWERS if word in names and _holds_answers(word, node[names[word]])), None)


def _holds_answers(word: str, value: JSON) -> bool:
    if isinstance(value, list):
        return any(isinstance(item, dict) and (_record(item, "") is not None or "field" in item) for item in value)
    if not isinstance(value, dict) or _record(value, word) is not None:
        return False
    # `form` is the form itself more often than its answers: only with an address in it.
    return word not in ("form", "body") or _holds_email(value)


def _holds_email(node: Node) -> bool:
    for key, value in node.items():
        known = role_of(key)
        if known is not None and known[0] == "email" and isinstance(value, str) and looks_like_email(value.strip()):
            return True
    return False


def _record(value: Node, key: str) -> Leaf | None:
    """The answer of a record like `{"label": "E-mail", "type": "email", "value": "…"}`, under that key of a wrapper."""
    slot = next((each for each in _VALUES if each in value), None)
    if slot is None or _holds_email(value):
        return None
    bare = value.keys() <= {*_METADATA, slot, "raw_value", "required"}
    # A record says what it is called; with a key in front of it, it need not. Only `value` may have strange company.
    if not (key and bare) and (not any(name in value for name in (*_LABELS, *_TYPES)) or not (bare or slot == "value")):
        return None
    labels = [text for name in _LABELS if isinstance(text := value.get(name), str) and text]
    hint = next((text for name in _TYPES if isinstance(text := value.get(name), str)), None)
    return Leaf(value, slot, (*labels, key) if key or not labels else tuple(labels), hint, record=True)


def _records(items: list[JSON], titles: dict[str, str]) -> Iterator[Leaf]:
    for item in items:
        if isinstance(item, dict):
            leaf = _typeform(item, titles) or _record(item, "")
            if leaf is not None:
                leaf.movable = True
                yield leaf


def _typeform(answer: Node, titles: dict[str, str]) -> Leaf | None:
    """The answer of `{"type": "email", "email": "…", "field": {"id": …, "ref": …}}`, named by the form's definition."""
    field, kind = answer.get("field"), answer.get("type")
    if not isinstance(kind, str):
        kind = next((slot for slot in _ANSWER_TYPES if slot in answer), None)
    if not isinstance(field, dict) or kind is None:
        return None
    known = [field.get("title"), titles.get(str(field.get("id"))), titles.get(str(field.get("ref"))), field.get("ref")]
    labels = tuple(text for text in (*known, field.get("id")) if isinstance(text, str) and text) or (kind,)
    hint = field["type"] if isinstance(field.get("type"), str) else kind
    for holder, slot in ((answer, kind), (answer.get("choice"), "label"), (answer.get("choices"), "labels")):
        if isinstance(holder, dict) and slot in holder and not isinstance(holder[slot], dict):
            return Leaf(holder, slot, labels, str(hint), record=True)
    return None


def _titles(node: Node) -> dict[str, str]:
    """The titles of a Typeform definition by id and by ref, with those of grouped questions."""
    definition = node.get("definition")
    titles: dict[str, str] = {}
    waiting: list[JSON] = [definition.get("fields")] if isinstance(definition, dict) else []
    while waiting and len(titles) < 2000:
        group = waiting.pop()
        for field in group if isinstance(group, list) else []:
            if not isinstance(field, dict):
                continue
            title = field.get("title")
            if isinstance(title, str):
                titles.update({str(field[name]): title for name in ("id", "ref") if name in field})
            properties = field.get("properties")
            if isinstance(properties, dict):
                waiting.append(properties.get("fields"))
    return titles


def _context(word: str, value: Node) -> Iterator[Leaf]:
    for key, held in value.items():
        record = _record(held, key) if isinstance(held, dict) else None
        if record is not None:
            record.context = True
            record.labels = (key, *record.labels)
            yield record
        else:
            if word == "hidden":
                # Hidden fields of a Typeform carry what its link knew: often the visitor, too.
                yield Leaf(value, key, (key,), tier=1)
            prefix = "utm_" if word in ("utm", "utms") and not key.lower().startswith("utm") else ""
            yield Leaf(value, key, (prefix + key,), context=True)


def _name_parts(value: Node, key: str) -> list[tuple[str, str]]:
    """The keys of a name in parts (`{"first": "Ada", "last": "Lovelace"}`) with what they mean.

    Plain `first` and `last` are parts of a name only under a key that means a name or nothing at all.
    """
    role = role_of(key)
    if is_other(key) or not (is_nameless(key) or role is None or role[0] == "name"):
        return []
    from_word = 0 if is_nameless(key) or role is not None else 1
    first = next((each for each in _FIRST[from_word:] if isinstance(value.get(each), str)), None)
    last = next((each for each in _LAST[from_word:] if isinstance(value.get(each), str)), None)
    return [(part, label) for part, label in ((first, "first"), (last, "last")) if part is not None]


def _gravity_names(node: Node) -> dict[str, str]:
    """Which keys are parts of a Gravity Forms name: `1.3` is the first name and `1.6` the last one.

    An address has the same numbers, but also 1 (street) or 5 (postcode), which a name never has.
    """
    groups: dict[tuple[str, str, str], dict[str, str]] = {}
    for key in node:
        found = _GRAVITY.fullmatch(key)
        if found:
            groups.setdefault((found[1] or "", found[2], found[3]), {})[found[4]] = key
    names: dict[str, str] = {}
    for parts in groups.values():
        if "3" in parts and "6" in parts and "1" not in parts and "5" not in parts:
            names[parts["3"]], names[parts["6"]] = "first", "last"
    return names


def only_a_label(rest: Node) -> bool:
    """Whether nothing is left of a record but its label, which is a key like any other and not worth keeping twice; of
    what the widget's listener sends, nothing but name, label and type."""
    if rest.keys() == _LISTENED and all(isinstance(value, str) for value in rest.values()):
        return True
    return len(rest) == 1 and next(iter(rest)) in _LABELS[:-1] and isinstance(next(iter(rest.values())), str)
