"""The manifest of leads."""

from leadsbot.features.leads import api, handlers, pages
from leadsbot.features.leads.tables import LeadKeyRow, LeadNoteRow, LeadRow
from leadsbot.infra.feature import Feature
from leadsbot.infra.nav import NavItem
from leadsbot.web.actor import Permission

FEATURE = Feature(
    name="leads",
    tables=(LeadRow, LeadKeyRow, LeadNoteRow),
    routes=(*api.routes, *pages.routes),
    handlers=(handlers.TAKE_IN,),
    nav=(NavItem(name="leads", label="Leads", path="/leads", icon="inbox", needs=Permission.LEADS_READ, order=10),),
)
