"""Every write to sources and, outside the hot path, to submissions."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from leadsbot.contracts.events import SourceChanged, SourceClosed, SourceCreated, SubmissionReceived, SubmissionReleased
from leadsbot.features.capture import store
from leadsbot.features.capture.model import Kind, Label, Source, checked
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.log import emit
from leadsbot.kit.errors import NotFound
from leadsbot.kit.ids import base62, new_id

KEY_LENGTH: Final = 22
"""Base62 characters, 131 bits: nobody finds a source by trying, and no two ever meet."""


async def create_source(
    tx: TenantTx, kind: Kind | str, name: str, *, by: str = "system", source_id: UUID | None = None, **options: Any
) -> Source:
    """Open a source; it takes submissions within a second of the commit.

    Options: ``allowed_origins``, ``redirect_allow``, ``max_body`` (bytes), ``country`` (ISO 3166), ``settings``,
    ``lawful_basis``, ``notice_version`` and ``signing_secret`` (sealed already, for the id given as ``source_id``).
    Raises Invalid that names the option.
    """
    new = source_id or new_id()
    values = checked({"name": name, **options})
    await store.add_source(tx, new, kind=Kind(kind).value, key=base62(KEY_LENGTH), **values)
    await emit(tx, SourceCreated(source_id=new), by=by)
    return await _get(tx, new)


async def update_source(tx: TenantTx, source_id: UUID, *, by: str = "system", **options: Any) -> Source:
    """Change options of :func:`create_source` or the ``name``; in force within a second of the commit."""
    values = checked(options)
    if not await store.change_source(tx, source_id, **values):
        raise NotFound("No such source.")
    await emit(tx, SourceChanged(source_id=source_id), by=by)
    return await _get(tx, source_id)


async def close_source(tx: TenantTx, source_id: UUID, *, by: str = "system") -> Source:
    """Take no more submissions: 410 from now on. What came in stays. Closing twice changes nothing."""
    if (await _get(tx, source_id)).open:
        await store.change_source(tx, source_id, state="closed")
        await emit(tx, SourceClosed(source_id=source_id), by=by)
    return await _get(tx, source_id)


async def reopen_source(tx: TenantTx, source_id: UUID, *, by: str = "system") -> Source:
    """Take submissions again under the same key."""
    if not (await _get(tx, source_id)).open:
        await store.change_source(tx, source_id, state="open")
        await emit(tx, SourceChanged(source_id=source_id), by=by)
    return await _get(tx, source_id)


async def replace_sealed(tx: TenantTx, source_id: UUID, before: bytes, after: bytes) -> bool:
    """Store the same signing secret sealed anew, unless it got another one meanwhile; whether it was stored.

    No event: for everybody outside nothing has changed.
    """
    return await store.swap_secret(tx, source_id, before, after)


async def mark_taken(tx: TenantTx, submission_id: UUID, lead_id: UUID | None, note: str | None = None) -> None:
    """Record where a submission went: the lead it was merged into, or why it became none. Raises NotFound."""
    if not await store.change_submission(tx, submission_id, lead_id=lead_id, intake_note=note):
        raise NotFound("No such submission.")


async def label_submission(tx: TenantTx, submission_id: UUID, label: Label | None) -> None:
    """Record what a person says that a submission is, or take that back. Raises NotFound."""
    if not await store.change_submission(tx, submission_id, label=label):
        raise NotFound("There is no such submission.")


async def release_submission(
    tx: TenantTx, submission_id: UUID, *, by: str, verdict: dict[str, Any] | None = None
) -> bool:
    """Take a submission out of quarantine, which sends it the way of every other one; False when it was not in it.

    ``verdict`` replaces the stored one. Raises NotFound.
    """
    submission = await store.get_submission(tx, submission_id, lock=True)
    if submission is None:
        raise NotFound("There is no such submission.")
    if not submission.quarantined:
        return False
    more = {} if verdict is None else {"verdict": verdict}
    await store.change_submission(tx, submission_id, quarantined=False, intake_note=None, **more)
    await emit(tx, SubmissionReleased(submission_id=submission_id, source_id=submission.source_id), by=by)
    return True


async def hold_submission(tx: TenantTx, submission_id: UUID, verdict: dict[str, Any]) -> None:
    """Keep a submission in quarantine, or put it there before it becomes a lead, with this verdict. Raises NotFound."""
    if not await store.change_submission(tx, submission_id, quarantined=True, verdict=verdict):
        raise NotFound("There is no such submission.")


async def _get(tx: TenantTx, source_id: UUID) -> Source:
    source = await store.get_source(tx, source_id)
    if source is None:
        raise NotFound("No such source.")
    return source


async def import_submission(
    tx: TenantTx, source_id: UUID, fields: dict[str, Any], context: dict[str, Any], received_at: datetime
) -> UUID:
    """Store an enquiry that came in elsewhere or earlier; from here on it goes the way of every submission."""
    source = await _get(tx, source_id)
    submission_id = new_id()
    await store.add_submission(tx, submission_id, source, fields=fields, context=context, received_at=received_at)
    await emit(tx, SubmissionReceived(submission_id=submission_id, source_id=source_id))
    return submission_id
