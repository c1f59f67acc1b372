"""Every change to accounts. Passwords are hashed before a transaction opens, because hashing takes its time."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from leadsbot.contracts.events import MemberJoined, MemberLeft, MemberRoleChanged, WorkspaceCreated
from leadsbot.features.accounts import model, passwords, store
from leadsbot.features.accounts.model import ApiKey, Member, Person, Role, Session, Throttle, WorkspaceSettings
from leadsbot.infra.crypto import Crypto
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx, Tx
from leadsbot.infra.events.log import emit
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Conflict, Gone, Invalid, NotFound, TooMany
from leadsbot.kit.ids import new_id, token
from leadsbot.kit.signing import mint_api_key
from leadsbot.web.actor import Permission

KEY_ENVIRONMENT = "live"
LINK_IS_OVER = "This link was used or is too old. Ask for a new one."
SETUP_LINK_IS_OVER = (
    "This link is too old, or a newer one was printed. While nobody has an account, every start of LeadsBot "
    "prints a new one."
)
SET_UP = "LeadsBot is set up already: its owner has an account. Sign in."


async def make_link(tx: Tx, kind: str, person_id: UUID | None, life: timedelta) -> str:
    """The token of a new one-time link; earlier ones of the same kind and person stop working."""
    secret = token()
    await store.add_link(tx, new_id(), kind, model.hashed(secret), person_id, utcnow() + life)
    return secret


async def first_run_token(tx: Tx) -> str | None:
    """The token of the link that creates the first account; None once somebody has one."""
    await store.lock_first_run(tx)
    return None if await store.anybody(tx) else await make_link(tx, "setup", None, model.SETUP_LINK_LIFE)


async def setup_link(tx: Tx, secret: str) -> UUID:
    """The id of a link that creates the first account; Gone when it is used, old, not ours, or there is an account."""
    link = await store.open_link(tx, "setup", model.hashed(secret), utcnow())
    if link is not None:
        return link[0]
    raise Gone(SET_UP, code="set_up") if await store.anybody(tx) else Gone(SETUP_LINK_IS_OVER)


async def set_up(
    db: Database, secret: str, *, name: str, email: str, password: str, workspace: str, country: str,
    timezone: str = "UTC",
) -> tuple[Person, UUID]:  # fmt: skip
    """Make the first account and its workspace; Gone as in :func:`setup_link`."""
    address, key = model.check_email(email)
    model.check_country(country)
    hashed = await passwords.make_hash(passwords.check(password, address))
    person = Person(new_id(), address, name, hashed)
    async with db.tenant(new_id()) as tx:
        await store.lock_first_run(tx)
        link_id = await setup_link(tx, secret)
        if await store.anybody(tx) or not await store.use_link(tx, link_id, utcnow()):
            raise Gone(SET_UP, code="set_up")
        await store.add_person(tx, person, key)
        await create_workspace(tx, name=workspace, country=country, owner=person, timezone=timezone)
        return person, tx.workspace_id


async def create_workspace(
    tx: TenantTx, *, name: str, country: str, owner: Person, timezone: str = "UTC"
) -> WorkspaceSettings:
    """Make the workspace of ``tx`` (opened with a fresh id) and let ``owner`` own it."""
    await store.add_workspace(tx, name, model.check_country(country), model.check_timezone(timezone))
    await store.add_member(tx, Member(new_id(), owner.id, owner.name, Role.OWNER), name)
    await emit(tx, WorkspaceCreated(owner_id=owner.id), by=f"person:{owner.id}")
    return await settings_of(tx)


async def find_or_add_person(tx: Tx, *, email: str, name: str, password_hash: str | None) -> tuple[Person, bool]:
    """The person with this address, made when there is none; whether it was made. A known one keeps their password."""
    address, key = model.check_email(email)
    person = Person(new_id(), address, name or address.partition("@")[0], password_hash)
    if await store.add_person(tx, person, key):
        # The link of the first run is for the first account, and there is one now.
        await store.end_setup_links(tx)
        return person, True
    known = await store.person_by_email(tx, key)
    if known is None:
        raise Conflict("This account was changed at the same moment. Try again.")
    return known, False


async def add_member(tx: TenantTx, person: Person, role: Role, *, by: str = "system") -> Member:
    """Let a person belong to the workspace."""
    member = Member(new_id(), person.id, person.name, role)
    await store.add_member(tx, member, (await settings_of(tx)).name)
    await emit(tx, MemberJoined(person_id=person.id), by=by)
    return member


async def add_colleague(
    tx: TenantTx, *, email: str, name: str, role: Role, giver: str | None, by: str
) -> tuple[Person, bool]:
    """Let somebody belong to the workspace by their address; whether an account was made for them.

    Who has an account keeps its name and password. Raises Invalid for a bad address and for a member, Forbidden for a
    role that somebody of the role ``giver`` may not give.
    """
    model.check_giving(giver, role)
    await store.lock_members(tx)
    person, made = await find_or_add_person(tx, email=email, name=name, password_hash=None)
    if person.id in {member.person_id for member in await store.members(tx)}:
        raise Invalid("email", f"{person.name} belongs to this workspace already.", code="member")
    await add_member(tx, person, role, by=by)
    return person, made


async def change_role(tx: TenantTx, person_id: UUID, role: Role, *, giver: str | None, by: str) -> bool:
    """Give a member another role; whether that changed anything.

    Raises NotFound, Forbidden as :func:`add_colleague`, and Conflict when the workspace would be without an owner.
    """
    found = await member(tx, person_id)
    if found.role is role:
        return False
    model.check_giving(giver, found.role, role)
    await _keep_an_owner(tx, found)
    await store.save_role(tx, person_id, role)
    await emit(tx, MemberRoleChanged(person_id=person_id, previous=found.role.value, role=role.value), by=by)
    return True


async def remove_member(tx: TenantTx, person_id: UUID, *, giver: str | None, by: str) -> Member:
    """End a membership; the account stays. Raises as :func:`change_role`."""
    found = await member(tx, person_id)
    model.check_giving(giver, found.role)
    await _keep_an_owner(tx, found)
    await store.remove_member(tx, person_id)
    await emit(tx, MemberLeft(person_id=person_id), by=by)
    return found


async def member(tx: TenantTx, person_id: UUID) -> Member:
    """A member, with the team locked until the transaction ends; NotFound when they do not belong to the workspace."""
    # Locked first: two owners who remove each other at the same moment would leave nobody.
    await store.lock_members(tx)
    found = next((each for each in await store.members(tx) if each.person_id == person_id), None)
    if found is None:
        raise NotFound("This person does not belong to the workspace (any more).")
    return found


async def _keep_an_owner(tx: TenantTx, member: Member) -> None:
    owners = [each for each in await store.members(tx) if each.role is Role.OWNER]
    if [each.person_id for each in owners] == [member.person_id]:
        raise Conflict(f"{member.name} is the only owner. Make somebody else an owner first.", code="last_owner")


async def welcome_link(db: Database, workspace_id: UUID, person_id: UUID, *, kind: str = "password") -> str | None:
    """The token of a link by which a new colleague sets their first password.

    None for somebody who has one, and for somebody who belongs to another workspace, too: whoever holds the link can
    sign in as them, and that must not open what is not this workspace's to give. Their mailbox may have it (kind
    ``welcome``).
    """
    async with db.person(person_id) as tx:
        person = await store.person(tx, person_id)
        spaces = {space.workspace_id for space in await store.memberships(tx, person_id)}
        if person is None or person.password_hash is not None or workspace_id not in spaces:
            return None
        if kind == "password" and len(spaces) > 1:
            return None
        return await make_link(tx, kind, person_id, model.WELCOME_LINK_LIFE)


async def settings_of(tx: TenantTx) -> WorkspaceSettings:
    """The workspace's settings; NotFound when it is gone."""
    row = await store.workspace(tx)
    if row is None:
        raise NotFound("This workspace does not exist any more.")
    return WorkspaceSettings(
        row.workspace_id, row.name, row.country, row.timezone, row.merge_window_days, model.labels(row.stage_labels)
    )


