"""Every write of the widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from leadsbot.contracts.events import FormSeen
from leadsbot.features.widget import store
from leadsbot.features.widget.model import MAX_SEEN, Sighting
from leadsbot.infra.db.tx import SystemTx, TenantTx
from leadsbot.infra.events.log import emit
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import NotFound


async def note_forms(tx: TenantTx, source_id: UUID, sightings: Sequence[Sighting]) -> list[int]:
    """Remember forms that the listener met; returns the places of those that it must leave alone.

    A form that is new is told once (``form.seen``). Beyond MAX_SEEN forms of one source further ones are not
    remembered; their submissions are taken all the same.
    """
    known = await store.known(tx, source_id, [each.fingerprint for each in sightings])
    room = MAX_SEEN - await store.count_seen(tx, source_id) if len(known) < len(sightings) else 0
    now = utcnow()
    for each in sightings:
        before = known.get(each.fingerprint)
        if before is not None:
            if now - before[1] > store.FRESH:
                await store.touch_seen(tx, source_id, each)
        elif room > 0 and (seen_id := await store.add_seen(tx, source_id, each)):
            room -= 1
            await emit(tx, FormSeen(seen_id=seen_id, source_id=source_id))
    return [place for place, each in enumerate(sightings) if known.get(each.fingerprint, (False,))[0]]


async def ignore_form(tx: TenantTx, seen_id: UUID, *, ignored: bool) -> None:
    """Tell the listener to leave a form alone, or to hear it again; pages learn of it when somebody begins to type.
    Raises NotFound."""
    if not await store.set_ignored(tx, seen_id, ignored=ignored):
        raise NotFound("There is no such form.")


async def keep_build(tx: SystemTx, name: str, body: bytes) -> None:
    """Remember a build that is served, as the newest; the oldest beyond KEPT_BUILDS are forgotten."""
    await store.put_build(tx, name, body)
    await store.forget_builds(tx)


async def save_loads(tx: TenantTx, counts: Mapping[tuple[UUID, str, str], int]) -> None:
    """Write counted loads."""
    await store.add_loads(tx, counts)
