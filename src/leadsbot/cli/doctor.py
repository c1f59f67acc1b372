"""``leadsbot doctor``: every numbered check, with its cure."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from leadsbot.channels.telegram import webhook
from leadsbot.channels.telegram.api import Ok, Refusal, TelegramApi
from leadsbot.cli.context import is_set_up, reached
from leadsbot.features.alerts.polling import WEBHOOK_PATH
from leadsbot.infra import checks, program
from leadsbot.infra.checks import Finding
from leadsbot.infra.net.http import Ambiguous, HttpClient, Limits, NotSent
from leadsbot.infra.settings import Settings, load
from leadsbot.kit.clock import utcnow
from leadsbot.kit.errors import StartError

TELEGRAM_WITHIN_S = 5.0
TABLE_WIDTH = 100
COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


def doctor(*, as_json: bool) -> int:
    """Print the findings; 1 when one is an error."""
    findings = asyncio.run(_examine(load(prepare=False)))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode([asdict(f) for f in findings]), indent=1).decode())
    else:
        _show(findings)
    return int(any(finding.verdict == "error" for finding in findings))


async def _examine(settings: Settings) -> list[Finding]:
    there = is_set_up(settings)
    settings = load() if there else settings  # Nothing is made for who only asks.
    telegram = await _telegram(settings)
    findings = [*checks.machine(settings), telegram[0], checks.idle(settings)]
    if not there:
        cure = f"Run: {program.run('migrate')} ({program.run('serve')} does it by itself), or set LEADSBOT_DATA_DIR"
        found = f"It was never set up: there is none in {settings.data_dir}"
        return [*findings, Finding("LB010", "Database", "error", found, cure), *telegram[1:]]
    try:
        async with reached(settings) as addresses:
            findings += await checks.database(addresses.of)
    except StartError as error:
        what, _, cure = str(error).partition(": ")
        findings.append(Finding("LB010", "Database", "error", what, cure or what))
    return [*findings, *telegram[1:]]


async def _telegram(settings: Settings) -> list[Finding]:
    if settings.telegram_bot_token is None:
        return [Finding("LB008", "Telegram's answer", "ok", "not asked, this shell has no token")]
    async with HttpClient(trusted=True, limits=Limits(total=TELEGRAM_WITHIN_S)) as http:
        api = TelegramApi(http, settings.telegram_bot_token.get_secret_value(), settings.telegram_api_url)
        known = await _bot(settings, api)
        return [known, await _presses(settings, api)] if known.verdict == "ok" else [known]


async def _presses(settings: Settings, api: TelegramApi) -> Finding:
    """Whether what people do in Telegram can reach us: pushed to an https address, else asked for."""
    number, name = "LB018", "Button presses"
    try:
        answer = await api.get_webhook_info()
    except (NotSent, Ambiguous) as error:
        return Finding(number, name, "warning", f"Telegram did not tell ({error})", "Run the doctor again.")
    info = webhook.read_info(answer) if isinstance(answer, Ok) else webhook.WebhookInfo()
    wanted = f"{(settings.base_url or '').rstrip('/')}{WEBHOOK_PATH}" if settings.https else ""
    if trouble := webhook.unreached(info, utcnow()):
        cure = "Let Telegram reach LEADSBOT_BASE_URL from the internet, by https on port 443, 80, 88 or 8443."
        return Finding(number, name, "error", trouble, cure)
    if info.url == wanted:
        return Finding(number, name, "ok", f"pushed to {wanted}" if wanted else "asked for by the worker")
    if info.url:
        cure = "The worker takes it back. If this comes again, another program uses the bot: give each its own."
        return Finding(number, name, "warning", f"pushed to {info.url}", cure)
    cure = "The worker sets it. While one runs, see the Telegram page for the reason why Telegram refuses."
    return Finding(number, name, "warning", f"not pushed to {wanted} (yet)", cure)


async def _bot(settings: Settings, api: TelegramApi) -> Finding:
    """Whether Telegram knows the bot whose token is set."""
    number, name = "LB008", "Telegram's answer"
    try:
        told = await api.get_me()
    except (NotSent, Ambiguous) as error:
        cure = f"Let this machine reach {settings.telegram_api_url}, or set LEADSBOT_TELEGRAM_API_URL."
        return Finding(number, name, "error", f"none ({error})", cure)
    if isinstance(told, Refusal):
        cure = "Copy the token from @BotFather again into LEADSBOT_TELEGRAM_BOT_TOKEN."
        return Finding(number, name, "error", f"{told.error_code} {told.description}", cure)
    return Finding(number, name, "ok", f"the bot is @{told.username}")


def _show(findings: list[Finding]) -> None:
    console = Console()
    if not has_room(console):
        for each in findings:
            typer.echo(f"{each.number} {each.verdict}: {each.name}: {each.found}")
            if each.cure:
                typer.echo(f"      {each.cure}")
    else:
        console.print(_table(findings))
    worst = [f.verdict for f in findings]
    if "error" in worst:
        console.print(f"\n{worst.count('error')} to mend, {worst.count('warning')} to look at.", style="red")
    else:
        console.print(f"\nNothing is broken; {worst.count('warning')} to look at.", style="green")


def has_room(console: Console) -> bool:
    """Whether a table can be read here: never in a pipe, where each finding has a line that can be searched."""
    return console.is_terminal and console.width >= TABLE_WIDTH


def _table(findings: list[Finding]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("", "check", "found", "what to do"):
        # A name that is longer than its column goes on in the next line: cut off it is of no use.
        table.add_column(heading, overflow="fold")
    for finding in findings:
        table.add_row(
            Text(finding.number, COLOURS[finding.verdict]), finding.name, Text(finding.found), Text(finding.cure)
        )
    return table
