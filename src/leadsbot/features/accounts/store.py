"""The SQL of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert

from leadsbot.features.accounts import model
from leadsbot.features.accounts.model import ApiKey, Member, Membership, Person, Role, Session, Throttle
from leadsbot.features.accounts.tables import (
    ApiKeyRow,
    AttemptBucketRow,
    MembershipRow,
    OneTimeLinkRow,
    PersonRow,
    SessionRow,
    WorkspaceRow,
)
from leadsbot.infra.db.fixed import Fixed
from leadsbot.infra.db.tx import SystemTx, TenantTx, Tx
from leadsbot.kit.clock import utcnow


def _person(row: PersonRow) -> Person:
    return Person(row.id, row.email, row.name, row.password_hash)


async def anybody(tx: Tx) -> bool:
    """Whether an account exists."""
    return bool(await tx.scalar(select(select(PersonRow.id).exists())))


async def lock_first_run(tx: Tx) -> None:
    """Only one first account can be made at a time."""
    await tx.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": 0x1EAD0001})


async def person(tx: Tx, person_id: UUID) -> Person | None:
    """A person by id."""
    row = await tx.scalar(select(PersonRow).where(PersonRow.id == person_id))
    return _person(row) if row else None


async def person_by_email(tx: Tx, email_key: str) -> Person | None:
    """A person by the key of their address."""
    row = await tx.scalar(select(PersonRow).where(PersonRow.email_key == email_key))
    return _person(row) if row else None


async def add_person(tx: Tx, person: Person, email_key: str) -> bool:
    """Insert a person; False when the address is taken."""
    values = {
        "id": person.id, "email": person.email, "name": person.name, "email_key": email_key,
        "password_hash": person.password_hash,
    }  # fmt: skip
    statement = insert(PersonRow).values(**values).on_conflict_do_nothing().returning(PersonRow.id)
    return await tx.scalar(statement) is not None


async def save_password(tx: Tx, person_id: UUID, password_hash: str) -> None:
    """Store a new hash."""
    await tx.execute(update(PersonRow).where(PersonRow.id == person_id).values(password_hash=password_hash))


async def save_name(tx: Tx, person_id: UUID, name: str) -> None:
    """Store a person's name."""
    await tx.execute(update(PersonRow).where(PersonRow.id == person_id).values(name=name))


async def save_member_name(tx: TenantTx, person_id: UUID, name: str) -> None:
    """Store a person's name in a workspace."""
    statement = update(MembershipRow).where(
        MembershipRow.workspace_id == tx.workspace_id, MembershipRow.person_id == person_id
    )
    await tx.execute(statement.values(name=name))


async def add_workspace(tx: TenantTx, name: str, country: str, timezone: str) -> None:
    """Insert the workspace of the transaction."""
    await tx.execute(
        insert(WorkspaceRow).values(workspace_id=tx.workspace_id, name=name, country=country, timezone=timezone)
    )


_WORKSPACE = Fixed(lambda: select(WorkspaceRow.__table__).where(WorkspaceRow.workspace_id == bindparam("workspace")))


async def workspace(tx: TenantTx) -> Any | None:
    """The row of the transaction's workspace."""
    return await _WORKSPACE.row(tx, workspace=tx.workspace_id)


async def save_workspace(tx: TenantTx, **values: Any) -> None:
    """Change the workspace; its name and time zone are copied to its memberships."""
    await tx.execute(update(WorkspaceRow).where(WorkspaceRow.workspace_id == tx.workspace_id).values(**values))
    copies = {f"workspace_{name}": values[name] for name in ("name", "timezone") if name in values}
    if copies:
        await tx.execute(update(MembershipRow).where(MembershipRow.workspace_id == tx.workspace_id).values(**copies))


async def add_member(tx: TenantTx, member: Member, workspace_name: str) -> None:
    """Insert a membership."""
    zone = select(WorkspaceRow.timezone).where(WorkspaceRow.workspace_id == tx.workspace_id).scalar_subquery()
    await tx.execute(
        insert(MembershipRow).values(
            workspace_id=tx.workspace_id, id=member.id, person_id=member.person_id, name=member.name,
            role=member.role.value, workspace_name=workspace_name, workspace_timezone=func.coalesce(zone, "UTC"),
        )
    )  # fmt: skip


