"""``leadsbot doctor``: every numbered check, with its cure."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from leadsbot.channels.telegram.api import Refusal, TelegramApi
from leadsbot.cli.context import reached
from leadsbot.infra import checks
from leadsbot.infra.checks import Finding
from leadsbot.infra.net.http import Ambiguous, HttpClient, Limits, NotSent
from leadsbot.infra.settings import Settings, load
from leadsbot.kit.errors import StartError

TELEGRAM_WITHIN_S = 5.0
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
    findings = [*checks.machine(settings), await _bot(settings), checks.idle(settings)]
    try:
        async with reached(settings) as addresses:
            findings += await checks.database(addresses.of)
    except StartError as error:
        what, _, cure = str(error).partition(": ")
        findings.append(Finding("LB010", "Database", "error", what, cure or what))
    return findings


async def _bot(settings: Settings) -> Finding:
    """Whether Telegram knows the bot whose token is set."""
    number, name = "LB008", "Telegram's answer"
    if settings.telegram_bot_token is None:
        return Finding(number, name, "ok", "not asked, there is no token")
    async with HttpClient(trusted=True, limits=Limits(total=TELEGRAM_WITHIN_S)) as http:
        token = settings.telegram_bot_token.get_secret_value()
        try:
            told = await TelegramApi(http, token, settings.telegram_api_url).get_me()
        except (NotSent, Ambiguous) as error:
            cure = f"Let this machine reach {settings.telegram_api_url}, or set LEADSBOT_TELEGRAM_API_URL."
            return Finding(number, name, "error", f"none ({error})", cure)
    if isinstance(told, Refusal):
        cure = "Copy the token from @BotFather again into LEADSBOT_TELEGRAM_BOT_TOKEN."
        return Finding(number, name, "error", f"{told.error_code} {told.description}", cure)
    return Finding(number, name, "ok", f"the bot is @{told.username}")


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
