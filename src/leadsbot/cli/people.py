"""``leadsbot workspace create``, ``leadsbot reset-password`` and the first-run link."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import typer

from leadsbot.cli.context import address_of, contacted, of_installation, reached
from leadsbot.cli.database import ready
from leadsbot.features.accounts import public as accounts
from leadsbot.features.capture import public as capture
from leadsbot.features.forms import public as forms
from leadsbot.infra import program
from leadsbot.infra.db.base import APP
from leadsbot.infra.db.pool import Database
from leadsbot.infra.settings import load
from leadsbot.kit import ids
from leadsbot.kit.errors import AppError
from leadsbot.web.actor import Permission

COUNTRY = "GB"


async def provision(
    db: Database, *, name: str, owner_email: str, owner_password: str | None, country: str = COUNTRY
) -> dict[str, str]:
    """A workspace with everything to begin: an API key with every scope, a webhook, a widget token, a contact form.

    Raises AppError with a sentence for a bad address or password. Nothing is kept when a part fails.
    """
    hashed = None
    if owner_password is not None:
        hashed = await accounts.make_hash(accounts.check_password(owner_password, owner_email))
    async with db.tenant(ids.new_id()) as tx:
        owner, _ = await accounts.find_or_add_person(tx, email=owner_email, name="", password_hash=hashed)
        await accounts.create_workspace(tx, name=name, country=country, owner=owner)
        _, secret = await accounts.issue_key(
            tx,
            name="First key",
            scopes=[accounts.EVERY_SCOPE],
            giver=frozenset(Permission),
            created_by=owner.id,
        )
        webhook = await capture.create_source(tx, "webhook", "API")
        widget = await capture.create_source(tx, "widget", "Website widget")
        form = await forms.create_form(tx, forms.contact_form(), name="Contact")
        return {
            "workspace_id": ids.show(ids.WORKSPACE, tx.workspace_id),
            "api_key": secret,
            "webhook_id": webhook.key,
            "public_token": widget.key,
            "form_key": form.source.key,
        }


def create_workspace(name: str, owner_email: str, owner_password: str | None, *, as_json: bool) -> int:
    """The ``workspace create`` command."""

    async def run() -> tuple[dict[str, str], str | None]:
        settings = load()
        async with ready(settings, make=True) as addresses:
            db = Database(addresses.of(APP), name="cli")
            try:
                made = await provision(db, name=name, owner_email=owner_email, owner_password=owner_password)
                link = None
                if owner_password is None:
                    link = await accounts.password_link(db, address_of(settings), owner_email)
                return made, link
            finally:
                await db.close()

    try:
        made, link = asyncio.run(run())
    except AppError as error:
        typer.echo(f"{error.field + ': ' if error.field else ''}{error.detail}", err=True)
        return 2
    _print(made, link, as_json=as_json)
    return 0


def _print(made: dict[str, Any], link: str | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(msgspec.json.encode(made).decode())
        return
    for key, value in made.items():
        typer.echo(f"{key:13} {value}")
    if link:
        typer.echo(f"\nThe owner sets a password here (works once, 24 hours):\n{link}")


def reset_password(email: str) -> int:
    """The ``reset-password`` command."""

    settings = of_installation()

    async def run() -> str | None:
        async with ready(settings) as addresses:
            db = Database(addresses.of(APP), name="cli")
            try:
                return await accounts.password_link(db, address_of(settings), email)
            finally:
                await db.close()

    try:
        link = asyncio.run(run())
    except AppError as error:
        typer.echo(error.detail, err=True)
        return 2
    if link is None:
        typer.echo(f"Nobody in the data directory {settings.data_dir} has an account with this address.", err=True)
        return 1
    typer.echo(f"Set a new password here (works once, 24 hours):\n{link}")
    return 0


def first_run_link() -> int:
    """Print the link that creates the owner's account; nothing but a sentence, and 1, once somebody has one."""
    settings = of_installation()

    async def run() -> str | None:
        async with reached(settings) as addresses:
            await contacted(addresses)
            db = Database(addresses.of(APP), name="cli")
            try:
                return await accounts.first_run_link(db, address_of(settings))
            finally:
                await db.close()

    link = asyncio.run(run())
    if link is None:
        again = program.run("reset-password you@example.com")
        there = f"The data directory {settings.data_dir} has an account already. A new password: `{again}`"
        typer.echo(there, err=True)
        return 1
    typer.echo(link)
    return 0
