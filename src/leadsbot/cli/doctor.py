"""``leadsbot doctor``: every numbered check, with its cure."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from leadsbot.cli.context import reached
from leadsbot.infra import checks
from leadsbot.infra.checks import Finding
from leadsbot.infra.settings import Settings, load

COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


def doctor(*, as_json: bool) -> int:
    """Print the findings; 1 when one is an error."""
    findings = asyncio.run(_examine(load()))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode([asdict(f) for f in findings]), indent=1).decode())
    else:
        _show(findings)
    return int(any(finding.verdict == "error" for finding in findings))


async def _examine(settings: Settings) -> list[Finding]:
    findings = checks.machine(settings)
    async with reached(settings) as addresses:
        findings += await checks.database(addresses.of)
    return findings


def _show(findings: list[Finding]) -> None:
    table = Table("", "check", "found", "what to do", box=None, pad_edge=False)
    for finding in findings:
        table.add_row(
            Text(finding.number, COLOURS[finding.verdict]), finding.name, Text(finding.found), Text(finding.cure)
        )
    console = Console()
    console.print(table)
    worst = [f.verdict for f in findings]
    if "error" in worst:
        console.print(f"\n{worst.count('error')} to mend, {worst.count('warning')} to look at.", style="red")
    else:
        console.print(f"\nNothing is broken; {worst.count('warning')} to look at.", style="green")
