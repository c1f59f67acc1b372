"""``destination``, ``telegram_link``, ``telegram_account``, ``alert_card``, ``alert_place``, ``telegram_cursor``."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import TIMESTAMP

from leadsbot.contracts.data_registry import LEAD_LINK, LEAD_RECORD, MEMBER, SESSION, SESSION_SECRET, SYSTEM, WORKSPACE
from leadsbot.infra.db.base import APP, Mapped, Policy, Table, column, tenant_key, tenant_reference

TS = TIMESTAMP(timezone=True)
NOW = text("clock_timestamp()")


def _possession(hashed: str) -> tuple[Policy, ...]:
    """Rows can be found before their workspace is known by whoever holds what their hash was made of."""
    return (
        Policy(
            "possession",
            APP,
            "SELECT",
            using=f"{hashed} = decode(nullif(current_setting('app.credential', true), ''), 'hex')",
        ),
    )


class DestinationRow(Table):
    """A Telegram chat, group or forum topic that gets the alerts of a workspace."""

    __tablename__ = "destination"
    __policies__ = _possession("chat_hash")
    __table_args__ = (
        UniqueConstraint("workspace_id", "channel", "chat_id", "thread_id", postgresql_nulls_not_distinct=True),
        Index("ix_destination_chat_hash", "chat_hash"),
    )

    workspace_id: Mapped[UUID] = tenant_key(WORKSPACE)
    id: Mapped[UUID] = column(WORKSPACE, primary_key=True)
    channel: Mapped[str] = column(WORKSPACE, Text, server_default=text("'telegram'"))
    chat_id: Mapped[int] = column(WORKSPACE, BigInteger)
    thread_id: Mapped[int | None] = column(WORKSPACE, BigInteger)
    chat_kind: Mapped[str] = column(WORKSPACE, Text)
    """``private``, ``group``, ``supergroup`` or ``channel``."""
    title: Mapped[str] = column(WORKSPACE, Text)
    topic: Mapped[str | None] = column(WORKSPACE, Text)
    """The forum topic's name, kept so that a deleted topic can be made anew."""
    chat_hash: Mapped[bytes] = column(WORKSPACE, LargeBinary)
    anyone_may_act: Mapped[bool] = column(WORKSPACE, Boolean, server_default=text("false"))
    """Whether members of the chat that LeadsBot does not know may press buttons."""
    state: Mapped[str] = column(WORKSPACE, Text, server_default=text("'active'"))
    """``active``, ``paused`` by a person, or ``disabled`` because Telegram refuses it."""
    reason: Mapped[str | None] = column(WORKSPACE, Text)
    created_by: Mapped[UUID | None] = column(WORKSPACE)
    created_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)
    changed_at: Mapped[datetime] = column(WORKSPACE, TS, server_default=NOW)


class LinkRow(Table):
    """A one-time deep link that binds the chat in which it is opened."""

    __tablename__ = "telegram_link"
    __policies__ = _possession("code_hash")
    __table_args__ = (Index("ix_telegram_link_code_hash", "code_hash"),)

    workspace_id: Mapped[UUID] = tenant_key(SESSION)
    id: Mapped[UUID] = column(SESSION, primary_key=True)
    code_hash: Mapped[bytes] = column(SESSION_SECRET, LargeBinary)
    created_by: Mapped[UUID | None] = column(SESSION)
    created_at: Mapped[datetime] = column(SESSION, TS, server_default=NOW)
    expires_at: Mapped[datetime] = column(SESSION, TS)
    used_at: Mapped[datetime | None] = column(SESSION, TS)
    destination_id: Mapped[UUID | None] = column(SESSION)


class AccountRow(Table):
    """A Telegram user whom the workspace knows, because they opened one of its links."""

    __tablename__ = "telegram_account"

    workspace_id: Mapped[UUID] = tenant_key(MEMBER)
    telegram_id: Mapped[int] = column(MEMBER, BigInteger, primary_key=True)
    person_id: Mapped[UUID | None] = column(MEMBER)
    name: Mapped[str] = column(MEMBER, Text)
    created_at: Mapped[datetime] = column(MEMBER, TS, server_default=NOW)


class CardRow(Table):
    """The one message about a lead in one destination; it is edited, not repeated."""

    __tablename__ = "alert_card"
    __policies__ = (
        *_possession("token_hash"),
        Policy(
            "place",
            APP,
            "SELECT",
            using="place_hash = decode(nullif(current_setting('app.credential', true), ''), 'hex')",
        ),
    )
    __table_args__ = (
        tenant_reference("destination_id", "destination"),
        UniqueConstraint("workspace_id", "lead_id", "destination_id"),
        Index("ix_alert_card_token_hash", "token_hash"),
        Index("ix_alert_card_place_hash", "place_hash"),
    )

    workspace_id: Mapped[UUID] = tenant_key(LEAD_LINK)
    id: Mapped[UUID] = column(LEAD_RECORD, primary_key=True)
    lead_id: Mapped[UUID] = column(LEAD_RECORD)
    destination_id: Mapped[UUID] = column(LEAD_RECORD)
    delivery_id: Mapped[UUID] = column(LEAD_RECORD)
    token_hash: Mapped[bytes] = column(LEAD_LINK, LargeBinary)
    """Hash of the token inside the buttons; the token itself is derived from the id and the secret key."""
    chat_id: Mapped[int | None] = column(LEAD_LINK, BigInteger)
    message_id: Mapped[int | None] = column(LEAD_LINK, BigInteger)
    place_hash: Mapped[bytes | None] = column(LEAD_LINK, LargeBinary)
    """Hash of chat and message: how a reply finds the lead."""
    shown_hash: Mapped[bytes | None] = column(LEAD_LINK, LargeBinary)
    """What the message shows now; an edit that would show the same is not sent."""
    gone: Mapped[bool] = column(LEAD_RECORD, Boolean, server_default=text("false"))
    created_at: Mapped[datetime] = column(LEAD_RECORD, TS, server_default=NOW)


class PlaceRow(Table):
    """A further message about the lead of a card ("wrote again"): a reply to it is a reply to the card."""

    __tablename__ = "alert_place"
    __policies__ = _possession("place_hash")
    __table_args__ = (
        tenant_reference("card_id", "alert_card"),
        Index("ix_alert_place_place_hash", "place_hash"),
        Index(None, "workspace_id", "card_id"),
    )

    workspace_id: Mapped[UUID] = tenant_key(LEAD_LINK)
    place_hash: Mapped[bytes] = column(LEAD_LINK, LargeBinary, primary_key=True)
    """Hash of chat and message, as a card has it."""
    card_id: Mapped[UUID] = column(LEAD_LINK)
    created_at: Mapped[datetime] = column(LEAD_LINK, TS, server_default=NOW)


class CursorRow(Table):
    """How far into the bot's stream of updates we are."""

    __tablename__ = "telegram_cursor"
    __platform__ = "the bot serves all workspaces of the installation"
    __grants__ = {APP: "SELECT, INSERT, UPDATE"}

    id: Mapped[int] = column(SYSTEM, BigInteger, primary_key=True, autoincrement=False)
    seen: Mapped[int] = column(SYSTEM, BigInteger)
    trouble: Mapped[str | None] = column(SYSTEM, Text)
    """Why what people do in Telegram does not reach us at present, as a sentence; null while it does."""
