"""The manifest of deliveries."""

from leadsbot.features.deliveries.public import where_to
from leadsbot.features.deliveries.tables import AttemptRow, DeliveryRow
from leadsbot.features.leads.public import name_places
from leadsbot.infra.feature import Feature, Routes
from leadsbot.infra.nav import NavItem
from leadsbot.web.actor import Permission


def routes() -> Routes:
    """What deliveries answer over HTTP."""
    from leadsbot.features.deliveries import api, pages

    return (*api.routes, *pages.routes)


FEATURE = Feature(
    name="deliveries",
    tables=(DeliveryRow, AttemptRow),
    routes=routes,
    nav=(
        NavItem(
            name="deliveries",
            letter="d",
            label="Deliveries",
            path="/deliveries",
            icon="log",
            needs=Permission.DELIVERIES_READ,
            order=40,
        ),
    ),
)

name_places(where_to)
