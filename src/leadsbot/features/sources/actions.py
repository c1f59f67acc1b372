"""Every write of sources: what was refused, and signing secrets, which no other place ever holds in clear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from uuid import UUID

from leadsbot.features.capture.public import replace_sealed, sealed_secrets, update_source
from leadsbot.features.sources import store
from leadsbot.infra.crypto import CannotOpen, Crypto, Resealed
from leadsbot.infra.db.base import CAPTURE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids
from leadsbot.kit.ids import base62

KIND = "source"
SECRET_LENGTH = 43
"""Base62 characters: 256 bits, as many as the HMAC-SHA-256 that it keys."""


async def rotate_secret(tx: TenantTx, crypto: Crypto, source_id: UUID, *, by: str) -> str:
    """Give a source a new signing secret and return it, the only time that it is in clear.

    The earlier one stops working within a second of the commit. Raises NotFound.
    """
    secret = base62(SECRET_LENGTH)
    sealed = crypto.seal(secret, workspace=tx.workspace_id, kind=KIND, id=source_id)
    await update_source(tx, source_id, by=by, signing_secret=sealed)
    return secret


async def reseal(db: Database, address: Callable[[str], str], crypto: Crypto) -> Resealed:
    """Seal the signing secrets of all workspaces with the present key. The secrets stay the same, so nobody is told.

    A source that gets a new secret meanwhile is left alone: that one is sealed with the present key.
    """
    done = Resealed()
    for workspace, source_id, envelope in await sealed_secrets(address(CAPTURE)):
        if crypto.is_current(envelope):
            done += Resealed(current=1)
            continue
        try:
            secret = crypto.open(envelope, workspace=workspace, kind=KIND, id=source_id)
        except CannotOpen:
            done += Resealed(lost=(f"the signing secret of {ids.show(ids.SOURCE, source_id)}",))
            continue
        async with db.tenant(workspace) as tx:
            anew = crypto.seal(secret, workspace=workspace, kind=KIND, id=source_id)
            done += Resealed(anew=int(await replace_sealed(tx, source_id, envelope, anew)))
    return done


async def remove_secret(tx: TenantTx, source_id: UUID, *, by: str) -> None:
    """Let a source take unsigned submissions again. Raises NotFound."""
    await update_source(tx, source_id, by=by, signing_secret=None)


async def save_refusals(tx: TenantTx, counts: Mapping[tuple[UUID, str], int]) -> None:
    """Write counted refusals."""
    await store.add_refusals(tx, counts)
