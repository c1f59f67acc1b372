"""Tables as files: CSV by RFC 4180 and XLSX. Nothing that a stranger typed can become a formula in either."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from leadsbot.features.forms.results import Cell
from leadsbot.kit.text import csv_safe

BOM: Final = "\ufeff"
"""Tells spreadsheets that the text is UTF-8."""
CELL: Final = 32_767
"""Characters that a cell of a spreadsheet can hold (ECMA-376); longer texts are cut there and end with an ellipsis."""
MOST: Final = 100_000
"""Rows of an XLSX file; a CSV file has no end."""


def csv_lines(rows: Iterable[Sequence[Cell]]) -> bytes:
    """Rows of a CSV file: moments and days by ISO 8601, numbers with a point."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    for row in rows:
        writer.writerow([_told(cell) for cell in row])
    return text.getvalue().encode()


def _told(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    # What we read as a number is one, so its sign can stand without an apostrophe.
    return format(cell, ".15g") if isinstance(cell, float) else csv_safe(cell)


async def csv_file(header: Sequence[str], pages: AsyncIterator[list[list[Cell]]]) -> AsyncIterator[bytes]:
    """A CSV file piece by piece, so that a large one is never in memory as a whole."""
    yield BOM.encode() + csv_lines([header])
    async for page in pages:
        yield csv_lines(page)


class Workbook:
    """An XLSX file with one sheet, written row by row to disk. What was typed is a text, or a number or day as read."""

    def __init__(self, title: str, header: Sequence[str]) -> None:
        from openpyxl import Workbook as Book
        from openpyxl.styles import Font
        from openpyxl.utils import get_column_letter

        self._book = Book(write_only=True)
        # Names of sheets have at most 31 characters, without those of addresses (ECMA-376).
        name = "".join(" " if letter in "[]:*?/\\" else letter for letter in title).strip("' ")
        self._sheet: Any = self._book.create_sheet(name[:31] or "Results")
        self._sheet.freeze_panes = "A2"
        for place, name in enumerate(header):
            self._sheet.column_dimensions[get_column_letter(place + 1)].width = max(12, min(40, len(name) + 4))
        self._sheet.column_dimensions["B"].width = 20
        self._bold = Font(bold=True)
        self._sheet.append([self._cell(each, self._bold) for each in header])

    def add(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Append rows."""
        for row in rows:
            self._sheet.append([self._cell(each) for each in row])

    def save(self, path: Path) -> None:
        """Write the file and end."""
        self._book.save(path)

    def _cell(self, value: Cell, font: Any = None) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        if isinstance(value, datetime):
            # Spreadsheets know no zones: the moment is written as the clock of the workspace showed it.
            cell = WriteOnlyCell(self._sheet, value.replace(tzinfo=None, microsecond=0))
            cell.number_format = "yyyy-mm-dd hh:mm"
            return cell
        if not isinstance(value, str):
            cell = WriteOnlyCell(self._sheet)
            cell.value = value
            return cell
        text = value
        shown = ILLEGAL_CHARACTERS_RE.sub(" ", text)
        cell = WriteOnlyCell(self._sheet, shown if len(shown) <= CELL else shown[: CELL - 1] + "…")
        # By itself the library takes a text that begins with "=" for a formula, and one like #N/A for an error.
        cell.data_type = "s"
        if font is not None:
            cell.font = font
        return cell


__all__ = ["MOST", "Workbook", "csv_file", "csv_lines"]
