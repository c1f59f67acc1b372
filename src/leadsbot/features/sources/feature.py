"""The manifest of sources."""

from leadsbot.features.sources import actions, api, form_page, handlers, pages
from leadsbot.infra.feature import Feature

FEATURE = Feature(
    name="sources",
    routes=(*api.routes, *pages.routes, *form_page.routes),
    handlers=handlers.HANDLERS,
    nav=(pages.NAV,),
    reseal=actions.reseal,
)