async def members(tx: TenantTx) -> list[Member]:
    """Everybody in the workspace, by name."""
    statement = select(MembershipRow).where(MembershipRow.workspace_id == tx.workspace_id).order_by(MembershipRow.name)
    rows = (await tx.execute(statement)).scalars()
    return [Member(row.id, row.person_id, row.name, Role(row.role)) for row in rows]


async def people(tx: Tx, person_ids: Sequence[UUID]) -> dict[UUID, Person]:
    """These people by id."""
    rows = (await tx.execute(select(PersonRow).where(PersonRow.id.in_(person_ids)))).scalars()
    return {row.id: _person(row) for row in rows}


async def lock_members(tx: TenantTx) -> None:
    """Let nobody else change who belongs to the workspace until the transaction ends."""
    statement = select(WorkspaceRow.workspace_id).where(WorkspaceRow.workspace_id == tx.workspace_id)
    await tx.execute(statement.with_for_update())


async def save_role(tx: TenantTx, person_id: UUID, role: Role) -> None:
    """Store a member's role."""
    statement = update(MembershipRow).where(
        MembershipRow.workspace_id == tx.workspace_id, MembershipRow.person_id == person_id
    )
    await tx.execute(statement.values(role=role.value))


async def remove_member(tx: TenantTx, person_id: UUID) -> None:
    """Delete a membership."""
    statement = delete(MembershipRow).where(
        MembershipRow.workspace_id == tx.workspace_id, MembershipRow.person_id == person_id
    )
    await tx.execute(statement)


async def memberships(tx: SystemTx, person_id: UUID) -> list[Membership]:
    """The workspaces of a person, oldest first; ``tx`` must be that person's."""
    statement = (
        select(MembershipRow)
        .where(MembershipRow.person_id == person_id)
        .order_by(MembershipRow.joined_at, MembershipRow.id)
    )
    rows = (await tx.execute(statement)).scalars()
    return [Membership(row.workspace_id, row.workspace_name, Role(row.role), row.workspace_timezone) for row in rows]


def _session(row: SessionRow) -> Session:
    return Session(
        row.id, row.person_id, row.workspace_id, row.browser, row.created_at, row.seen_at, row.expires_at
    )  # fmt: skip


async def add_session(tx: Tx, session: Session, token_hash: bytes) -> None:
    """Insert a session."""
    await tx.execute(
        insert(SessionRow).values(
            id=session.id, token_hash=token_hash, person_id=session.person_id, workspace_id=session.workspace_id,
            browser=session.browser, created_at=session.created_at, seen_at=session.seen_at,
            expires_at=session.expires_at,
        )
    )  # fmt: skip


async def live_session(tx: Tx, token_hash: bytes, now: datetime) -> tuple[Session, Person] | None:
    """The session of a token that is neither idle for too long nor too old, with its person."""
    statement = (
        select(SessionRow, PersonRow)
        .join(PersonRow, PersonRow.id == SessionRow.person_id)
        .where(
            SessionRow.token_hash == token_hash,
            SessionRow.expires_at > now,
            SessionRow.seen_at > now - model.SESSION_IDLE,
        )
    )
    row = (await tx.execute(statement)).first()
    return (_session(row.SessionRow), _person(row.PersonRow)) if row else None


async def sessions(tx: Tx, person_id: UUID, now: datetime) -> list[Session]:
    """The live sessions of a person, the last used first."""
    statement = (
        select(SessionRow)
        .where(
            SessionRow.person_id == person_id,
            SessionRow.expires_at > now,
            SessionRow.seen_at > now - model.SESSION_IDLE,
        )
        .order_by(SessionRow.seen_at.desc())
    )
    return [_session(row) for row in (await tx.execute(statement)).scalars()]


