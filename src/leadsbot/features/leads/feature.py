"""The manifest of leads."""

from leadsbot.features.leads import handlers
from leadsbot.features.leads.tables import LeadKeyRow, LeadNoteRow, LeadRow
from leadsbot.infra.feature import Feature, Routes
from leadsbot.infra.nav import NavItem
from leadsbot.web.actor import Permission


def routes() -> Routes:
    """What leads answer over HTTP."""
    from leadsbot.features.leads import api, pages

    return (*api.routes, *pages.routes)


FEATURE = Feature(
    name="leads",
    tables=(LeadRow, LeadKeyRow, LeadNoteRow),
    routes=routes,
    handlers=(handlers.TAKE_IN, handlers.TAKE_IN_RELEASED),
    nav=(
        NavItem(
            name="leads", letter="l", label="Leads", path="/leads", icon="inbox", needs=Permission.LEADS_READ, order=10
        ),
    ),
)
