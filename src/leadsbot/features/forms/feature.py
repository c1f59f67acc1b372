"""The manifest of forms."""

from __future__ import annotations

from leadsbot.features.forms import handlers
from leadsbot.features.forms.tables import FormRow, FormVersionRow, PartialRow, UploadRow
from leadsbot.infra.feature import Feature, Routes


def routes() -> Routes:
    """What forms answer over HTTP."""
    from leadsbot.features.forms import api, page

    return (*api.routes, *page.routes)


FEATURE = Feature(
    name="forms",
    tables=(FormRow, FormVersionRow, PartialRow, UploadRow),
    routes=routes,
    handlers=handlers.HANDLERS,
)
