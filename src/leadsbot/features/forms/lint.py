"""Whether a form may be published: every rule in one place, for builder, API and publishing alike.

``errors`` keep a form from being published, ``hints`` do not; each names its place and is a sentence for people. What a
condition may ask is looked at by :mod:`leadsbot.features.forms.lint_logic`, one field by
:mod:`leadsbot.features.forms.lint_fields`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from leadsbot.features.forms.definition import Definition, Ending, Field, Translation
from leadsbot.features.forms.endings import sound_address, variables
from leadsbot.features.forms.findings import Report, called, named
from leadsbot.features.forms.lint_fields import look_at_field
from leadsbot.features.forms.lint_logic import Logic
from leadsbot.features.forms.localized import ENGLISH
from leadsbot.features.forms.model import UNTITLED
from leadsbot.features.forms.words import WORDS
from leadsbot.kit.clock import utcnow
from leadsbot.kit.links import redirect_allowed

LAWFUL_BASES: Final = (
    "consent", "contract", "legal_obligation", "vital_interests", "public_task", "legitimate_interests",
)  # fmt: skip
"""Article 6(1) of the GDPR, letters a to f."""
NO_MAIL: Final = "Mail is not set up on this installation, so no confirmation is sent."
MOST_VALUES: Final = 480
"""What one submission of a browser can carry (500 values) without our own fields."""


def lint(
    definition: Definition, redirects: Iterable[str] | None = None, *, now: datetime | None = None, mail: bool = True
) -> Report:
    """Everything that is wrong with a form or worth a second look.

    ``redirects`` is the list of addresses that endings may lead to; None leaves that question out. ``mail`` is whether
    this installation can send any.
    """
    report = Report()
    fields = {field.key: field for field in definition.fields()}
    _whole(definition, report, now or utcnow())
    if definition.confirmation.enabled and not mail:
        report.hint("confirmation.enabled", "no_mail", NO_MAIL)
    _steps(definition, report)
    _endings(definition, report, fields, redirects)
    Logic(definition, report).look()
    for language, translation in definition.languages.items():
        _translation(definition, language, translation, report, fields)
    return named(report, definition)


def _whole(definition: Definition, report: Report, now: datetime) -> None:
    if not definition.title.strip():
        report.error("title", "missing", "Give the form a title: visitors and search engines read it.")
    if definition.title.strip() == UNTITLED:
        report.hint("title", "untitled", f"Visitors read “{UNTITLED}” as the title. Say what the form is for.")
    if definition.notice_url and not _address(definition.notice_url):
        report.error(
            "notice_url", "bad_address", "Write the whole address of the privacy notice, beginning with https://."
        )
    if definition.lawful_basis and definition.lawful_basis not in LAWFUL_BASES:
        report.error("lawful_basis", "unknown", f"The lawful basis is one of {', '.join(LAWFUL_BASES)}.")
    consents = [field for field in definition.fields() if field.type == "consent"]
    if definition.lawful_basis == "consent" and not any(field.required for field in consents):
        report.hint("lawful_basis", "no_consent", "The basis is consent, but no required field asks for it.")
    if definition.closes_at is not None and definition.closes_at <= now:
        report.hint("closes_at", "past", "This moment has passed: the form is closed.")
    if definition.language.partition("-")[0] not in WORDS:
        report.hint("language", "no_words", "Our own words (errors, buttons) will be English in this language.")
    _confirmation(definition, report)


def _confirmation(definition: Definition, report: Report) -> None:
    mail = definition.confirmation
    if not mail.enabled:
        return
    if not mail.subject.strip():
        report.error("confirmation.subject", "missing", "The confirmation needs a subject.")
    if not mail.text.strip():
        report.error("confirmation.text", "missing", "The confirmation needs a text.")
    if not any(field.type == "email" for field in definition.fields()):
        report.error("confirmation", "no_email", "A confirmation needs an e-mail field to be sent to.")
    for name in ("subject", "text"):
        for key in sorted(variables(getattr(mail, name))):
            report.hint(
                f"confirmation.{name}", "no_variables",
                f"Answers are not put into mails: {{{key}}} is sent as it is written. Put it into words.",
            )  # fmt: skip


def _steps(definition: Definition, report: Report) -> None:
    ids: set[str] = set()
    keys: dict[str, str] = {}
    for place, step in enumerate(definition.steps):
        path = f"steps[{place}]"
        if step.id in ids:
            report.error(f"{path}.id", "duplicate", f"Two steps have the id {step.id}.")
        ids.add(step.id)
        if not step.fields:
            report.error(path, "empty", "This step has no fields. Add one or remove the step.")
        for number, field in enumerate(step.fields):
            here = f"{path}.fields[{number}]"
            if field.key in keys:
                report.error(f"{here}.key", "duplicate", f"The key {field.key} is taken by {keys[field.key]}.")
            keys.setdefault(field.key, called(field))
            look_at_field(field, here, report)
    _content(definition, report)


def _content(definition: Definition, report: Report) -> None:
    asking = [field for field in definition.fields() if field.type != "heading"]
    if not any(field.type != "hidden" for field in asking):
        report.error("steps", "no_fields", "Nobody can answer anything here. Add a field.")
    values = len(asking) + sum(len(field.options) - 1 for field in asking if field.type == "multiselect")
    if values > MOST_VALUES:
        report.error("steps", "too_many_fields", f"A submission carries {MOST_VALUES} values at most, not {values}.")
    if not any(field.type in ("email", "phone") for field in asking):
        report.hint("steps", "no_contact", "Nobody can be answered: there is neither an e-mail nor a telephone field.")


def _endings(definition: Definition, report: Report, fields: dict[str, Field], redirects: Iterable[str] | None) -> None:
    ids: set[str] = set()
    allowed = None if redirects is None else list(redirects)
    for place, ending in enumerate(definition.endings):
        path = f"endings[{place}]"
        if ending.id in ids:
            report.error(f"{path}.id", "duplicate", f"Two endings have the id {ending.id}.")
        ids.add(ending.id)
        for name in ("title", "text", "url"):
            _variables(getattr(ending, name), f"{path}.{name}", report, fields)
        _target(ending, path, report, allowed)
    if definition.endings and all(ending.show_if for ending in definition.endings):
        report.hint("endings", "no_default", "Where none of these endings applies, our own thank-you is shown.")


def _target(ending: Ending, path: str, report: Report, allowed: list[str] | None) -> None:
    if ending.kind == "message":
        if ending.url:
            report.error(f"{path}.url", "not_for_type", "Only a redirect has an address. Remove it.")
        return
    if not sound_address(ending.url, None):
        report.error(
            f"{path}.url", "bad_address",
            "Write the whole address, beginning with https://. Answers in braces stand after the question mark only.",
        )  # fmt: skip
    elif not sound_address(ending.url, allowed):
        report.error(
            f"{path}.url", "not_allowed",
            "This address is not among the thank-you pages of the form's source. Add it there first.",
        )  # fmt: skip


def _variables(text: str, path: str, report: Report, fields: dict[str, Field]) -> None:
    for name in sorted(variables(text)):
        field = fields.get(name)
        if field is None or field.type == "heading":
            report.error(path, "unknown_variable", f"There is no field {name} whose answer could stand here.")
        elif field.type in ("email", "phone") and path.endswith(".url"):
            report.hint(path, "personal_address", f"{called(field)} will be readable in the other site's logs.")


def _address(url: str) -> bool:
    return redirect_allowed(url, [url.partition("?")[0].partition("#")[0]])


def _translation(
    definition: Definition, language: str, translation: Translation, report: Report, fields: dict[str, Field]
) -> None:
    path = f"languages.{language}"
    if language.lower() == definition.language.lower():
        report.error(path, "own_language", "This is the language of the form itself. Remove the translation.")
        return
    if language.partition("-")[0] not in WORDS:
        report.hint(path, "no_words", "Our own words (errors, buttons) will be English in this language.")
    steps = {step.id: step for step in definition.steps}
    endings = {ending.id: ending for ending in definition.endings}
    _strange(translation.fields, fields, f"{path}.fields", "field", report)
    _strange(translation.steps, steps, f"{path}.steps", "step", report)
    _strange(translation.endings, endings, f"{path}.endings", "ending", report)
    for key, texts in translation.fields.items():
        known = {option.value for option in fields[key].options} if key in fields else set(texts.options)
        _strange(texts.options, known, f"{path}.fields.{key}.options", "option", report)
    for name, texts_of in translation.endings.items():
        _strange(texts_of, ("title", "text"), f"{path}.endings.{name}", "text", report)
        for part, text in texts_of.items():
            _variables(text, f"{path}.endings.{name}.{part}", report, fields)
    missing = list(_missing(definition, translation))
    if missing:
        some = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        name = f"{ENGLISH.get(language.partition('-')[0], language)} ({language})"
        report.hint(path, "untranslated", f"Not translated into {name}, so shown in the form's own language: {some}")


def _strange(found: Iterable[str], known: Iterable[str], path: str, what: str, report: Report) -> None:
    held = set(known)
    for name in found:
        if name not in held:
            report.error(f"{path}.{name}", "unknown", f"There is no {what} {name} (any more). Remove its translation.")


def _missing(definition: Definition, translation: Translation) -> Iterable[str]:
    """The texts that a translation leaves out, by what people call them."""
    for name in ("title", "intro", "button"):
        if getattr(definition, name).strip() and not getattr(translation, name).strip():
            yield name
    for step in definition.steps:
        if step.title and not translation.steps.get(step.id, ""):
            yield f"step “{step.title}”"
        for field in step.fields:
            yield from _missing_in(field, translation)
    for ending in definition.endings:
        own = translation.endings.get(ending.id, {})
        if any(getattr(ending, name) and not own.get(name) for name in ("title", "text")):
            yield f"ending “{ending.title or ending.id}”"


def _missing_in(field: Field, translation: Translation) -> Iterable[str]:
    own = translation.fields.get(field.key)
    for name in ("label", "help", "placeholder", "pattern_help", "text"):
        if getattr(field, name) and not (own and getattr(own, name)) and field.type != "hidden":
            yield called(field) if name == "label" else f"{name.replace('_', ' ')} of {called(field)}"
    if any(not (own and own.options.get(option.value)) for option in field.options):
        yield f"options of {called(field)}"


__all__ = ["LAWFUL_BASES", "lint"]
