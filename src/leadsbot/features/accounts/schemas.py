"""Shapes of the accounts' part of the API."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from leadsbot.features.accounts.model import ApiKey, WorkspaceSettings
from leadsbot.kit import ids
from leadsbot.web.params import VISIBLE, Moment, told

Scope = Literal[
    "*", "leads:read", "leads:write", "sources:read", "sources:write", "deliveries:read", "deliveries:write",
    "telegram:write", "keys:read", "keys:write", "workspace:read", "workspace:write", "members:write",
]  # fmt: skip
"""What a key can be given: every permission of its own, or all of them."""
Label = Annotated[str, Meta(min_length=1, max_length=40)]
Name = Annotated[str, Meta(min_length=1, max_length=200), told("Not blank.", pattern=VISIBLE)]


class KeyIn(msgspec.Struct, forbid_unknown_fields=True):
    """A key to make."""

    name: Name
    scopes: Annotated[list[Scope], Meta(min_length=1, max_length=20)]


class KeyOut(msgspec.Struct):
    """A key, without the key."""

    id: str
    name: str
    prefix: str
    scopes: list[str]
    created_at: Moment
    last_used_at: Moment | None


class NewKeyOut(KeyOut):
    """A key that was just made. ``key`` is shown this once."""

    key: str


class MemberOut(msgspec.Struct):
    """Somebody in the workspace. ``id`` is what a lead's ``owner`` and an event's actor name."""

    id: str
    name: str
    role: str


class WorkspaceOut(msgspec.Struct):
    """The workspace of the key."""

    id: str
    name: str
    country: str
    timezone: str
    merge_window_days: int
    stage_labels: dict[str, str]


class StageLabels(msgspec.Struct, forbid_unknown_fields=True):
    """New names of stages; those that are left out go back to their standard name."""

    new: Label | UnsetType = UNSET
    contacted: Label | UnsetType = UNSET
    qualified: Label | UnsetType = UNSET
    won: Label | UnsetType = UNSET
    lost: Label | UnsetType = UNSET
    junk: Label | UnsetType = UNSET


class WorkspacePatch(msgspec.Struct, forbid_unknown_fields=True):
    """What to change; fields that are left out stay as they are."""

    name: Name | UnsetType = UNSET
    country: Annotated[str, told("An ISO 3166 code.", pattern="^[A-Z]{2}$")] | UnsetType = UNSET
    timezone: Annotated[str, told("A name of the IANA database.", minLength=1, maxLength=60)] | UnsetType = UNSET
    merge_window_days: Annotated[int, Meta(ge=0, le=3650)] | UnsetType = UNSET
    stage_labels: StageLabels | UnsetType = UNSET


def key_out(key: ApiKey) -> KeyOut:
    """A key as the API shows it."""
    return KeyOut(
        ids.show(ids.KEY, key.id), key.name, key.prefix, list(key.scopes), key.created_at, key.last_used_at
    )  # fmt: skip


def workspace_out(settings: WorkspaceSettings) -> WorkspaceOut:
    """A workspace as the API shows it."""
    return WorkspaceOut(
        ids.show(ids.WORKSPACE, settings.workspace_id), settings.name, settings.country, settings.timezone,
        settings.merge_window_days, settings.stage_labels,
    )  # fmt: skip
