"""The module that draws a form: the built script with the form written below it, so that one request brings both."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from leadsbot.features.capture.public import Kind, published_source
from leadsbot.features.forms import public as forms
from leadsbot.features.screening.public import mint_token
from leadsbot.infra.services import Services
from leadsbot.kit.clock import utcnow
from leadsbot.web import static

SCRIPT: Final = "widget-form.js"
MORE: Final = "widget-more.js"
"""What only forms with files or kept beginnings need."""
RULES: Final = "widget-rules.js"
"""What only forms with amounts, patterns or bounds need."""
LOGIC: Final = "widget-logic.js"
"""What only forms with conditions need."""
NAMES: Final = "var LEADSBOT_MORE,LEADSBOT_RULES,LEADSBOT_LOGIC;"
"""By these names the script asks for those three. The line leaves what came as it is, and makes the rest undefined."""
VARIABLE: Final = "LEADSBOT_FORM"
"""The name by which the script asks for the form."""


async def module(services: Services, token: str, form: str, lang: str, accept: str, origin: str | None) -> str:
    """The JavaScript. What cannot be drawn is a module, too: it draws one sentence that says why."""
    said = await _said(services, token, form, lang, accept, origin)
    wanted = {
        SCRIPT: True, MORE: forms.needs_more(said), RULES: forms.needs_rules(said), LOGIC: forms.needs_logic(said),
    }  # fmt: skip
    scripts = [name for name, needed in wanted.items() if needed]
    text = "\n".join(static.built(name).body.decode() for name in scripts)
    return f"{text}\n{NAMES}\nconst {VARIABLE}={msgspec.json.encode(said).decode()};"


async def _said(
    services: Services, token: str, form: str, lang: str, accept: str, origin: str | None
) -> dict[str, Any]:
    source = await published_source(services.db, form or token)
    if form and source is not None:
        # A token draws no form of strangers.
        holder = await published_source(services.db, token)
        source = source if holder is not None and holder.workspace_id == source.workspace_id else None
    if source is None or source.kind != Kind.FORM:
        return forms.sentence("unknown", lang, accept)
    if not source.open:
        return forms.sentence("closed", lang, accept)
    if source.signed:
        return forms.sentence("signed", lang, accept)
    if origin is not None and source.allowed_origins and origin not in source.allowed_origins:
        return forms.sentence("elsewhere", lang, accept)
    found = forms.live(source) or forms.undesigned(source)
    closes = found.definition.closes_at
    if closes is not None and closes <= utcnow():
        return forms.sentence("closed", lang, accept, text=found.definition.closed_text)
    return {**forms.localized(found, lang, accept=accept), "token": mint_token(services.signer, source.key, origin)}
