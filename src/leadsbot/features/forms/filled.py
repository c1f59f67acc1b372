"""Answers as people read them: under the labels of the form that was filled in, in its order, without empty ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from leadsbot.features.capture.public import Submission, get_source
from leadsbot.features.forms import store
from leadsbot.features.forms.answers import decode_published
from leadsbot.features.forms.definition import Definition, Field
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit.headline import is_empty


class Answer(NamedTuple):
    """One answer: its name, its label, the value with choices under their labels, and the type of its field."""

    key: str
    label: str
    value: Any
    type: str
    """Empty where no form knows the field."""


def read(fields: Mapping[str, Any], forms: Iterable[Definition] = ()) -> list[Answer]:
    """The answers that are not empty. The first form that knows a field names it; what none knows comes last."""
    known: dict[str, tuple[str, str, dict[str, str]]] = {}
    for form in forms:
        for field in form.fields():
            if field.type != "heading":
                options = {option.value: option.label or option.value for option in field.options}
                known.setdefault(field.key, (_name(field), field.type, options))
    order = [*(key for key in known if key in fields), *(key for key in fields if key not in known)]
    found = []
    for key in order:
        label, kind, options = known.get(key, (key, "", {}))
        if not is_empty(fields[key]):
            found.append(Answer(key, label, _called(fields[key], options), kind))
    return found


def _name(field: Field) -> str:
    """The label; a consent has none as a rule, because its text says everything."""
    return field.label or ("Consent" if field.type == "consent" else field.key)


def _called(value: Any, options: Mapping[str, str]) -> Any:
    if isinstance(value, list) and all(isinstance(each, str | int | float) for each in value):
        return ", ".join(options.get(str(each), str(each)) for each in value)
    return options.get(value, value) if isinstance(value, str) else value


async def forms_filled_in(tx: TenantTx, submissions: Sequence[Submission]) -> dict[UUID, Definition]:
    """The version of the form that each submission was filled into; those without a form are absent."""
    versions: dict[tuple[UUID, int], Definition | None] = {}
    found: dict[UUID, Definition] = {}
    for each in submissions:
        if each.form_version is None:
            continue
        place = (each.source_id, each.form_version)
        if place not in versions:
            versions[place] = await _version(tx, *place)
        if (definition := versions[place]) is not None:
            found[each.id] = definition
    return found


async def _version(tx: TenantTx, source_id: UUID, number: int) -> Definition | None:
    source = await get_source(tx, source_id)
    carried = decode_published(source.form) if source is not None and source.form else None
    if carried is not None and carried.version == number:
        return carried.definition
    form = await store.form_of_source(tx, source_id)
    version = await store.get_version(tx, form.id, number) if form else None
    return version.definition if version else None


async def answers_of(tx: TenantTx, submissions: Sequence[Submission]) -> dict[UUID, list[Answer]]:
    """The answers of each submission, read by the version of the form that it names; those without one are absent."""
    forms = await forms_filled_in(tx, submissions)
    return {each.id: read(each.fields, [forms[each.id]]) for each in submissions if each.id in forms}
