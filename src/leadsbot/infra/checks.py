"""Numbered checks of an installation, each with its cure: what ``leadsbot doctor`` prints."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

import asyncpg

from leadsbot.infra.db import revision
from leadsbot.infra.db.base import APP, QUEUE, ROLES
from leadsbot.infra.mail import is_loopback
from leadsbot.infra.program import run
from leadsbot.infra.settings import Settings
from leadsbot.kit.clock import utcnow

Verdict = Literal["ok", "warning", "error"]
Address = Callable[[str], str]
LEAST_DISK_MB = 500
SLOW_QUEUE_S = 30
LATE_ROW_DAYS = 31
MAKE_A_BOT = (
    "Make a bot with @BotFather and set LEADSBOT_TELEGRAM_BOT_TOKEN. A server that was started from another shell may "
    "have one: run the doctor with the same settings."
)


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. ``cure`` is empty when there is nothing to do."""

    number: str
    name: str
    verdict: Verdict
    found: str
    cure: str = ""


def machine(settings: Settings) -> list[Finding]:
    """What can be seen without the database."""
    return [
        _python(),
        _data_dir(settings),
        _secret_key(settings),
        _disk(settings),
        _address(settings),
        *_optional(settings),
    ]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("LB001", "Python", "ok", version)


def _data_dir(settings: Settings) -> Finding:
    path = settings.data_dir
    if not path.is_dir():
        return Finding(
            "LB002", "Data directory", "warning", f"{path} does not exist yet", "It is made at the first start."
        )
    if not os.access(path, os.W_OK | os.X_OK):
        cure = "Run LeadsBot as the account that owns it, or set LEADSBOT_DATA_DIR to another directory."
        return Finding("LB002", "Data directory", "error", f"{path} cannot be written", cure)
    return Finding("LB002", "Data directory", "ok", str(path))


def _secret_key(settings: Settings) -> Finding:
    path = settings.data_dir / "secret.key"
    if settings.secret_key is None:
        return Finding("LB003", "Secret key", "warning", "none yet", "It is made at the first start.")
    if not path.exists():
        return Finding("LB003", "Secret key", "ok", "from LEADSBOT_SECRET_KEY")
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return Finding("LB003", "Secret key", "error", f"{path} has mode {mode:o}", f"Run: chmod 600 {path}")
    return Finding("LB003", "Secret key", "ok", f"{path} (mode 600; keep a copy with your backups)")


def _disk(settings: Settings) -> Finding:
    folder = next((p for p in (settings.data_dir, *settings.data_dir.parents) if p.is_dir()), settings.data_dir)
    free = shutil.disk_usage(folder).free // 2**20
    if free < LEAST_DISK_MB:
        return Finding(
            "LB004", "Free disk", "error", f"{free} MB", "Make room: PostgreSQL stops accepting leads when it is full."
        )
    return Finding("LB004", "Free disk", "ok", f"{free} MB")


def _address(settings: Settings) -> Finding:
    if settings.base_url is None:
        return Finding(
            "LB005",
            "Public address",
            "warning",
            "LEADSBOT_BASE_URL is not set",
            "Links in alerts and mails name the listening address; set it to what visitors type.",
        )
    if not settings.https:
        return Finding("LB005", "Public address", "warning", settings.base_url, "Serve it over https.")
    return Finding("LB005", "Public address", "ok", settings.base_url)


def _optional(settings: Settings) -> list[Finding]:
    telegram = settings.telegram_bot_token is not None
    mail = settings.smtp_url is not None and settings.mail_from is not None
    return [
        Finding(
            "LB006",
            "Telegram",
            "ok" if telegram else "warning",
            "token set" if telegram else "this shell has no token",
            "" if telegram else MAKE_A_BOT,
        ),
        Finding(
            "LB007",
            "Mail",
            "ok" if mail else "warning",
            _mail_path(settings) if mail else "not set",
            "" if mail else "Set LEADSBOT_SMTP_URL and LEADSBOT_MAIL_FROM for password resets by mail.",
        ),
    ]


def idle(settings: Settings) -> Finding:
    """Whether something is set that does nothing in this version."""
    number, name, given = "LB009", "Settings without effect", settings.without_effect
    if not given:
        return Finding(number, name, "ok", "none is set")
    return Finding(number, name, "warning", ", ".join(given), "They do nothing in this version; leave them out.")


def _mail_path(settings: Settings) -> str:
    parts = urlsplit(settings.smtp_url.get_secret_value() if settings.smtp_url else "")
    if parts.scheme == "smtps" or not parts.username or is_loopback(parts.hostname or "localhost"):
        return "set"
    return "set; nothing is sent unless the server offers STARTTLS, because a password goes with it"


async def database(address: Address) -> list[Finding]:
    """What the database says; a part that fails becomes a finding, not an exception. Where it cannot be reached as the
    application reaches it, that is the one finding."""
    checks: list[tuple[str, str, Callable[[], Awaitable[Finding]]]] = [
        ("LB010", "Database", lambda: _server(address(APP))),
        ("LB011", "Schema", lambda: _schema(address(APP))),
        ("LB012", "Roles", lambda: _roles(address(APP))),
        ("LB013", "Row-level security", lambda: _row_security(address(APP))),
        ("LB014", "Queue", lambda: _queue(address(QUEUE))),
        ("LB015", "Dead jobs", lambda: _dead(address(QUEUE))),
        ("LB016", "Technical logs", lambda: _logs(address(QUEUE))),
        ("LB017", "Clocks", lambda: _clocks(address(APP))),
    ]
    findings = []
    for number, name, check in checks:
        try:
            findings.append(await check())
        except asyncpg.InvalidAuthorizationSpecificationError as error:
            if number == "LB010" and "does not exist" in str(error):
                cure = f"Run: {run('migrate')} ({run('serve')} does it by itself)"
                return [Finding(number, name, "error", "It was never set up: LeadsBot's roles are missing.", cure)]
            findings.append(_unanswered(number, name, error))
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            findings.append(_unanswered(number, name, error))
            if number == "LB010":
                return findings
    return findings


