"""The manifest of the widget."""

from leadsbot.features.widget import pages, try_pages
from leadsbot.features.widget.tables import SeenFormRow, WidgetLoadRow
from leadsbot.infra.feature import Feature

FEATURE = Feature(
    name="widget",
    tables=(SeenFormRow, WidgetLoadRow),
    routes=(*pages.routes, *try_pages.routes),
    nav=(pages.NAV,),
)
