"""The same news told twice at the same moment, in every possible overlap."""

from __future__ import annotations

from leadsbot.features.alerts import actions
from leadsbot.infra.db.tx import TenantTx
from tests.features.alerts.conftest import Team
from tests.features.alerts.overlap import every_overlap


async def test_a_chat_that_is_told_twice_at_once_to_have_moved_is_kept(team: Team) -> None:
    group, moved_to = await team.group(), team.new_chat()

    async def move(tx: TenantTx) -> None:
        await actions.moved(tx, group.id, moved_to)

    async for halted in every_overlap(team.db, team.workspace, move, move):
        found = await team.find(group.id)
        assert found is not None, f"forgotten when the later one was halted before statement {halted}"
        assert found.chat_id == moved_to
        group, moved_to = await team.group(), team.new_chat()