async def change_settings(tx: TenantTx, **given: Any) -> WorkspaceSettings:
    """Change name, country, timezone, merge_window_days or stage_labels; Invalid names the field that is wrong."""
    values = dict(given)
    if "name" in values and not values["name"]:
        raise Invalid("name", "Give the workspace a name.", code="missing")
    if "country" in values:
        model.check_country(values["country"])
    if "timezone" in values:
        model.check_timezone(values["timezone"])
    if "stage_labels" in values:
        values["stage_labels"] = model.renamed(values["stage_labels"])
    if values:
        await store.save_workspace(tx, **values)
    return await settings_of(tx)


def bucket(crypto: Crypto, throttle: Throttle, value: str) -> bytes:
    """The key of a throttle's bucket, from which nobody reads the address."""
    return crypto.keyed_hash(throttle.kind, value)


async def count_attempt(db: Database, crypto: Crypto, *buckets: tuple[Throttle, str]) -> None:
    """Count an attempt in each bucket; TooMany when one is full, without saying which.

    An attempt that is refused counts nowhere: who hammers from one place fills no bucket that others share.
    """
    now = utcnow()
    async with db.system() as tx:
        # A fixed order keeps two attempts from waiting for each other.
        for key, throttle in sorted(_keys(crypto, buckets), key=lambda item: item[0]):
            if not await store.take(tx, key, throttle, now):
                raise TooMany(60, "Too many attempts. Wait a few minutes and try again.")


def _keys(crypto: Crypto, buckets: Iterable[tuple[Throttle, str]]) -> list[tuple[bytes, Throttle]]:
    return [(bucket(crypto, throttle, value), throttle) for throttle, value in buckets]


