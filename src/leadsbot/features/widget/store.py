"""The SQL of the widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from leadsbot.features.widget.model import SeenForm, Sighting
from leadsbot.features.widget.tables import SeenFormRow, WidgetBuildRow, WidgetLoadRow
from leadsbot.infra.db.tx import SystemTx, TenantTx
from leadsbot.kit.clock import utcnow
from leadsbot.kit.ids import new_id

FRESH = timedelta(hours=1)
"""A form that was seen within this time is not written again."""

KEPT_BUILDS = 100
"""Of four kilobytes each; a version of LeadsBot has one."""


def _seen(row: SeenFormRow) -> SeenForm:
    return SeenForm(
        id=row.id,
        source_id=row.source_id,
        page=row.page,
        name=row.name,
        fields=row.fields,
        ignored=row.ignored,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
    )


async def known(tx: TenantTx, source_id: UUID, fingerprints: Sequence[str]) -> dict[str, tuple[bool, datetime]]:
    """Of these forms those that are known: whether each is ignored, and when it was seen last."""
    statement = select(SeenFormRow.fingerprint, SeenFormRow.ignored, SeenFormRow.last_seen_at).where(
        SeenFormRow.workspace_id == tx.workspace_id,
        SeenFormRow.source_id == source_id,
        SeenFormRow.fingerprint.in_(fingerprints),
    )
    rows = (await tx.execute(statement)).all()
    return {row.fingerprint: (row.ignored, row.last_seen_at) for row in rows}


async def count_seen(tx: TenantTx, source_id: UUID) -> int:
    """How many forms are remembered for a source."""
    statement = select(func.count()).where(
        SeenFormRow.workspace_id == tx.workspace_id, SeenFormRow.source_id == source_id
    )
    return int(await tx.scalar(statement) or 0)


async def add_seen(tx: TenantTx, source_id: UUID, sighting: Sighting) -> UUID | None:
    """Insert a form; None when another request did so at the same moment."""
    statement = (
        insert(SeenFormRow)
        .values(
            workspace_id=tx.workspace_id,
            id=new_id(),
            source_id=source_id,
            fingerprint=sighting.fingerprint,
            page=sighting.page,
            name=sighting.name,
            fields=sighting.fields,
        )
        .on_conflict_do_nothing()
        .returning(SeenFormRow.id)
    )
    found: UUID | None = await tx.scalar(statement)
    return found


async def touch_seen(tx: TenantTx, source_id: UUID, sighting: Sighting) -> None:
    """Note that a form was seen again, and as what: labels change."""
    statement = update(SeenFormRow).where(
        SeenFormRow.workspace_id == tx.workspace_id,
        SeenFormRow.source_id == source_id,
        SeenFormRow.fingerprint == sighting.fingerprint,
    )
    values = {"last_seen_at": func.clock_timestamp(), "fields": sighting.fields, "page": sighting.page}
    await tx.execute(statement.values(**values).execution_options(synchronize_session=False))


async def set_ignored(tx: TenantTx, seen_id: UUID, *, ignored: bool) -> bool:
    """Whether the listener leaves the form alone; False for an unknown one."""
    statement = (
        update(SeenFormRow)
        .where(SeenFormRow.workspace_id == tx.workspace_id, SeenFormRow.id == seen_id)
        .values(ignored=ignored)
        .returning(SeenFormRow.id)
        .execution_options(synchronize_session=False)
    )
    return await tx.scalar(statement) is not None


async def list_seen(tx: TenantTx, source_id: UUID | None = None, *, limit: int = 500) -> list[SeenForm]:
    """Every form, the one seen last first."""
    statement = select(SeenFormRow).where(SeenFormRow.workspace_id == tx.workspace_id)
    if source_id is not None:
        statement = statement.where(SeenFormRow.source_id == source_id)
    statement = statement.order_by(SeenFormRow.last_seen_at.desc(), SeenFormRow.id.desc()).limit(limit)
    rows = (await tx.execute(statement.execution_options(populate_existing=True))).scalars()
    return [_seen(row) for row in rows]


async def add_loads(tx: TenantTx, counts: Mapping[tuple[UUID, str, str], int]) -> None:
    """Insert one row for every source, web site and mode."""
    now = utcnow()
    rows = [
        {"workspace_id": tx.workspace_id, "at": now, "source_id": source, "site": site, "mode": mode, "loads": loads}
        for (source, site, mode), loads in counts.items()
    ]
    if rows:
        await tx.execute(insert(WidgetLoadRow), rows)


async def loads_by_site(tx: TenantTx, since: datetime) -> list[tuple[UUID, str, int]]:
    """Loads per source and web site since a moment, the most first."""
    total = func.sum(WidgetLoadRow.loads).label("total")
    statement = (
        select(WidgetLoadRow.source_id, WidgetLoadRow.site, total)
        .where(WidgetLoadRow.workspace_id == tx.workspace_id, WidgetLoadRow.at >= since)
        .group_by(WidgetLoadRow.source_id, WidgetLoadRow.site)
        .order_by(total.desc())
        .limit(100)
    )
    rows = (await tx.execute(statement)).all()
    return [(row.source_id, row.site, int(row.total)) for row in rows]


async def put_build(tx: SystemTx, name: str, body: bytes) -> None:
    """Insert a build, or note that it is served again."""
    statement = insert(WidgetBuildRow).values(name=name, body=body)
    now = {"served_at": func.clock_timestamp()}
    await tx.execute(statement.on_conflict_do_update(index_elements=[WidgetBuildRow.name], set_=now))


async def forget_builds(tx: SystemTx) -> None:
    """Delete all but the KEPT_BUILDS that were served last."""
    kept = select(WidgetBuildRow.name).order_by(WidgetBuildRow.served_at.desc()).limit(KEPT_BUILDS)
    statement = delete(WidgetBuildRow).where(WidgetBuildRow.name.not_in(kept))
    await tx.execute(statement.execution_options(synchronize_session=False))


async def find_build(tx: SystemTx, name: str) -> bytes | None:
    """The script of a build."""
    found: bytes | None = await tx.scalar(select(WidgetBuildRow.body).where(WidgetBuildRow.name == name))
    return found
