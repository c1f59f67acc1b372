"""How strictly submissions are screened: the settings below the quarantine."""

from __future__ import annotations

from typing import Any

from litestar import Response

from leadsbot.features.screening import actions, store
from leadsbot.features.screening.store import Choice
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit.errors import Invalid
from leadsbot.web.actor import Permission
from leadsbot.web.forms import Form
from leadsbot.web.inject import InTx, PageRequest, Posted, Uses
from leadsbot.web.render import redirect, render
from leadsbot.web.routes import page

HERE = "/quarantine/settings"
SEE, SET = Permission.WORKSPACE_READ, Permission.WORKSPACE_WRITE
SENSITIVITIES = (
    ("normal", "Normal: what is more likely a bot than a person waits in the quarantine"),
    ("low", "Low: only what is very likely a bot"),
    ("high", "High: whatever is doubtful; look into the quarantine often"),
    ("off", "Off: nothing is held back"),
)
PROOFS = (
    ("off", "Never"),
    ("doubtful", "When a submission is doubtful"),
    ("always", "Always; visitors without JavaScript land in the quarantine"),
)
CAPTCHAS = (("none", "None"), ("turnstile", "Cloudflare Turnstile"), ("hcaptcha", "hCaptcha"))
NAMES = ("sensitivity", "proof_of_work", "captcha", "captcha_site_key")


@page("GET", HERE, needs=SEE)
async def settings(request: PageRequest, tx: InTx) -> Response[str]:
    """The choices."""
    return await _page(request, tx, await store.choice(tx))


@page("POST", HERE, needs=SET)
async def save(request: PageRequest, form: Posted, tx: InTx, services: Uses) -> Response[Any]:
    """Store the choices; what was typed stays on the page when something is wrong with it."""
    try:
        given = {name: form.text(name, required=False) for name in NAMES if name in form}
        secret = form.text("captcha_secret", limit=500, required=False)
        await actions.choose(tx, services.crypto, captcha_secret=secret, **given)
    except Invalid as error:
        return await _page(request, tx, await store.choice(tx), values=form, error=error, status=422)
    return redirect(HERE, notice="saved")


@page("POST", f"{HERE}/forget", needs=SET)
async def forget(tx: InTx) -> Response[Any]:
    """Let the filter begin again as it was shipped."""
    await actions.forget(tx)
    return redirect(HERE, notice="saved")


async def _page(
    request: PageRequest, tx: TenantTx, chosen: Choice, *, values: Form | None = None, error: Invalid | None = None,
    status: int = 200,
) -> Response[str]:  # fmt: skip
    given = {name: getattr(chosen, name) for name in NAMES}
    return render(
        request,
        "screening/settings.html",
        status=status,
        values={**given, **(values or {})},
        error=error,
        secret_set=chosen.captcha_secret is not None,
        learned=await store.learned(tx),
        sensitivities=SENSITIVITIES,
        proofs=PROOFS,
        captchas=CAPTCHAS,
    )


routes = (settings, save, forget)
