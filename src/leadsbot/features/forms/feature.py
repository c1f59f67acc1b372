"""The manifest of forms."""

from __future__ import annotations

from leadsbot.features.forms import handlers, jobs
from leadsbot.features.forms.tables import FormRow, FormVersionRow, PartialRow, UploadRow
from leadsbot.infra.feature import Feature, Routes
from leadsbot.infra.nav import NavItem
from leadsbot.web.actor import Permission


def routes() -> Routes:
    """What forms answer over HTTP."""
    from leadsbot.features.forms import api, builder_pages, downloads, page, pages, partials, result_pages

    return (
        *api.routes, *page.routes, *pages.routes, *builder_pages.routes, *result_pages.routes, *downloads.routes,
        *partials.routes,
    )  # fmt: skip


FEATURE = Feature(
    name="forms",
    tables=(FormRow, FormVersionRow, PartialRow, UploadRow),
    routes=routes,
    handlers=handlers.HANDLERS,
    jobs=jobs.KINDS,
    schedule=jobs.SCHEDULE,
    nav=(
        NavItem(
            name="forms", letter="f", label="Forms", path="/forms", icon="form", needs=Permission.SOURCES_READ, order=15
        ),
    ),
)