async def check_password(db: Database, crypto: Crypto, *, email: str, password: str, address: str) -> Person | None:
    """The person with this address and password, else None: the same, in the same time, for unknown people."""
    try:
        _, key = model.check_email(email)
    except Invalid:
        key = email.casefold()[:320]
    buckets = model.login_buckets(key, address)
    await count_attempt(db, crypto, *buckets)
    async with db.system() as tx:
        person = await store.person_by_email(tx, key)
    if not await passwords.fits(person.password_hash if person else None, password) or person is None:
        return None
    renewed = None
    if person.password_hash and passwords.is_outdated(person.password_hash):
        renewed = await passwords.make_hash(password)
    async with db.system() as tx:
        # Signing in is no guess. The guesses of others stay counted, but here and for this person all is well.
        for hashed, throttle in sorted(_keys(crypto, buckets), key=lambda item: item[0]):
            if throttle is model.LOGIN_HERE:
                await store.empty_bucket(tx, hashed)
            else:
                await store.give_back(tx, hashed, throttle)
        if renewed:
            await store.save_password(tx, person.id, renewed)
    return person


async def begin_session(db: Database, person: Person, *, browser: str, workspace_id: UUID | None = None) -> str:
    """The token of a new session."""
    secret, now = token(), utcnow()
    session = Session(new_id(), person.id, workspace_id, browser[:80], now, now, now + model.SESSION_LONGEST)
    async with db.system() as tx:
        await store.add_session(tx, session, model.hashed(secret))
    return secret


async def link_owner(tx: Tx, secret: str) -> tuple[UUID, Person]:
    """The id of a password link and whose password it sets; Gone when the link is used, old or not ours."""
    for kind in model.PASSWORD_LINKS:
        link = await store.open_link(tx, kind, model.hashed(secret), utcnow())
        person = await store.person(tx, link[1]) if link and link[1] else None
        if link is not None and person is not None:
            return link[0], person
    raise Gone(LINK_IS_OVER)


async def set_password_by_link(db: Database, secret: str, password: str) -> Person:
    """Set a new password and sign out everywhere; Gone when the link is used, old or not ours."""
    async with db.system() as tx:
        link_id, person = await link_owner(tx, secret)
    hashed = await passwords.make_hash(passwords.check(password, person.email))
    async with db.system() as tx:
        if not await store.use_link(tx, link_id, utcnow()):
            raise Gone(LINK_IS_OVER)
        await store.save_password(tx, person.id, hashed)
        await store.end_sessions(tx, person.id)
        # Whoever finds another link later, in a mail or a chat, must not set the password once more.
        await store.end_links(tx, person.id)
    return person


async def change_password(db: Database, person_id: UUID, session_id: UUID | None, *, old: str, new: str) -> None:
    """Change the password of somebody who knows the old one; every other session ends."""
    async with db.system() as tx:
        person = await store.person(tx, person_id)
    if person is None or not await passwords.fits(person.password_hash, old):
        raise Invalid("current", "This is not your present password.")
    hashed = await passwords.make_hash(passwords.check(new, person.email))
    async with db.system() as tx:
        await store.save_password(tx, person_id, hashed)
        await store.end_sessions(tx, person_id, but=session_id)


async def rename_person(db: Database, person_id: UUID, name: str) -> None:
    """Change a person's name everywhere."""
    async with db.person(person_id) as tx:
        await store.save_name(tx, person_id, name)
        spaces = await store.memberships(tx, person_id)
    for space in spaces:
        async with db.tenant(space.workspace_id) as inside:
            await store.save_member_name(inside, person_id, name)


async def issue_key(
    tx: TenantTx, *, name: str, scopes: list[str], giver: frozenset[Permission], created_by: UUID | None
) -> tuple[ApiKey, str]:
    """Make an API key; the text of the key is returned once and stored nowhere."""
    secret = mint_api_key(KEY_ENVIRONMENT)
    allowed = tuple(model.check_scopes(scopes, giver))
    prefix = secret[: model.KEY_PREFIX_LETTERS]
    key = ApiKey(new_id(), tx.workspace_id, name, prefix, allowed, utcnow(), None, None)
    await store.add_key(tx, key, model.hashed(secret), created_by)
    return key, secret


async def restore_key(tx: TenantTx, key_id: UUID) -> None:
    """Let a key work again that was revoked within RESTORE_WITHIN; NotFound when there is none."""
    if not await store.restore_key(tx, key_id, utcnow() - model.RESTORE_WITHIN):
        raise NotFound("There is no such key, or it was revoked too long ago. Make a new one.")


async def revoke_key(tx: TenantTx, key_id: UUID) -> None:
    """Stop a key at once; NotFound when there is none that works."""
    if not await store.revoke_key(tx, key_id):
        raise NotFound("There is no such key, or it is revoked already.")
