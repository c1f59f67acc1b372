"""The manifest of alerts."""

from __future__ import annotations

from leadsbot.features.alerts import actions, handlers, inbound, notices, present, sending
from leadsbot.features.alerts.tables import AccountRow, CardRow, CursorRow, DestinationRow, LinkRow, PlaceRow
from leadsbot.features.deliveries.public import PLACES, RESEND
from leadsbot.infra.feature import Feature, Routes
from leadsbot.infra.nav import NavItem
from leadsbot.web.actor import Permission


def routes() -> Routes:
    """What alerts answer over HTTP."""
    from leadsbot.features.alerts import api, pages

    return (*api.routes, *pages.routes)


FEATURE = Feature(
    name="alerts",
    tables=(DestinationRow, LinkRow, AccountRow, CardRow, PlaceRow, CursorRow),
    routes=routes,
    handlers=handlers.HANDLERS,
    jobs=(sending.SEND, sending.DIGEST, sending.REFRESH, sending.ANSWER, sending.SAY, sending.REACT, *inbound.KINDS),
    nav=(
        NavItem(
            name="telegram",
            letter="t",
            label="Telegram",
            path="/telegram",
            icon="send",
            needs=Permission.LEADS_READ,
            order=30,
        ),
    ),
    notices=(notices.SOURCE,),
)

RESEND[actions.CHANNEL] = sending.resend
PLACES[actions.CHANNEL] = present.place_names