async def touch_session(tx: Tx, session_id: UUID, now: datetime) -> None:
    """Note that a session is in use."""
    await tx.execute(update(SessionRow).where(SessionRow.id == session_id).values(seen_at=now))


async def point_session(tx: Tx, session_id: UUID, workspace_id: UUID) -> None:
    """Let a session look at another workspace."""
    await tx.execute(update(SessionRow).where(SessionRow.id == session_id).values(workspace_id=workspace_id))


async def end_session(tx: Tx, person_id: UUID, session_id: UUID) -> None:
    """Delete one session of a person."""
    await tx.execute(delete(SessionRow).where(SessionRow.id == session_id, SessionRow.person_id == person_id))


async def end_sessions(tx: Tx, person_id: UUID, *, but: UUID | None = None) -> None:
    """Delete all sessions of a person, except one."""
    statement = delete(SessionRow).where(SessionRow.person_id == person_id)
    await tx.execute(statement if but is None else statement.where(SessionRow.id != but))


async def add_link(
    tx: Tx, link_id: UUID, kind: str, token_hash: bytes, person_id: UUID | None, expires_at: datetime
) -> None:
    """Insert a one-time link; earlier ones of the same kind and person stop working."""
    await tx.execute(
        delete(OneTimeLinkRow).where(
            OneTimeLinkRow.kind == kind, OneTimeLinkRow.person_id.is_not_distinct_from(person_id)
        )
    )
    await tx.execute(
        insert(OneTimeLinkRow).values(
            id=link_id, kind=kind, token_hash=token_hash, person_id=person_id, expires_at=expires_at
        )
    )


async def end_links(tx: Tx, person_id: UUID) -> None:
    """Delete every one-time link of a person."""
    await tx.execute(delete(OneTimeLinkRow).where(OneTimeLinkRow.person_id == person_id))


async def open_link(tx: Tx, kind: str, token_hash: bytes, now: datetime) -> tuple[UUID, UUID | None] | None:
    """The id and person of a link that still works."""
    row = (
        await tx.execute(
            select(OneTimeLinkRow.id, OneTimeLinkRow.person_id).where(
                OneTimeLinkRow.kind == kind, OneTimeLinkRow.token_hash == token_hash,
                OneTimeLinkRow.expires_at > now, OneTimeLinkRow.used_at.is_(None),
            )
        )
    ).first()  # fmt: skip
    return (row.id, row.person_id) if row else None


async def end_setup_links(tx: Tx) -> None:
    """Delete what would create the first account."""
    await tx.execute(delete(OneTimeLinkRow).where(OneTimeLinkRow.kind == "setup"))


async def use_link(tx: Tx, link_id: UUID, now: datetime) -> bool:
    """Use a link up; False when somebody was faster."""
    statement = update(OneTimeLinkRow).where(OneTimeLinkRow.id == link_id, OneTimeLinkRow.used_at.is_(None))
    return await tx.scalar(statement.values(used_at=now).returning(OneTimeLinkRow.id)) is not None


_TAKE = text(
    "INSERT INTO attempt_bucket AS b (key, full_at) VALUES (:key, CAST(:now AS timestamptz) + CAST(:step AS interval)) "
    "ON CONFLICT (key) DO UPDATE "
    "SET full_at = greatest(b.full_at, CAST(:now AS timestamptz)) + CAST(:step AS interval) "
    "WHERE greatest(b.full_at, CAST(:now AS timestamptz)) + CAST(:step AS interval) <= CAST(:limit AS timestamptz) "
    "RETURNING full_at"
)


async def take(tx: Tx, key: bytes, throttle: Throttle, now: datetime) -> bool:
    """Count an attempt; False when the bucket is full."""
    values = {"key": key, "now": now, "step": throttle.window / throttle.tries, "limit": now + throttle.window}
    return await tx.scalar(_TAKE, values) is not None


async def give_back(tx: Tx, key: bytes, throttle: Throttle) -> None:
    """Take one attempt back that was counted."""
    statement = update(AttemptBucketRow).where(AttemptBucketRow.key == key)
    await tx.execute(statement.values(full_at=AttemptBucketRow.full_at - throttle.window / throttle.tries))


