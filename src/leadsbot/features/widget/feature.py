"""The manifest of the widget."""

from __future__ import annotations

from leadsbot.features.widget.tables import SeenFormRow, WidgetBuildRow, WidgetLoadRow
from leadsbot.infra.feature import Feature, Routes
from leadsbot.infra.nav import NavItem
from leadsbot.web.actor import Permission


def routes() -> Routes:
    """What the widget answers over HTTP."""
    from leadsbot.features.widget import pages, try_pages

    return (*pages.routes, *try_pages.routes)


FEATURE = Feature(
    name="widget",
    tables=(SeenFormRow, WidgetLoadRow, WidgetBuildRow),
    routes=routes,
    nav=(
        NavItem(
            name="forms-seen",
            letter="w",
            label="Site forms",
            path="/widget/forms",
            icon="code",
            needs=Permission.SOURCES_READ,
            order=25,
        ),
    ),
)
