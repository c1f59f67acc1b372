"""What to paste so that a form appears on a web site: the widget in its modes, a link, plain HTML, and what a strict
policy of the site must allow."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from leadsbot.contracts.intake import TRAP_FIELD
from leadsbot.features.forms.definition import Definition, Theme
from leadsbot.features.forms.localized import ShownField, language_for, shown_form
from leadsbot.features.forms.words import words
from leadsbot.features.sources.public import NEXT, Snippet, form_script, script_tag
from leadsbot.kit.links import origin

MODES: Final = (
    ("inline", "In the page", "The form stands where you paste this, in the page's own width."),
    ("popup", "Popup", "A button in the corner opens the form in the middle of the page."),
    ("slide-in", "Slide-in", "A button in the corner; the form comes in from the side."),
    ("button", "Button", "A button in the corner; the form opens just above it."),
)
_INPUTS: Final = {"email": "email", "phone": "tel", "number": "number", "date": "date", "file": "file"}


def button_colour(definition: Definition) -> dict[str, str]:
    """The attribute that gives the widget's own button the form's colour before the form is there; none where it has
    that colour anyway."""
    accent = definition.theme.accent
    return {} if accent == Theme().accent else {"colour": accent}


def widget_snippets(base: str, key: str, definition: Definition) -> list[Snippet]:
    """One script tag for each mode of the widget. What its own button says is in the form's language; the script itself
    knows no word but the English one."""
    own = button_colour(definition)
    label = words(language_for(definition, ""))["launcher"]
    if label != words("en")["launcher"]:
        own = {**own, "label": label}
    return [
        Snippet(mode, title, note, script_tag(base, key, mode=mode, **({} if mode == "inline" else own)))
        for mode, title, note in MODES
    ]


def link_snippet(page: str, title: str) -> Snippet:
    """A link to the hosted page."""
    return Snippet(
        "link", "Link", "For a menu, a mail or a social profile.", f'<a href="{escape(page)}">{escape(title)}</a>'
    )


def html_snippet(page: str, definition: Definition) -> Snippet:
    """The form as plain HTML, in its own language, for a page whose look is one's own. Conditions need the widget."""
    lines = list(_lines(page, definition))
    note = f"Works without any script, also in a page builder. Change it as you like: unknown fields are kept. {NEXT}"
    return Snippet("html", "Plain HTML", note, "\n".join(lines))


def source_snippets(base: str, key: str, definition: Definition) -> list[Snippet]:
    """The ways in that ask what this form asks: the form is drawn by us, or by the HTML that is made for it."""
    page, here = f"{base}/f/{key}", script_tag(base, key, mode="inline")
    drawn = "where the form should stand. It follows every change that you publish."
    return [
        Snippet("tag", "Script tag", "Draws this form where the tag stands, and follows every change.", here),
        html_snippet(page, definition),
        Snippet("wordpress", "WordPress", f"Into a Custom HTML block, {drawn}", here),
        Snippet("webflow", "Webflow", f"Into an Embed element, {drawn}", here),
        Snippet(
            "script", "JavaScript", "Beside the plain HTML: visitors stay on your page.",
            form_script(page, files=any(field.type == "file" for field in definition.fields())),
        ),
    ]  # fmt: skip


def policy_lines(base: str) -> str:
    """What a site with a content security policy must add for the widget and for plain HTML."""
    host = origin(base) or base
    return f"script-src {host};\nconnect-src {host};\nform-action {host};"


def _lines(page: str, definition: Definition) -> Iterator[str]:
    shown = shown_form(definition, language_for(definition, definition.language), key="", version=0)
    fields = [field for step in shown.steps for field in step.fields]
    conditional = {field.key for step in definition.steps for field in step.fields if step.show_if or field.show_if}
    files = any(field.type == "file" for field in fields)
    encoding = ' enctype="multipart/form-data"' if files else ""
    yield f'<form action="{escape(page)}" method="post"{encoding}>'
    for field in fields:
        yield from (f"  {line}" for line in _field(field, field.required and field.key not in conditional))
    yield f'  <input name="{TRAP_FIELD}" autocomplete="off" tabindex="-1" hidden>'
    yield f"  <button>{escape(shown.button)}</button>"
    yield "</form>"


def _field(field: ShownField, required: bool) -> Iterator[str]:
    must = " required" if required else ""
    name, label = f'name="{field.key}"', escape(field.label or field.text or field.key)
    auto = f' autocomplete="{escape(field.autocomplete)}"' if field.autocomplete else ""
    match field.type:
        case "heading":
            yield f"<h3>{label}</h3>"
        case "hidden":
            yield f'<input type="hidden" {name} value="{escape(field.default)}">'
        case "textarea":
            yield f"<label>{label} <textarea {name}{auto}{must}></textarea></label>"
        case "select":
            yield f"<label>{label} <select {name}{auto}{must}>"
            yield from _choices(field)
            yield "</select></label>"
        case "radio" | "multiselect" | "rating":
            yield from _group(field, name, label, must)
        case "checkbox" | "consent":
            text = escape(field.text or field.label)
            yield f'<label><input type="checkbox" {name} value="yes"{must}> {text}</label>'
        case _:
            kind = _INPUTS.get(field.type, "text")
            more = " multiple" if field.type == "file" and (field.max or 1) > 1 else ""
            yield f'<label>{label} <input type="{kind}" {name}{auto}{more}{must}></label>'


def _choices(field: ShownField) -> Iterator[str]:
    yield '  <option value=""></option>'
    for option in field.options:
        yield f'  <option value="{escape(option.value)}">{escape(option.label)}</option>'


def _group(field: ShownField, name: str, label: str, must: str) -> Iterator[str]:
    kind = "checkbox" if field.type == "multiselect" else "radio"
    yield f"<fieldset><legend>{label}</legend>"
    for option in field.options:
        given = must if kind == "radio" else ""
        shown = escape(option.label)
        yield f'  <label><input type="{kind}" {name} value="{escape(option.value)}"{given}> {shown}</label>'
    yield "</fieldset>"


__all__ = ["button_colour", "html_snippet", "link_snippet", "policy_lines", "source_snippets", "widget_snippets"]
