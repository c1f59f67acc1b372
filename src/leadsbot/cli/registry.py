"""``leadsbot registry``: the data registry as a table or as JSON."""

from __future__ import annotations

import msgspec
import typer
from rich.console import Console
from rich.table import Table as Grid

from leadsbot.cli.doctor import has_room
from leadsbot.infra.db.registry import entries

FACTS = {key: key for key in ("class", "role", "retention", "export", "erasure")} | {"about": "subject"}
"""What is told of a column, and under which key its entry has it."""


def registry(*, as_json: bool) -> int:
    """Print every column of every table with its registry entry."""
    import leadsbot.wiring  # noqa: F401 - declares every table

    found = list(entries())
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode({"columns": found}), indent=1).decode())
        return 0
    console = Console()
    if not has_room(console):
        for entry in found:
            told = ", ".join(f"{name} {entry[key]}" for name, key in FACTS.items())
            typer.echo(f"{entry['table']}.{entry['column']}: {told}")
        return 0
    grid = Grid()
    for heading in ("column", *FACTS):
        grid.add_column(heading, overflow="fold")
    for entry in found:
        grid.add_row(f"{entry['table']}.{entry['column']}", *(entry[key] for key in FACTS.values()))
    console.print(grid)
    return 0