def _unanswered(number: str, name: str, error: BaseException) -> Finding:
    found = f"{type(error).__name__}: {str(error)[:200]}"
    return Finding(number, name, "error", found, f"Is PostgreSQL running? Run: {run('migrate')}")


async def _one(dsn: str, query: str, *values: object) -> asyncpg.Record:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        row = await connection.fetchrow(query, *values)
    finally:
        await connection.close()
    if row is None:
        raise asyncpg.InterfaceError("no answer")
    return row


async def _server(dsn: str) -> Finding:
    row = await _one(dsn, "SELECT current_setting('server_version') AS version, current_user::text AS role")
    return Finding("LB010", "Database", "ok", f"PostgreSQL {row['version']} as {row['role']}")


async def _schema(dsn: str) -> Finding:
    here, head = await revision.current(dsn), revision.head()
    if here != head:
        return Finding(
            "LB011", "Schema", "error", f"{here or 'empty'}, this version needs {head}", f"Run: {run('migrate')}"
        )
    return Finding("LB011", "Schema", "ok", f"revision {here}")


async def _roles(dsn: str) -> Finding:
    row = await _one(
        dsn,
        "SELECT count(*) AS known, "
        "coalesce(string_agg(rolname, ', ') FILTER (WHERE rolsuper OR rolbypassrls), '') AS bad "
        "FROM pg_roles WHERE rolname = any($1::text[])",
        list(ROLES),
    )
    if row["bad"]:
        return Finding(
            "LB012", "Roles", "error", f"{row['bad']} may bypass row security", "ALTER ROLE … NOSUPERUSER NOBYPASSRLS"
        )
    if row["known"] < len(ROLES):
        return Finding("LB012", "Roles", "error", f"{row['known']} of {len(ROLES)} exist", f"Run: {run('migrate')}")
    return Finding("LB012", "Roles", "ok", f"{row['known']} roles, none may bypass row security")


async def _row_security(dsn: str) -> Finding:
    row = await _one(
        dsn,
        "SELECT count(*) AS tables, coalesce(string_agg(c.relname, ', ') FILTER (WHERE NOT (c.relrowsecurity AND "
        "c.relforcerowsecurity)), '') AS open FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid "
        "AND a.attname = 'workspace_id' AND a.attnotnull AND a.attnum = 1 "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
    )
    if row["open"]:
        return Finding("LB013", "Row-level security", "error", f"missing on {row['open']}", f"Run: {run('migrate')}")
    return Finding("LB013", "Row-level security", "ok", f"forced on {row['tables']} tables")


async def _queue(dsn: str) -> Finding:
    row = await _one(
        dsn,
        "SELECT count(*) AS waiting, coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::int AS age "
        "FROM (SELECT due_at FROM job WHERE state = 0 AND due_at < clock_timestamp() "
        "UNION ALL SELECT occurred_at FROM outbox) AS due",
    )
    found = f"{row['waiting']} due, the oldest for {row['age']} s"
    if row["age"] > SLOW_QUEUE_S:
        return Finding("LB014", "Queue", "warning", found, f"Is a worker running? `{run('serve')}` runs one.")
    return Finding("LB014", "Queue", "ok", found)


async def _dead(dsn: str) -> Finding:
    row = await _one(dsn, "SELECT count(*) AS dead, max(kind) AS kind FROM job WHERE state = 2")
    if row["dead"]:
        return Finding(
            "LB015", "Dead jobs", "warning", f"{row['dead']}, e.g. {row['kind']}", "See Deliveries in the dashboard."
        )
    return Finding("LB015", "Dead jobs", "ok", "none")


async def _logs(dsn: str) -> Finding:
    row = await _one(
        dsn,
        "SELECT max(ran_at) AS ran, coalesce(extract(epoch FROM clock_timestamp() - min(oldest_row)) / 86400, 0)::int "
        "AS days FROM purge_run WHERE ran_at > clock_timestamp() - interval '1 day'",
    )
    if row["days"] > LATE_ROW_DAYS:
        return Finding(
            "LB016", "Technical logs", "error", f"oldest row is {row['days']} days old", "Is a worker running?"
        )
    ran = f"{row['ran']:%Y-%m-%d %H:%M} UTC" if row["ran"] else "not in the last day"
    return Finding(
        "LB016",
        "Technical logs",
        "ok" if row["ran"] else "warning",
        f"last purge: {ran}",
        "" if row["ran"] else "It runs every hour while a worker runs.",
    )


async def _clocks(dsn: str) -> Finding:
    row = await _one(dsn, "SELECT clock_timestamp() AS now")
    apart = abs((utcnow() - row["now"]).total_seconds())
    if apart > 5:
        return Finding(
            "LB017", "Clocks", "warning", f"database and machine are {apart:.0f} s apart", "Synchronise them (NTP)."
        )
    return Finding("LB017", "Clocks", "ok", "agree")