async def empty_bucket(tx: Tx, key: bytes) -> None:
    """Forget attempts, after the right password."""
    await tx.execute(delete(AttemptBucketRow).where(AttemptBucketRow.key == key))


async def sweep(tx: Tx, now: datetime) -> int:
    """Delete sessions and links a day after their end and empty buckets; returns how many rows."""
    day = timedelta(days=1)
    gone = 0
    for statement in (
        delete(SessionRow).where(
            (SessionRow.expires_at < now - day) | (SessionRow.seen_at < now - model.SESSION_IDLE - day)
        ),
        delete(OneTimeLinkRow).where(OneTimeLinkRow.expires_at < now - day),
        delete(AttemptBucketRow).where(AttemptBucketRow.full_at < now),
    ):
        gone += (await tx.execute(statement)).rowcount  # type: ignore[attr-defined]
    return gone


def _key(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        row.id,
        row.workspace_id,
        row.name,
        row.prefix,
        tuple(row.scopes),
        row.created_at,
        row.last_used_at,
        row.revoked_at,
    )


async def add_key(tx: TenantTx, key: ApiKey, key_hash: bytes, created_by: UUID | None) -> None:
    """Insert an API key."""
    await tx.execute(
        insert(ApiKeyRow).values(
            workspace_id=tx.workspace_id, id=key.id, name=key.name, prefix=key.prefix, key_hash=key_hash,
            scopes=list(key.scopes), created_by=created_by, created_at=key.created_at,
        )
    )  # fmt: skip


async def keys(tx: TenantTx, limit: int, after: tuple[datetime, UUID] | None = None) -> Sequence[ApiKey]:
    """The keys of the workspace that work, the newest first."""
    statement = select(ApiKeyRow).where(ApiKeyRow.workspace_id == tx.workspace_id, ApiKeyRow.revoked_at.is_(None))
    if after:
        statement = statement.where(
            (ApiKeyRow.created_at < after[0]) | ((ApiKeyRow.created_at == after[0]) & (ApiKeyRow.id < after[1]))
        )
    rows = await tx.execute(statement.order_by(ApiKeyRow.created_at.desc(), ApiKeyRow.id.desc()).limit(limit))
    return [_key(row) for row in rows.scalars()]


async def key_by_hash(tx: SystemTx, key_hash: bytes) -> ApiKey | None:
    """A key that works, by its hash; ``tx`` must be the bearer's."""
    row = await tx.scalar(select(ApiKeyRow).where(ApiKeyRow.key_hash == key_hash, ApiKeyRow.revoked_at.is_(None)))
    return _key(row) if row else None


async def revoke_key(tx: TenantTx, key_id: UUID) -> bool:
    """Stop a key; False when there is none that works."""
    statement = (
        update(ApiKeyRow)
        .where(ApiKeyRow.workspace_id == tx.workspace_id, ApiKeyRow.id == key_id, ApiKeyRow.revoked_at.is_(None))
        .values(revoked_at=utcnow())
        .returning(ApiKeyRow.id)
    )
    return await tx.scalar(statement) is not None


async def restore_key(tx: TenantTx, key_id: UUID, since: datetime) -> bool:
    """Let a key work again that was revoked since then; False when there is none."""
    statement = (
        update(ApiKeyRow)
        .where(ApiKeyRow.workspace_id == tx.workspace_id, ApiKeyRow.id == key_id, ApiKeyRow.revoked_at >= since)
        .values(revoked_at=None)
        .returning(ApiKeyRow.id)
    )
    return await tx.scalar(statement) is not None


async def touch_key(tx: TenantTx, key_id: UUID, now: datetime) -> None:
    """Note that a key is in use."""
    statement = update(ApiKeyRow).where(ApiKeyRow.workspace_id == tx.workspace_id, ApiKeyRow.id == key_id)
    await tx.execute(statement.values(last_used_at=now))
