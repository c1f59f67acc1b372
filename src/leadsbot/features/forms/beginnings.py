"""Beginnings: what somebody typed into a form and has not sent, kept where its owner wants that and nobody asked for
privacy, and given back to whoever has the code.

Only the visitor has the code, here is only its hash; the team sees a number. Consents, files and hidden fields are
never kept: they belong to the moment in which a form is sent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from leadsbot.features.forms.definition import Definition
from leadsbot.features.forms.reading import blank
from leadsbot.kit.errors import Invalid
from leadsbot.kit.jsonbody import encode
from leadsbot.kit.storable import Checked

MAX_BYTES: Final = 32_768
"""Of the answers of one beginning, as JSON."""
MOST: Final = 10_000
"""Beginnings of one form at one time: beyond it none is added, so that a flood ends somewhere."""
CONTEXT: Final = "partial"
"""The name in a submission's context under which it says which beginning it was."""
_CODE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_NOT_KEPT: Final = frozenset({"file", "consent", "hidden", "heading"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What somebody filled in so far."""

    id: UUID
    form_id: UUID
    version: int
    answers: dict[str, Any]
    step: str
    changed_at: datetime


def hashed(code: str) -> bytes | None:
    """By what a code is found; None for what cannot be one."""
    return sha256(code.encode()).digest() if _CODE.fullmatch(code) else None


def kept(answers: Mapping[str, Any], definition: Definition) -> dict[str, Any]:
    """What is kept of answers, with card numbers masked. Raises Invalid for what cannot be stored or is too much."""
    known = {field.key: answers.get(field.key) for field in definition.fields() if field.type not in _NOT_KEPT}
    said = {
        key: str(value) if isinstance(value, Decimal) else value
        for key, value in known.items() if _plain(value) and not blank(value)
    }  # fmt: skip
    checked = Checked().value(said)
    if not isinstance(checked, dict):
        raise Invalid(None, "Send an object with the answers.")
    if len(encode(checked)) > MAX_BYTES:
        raise Invalid(None, f"A beginning may have {MAX_BYTES} bytes.", code="too_long")
    return checked


def _plain(value: object) -> bool:
    """Whether a field can be filled with it again."""
    if isinstance(value, list):
        return all(isinstance(each, str) for each in value)
    return isinstance(value, str | int | Decimal | bool)


def step_of(step: str, definition: Definition) -> str:
    """The step, if the form has it."""
    return step if any(each.id == step for each in definition.steps) else ""


__all__ = ["CONTEXT", "MOST", "Beginning", "hashed", "kept", "step_of"]
