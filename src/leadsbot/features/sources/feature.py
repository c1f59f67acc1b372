"""The manifest of sources."""

from __future__ import annotations

from leadsbot.features.sources import actions, handlers
from leadsbot.features.sources.tables import SourceRefusalRow
from leadsbot.infra.feature import Feature, Routes
from leadsbot.infra.nav import NavItem
from leadsbot.web.actor import Permission


def routes() -> Routes:
    """What sources answer over HTTP."""
    from leadsbot.features.sources import api, pages

    return (*api.routes, *pages.routes)


FEATURE = Feature(
    name="sources",
    tables=(SourceRefusalRow,),
    routes=routes,
    handlers=handlers.HANDLERS,
    nav=(
        NavItem(
            name="sources",
            letter="s",
            label="Sources",
            path="/sources",
            icon="source",
            needs=Permission.SOURCES_READ,
            order=20,
        ),
    ),
    reseal=actions.reseal,
)
