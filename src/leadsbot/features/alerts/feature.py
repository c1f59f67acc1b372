"""The manifest of alerts."""

from leadsbot.features.alerts import actions, api, handlers, inbound, notices, pages, sending
from leadsbot.features.alerts.tables import AccountRow, CardRow, CursorRow, DestinationRow, LinkRow
from leadsbot.features.deliveries.public import RESEND
from leadsbot.infra.feature import Feature

FEATURE = Feature(
    name="alerts",
    tables=(DestinationRow, LinkRow, AccountRow, CardRow, CursorRow),
    routes=(*api.routes, *pages.routes),
    handlers=handlers.HANDLERS,
    jobs=(sending.SEND, sending.DIGEST, sending.REFRESH, sending.ANSWER, sending.SAY, *inbound.KINDS),
    nav=(pages.NAV,),
    notices=(notices.SOURCE,),
)

RESEND[actions.CHANNEL] = sending.resend
