"""Statements that the driver runs by itself: same meaning, same transaction, same row-level security."""

from __future__ import annotations

import pytest
from sqlalchemy import Text, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from leadsbot.infra.db.fixed import Fixed, inserting, new, updating
from leadsbot.infra.db.pool import Database
from leadsbot.infra.events.tables import EventLog
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id

LOG = EventLog.__table__
ONE = Fixed(lambda: select(LOG).where(LOG.c.id == bindparam("id")))
OF_TYPES = Fixed(
    lambda: (
        select(LOG.c.type)
        .where(LOG.c.type == any_(bindparam("types", type_=ARRAY(Text))), LOG.c.version == 7)
        .order_by(LOG.c.type)
    )
)


def event(workspace: object, **more: object) -> dict[str, object]:
    return {
        "workspace_id": workspace, "id": new_id(), "type": "a", "version": 7, "actor": "system",
        "payload": {"deep": [1, "ü"]}, "occurred_at": utcnow(), **more,
    }  # fmt: skip


async def test_values_come_back_as_they_went(db: Database) -> None:
    mine = new_id()
    given = event(mine, subject_id=None)
    async with db.tenant(mine) as tx:
        await inserting(EventLog, *given).rows(tx, **given)
        row = await ONE.row(tx, id=given["id"])
        assert row is not None
        assert {name: getattr(row, name) for name in given} == given
        assert await ONE.row(tx, id=new_id()) is None
        assert await ONE.value(tx, id=new_id()) is None


async def test_lists_and_constants_are_parameters_too(db: Database) -> None:
    mine = new_id()
    async with db.tenant(mine) as tx:
        for name, version in (("a", 7), ("b", 7), ("c", 7), ("a", 8)):
            given = event(mine, type=name, version=version)
            await inserting(EventLog, *given).rows(tx, **given)
        assert [row.type for row in await OF_TYPES.rows(tx, types=["a", "c"])] == ["a", "c"]
        assert await OF_TYPES.rows(tx, types=[]) == []


async def test_a_parameter_that_is_missing_or_unknown_is_no_null(db: Database) -> None:
    async with db.tenant(new_id()) as tx:
        with pytest.raises(KeyError):
            await ONE.row(tx)
        with pytest.raises(KeyError, match="typo"):
            await ONE.row(tx, id=new_id(), typo=1)
        with pytest.raises(KeyError):
            await ONE.row(tx, typo=1)


async def test_they_share_the_transaction_with_everything_else(db: Database) -> None:
    mine = new_id()
    given = event(mine)

    async def work() -> None:
        async with db.tenant(mine) as tx:
            await inserting(EventLog, *given).rows(tx, **given)
            assert await tx.scalar(select(func.count()).select_from(LOG)) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()
    async with db.tenant(mine) as tx:
        assert await ONE.row(tx, id=given["id"]) is None


async def test_a_row_of_another_workspace_is_not_there(db: Database) -> None:
    mine = new_id()
    given = event(mine)
    async with db.tenant(mine) as tx:
        await inserting(EventLog, *given).rows(tx, **given)
    async with db.tenant(new_id()) as tx:
        assert await ONE.row(tx, id=given["id"]) is None


async def test_an_insert_can_give_way_and_an_update_says_what_it_found(db: Database) -> None:
    from leadsbot.features.deliveries.tables import DeliveryRow

    mine = new_id()
    given = {"workspace_id": mine, "id": new_id(), "channel": "x", "kind": "test", "dedupe_key": "k"}
    async with db.tenant(mine) as tx:
        made = inserting(DeliveryRow, *given, returning="id", unless_there=True)
        assert await made.value(tx, **given) == given["id"]
        assert await made.value(tx, **{**given, "id": new_id()}) is None
        change = updating(DeliveryRow, ("reason", "state"), "workspace_id", "id")
        values = new({"reason": "because", "state": "held"})
        assert await change.value(tx, workspace_id=mine, id=given["id"], **values) == given["id"]
        assert await change.value(tx, workspace_id=mine, id=new_id(), **values) is None
