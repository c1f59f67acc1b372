"""The files of submissions, for those who may read leads: a link that is good for minutes, and what it leads to.

A file is never shown by a browser under our address: it is always saved, without a type to be guessed, and a browser
that shows it nevertheless runs nothing in it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec
from litestar import Response

from leadsbot.features.forms import store
from leadsbot.features.forms.files import Upload
from leadsbot.infra.services import Services
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import Invalid, NotFound
from leadsbot.kit.filename import attachment
from leadsbot.kit.mediatype import COMMON, UNKNOWN
from leadsbot.web.actor import Permission, Public
from leadsbot.web.inject import Caller, FromPath, InTx, Uses
from leadsbot.web.params import Moment, path_id
from leadsbot.web.routes import api, page

READ: Final = Permission.LEADS_READ
CLICK_S: Final = 60
PROGRAM_S: Final = 300
_PURPOSE: Final = "forms.download"
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}
GONE: Final = "This file is gone, or the link to it has expired. Open it again from the lead."
UploadId = Annotated[str, path_id(ids.UPLOAD, "The file")]


class UploadLink(msgspec.Struct):
    """A file that came with a submission, and where to fetch it. `content_type` was found in the content; `url` needs
    no key and is good until `expires_at`."""

    id: str
    submission_id: str | None
    field: str
    name: str
    size: int
    content_type: str
    url: str
    expires_at: Moment


@page("GET", "/uploads/{upload:str}", needs=READ)
async def open_file(upload: FromPath[str], actor: Caller, tx: InTx, services: Uses) -> Response[None]:
    """Where the dashboard links to: leads on to an address that is good for a minute."""
    found = await _found(tx, upload)
    address = _link(services, actor.workspace(), found.id, CLICK_S)
    return Response(None, status_code=303, headers={"Location": address, "Cache-Control": "no-store"})


@page("GET", "/files/{token:str}", needs=Public("the address is a secret that is good for minutes"), cookieless=True)
async def download(token: FromPath[str], services: Uses) -> Response[Any]:
    """The file that a link leads to."""
    try:
        said = services.signer.verify(_PURPOSE, token)
    except Invalid:
        raise NotFound(GONE) from None
    workspace, upload = UUID(bytes=said[:16]), UUID(bytes=said[16:])
    async with services.db.tenant(workspace) as tx:
        found = await store.get_upload(tx, upload)
        content = await store.upload_content(tx, upload) if found else None
    if found is None or content is None:
        raise NotFound(GONE)
    kind = found.media_type if found.media_type in COMMON else UNKNOWN
    return Response(content, media_type=kind, headers={**HEADERS, "Content-Disposition": attachment(found.name)})


@api("GET", "/api/v1/uploads/{upload:str}", needs=READ, errors=(404,), summary="Read about a file", tag="Leads")
async def get_upload(upload: UploadId, actor: Caller, tx: InTx, services: Uses) -> UploadLink:
    """A file that came with a submission, with an address from which it can be fetched for five minutes."""
    found = await _found(tx, upload)
    ends: datetime = utcnow() + timedelta(seconds=PROGRAM_S)
    return UploadLink(
        found.shown_id, ids.show(ids.SUBMISSION, found.submission_id) if found.submission_id else None, found.field,
        found.name, found.size, found.media_type,
        services.url(_link(services, actor.workspace(), found.id, PROGRAM_S)), ends,
    )  # fmt: skip


async def _found(tx: InTx, shown: str) -> Upload:
    found = await store.get_upload(tx, ids.read(ids.UPLOAD, shown))
    if found is None:
        raise NotFound("There is no such file.")
    return found


def _link(services: Services, workspace: UUID, upload: UUID, seconds: int) -> str:
    return f"/files/{services.signer.sign(_PURPOSE, workspace.bytes + upload.bytes, seconds)}"


routes = (open_file, download, get_upload)
