"""Who takes part in the acceptance of submissions in tests that run the capture path by itself."""

from __future__ import annotations

from typing import Any

from leadsbot.features.forms.public import FormCompiler
from leadsbot.features.screening.edge import EdgeScreener
from leadsbot.infra.asgi import Reply, Scope
from leadsbot.kit.errors import Invalid
from leadsbot.kit.signing import Signer


async def refill(_scope: Scope, error: Invalid, _sent: object) -> Reply:
    """Stands for the page of the form, which the dashboard would show."""
    return 422, {"Content-Type": "text/plain"}, f"again: {error.detail}".encode()


def taking_part() -> dict[str, Any]:
    """The parts as the product has them, but for the page."""
    return {
        "compile_form": FormCompiler(Signer("a secret key that is long enough for tests")),
        "screener": EdgeScreener(Signer("a secret key that is long enough for tests")),
        "refill": refill,
    }
