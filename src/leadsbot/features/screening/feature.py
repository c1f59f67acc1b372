"""The manifest of screening."""

from __future__ import annotations

from leadsbot.features.screening import actions, handlers, later
from leadsbot.features.screening.tables import LabelRow, ModelRow, ProofRow, SettingRow
from leadsbot.infra.feature import Feature, Routes
from leadsbot.infra.nav import NavItem
from leadsbot.web.actor import Permission


def routes() -> Routes:
    """What screening answers over HTTP."""
    from leadsbot.features.screening import api, pages, settings_pages, visitor

    return (*api.routes, *pages.routes, *settings_pages.routes, *visitor.routes)


FEATURE = Feature(
    name="screening",
    tables=(SettingRow, ModelRow, LabelRow, ProofRow),
    routes=routes,
    handlers=handlers.HANDLERS,
    jobs=later.KINDS,
    schedule=later.SCHEDULE,
    nav=(
        NavItem(
            name="quarantine",
            letter="q",
            label="Quarantine",
            path="/quarantine",
            icon="shield",
            needs=Permission.LEADS_READ,
            order=15,
            count="/quarantine/count",
        ),
    ),
    reseal=actions.reseal,
)
