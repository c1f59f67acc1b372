"""What the builder must know of forms in general, so that it repeats no rule: types and what each has, questions of
conditions, languages, words that browsers fill in."""

from __future__ import annotations

from typing import Any, Final

import phonenumbers

from leadsbot.features.accounts.public import COUNTRIES
from leadsbot.features.forms.changes import SAYS, TYPES, says
from leadsbot.features.forms.conditions import OPERATORS
from leadsbot.features.forms.lint import LAWFUL_BASES
from leadsbot.features.forms.lint_fields import AUTOCOMPLETE, FOR_TYPES
from leadsbot.features.forms.localized import ENGLISH, NAMES
from leadsbot.features.forms.words import WORDS, right_to_left
from leadsbot.kit.mediatype import GROUPS, USUAL

HINTS: Final = {
    "text": "One line: a name, a town, an answer.", "textarea": "Several lines: a message, a description.",
    "email": "An address, checked as it is typed.", "phone": "A number in the ways people write it.",
    "number": "An amount, with limits and steps.", "money": "An amount in a currency.", "date": "A day.",
    "select": "One of many, in a list that opens.", "radio": "One of a few, all in sight.",
    "multiselect": "Any of a few, all in sight.", "checkbox": "A yes or nothing.",
    "consent": "An agreement whose words are kept.", "rating": "A value from 1 to 5, or to 10.",
    "file": "Documents and pictures.", "hidden": "A value from the page's address, unseen.",
    "heading": "A title and a text between questions.",
}  # fmt: skip
ALSO: Final = {
    "text": "name answer line", "textarea": "message comment paragraph", "email": "mail address contact",
    "phone": "telephone mobile", "number": "quantity amount count", "money": "price budget currency euro dollar",
    "date": "day calendar appointment birthday", "select": "dropdown list choice", "radio": "choice options one",
    "multiselect": "choice options many checkboxes", "checkbox": "tick yes no", "consent": "gdpr privacy agree terms",
    "rating": "stars score", "file": "upload attachment photo document", "hidden": "utm campaign tracking",
    "heading": "title paragraph section text",
}  # fmt: skip
"""Words that people look for, beside the names of the types."""
BASES: Final = {
    "consent": "Consent (a)", "contract": "Contract or steps before one (b)",
    "legal_obligation": "Legal obligation (c)",
    "vital_interests": "Vital interests (d)", "public_task": "Public task (e)",
    "legitimate_interests": "Legitimate interests (f)",
}  # fmt: skip


def catalogue() -> dict[str, Any]:
    """The same for every form, as JSON values."""
    return {
        "kinds": [
            {
                "type": type,
                "name": name,
                "hint": HINTS[type],
                "also": ALSO[type],
                "has": sorted(each for each, types in FOR_TYPES.items() if type in types),
                "ops": [[op, says(op, type)] for op in SAYS if op in OPERATORS[type]],
            }
            for type, name in TYPES.items()
        ],
        "languages": [
            {
                "tag": tag,
                "name": name,
                "english": ENGLISH[tag],
                "words": tag in WORDS,
                "rtl": right_to_left(tag),
            }
            for tag, name in NAMES.items()
        ],
        "autocomplete": sorted(AUTOCOMPLETE),
        "bases": [[each, BASES[each]] for each in LAWFUL_BASES],
        "files": [{"name": name, "types": types, "usual": types in USUAL} for name, types in GROUPS.items()],
        "regions": [[code, name] for code, name in COUNTRIES.items() if code in phonenumbers.SUPPORTED_REGIONS],
    }


__all__ = ["catalogue"]
