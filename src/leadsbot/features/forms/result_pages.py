"""The results of a form: one table, and the same as a file."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Response
from litestar.response import Stream

from leadsbot.features.accounts.public import workspace_settings
from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Submission
from leadsbot.features.forms import export, public, results, store
from leadsbot.features.forms.model import Form
from leadsbot.features.forms.pages import ONE, find, framed
from leadsbot.features.forms.results import Cell, Column
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.services import Services
from leadsbot.kit import ids
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import TooLarge
from leadsbot.web.actor import Permission
from leadsbot.web.inject import Caller, FromPath, InTx, PageRequest, Uses
from leadsbot.web.pagination import paged, position
from leadsbot.web.routes import page

READ = Permission.LEADS_READ
SHOWN: Final = 50
PAGE: Final = 1000
"""Submissions that are read in one transaction of an export."""
MOST_VERSIONS: Final = 1000
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@page("GET", f"{ONE}/results", needs=READ)
async def listing(request: PageRequest, form_id: FromPath[str], tx: InTx) -> Response[Any]:
    """What came in, the newest first; what was held back is left to the quarantine."""
    form = await find(tx, form_id)
    table, zone = await _table(tx, form), await _zone(tx)
    rows = await capture.page_submissions(
        tx, quarantined=False, source_id=form.source.id, before=position(request.query_params.get("cursor")),
        limit=SHOWN + 1,
    )  # fmt: skip
    shown = paged(rows, SHOWN, lambda each: _row(each, table, zone), lambda each: (each.received_at, each.id))
    return await framed(
        request, tx, form, "results", table=table, rows=shown.data, next_cursor=shown.next_cursor,
        source_id=ids.show(ids.SOURCE, form.source.id),
    )  # fmt: skip


@page("GET", f"{ONE}/results.csv", needs=READ)
async def as_csv(
    request: PageRequest, form_id: FromPath[str], actor: Caller, tx: InTx, services: Uses
) -> Response[Any]:
    """What the table shows as CSV, all pages of it; with ``?held=1`` what was held back too, named so."""
    form = await find(tx, form_id)
    table, zone = await _table(tx, form), await _zone(tx)
    pages = _pages(services, actor.workspace(), form.source.id, table, zone, held=_held(request))
    body = export.csv_file(results.header(table), pages)
    return Stream(body, media_type="text/csv; charset=utf-8; header=present", headers=_file(form, "csv"))


@page("GET", f"{ONE}/results.xlsx", needs=READ)
async def as_xlsx(
    request: PageRequest, form_id: FromPath[str], actor: Caller, tx: InTx, services: Uses
) -> Response[Any]:
    """The same as XLSX. TooLarge beyond 100,000 rows, for which there is CSV."""
    form, held = await find(tx, form_id), _held(request)
    if await capture.submissions_up_to(tx, form.source.id, export.MOST + 1, held=held) > export.MOST:
        raise TooLarge(f"A spreadsheet takes {export.MOST:,} rows, and this form has more. Download the CSV file.")
    table, zone = await _table(tx, form), await _zone(tx)
    pages = _pages(services, actor.workspace(), form.source.id, table, zone, held=held)
    book = export.Workbook(form.name, results.header(table))
    async for rows in pages:
        await asyncio.to_thread(book.add, rows)
    body = await asyncio.to_thread(_saved, book)
    return Response(body, media_type=XLSX, headers=_file(form, "xlsx"))


def _held(request: PageRequest) -> bool:
    """Whether what was held back is wanted too."""
    return request.query_params.get("held") == "1"


def _saved(book: export.Workbook) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.xlsx"
        book.save(path)
        return path.read_bytes()


async def _pages(
    services: Services, workspace: UUID, source: UUID, table: list[Column], zone: ZoneInfo, *, held: bool
) -> AsyncIterator[list[list[Cell]]]:
    """Rows of an export, the newest first, in short transactions: a slow reader holds none open."""
    before: tuple[datetime, UUID] | None = None
    while True:
        async with services.db.tenant(workspace) as tx:
            rows = await capture.page_submissions(
                tx, quarantined=None if held else False, source_id=source, before=before, limit=PAGE
            )
        yield [results.line(each, table, zone) for each in rows]
        if len(rows) < PAGE:
            return
        before = (rows[-1].received_at, rows[-1].id)


async def _table(tx: TenantTx, form: Form) -> list[Column]:
    live = public.live(form.source)
    versions = await store.list_versions(tx, form.id, limit=MOST_VERSIONS)
    return results.columns(live.definition if live else form.draft, [each.definition for each in versions])


async def _zone(tx: TenantTx) -> ZoneInfo:
    return ZoneInfo((await workspace_settings(tx)).timezone)


def _row(submission: Submission, table: list[Column], zone: ZoneInfo) -> dict[str, Any]:
    return {
        "id": ids.show(ids.SUBMISSION, submission.id),
        "lead": ids.show(ids.LEAD, submission.lead_id) if submission.lead_id else "",
        "at": submission.received_at,
        "cells": [each.shown(submission.fields.get(each.key)) for each in table],
        "version": submission.form_version,
        "language": submission.context.get("lang") or "",
    }


def _file(form: Form, ending: str) -> dict[str, str]:
    """Headers of a download, named after the form and the day (RFC 6266, with RFC 8187 for what is not ASCII)."""
    name = re.sub(r"[^\w.-]+", " ", form.name).strip(" .")[:80] or "results"
    whole = f"{name} {utcnow():%Y-%m-%d}.{ending}"
    plain = whole.encode("ascii", "ignore").decode().strip() or f"results.{ending}"
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(whole)}",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


routes = (listing, as_csv, as_xlsx)
