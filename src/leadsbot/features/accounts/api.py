"""API keys and the workspace over the API."""

from __future__ import annotations

from typing import Annotated

import msgspec

from leadsbot.features.accounts import actions, schemas, store
from leadsbot.features.accounts.schemas import KeyIn, KeyOut, MemberOut, NewKeyOut, WorkspaceOut, WorkspacePatch
from leadsbot.kit import ids
from leadsbot.kit.errors import Invalid
from leadsbot.kit.text import clean
from leadsbot.web.actor import Permission
from leadsbot.web.inject import Caller, Cursor, InTx, JSONBody, Limit
from leadsbot.web.pagination import Page, paged, position
from leadsbot.web.params import path_id
from leadsbot.web.routes import api

TAG_KEYS, TAG_WORKSPACE = "API keys", "Workspace"


@api("GET", "/api/v1/keys", needs=Permission.KEYS_READ, summary="List API keys", tag=TAG_KEYS)
async def list_keys(tx: InTx, limit: Limit = 50, cursor: Cursor = None) -> Page[KeyOut]:
    """The keys that work, the newest first. The keys themselves are never shown again."""
    rows = await store.keys(tx, limit + 1, position(cursor))
    return paged(rows, limit, schemas.key_out, lambda key: (key.created_at, key.id))


@api("POST", "/api/v1/keys", needs=Permission.KEYS_WRITE, status=201, summary="Make an API key", tag=TAG_KEYS)
async def make_key(data: JSONBody[KeyIn], actor: Caller, tx: InTx) -> NewKeyOut:
    """Make a key. `key` in the answer is the only time it is shown. It cannot do more than its maker."""
    name = clean(data.name, "name", 200).strip()
    if not name:
        raise Invalid("name", "Give the key a name.", code="missing")
    scopes: list[str] = [*data.scopes]
    made, secret = await actions.issue_key(tx, name=name, scopes=scopes, giver=actor.scopes, created_by=actor.person_id)
    return NewKeyOut(**msgspec.structs.asdict(schemas.key_out(made)), key=secret)


@api(
    "DELETE", "/api/v1/keys/{key:str}", needs=Permission.KEYS_WRITE, status=204, errors=(404,),
    summary="Revoke an API key", tag=TAG_KEYS,
)  # fmt: skip
async def revoke_key(key: Annotated[str, path_id(ids.KEY, "The key")], tx: InTx) -> None:
    """Stop a key at once, for ever."""
    await actions.revoke_key(tx, ids.read(ids.KEY, key))


@api(
    "GET",
    "/api/v1/workspace",
    needs=Permission.WORKSPACE_READ,
    errors=(404,),
    summary="The workspace",
    tag=TAG_WORKSPACE,
)
async def get_workspace(tx: InTx) -> WorkspaceOut:
    """The workspace that the key belongs to."""
    return schemas.workspace_out(await actions.settings_of(tx))


@api("GET", "/api/v1/members", needs=Permission.WORKSPACE_READ, summary="List members", tag=TAG_WORKSPACE)
async def list_members(tx: InTx) -> Page[MemberOut]:
    """Everybody in the workspace, by name, on one page. Their ids are the owners of leads."""
    people = await store.members(tx)
    return Page([MemberOut(ids.show(ids.PERSON, each.person_id), each.name, each.role.value) for each in people], None)


@api(
    "PATCH", "/api/v1/workspace", needs=Permission.WORKSPACE_WRITE, status=200, errors=(404,),
    summary="Change the workspace", tag=TAG_WORKSPACE,
)  # fmt: skip
async def patch_workspace(data: JSONBody[WorkspacePatch], tx: InTx) -> WorkspaceOut:
    """Change settings of the workspace."""
    given = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not msgspec.UNSET}
    for name in ("name", "country", "timezone"):
        if name in given:
            given[name] = clean(given[name], name, 200).strip()
    if "stage_labels" in given:
        labels = msgspec.to_builtins(given["stage_labels"])
        given["stage_labels"] = {key: clean(label, f"stage_labels.{key}", 40).strip() for key, label in labels.items()}
    return schemas.workspace_out(await actions.change_settings(tx, **given))


routes = (list_keys, make_key, revoke_key, get_workspace, patch_workspace, list_members)
