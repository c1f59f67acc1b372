"""``leadsbot registry``: the data registry as a table or as JSON."""

from __future__ import annotations

import msgspec
import typer
from rich.console import Console
from rich.table import Table as Grid

from leadsbot.infra.db.registry import entries


def registry(*, as_json: bool) -> int:
    """Print every column of every table with its registry entry."""
    import leadsbot.wiring  # noqa: F401 - declares every table

    found = list(entries())
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode({"columns": found}), indent=1).decode())
        return 0
    grid = Grid("column", "class", "role", "about", "retention", "export", "erasure")
    for entry in found:
        grid.add_row(
            f"{entry['table']}.{entry['column']}",
            entry["class"],
            entry["role"],
            entry["subject"],
            entry["retention"],
            entry["export"],
            entry["erasure"],
        )
    Console().print(grid)
    return 0
