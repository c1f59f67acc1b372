"""Row-level security and grants of one table as SQL statements; migrations execute them, tests compare them."""

from __future__ import annotations

from collections.abc import Iterator

from leadsbot.infra.db.base import CAPTURE, QUEUE, Table

TENANT = "nullif(current_setting('app.workspace_id', true), '')::uuid"
"""The workspace of this transaction, or null.

``nullif`` is needed because after the first ``SET LOCAL`` of a pooled connection the setting reads as an empty
string, which the cast would refuse. It is written without a sub-select because Citus refuses one in a policy.
"""


def is_tenant(model: type[Table]) -> bool:
    """Whether the table belongs to workspaces."""
    return model.__platform__ is None


def secure(model: type[Table]) -> Iterator[str]:
    """Yield the statements that put a table under row-level security and grant what its roles may do."""
    table = model.__tablename__
    if is_tenant(model):
        yield f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"
        yield f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY"
        yield (
            f"CREATE POLICY tenant ON {table} FOR ALL TO leadsbot_app, leadsbot_reports "
            f"USING (workspace_id = {TENANT}) WITH CHECK (workspace_id = {TENANT})"
        )
        for policy in model.__policies__:
            using = f" USING ({policy.using})" if policy.using else ""
            check = f" WITH CHECK ({policy.check})" if policy.check else ""
            yield f"CREATE POLICY {policy.name} ON {table} FOR {policy.command} TO {policy.role}{using}{check}"
    for role, rights in model.__grants__.items():
        yield f"GRANT {rights} ON {table} TO {role}"


__all__ = ["CAPTURE", "QUEUE", "TENANT", "is_tenant", "secure"]
