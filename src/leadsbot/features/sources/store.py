"""The SQL of what sources refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, insert, select

from leadsbot.features.sources.model import Refusal
from leadsbot.features.sources.tables import SourceRefusalRow
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit.clock import utcnow


async def add_refusals(tx: TenantTx, counts: Mapping[tuple[UUID, str], int]) -> None:
    """Insert one row for every source and reason."""
    now = utcnow()
    rows = [
        {"workspace_id": tx.workspace_id, "at": now, "source_id": source, "code": code, "times": times}
        for (source, code), times in counts.items()
    ]
    await tx.execute(insert(SourceRefusalRow), rows)


async def refusals(tx: TenantTx, since: datetime, source_id: UUID | None = None) -> dict[UUID, list[Refusal]]:
    """What each source, or one, refused since a moment: the commonest reason first."""
    times, last = func.sum(SourceRefusalRow.times).label("times"), func.max(SourceRefusalRow.at).label("last")
    statement = (
        select(SourceRefusalRow.source_id, SourceRefusalRow.code, times, last)
        .where(SourceRefusalRow.workspace_id == tx.workspace_id, SourceRefusalRow.at >= since)
        .group_by(SourceRefusalRow.source_id, SourceRefusalRow.code)
        .order_by(times.desc(), SourceRefusalRow.code)
    )
    if source_id is not None:
        statement = statement.where(SourceRefusalRow.source_id == source_id)
    found: dict[UUID, list[Refusal]] = {}
    for row in (await tx.execute(statement)).all():
        found.setdefault(row.source_id, []).append(Refusal(code=row.code, times=int(row.times), last_at=row.last))
    return found
