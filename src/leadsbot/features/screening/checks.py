"""What a source carries of the workspace's choices, for the hot path."""

from __future__ import annotations

from typing import Any, NamedTuple

from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Source
from leadsbot.features.screening import store
from leadsbot.features.screening.model import CaptchaKind, settings_of
from leadsbot.features.screening.signals.scripts import scripts_of
from leadsbot.features.screening.store import Choice
from leadsbot.infra.db.tx import TenantTx


def checks_of(chosen: Choice, source: Source) -> dict[str, Any]:
    """The choices that differ from the defaults, and the scripts of the languages of the source's form."""
    said = {
        "sensitivity": chosen.sensitivity if chosen.sensitivity != "normal" else None,
        "proof": chosen.proof_of_work if chosen.proof_of_work != "off" else None,
        "captcha": chosen.captcha if chosen.captcha != "none" else None,
        "site_key": chosen.captcha_site_key if chosen.captcha != "none" else None,
        "scripts": _scripts(source),
    }
    return {name: value for name, value in said.items() if value}


class Asks(NamedTuple):
    """What the page of a source must offer its visitors."""

    challenge: str
    """The path of the challenge that its script solves, see the guide; empty where none is asked for."""
    captcha: CaptchaKind
    site_key: str


def asks(source: Source) -> Asks:
    """What the page of this source must offer."""
    settings = settings_of(source.checks)
    challenge = f"/f/{source.key}/challenge" if settings.proof != "off" else ""
    return Asks(challenge, settings.captcha, str(source.checks.get("site_key", "")))


def _scripts(source: Source) -> list[str]:
    definition = (source.form or {}).get("definition")
    if not isinstance(definition, dict):
        return []
    languages = definition.get("languages")
    return scripts_of([str(definition.get("language") or "en"), *(languages if isinstance(languages, dict) else ())])


async def apply(tx: TenantTx) -> None:
    """Copy the choices to every source that does not carry them yet; in force within a second of the commit."""
    chosen = await store.choice(tx)
    for source in await capture.list_sources(tx):
        wanted = checks_of(chosen, source)
        if source.checks != wanted:
            await capture.update_source(tx, source.id, checks=wanted)
