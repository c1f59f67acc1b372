"""Signing secrets of sources: made and sealed here, so that no other place ever holds one in clear."""

from __future__ import annotations

from uuid import UUID

from leadsbot.features.capture.public import update_source
from leadsbot.infra.crypto import Crypto
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit.ids import base62

SECRET_LENGTH = 43
"""Base62 characters: 256 bits, as many as the HMAC-SHA-256 that it keys."""


async def rotate_secret(tx: TenantTx, crypto: Crypto, source_id: UUID, *, by: str) -> str:
    """Give a source a new signing secret and return it, the only time that it is in clear.

    The earlier one stops working within a second of the commit. Raises NotFound.
    """
    secret = base62(SECRET_LENGTH)
    sealed = crypto.seal(secret, workspace=tx.workspace_id, kind="source", id=source_id)
    await update_source(tx, source_id, by=by, signing_secret=sealed)
    return secret


async def remove_secret(tx: TenantTx, source_id: UUID, *, by: str) -> None:
    """Let a source take unsigned submissions again. Raises NotFound."""
    await update_source(tx, source_id, by=by, signing_secret=None)
