"""What a visitor's browser asks for: a challenge to solve. For every web site, without a cookie."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from litestar import Response

from leadsbot.features.capture.public import published_source
from leadsbot.features.screening.model import settings_of
from leadsbot.features.screening.proof import Proofs
from leadsbot.infra.proxy import client_address
from leadsbot.infra.ratelimit import Limit, sender
from leadsbot.kit.errors import Gone, NotFound
from leadsbot.kit.signing import Signer
from leadsbot.web.actor import Public
from leadsbot.web.inject import FromPath, PageRequest, Uses
from leadsbot.web.routes import page

EVERYBODY = Public("whoever has the address of a form may fill it in")
ADDRESS = Limit("challenge", 30, 60)
FORM = Limit("challenge-form", 60, 60)
CORS = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin", "Cache-Control": "no-store"}


@lru_cache(maxsize=4)
def _proofs(signer: Signer) -> Proofs:
    return Proofs(signer)


@page("GET", "/f/{form_key:str}/challenge", needs=EVERYBODY, cookieless=True)
async def challenge(request: PageRequest, form_key: FromPath[str], services: Uses) -> Response[Any]:
    """A challenge for one submission of the form, in the format of ALTCHA's widget; harder while many ask.

    204 where the workspace asks for none, so that a page may always ask.
    """
    source = await published_source(services.db, form_key)
    if source is None:
        raise NotFound("There is no such form.")
    if not source.open:
        raise Gone("This form is closed.")
    if settings_of(source.checks).proof == "off":
        return Response(None, status_code=204, headers=CORS)
    address = client_address(request.scope, services.settings.trusted_proxies)
    verdict = services.limiter.take(ADDRESS, (source.key, sender(address)))
    if verdict:
        verdict.require()
    made = _proofs(services.signer).challenge(source.key, services.limiter.fill(FORM, source.key))
    return Response(made, headers=CORS, media_type="application/json")


routes = (challenge,)
