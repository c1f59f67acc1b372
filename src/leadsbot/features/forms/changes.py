"""What differs between two versions of a form, in sentences: shown before publishing and in the list of versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Final

import msgspec

from leadsbot.features.forms.conditions import TICKS
from leadsbot.features.forms.definition import Comparison, Conditions, Definition, Ending, Field
from leadsbot.features.forms.files import readable
from leadsbot.features.forms.findings import called
from leadsbot.features.forms.lint import NO_MAIL
from leadsbot.features.forms.localized import ENGLISH

TYPES: Final = {
    "text": "Short text", "textarea": "Long text", "email": "E-mail", "phone": "Phone", "number": "Number",
    "money": "Money", "date": "Date", "select": "Drop-down", "radio": "Single choice", "multiselect": "Multiple choice",
    "checkbox": "Check box", "consent": "Consent", "rating": "Rating", "file": "File", "hidden": "Hidden value",
    "heading": "Heading",
}  # fmt: skip
"""What people call the types of fields."""
SAYS: Final = {
    "is": "is", "is_not": "is not", "contains": "contains", "gt": "is more than", "gte": "is at least",
    "lt": "is less than", "lte": "is at most", "filled": "is filled in", "empty": "is empty",
}  # fmt: skip
_DATES: Final = {"gt": "is after", "gte": "is on or after", "lt": "is before", "lte": "is on or before"}
_PARTS: Final = {
    "help": "help text", "placeholder": "placeholder", "autocomplete": "autofill", "min": "lower limit",
    "max": "upper limit", "step": "step", "pattern": "pattern", "pattern_help": "message for its pattern",
    "prefill": "prefill from the address", "default": "value at the beginning", "country": "country",
    "currency": "currency", "scale": "scale", "accept": "file types", "max_bytes": "size limit", "text": "text",
    "half": "width",
}  # fmt: skip
_WHOLE: Final = {
    "intro": "The introduction", "button": "The button's text", "language": "The form's own language",
    "max_submissions": "The maximum of submissions", "closed_text": "The text of the closed form",
    "lawful_basis": "The lawful basis", "notice_url": "The address of the privacy notice",
    "notice_version": "The version of the privacy notice",
}  # fmt: skip
MOST: Final = 5
"""How many options one sentence names."""


def changes(before: Definition, after: Definition, *, mail: bool = True) -> list[str]:
    """One sentence for everything that a person would call a change, in the order of the form. ``mail`` is whether
    this installation can send any."""
    return [*_changes(before, after), *_confirmation(before, after, mail)]


def says(op: str, type: str) -> str:
    """What a condition asks of a field of a type, as people say it."""
    return _DATES.get(op, SAYS[op]) if type == "date" else SAYS[op]


def sentence(conditions: Conditions, fields: Mapping[str, Field]) -> str:
    """Conditions as people say them: ``“Budget” is at least 1000 and “Town” is filled in``; empty for none."""
    return ", or ".join(" and ".join(_said(each, fields) for each in group) for group in conditions)


def _said(comparison: Comparison, fields: Mapping[str, Field]) -> str:
    field = fields.get(comparison.field)
    name = called(field) if field else f"“{comparison.field}”"
    value = comparison.value
    if field is not None and field.type in TICKS and isinstance(value, bool):
        return f"{name} is {'ticked' if (comparison.op == 'is') is value else 'not ticked'}"
    asked = says(comparison.op, field.type if field else "text")
    if comparison.op in ("filled", "empty"):
        return f"{name} {asked}"
    labels = {option.value: option.label for option in field.options} if field else {}
    shown = f"{value:g}" if isinstance(value, float) else labels.get(str(value), str(value))
    return f"{name} {asked} {f'“{shown}”' if isinstance(value, str) else shown}"


def _changes(before: Definition, after: Definition) -> Iterator[str]:
    if before.title != after.title:
        yield f"The title is “{after.title}” now; it was “{before.title}”."
    for name, words in _WHOLE.items():
        yield from _value(words, getattr(before, name), getattr(after, name))
    yield from _closing(before, after)
    yield from _steps(before, after)
    yield from _fields(before, after)
    yield from _endings(before, after)
    yield from _languages(before, after)
    if before.theme != after.theme:
        yield f"The look changed: {_differing(before.theme, after.theme)}."
    if before.files_max_bytes != after.files_max_bytes:
        yield f"All files of one submission together may have {readable(after.files_max_bytes)} now."
    if before.partials != after.partials:
        yield "Beginnings that are not sent are kept." if after.partials else "Beginnings are not kept any more."


def _value(words: str, before: Any, after: Any) -> Iterator[str]:
    if before == after:
        return
    if not after:
        yield f"{words} was removed."
    elif isinstance(after, str) and len(after) > 60:
        yield f"{words} changed."
    else:
        yield f"{words} is “{after}” now."


def _closing(before: Definition, after: Definition) -> Iterator[str]:
    if before.closes_at == after.closes_at:
        return
    if after.closes_at is None:
        yield "The form does not close by itself any more."
    else:
        yield f"The form closes on {after.closes_at:%d %b %Y at %H:%M} UTC."


def _steps(before: Definition, after: Definition) -> Iterator[str]:
    earlier, later = {each.id: each for each in before.steps}, {each.id: each for each in after.steps}
    # The only step of a form is never called one.
    if len(earlier) > 1 or len(later) > 1:
        yield from (f"The step {called(step)} was removed." for id, step in earlier.items() if id not in later)
        yield from (f"The step {called(step)} was added." for id, step in later.items() if id not in earlier)
        moved = _moved([*earlier], [*later])
        yield from (f"The step {called(later[id])} moved." for id in moved)
    fields = _by_key(after)
    for id, step in later.items():
        old = earlier.get(id)
        if old is None:
            continue
        if old.title != step.title:
            yield f"The step {called(old)} " + (f"is called {called(step)} now." if step.title else "lost its title.")
        if old.show_if != step.show_if:
            yield _shown(f"The step {called(step)}", step.show_if, fields)


def _fields(before: Definition, after: Definition) -> Iterator[str]:
    earlier, later = _by_key(before), _by_key(after)
    yield from (f"{called(field)} was removed." for key, field in earlier.items() if key not in later)
    for key, field in later.items():
        if key not in earlier:
            yield f"{called(field)} was added ({TYPES[field.type].lower()})."
    moved = {*_moved([*earlier], [*later]), *_elsewhere(before, after)}
    for key, field in later.items():
        if key in moved:
            yield f"{called(field)} moved."
        if key in earlier:
            yield from _field(earlier[key], field, later)


def _field(old: Field, new: Field, fields: Mapping[str, Field]) -> Iterator[str]:
    name = called(new)
    if old.label != new.label:
        yield f"{called(old)} is labelled {name} now." if new.label else f"{called(old)} lost its label."
    if old.type != new.type:
        yield f"{name} is a {TYPES[new.type].lower()} now; it was a {TYPES[old.type].lower()}."
    if old.required != new.required:
        yield f"{name} must be filled in." if new.required else f"{name} may be left empty."
    if old.options != new.options:
        yield from _options(name, old, new)
    if old.show_if != new.show_if:
        yield _shown(name, new.show_if, fields)
    agreed = old.type == new.type == "consent"
    if agreed:
        yield from _agreed(name, old.text, new.text)
    parts = [words for part, words in _PARTS.items() if getattr(old, part) != getattr(new, part)]
    if agreed and old.text != new.text:
        parts.remove(_PARTS["text"])
    if parts:
        yield f"{name}: {_listed(parts)} changed."


def _agreed(name: str, old: str, new: str, where: str = "") -> Iterator[str]:
    """What is agreed to counts word for word, so the words stand here."""
    if old == new:
        return
    now = f"says “{new}”{where} now" if new else f"has no words of its own{where} now"
    stop = "" if old.endswith((".", "!", "?")) else "."
    yield f"{name} {now}; it said “{old}”{stop}" if old else f"{name} {now}."


def _options(name: str, old: Field, new: Field) -> Iterator[str]:
    before, after = ({each.value: each.label for each in field.options} for field in (old, new))
    added = [label for value, label in after.items() if value not in before]
    gone = [label for value, label in before.items() if value not in after]
    both = (("new", added), ("gone", gone))
    said = [f"{word}: {_listed(_few(some))}" for word, some in both if some]
    relabelled = any(before.get(value, label) != label for value, label in after.items())
    said += ["other words"] if relabelled else []
    yield f"The options of {name} changed" + (f" ({'; '.join(said)})." if said else " their order.")


def _endings(before: Definition, after: Definition) -> Iterator[str]:
    earlier, later = {each.id: each for each in before.endings}, {each.id: each for each in after.endings}
    fields = _by_key(after)
    yield from (f"The ending {_named(each)} was removed." for id, each in earlier.items() if id not in later)
    for id, ending in later.items():
        old = earlier.get(id)
        if old is None:
            yield f"The ending {_named(ending)} was added."
            continue
        if old.show_if != ending.show_if:
            yield _shown(f"The ending {_named(ending)}", ending.show_if, fields)
        if msgspec.structs.replace(old, show_if=[]) != msgspec.structs.replace(ending, show_if=[]):
            yield f"The ending {_named(ending)} says or does something else."
    yield from (f"The ending {_named(later[id])} moved." for id in _moved([*earlier], [*later]))


def _languages(before: Definition, after: Definition) -> Iterator[str]:
    for tag in before.languages:
        if tag not in after.languages:
            yield f"{_language(tag)} was removed."
    for tag, texts in after.languages.items():
        if tag not in before.languages:
            yield f"{_language(tag)} was added."
        elif texts != before.languages[tag]:
            yield f"The {_language(tag)} texts changed."
            yield from _agreed_in(tag, before, after)


def _agreed_in(tag: str, before: Definition, after: Definition) -> Iterator[str]:
    """The words of consents in another language, where both versions have the consent."""
    earlier = {key for key, field in _by_key(before).items() if field.type == "consent"}
    for key, field in _by_key(after).items():
        if field.type != "consent" or key not in earlier:
            continue
        found = [each.languages[tag].fields.get(key) for each in (before, after)]
        old, new = (texts.text if texts else "" for texts in found)
        yield from _agreed(called(field), old, new, f" in {_language(tag)}")


def _confirmation(before: Definition, after: Definition, mail: bool) -> Iterator[str]:
    old, new = before.confirmation, after.confirmation
    if new.enabled and not old.enabled and not mail:
        yield f"A confirmation by e-mail is switched on. {NO_MAIL}"
    elif old.enabled != new.enabled:
        yield "Visitors get a confirmation by e-mail." if new.enabled else "Visitors get no confirmation any more."
    elif new.enabled and old != new:
        yield "The confirmation by e-mail says something else."


def _shown(name: str, conditions: Conditions, fields: Mapping[str, Field]) -> str:
    said = sentence(conditions, fields)
    return f"{name} is shown when {said}." if said else f"{name} is always shown."


def _by_key(definition: Definition) -> dict[str, Field]:
    return {field.key: field for field in definition.fields()}


def _elsewhere(before: Definition, after: Definition) -> set[str]:
    """The fields that went to another step."""
    homes = [{field.key: step.id for step in each.steps for field in step.fields} for each in (before, after)]
    known = [{step.id for step in each.steps} for each in (before, after)]
    both = known[0] & known[1]
    return {
        key for key, home in homes[1].items()
        if key in homes[0] and homes[0][key] != home and {home, homes[0][key]} & both
    }  # fmt: skip


def _moved(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The few of those in both that stand elsewhere in relation to the others."""
    old, new = [each for each in before if each in set(after)], [each for each in after if each in set(before)]
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    stayed = {each for block in blocks for each in new[block.b : block.b + block.size]}
    return [each for each in new if each not in stayed]


def _differing(old: msgspec.Struct, new: msgspec.Struct) -> str:
    names = [each.name for each in msgspec.structs.fields(new)]
    words = {"accent": "colour", "scheme": "light or dark"}
    return _listed([words.get(each, each) for each in names if getattr(old, each) != getattr(new, each)])


def _named(ending: Ending) -> str:
    return f"“{ending.title or ending.url or ending.id}”"


def _language(tag: str) -> str:
    return ENGLISH.get(tag.partition("-")[0], tag)


def _few(some: list[str]) -> list[str]:
    quoted = [f"“{each}”" for each in some]
    return quoted if len(some) <= MOST else [*quoted[: MOST - 1], f"{len(some) - MOST + 1} more"]


def _listed(some: Iterable[str]) -> str:
    *rest, last = some
    return f"{', '.join(rest)} and {last}" if rest else last


__all__ = ["SAYS", "TYPES", "changes", "says", "sentence"]
