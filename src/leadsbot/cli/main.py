"""The table of commands. Each imports its module only when it runs, so that ``leadsbot --help`` is quick."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from leadsbot import __version__
from leadsbot.kit.errors import NotSetUp, StartError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="LeadsBot: capture every enquiry and answer it first.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
workspace = typer.Typer(no_args_is_help=True, help="Create and list workspaces.")
app.add_typer(workspace, name="workspace")

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run everything: the database, migrations, the web server, workers and Telegram."""
    from leadsbot.cli.serve import serve as run

    sys.exit(run(host, port))


@app.command()
def web(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    inherit_socket: Annotated[int | None, typer.Option(hidden=True, help="A listening socket to take over.")] = None,
) -> None:
    """Run only the web server (the database must be migrated)."""
    from leadsbot.cli.web import run_web

    sys.exit(run_web(host, port, inherit_socket))


@app.command()
def worker() -> None:
    """Run only a worker (the database must be migrated)."""
    from leadsbot.cli.worker import run_worker

    sys.exit(run_worker())


@app.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    from leadsbot.cli.database import migrate as run

    sys.exit(run())


@app.command()
def doctor(json_: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False) -> None:
    """Check the installation and say how to cure what is wrong."""
    from leadsbot.cli.doctor import doctor as run

    sys.exit(run(as_json=json_))


@app.command()
def registry(json_: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False) -> None:
    """Print the data registry: every stored column, why it is held and how long."""
    from leadsbot.cli.registry import registry as run

    sys.exit(run(as_json=json_))


@app.command()
def demo() -> None:
    """Fill a believable demo workspace."""
    from leadsbot.cli.demo import demo as run

    sys.exit(run())


@app.command("reset-password")
def reset_password(email: Annotated[str, typer.Argument(help="The account's e-mail address.")]) -> None:
    """Print a one-time link that sets a new password."""
    from leadsbot.cli.people import reset_password as run

    sys.exit(run(email))


@app.command("rotate-secrets")
def rotate_secrets() -> None:
    """Seal every stored secret with the present secret key; earlier ones are in LEADSBOT_SECRET_KEY_PREVIOUS."""
    from leadsbot.cli.secrets import rotate_secrets as run

    sys.exit(run())


@workspace.command("create")
def workspace_create(
    name: Annotated[str, typer.Option(help="The workspace's name.")],
    owner_email: Annotated[str, typer.Option(help="Its owner's e-mail address.")],
    owner_password: Annotated[str | None, typer.Option(help="A password; without it a set-up link is printed.")] = None,
    json_: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Create a workspace with an API key, an inbound webhook, a widget token and a contact form."""
    from leadsbot.cli.people import create_workspace as run

    sys.exit(run(name, owner_email, owner_password, as_json=json_))


@app.command("first-run-link", hidden=True)
def first_run_link() -> None:
    """Print the link that creates the first account, while there is none."""
    from leadsbot.cli.people import first_run_link as run

    sys.exit(run())


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)  # noqa: T201 - this is what the command is for


def main() -> None:
    """Run the command line; a wrong setting is one sentence on standard error and exit code 2."""
    try:
        app()
    except NotSetUp as error:
        _fail(str(error))
    except StartError as error:
        _fail(f"LeadsBot cannot start.\n{error}")
    except Exception as error:
        if (said := _outside(error)) is None:
            raise
        _fail(said)


def _outside(error: Exception) -> str | None:
    """What to say of an error that is no fault of ours: a database that is away, a disk that is full."""
    from leadsbot.infra.program import run
    from leadsbot.web.errors import as_app_error

    known = as_app_error(error)
    if known is not None and known.status < 500:
        return f"{known.field + ': ' if known.field else ''}{known.detail}"
    if known is not None:
        reason = str(error.__cause__ or error).strip().splitlines() or [type(error).__name__]
        return f"The database does not answer: {reason[0]}. `{run('doctor')}` says more."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be used: {error.strerror}."
    return None


def _fail(sentence: str) -> None:
    typer.echo(sentence, err=True)
    sys.exit(2)
