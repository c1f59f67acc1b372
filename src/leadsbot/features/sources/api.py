"""``/api/v1/sources``: open, change, close and sign the doors that enquiries come in through."""

from __future__ import annotations

from typing import Annotated

import msgspec

from leadsbot.features.capture import public as capture
from leadsbot.features.sources import actions
from leadsbot.features.sources.schemas import SecretOut, SourceIn, SourceOut, SourcePatch, source_out
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.services import Services
from leadsbot.kit import ids
from leadsbot.kit.errors import NotFound
from leadsbot.web.actor import Permission
from leadsbot.web.inject import Caller, Cursor, InTx, JSONBody, Limit, Uses
from leadsbot.web.pagination import Page, paged, position
from leadsbot.web.params import path_id
from leadsbot.web.routes import api

READ, WRITE = Permission.SOURCES_READ, Permission.SOURCES_WRITE
TAG = "Sources"
SourceId = Annotated[str, path_id(ids.SOURCE, "The source")]
ONE = "/api/v1/sources/{source:str}"


@api("GET", "/api/v1/sources", needs=READ, summary="List sources", tag=TAG)
async def list_sources(tx: InTx, services: Uses, limit: Limit = 50, cursor: Cursor = None) -> Page[SourceOut]:
    """Every source with what came in through it, the oldest first."""
    at = position(cursor)
    rows = [each for each in await capture.list_sources(tx) if at is None or (each.created_at, each.id) > at]
    counts = await capture.count_submissions(tx)
    return paged(
        sorted(rows, key=lambda each: (each.created_at, each.id))[: limit + 1],
        limit,
        lambda each: source_out(services.url(), each, counts.get(each.id)),
        lambda each: (each.created_at, each.id),
    )


@api("POST", "/api/v1/sources", needs=WRITE, status=201, summary="Open a source", tag=TAG)
async def open_source(data: JSONBody[SourceIn], actor: Caller, tx: InTx, services: Uses) -> SourceOut:
    """Opens a source; its `address` takes submissions within a second."""
    made = await capture.create_source(tx, by=actor.tag, **msgspec.structs.asdict(data))
    return source_out(services.url(), made, None)


@api("GET", ONE, needs=READ, errors=(404,), summary="Read a source", tag=TAG)
async def get_source(source: SourceId, tx: InTx, services: Uses) -> SourceOut:
    """One source with what came in through it."""
    return await _shown(tx, services, source)


@api("PATCH", ONE, needs=WRITE, errors=(404,), status=200, summary="Change a source", tag=TAG)
async def patch_source(
    source: SourceId, data: JSONBody[SourcePatch], actor: Caller, tx: InTx, services: Uses
) -> SourceOut:
    """Changes what is named and leaves the rest; in force within a second."""
    if given := data.given():
        await capture.update_source(tx, ids.read(ids.SOURCE, source), by=actor.tag, **given)
    return await _shown(tx, services, source)


@api("POST", f"{ONE}/close", needs=WRITE, errors=(404,), status=200, summary="Close a source", tag=TAG)
async def close_source(source: SourceId, actor: Caller, tx: InTx, services: Uses) -> SourceOut:
    """Takes no more submissions: 410 from now on. What came in stays. Closing twice changes nothing."""
    await capture.close_source(tx, ids.read(ids.SOURCE, source), by=actor.tag)
    return await _shown(tx, services, source)


@api("POST", f"{ONE}/reopen", needs=WRITE, errors=(404,), status=200, summary="Reopen a source", tag=TAG)
async def reopen_source(source: SourceId, actor: Caller, tx: InTx, services: Uses) -> SourceOut:
    """Takes submissions again under the same address."""
    await capture.reopen_source(tx, ids.read(ids.SOURCE, source), by=actor.tag)
    return await _shown(tx, services, source)


@api("POST", f"{ONE}/signing-secret", needs=WRITE, errors=(404,), status=201, summary="Make a signing secret", tag=TAG)
async def rotate_secret(source: SourceId, actor: Caller, tx: InTx, services: Uses) -> SecretOut:
    """From now on submissions must carry `X-LeadsBot-Signature: sha256=<hex HMAC-SHA256 of the body>`. The secret is
    shown this once; an earlier one stops working.
    """
    return SecretOut(await actions.rotate_secret(tx, services.crypto, ids.read(ids.SOURCE, source), by=actor.tag))


@api("DELETE", f"{ONE}/signing-secret", needs=WRITE, errors=(404,), status=204, summary="Stop signing", tag=TAG)
async def remove_secret(source: SourceId, actor: Caller, tx: InTx) -> None:
    """Takes unsigned submissions again."""
    await actions.remove_secret(tx, ids.read(ids.SOURCE, source), by=actor.tag)


async def _shown(tx: TenantTx, services: Services, shown: str) -> SourceOut:
    found = await capture.get_source(tx, ids.read(ids.SOURCE, shown))
    if found is None:
        raise NotFound("There is no such source.")
    counts = await capture.count_submissions(tx)
    return source_out(services.url(), found, counts.get(found.id))


routes = (
    list_sources, open_source, get_source, patch_source, close_source, reopen_source, rotate_secret, remove_secret
)  # fmt: skip
