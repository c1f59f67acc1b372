"""Row-level security and grants of one table as SQL statements."""

from __future__ import annotations

from collections.abc import Iterator

from leadsbot.infra.db.base import Policy, Table

TENANT = "nullif(current_setting('app.workspace_id', true), '')::uuid"
"""The workspace of this transaction, or null.

``nullif`` is needed because after the first ``SET LOCAL`` of a pooled connection the setting reads as an empty
string, which the cast would refuse. It is written without a sub-select because Citus refuses one in a policy.
"""
_OF_TENANTS = Policy(
    "tenant",
    "leadsbot_app, leadsbot_reports",
    "ALL",
    using=f"workspace_id = {TENANT}",
    check=f"workspace_id = {TENANT}",
)
_OF_UPKEEP = Policy("upkeep", "CURRENT_USER", "ALL", using="true")
"""The function that keeps partitions runs as the owner, whom forced row-level security binds too."""


def is_tenant(model: type[Table]) -> bool:
    """Whether the table belongs to workspaces."""
    return model.__platform__ is None


def policies(model: type[Table]) -> dict[str, str]:
    """The statements that create a table's policies, by name."""
    if not is_tenant(model):
        return {}
    upkeep = (_OF_UPKEEP,) if model.__partition__ else ()
    return {policy.name: _create(model, policy) for policy in (_OF_TENANTS, *model.__policies__, *upkeep)}


def _create(model: type[Table], policy: Policy) -> str:
    using = f"\n    USING ({policy.using})" if policy.using else ""
    check = f"\n    WITH CHECK ({policy.check})" if policy.check else ""
    return f"CREATE POLICY {policy.name} ON {model.__tablename__} FOR {policy.command} TO {policy.role}{using}{check}"


def security(model: type[Table]) -> Iterator[str]:
    """Put the table under row-level security, if it belongs to workspaces. Its owner is bound by it, too."""
    if is_tenant(model):
        yield f"ALTER TABLE {model.__tablename__} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY"


def grants(model: type[Table]) -> dict[str, str]:
    """The statements that give a table's roles their rights, by role."""
    return {role: f"GRANT {rights} ON {model.__tablename__} TO {role}" for role, rights in model.__grants__.items()}


def secure(model: type[Table]) -> Iterator[str]:
    """Yield all of the above."""
    yield from security(model)
    yield from policies(model).values()
    yield from grants(model).values()


__all__ = ["TENANT", "grants", "is_tenant", "policies", "secure", "security"]
