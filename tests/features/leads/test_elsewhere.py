"""The address of a lead, opened while the browser looks at another workspace."""

from __future__ import annotations

from leadsbot.features.leads import store
from leadsbot.features.leads.feature import FEATURE
from leadsbot.infra.db.pool import Database
from leadsbot.kit.ids import LEAD, show
from tests.cast import Cast, application, browser, services


async def test_the_address_of_a_lead_leads_its_people_to_its_workspace_and_nobody_else(
    db: Database, cast: Cast
) -> None:
    async with db.tenant(cast.workspace_id) as tx:
        path = f"/leads/{show(LEAD, await store.add(tx, name='Ann Elsewhere'))}"
    app = application(services(db), FEATURE)
    async with browser(app) as alice, browser(app) as charlie:
        await alice.sign_in(cast.alice.email)
        await charlie.sign_in(cast.charlie.email)
        await alice.post("/workspaces/new", {"workspace": "Birch", "country": "FR"}, on="/workspaces/new")
        moved = await alice.get(path)
        assert (moved.status_code, moved.headers["location"]) == (303, path)
        assert "Ann Elsewhere" in (await alice.get(path)).text
        assert (await charlie.get(path)).status_code == 404
