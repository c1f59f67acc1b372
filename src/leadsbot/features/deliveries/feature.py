"""The manifest of deliveries."""

from leadsbot.features.deliveries import api, pages
from leadsbot.features.deliveries.tables import AttemptRow, DeliveryRow
from leadsbot.infra.feature import Feature

FEATURE = Feature(
    name="deliveries",
    tables=(DeliveryRow, AttemptRow),
    routes=(*api.routes, *pages.routes),
    nav=(pages.NAV,),
)
