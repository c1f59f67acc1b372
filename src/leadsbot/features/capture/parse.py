"""A body, in whatever form it comes, as what will be stored; everything else is refused by naming the field."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from leadsbot.contracts.intake import (
    CAPTCHA_FIELDS,
    KEY_FIELD,
    PROOF_FIELD,
    TOKEN_FIELD,
    TRAP_FIELD,
    VERSION_FIELD,
    Answers,
    PublishedForm,
)
from leadsbot.kit.errors import Invalid, NotFound
from leadsbot.kit.storable import Checked

FOR_US: Final = ("_next", "_subject", TRAP_FIELD, "_lang", VERSION_FIELD, TOKEN_FIELD, PROOF_FIELD, *CAPTCHA_FIELDS)
MAX_BATCH: Final = 500
MAX_SHARED: Final = 20
CORE: Final = frozenset({"name", "email", "phone", "message", "company"})
LOOSE: Final = frozenset({"name", "message"})
RESERVED: Final[dict[str, tuple[str, ...]]] = {"webhook": (), "form": FOR_US, "widget": (*FOR_US, "token", KEY_FIELD)}
_SCALAR: Final = (str, int, Decimal, type(None))


class Parsed(msgspec.Struct):
    """One submission: what was filled in, what the page said about itself, what was meant for us."""

    answers: Answers
    context: dict[str, Any]
    reserved: dict[str, str]

    def about(self, seen: dict[str, str]) -> dict[str, Any]:
        """The context to store: what the request shows overrules what the page says, except for its own address."""
        reserved = {"subject": self.reserved.get("_subject"), "lang": self.reserved.get("_lang")}
        page = self.context.get("page") or seen.get("referer")
        own = {name: value for name, value in {**reserved, "page": page}.items() if value}
        return {**self.context, **seen, **own}


def items(body: object) -> list[object] | None:
    """The items of a batch, or None for a single submission. Invalid for none or too many."""
    shared: dict[str, object] = {}
    if isinstance(body, dict) and isinstance(body.get("leads"), list):
        shared = {name: value for name, value in body.items() if name != "leads"}
        body = body["leads"]
        if len(shared) > MAX_SHARED or not all(isinstance(v, _SCALAR) and len(str(v)) <= 500 for v in shared.values()):
            raise Invalid("leads", "Beside leads send only a few short values, which count for every lead.")
    if not isinstance(body, list):
        return None
    if not 1 <= len(body) <= MAX_BATCH:
        raise Invalid("leads", f"Send 1 to {MAX_BATCH} leads at once; these are {len(body)}.", code="batch_size")
    return [{**shared, **item} if isinstance(item, dict) else item for item in body]


def token(body: object) -> str:
    """The public token inside a widget's body. Raises NotFound when there is none."""
    found = body.get("token") if isinstance(body, dict) else None
    if not isinstance(found, str):
        raise NotFound("Send the public token as X-LeadsBot-Token, as ?token= or as the field token.")
    return found


def submissions(
    items: Sequence[object], reserve: Sequence[str], form: PublishedForm | None, *, is_form: bool
) -> list[Parsed | Invalid]:
    """Every item, with the answers that the form makes of it, or why it was refused."""
    found: list[Parsed | Invalid] = []
    for item in items:
        try:
            parsed = submission(item, reserve, is_form=is_form)
            if form is not None:
                seen = parsed.reserved.get(VERSION_FIELD) or parsed.context.get("form")
                parsed.answers = form.check(parsed.answers.fields, parsed.reserved.get("_lang", ""), seen)
            found.append(parsed)
        except Invalid as error:
            found.append(error)
    return found


def submission(body: object, reserve: Sequence[str], *, is_form: bool) -> Parsed:
    """One submission, checked and with card numbers masked.

    What is nested under ``fields`` is brought to the top, unless a name would be lost; ``context`` is set apart when
    it is an object; the names in ``reserve``, which are meant for us, are taken out. Of repeated JSON names the
    last one counts. Raises Invalid (422) that names the field.
    """
    if not isinstance(body, dict):
        raise Invalid(None, "Send a JSON object with the fields of the form.", code="not_an_object")
    fields: dict[str, Any] = dict(body)
    context = fields.pop("context") if isinstance(body.get("context"), dict) else {}
    reserved: dict[str, str] = {}
    for name in reserve:
        if isinstance(fields.get(name), str):
            reserved[name] = Checked().value(fields.pop(name), name)  # type: ignore[assignment]
    nested = fields.get("fields")
    if isinstance(nested, dict) and not (nested.keys() & fields.keys()) - {"fields"}:
        fields = {name: value for name, value in fields.items() if name != "fields"} | nested
    if reserve:
        fields.pop(VERSION_FIELD, None)
    for name, value in fields.items():
        if type(value) is not str and name.lower() in CORE and not _plausible(name, value, is_form):
            raise Invalid(name, "This must be a text.", code="wrong_type")
    checked = Checked()
    fields = checked.value(fields)  # type: ignore[assignment]
    if not checked.content:
        raise Invalid(None, "The submission is empty: fill in at least one field.", code="empty")
    return Parsed(Answers(fields), Checked().value(context, "context") if context else {}, reserved)  # type: ignore[arg-type]


def _plausible(name: str, value: object, is_form: bool) -> bool:
    """Whether this can be an address: a text, or what form builders wrap one in. An odd name or message is kept as a
    further answer, since an enquiry is worth more than its shape."""
    if isinstance(value, dict | list):
        return is_form or name.lower() in LOOSE or (isinstance(value, dict) and "value" in value)
    return isinstance(value, _SCALAR) and not isinstance(value, bool)
