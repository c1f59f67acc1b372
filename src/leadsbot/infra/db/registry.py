"""The data registry, read from the models: one entry per column (R02, R08, R09)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leadsbot.contracts.data_registry import Tag
from leadsbot.infra.db.create import models
from leadsbot.infra.db.policies import is_tenant


def untagged() -> list[str]:
    """Columns without a registry entry; must be empty."""
    return [
        f"{model.__tablename__}.{column.name}"
        for model in models()
        for column in model.__table__.columns
        if not isinstance(column.info.get("tag"), Tag)
    ]


def entries() -> Iterator[dict[str, Any]]:
    """One dictionary per column of every table, in table order."""
    for model in sorted(models(), key=lambda model: model.__tablename__):
        for column in model.__table__.columns:
            tag: Tag = column.info["tag"]
            yield {
                "table": model.__tablename__,
                "column": column.name,
                "type": str(column.type).lower(),
                "tenant": is_tenant(model),
                "class": tag.cls.value,
                "role": tag.role.value,
                "subject": tag.subject.value,
                "purposes": [purpose.value for purpose in tag.purposes],
                "retention": tag.retention.value,
                "export": tag.export.value,
                "erasure": tag.erasure.value,
            }
