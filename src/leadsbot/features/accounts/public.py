"""What other features and commands may use of accounts."""

from __future__ import annotations

from uuid import UUID

from leadsbot.features.accounts import model, store
from leadsbot.features.accounts.actions import (
    add_member,
    create_workspace,
    find_or_add_person,
    first_run_token,
    issue_key,
    make_link,
    settings_of,
)
from leadsbot.features.accounts.authenticate import Authentication
from leadsbot.features.accounts.countries import COUNTRIES
from leadsbot.features.accounts.model import STAGES, ApiKey, Member, Person, Role, WorkspaceSettings
from leadsbot.features.accounts.passwords import check as check_password
from leadsbot.features.accounts.passwords import make_hash
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx

workspace_settings = settings_of
"""``workspace_settings(tx) -> WorkspaceSettings``: name, country, timezone, merge window, the stages' names."""

EVERY_SCOPE = model.EVERY_SCOPE


async def members(tx: TenantTx) -> list[Member]:
    """Everybody in the workspace; owners of leads and actors of events are named by ``person_id``."""
    return await store.members(tx)


def country_choices(home: str, held: str) -> list[tuple[str, str]]:
    """The countries to choose from where ``home``, the workspace's, is taken for none; with the one that is held."""
    other = [(held, held)] if held and held not in COUNTRIES else []
    return [("", f"The workspace's: {COUNTRIES.get(home, home)}"), *other, *COUNTRIES.items()]


async def first_run_link(db: Database, address: str) -> str | None:
    """The one-time link that creates the owner's account; None once somebody has an account. Ends earlier ones."""
    async with db.system() as tx:
        secret = await first_run_token(tx)
    return f"{address.rstrip('/')}/setup?token={secret}" if secret else None


async def look_at(db: Database, session_id: UUID, workspace_id: UUID) -> None:
    """Let a session look at another workspace; the caller has checked that its person belongs there."""
    async with db.system() as tx:
        await store.point_session(tx, session_id, workspace_id)


async def password_link(db: Database, address: str, email: str) -> str | None:
    """A one-time link (24 hours) that sets a new password; None when nobody has this address."""
    _, key = model.check_email(email)
    async with db.system() as tx:
        person = await store.person_by_email(tx, key)
        if person is None:
            return None
        secret = await make_link(tx, "password", person.id, model.CLI_LINK_LIFE)
    return f"{address.rstrip('/')}/reset/new?token={secret}"


__all__ = [
    "COUNTRIES",
    "EVERY_SCOPE",
    "STAGES",
    "ApiKey",
    "Authentication",
    "Member",
    "Person",
    "Role",
    "WorkspaceSettings",
    "add_member",
    "check_password",
    "country_choices",
    "create_workspace",
    "find_or_add_person",
    "first_run_link",
    "issue_key",
    "look_at",
    "make_hash",
    "members",
    "password_link",
    "workspace_settings",
]
