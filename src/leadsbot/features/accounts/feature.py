"""The manifest of accounts."""

from __future__ import annotations

from leadsbot.features.accounts import jobs
from leadsbot.features.accounts.tables import (
    ApiKeyRow,
    AttemptBucketRow,
    MembershipRow,
    OneTimeLinkRow,
    PersonRow,
    SessionRow,
    WorkspaceRow,
)
from leadsbot.infra.feature import Feature, Routes
from leadsbot.infra.nav import NavItem
from leadsbot.web.actor import Permission


def routes() -> Routes:
    """What accounts answer over HTTP."""
    from leadsbot.features.accounts import api, pages, settings_pages, team_pages

    return (*api.routes, *pages.routes, *settings_pages.routes, *team_pages.routes)


FEATURE = Feature(
    name="accounts",
    tables=(PersonRow, WorkspaceRow, MembershipRow, SessionRow, OneTimeLinkRow, AttemptBucketRow, ApiKeyRow),
    routes=routes,
    jobs=(jobs.RESET_MAIL, jobs.WELCOME_MAIL, jobs.SWEEP),
    schedule=jobs.SCHEDULE,
    nav=(
        NavItem(
            name="keys",
            letter="k",
            label="API keys",
            path="/keys",
            icon="key",
            needs=Permission.KEYS_READ,
            order=80,
        ),
        NavItem(
            name="settings",
            letter=",",
            label="Settings",
            path="/settings",
            icon="settings",
            needs=Permission.WORKSPACE_WRITE,
            order=90,
        ),
    ),
)
