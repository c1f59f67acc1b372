"""Every setting of the program, read from the environment in this one place.

Each variable ``LEADSBOT_X`` can also be given as ``LEADSBOT_X_FILE``: the path of a file whose content is the value
(how container platforms hand over secrets). No secret has a working default: the first run writes its own key.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping
from email.utils import parseaddr
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, field_validator

from leadsbot.infra import logging
from leadsbot.infra.folder import unusable
from leadsbot.kit.errors import StartError

PREFIX = "LEADSBOT_"
IDLE = frozenset(
    {
        "ai_base_url",
        "ai_api_key",
        "ai_model",
        "stripe_secret_key",
        "stripe_webhook_secret",
        "stripe_api_url",
        "egress_allow",
    }
)
"""Settings whose names are fixed for parts that this version does not have yet: they are accepted and do nothing."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class SettingsError(StartError, ValueError):
    """A setting is wrong; the message names it and says what to do."""


def _comma_list(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


Networks = Annotated[tuple[Network, ...], BeforeValidator(_comma_list)]


class Settings(BaseModel):
    """The typed settings. Field names are the variable names without ``LEADSBOT_``, in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(default=Path("data"), description="Where the embedded database, keys and files live.")
    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL 15 or newer, e.g. postgresql://user:pass@host/db; unset: embedded."
    )
    base_url: str | None = Field(default=None, description="The public address, e.g. https://leads.example.com")
    secret_key: SecretStr | None = Field(default=None, description="Signs and encrypts; made on first run when unset.")
    secret_key_previous: SecretStr | None = Field(
        default=None, description="Earlier secret keys, comma-separated, until `leadsbot rotate-secrets` has run."
    )
    telegram_bot_token: SecretStr | None = Field(default=None, description="The bot's token from @BotFather.")
    telegram_api_url: str = Field(default="https://api.telegram.org", description="Bot API server.")
    telegram_rate: int = Field(default=25, ge=1, le=1000, description="Messages a second that the bot sends in all.")
    telegram_chat_rate: int = Field(default=60, ge=1, le=6000, description="Messages a minute into one chat.")
    telegram_group_rate: int = Field(default=18, ge=1, le=6000, description="Messages a minute into one group.")
    smtp_url: SecretStr | None = Field(default=None, description="smtp://user:pass@host:port or smtps://…")
    mail_from: str | None = Field(default=None, description="Sender of our mail, e.g. LeadsBot <leads@example.com>")
    ai_base_url: str | None = Field(default=None, description="An OpenAI-compatible server.")
    ai_api_key: SecretStr | None = Field(default=None, description="Its key.")
    ai_model: str | None = Field(default=None, description="The model to ask for.")
    stripe_secret_key: SecretStr | None = Field(default=None, description="Stripe's secret key.")
    stripe_webhook_secret: SecretStr | None = Field(default=None, description="Stripe's webhook signing secret.")
    stripe_api_url: str = Field(default="https://api.stripe.com", description="Stripe API server.")
    egress_allow: Networks = Field(
        default=(), description="Private networks (CIDR, comma-separated) that outbound calls may reach."
    )
    trusted_proxies: Networks = Field(
        default=(), description="Networks whose X-Forwarded-For is believed (CIDR, comma-separated)."
    )
    workers: int = Field(default=1, ge=1, le=64, description="Worker processes that `serve` runs.")
    lease_seconds: int = Field(
        default=60, ge=2, le=3600, description="After how long others take up the work of a process that died."
    )
    rate_limits: Literal["on", "off"] = Field(default="on", description="`off` only for load tests.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="Least level logged.")
    log_format: Literal["json", "console"] = Field(default="console", description="How log lines look.")
    crash_at: str | None = Field(default=None, description="Failure tests only: kill the process at a named point.")

    @field_validator("base_url", "telegram_api_url", "stripe_api_url", "ai_base_url")
    @classmethod
    def _http_url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an http:// or https:// address")
        return value.rstrip("/")

    @field_validator("database_url")
    @classmethod
    def _postgres_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("postgresql://", "postgres://")):
            raise ValueError("must be the address of a PostgreSQL server, e.g. postgresql://user:pass@host/db")
        return value

    @field_validator("smtp_url")
    @classmethod
    def _smtp_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parts = urlsplit(value.get_secret_value())
            if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or not _has_port(parts):
                raise ValueError("must be the address of a mail server, e.g. smtp://user:pass@host:587")
        return value

    @field_validator("mail_from")
    @classmethod
    def _sender(cls, value: str | None) -> str | None:
        local, _, host = parseaddr(value or "")[1].rpartition("@")
        if value is not None and not (local and host):
            raise ValueError("must be an e-mail address, e.g. LeadsBot <leads@example.com>")
        return value

    @field_validator("secret_key")
    @classmethod
    def _long_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 32:
            raise ValueError("must have at least 32 characters (e.g. `openssl rand -base64 48`)")
        return value

    @property
    def key(self) -> str:
        """The secret key; :func:`load` guarantees that there is one."""
        if self.secret_key is None:
            raise SettingsError("LEADSBOT_SECRET_KEY is not set and no data directory was prepared.")
        return self.secret_key.get_secret_value()

    @property
    def earlier_keys(self) -> tuple[str, ...]:
        """The secret keys before this one, which still open what they sealed."""
        given = self.secret_key_previous.get_secret_value() if self.secret_key_previous else ""
        return tuple(key.strip() for key in given.split(",") if key.strip())

    @property
    def without_effect(self) -> list[str]:
        """The variables that somebody set and that do nothing in this version."""
        return sorted(variable(name) for name in IDLE & self.model_fields_set)

    @property
    def https(self) -> bool:
        """Whether visitors reach us over TLS."""
        return bool(self.base_url and self.base_url.startswith("https://"))


def _has_port(parts: SplitResult) -> bool:
    """Whether the port, if there is one, is a number that a port can be."""
    try:
        return parts.port != 0
    except ValueError:
        return False


def variable(name: str) -> str:
    """The environment variable of a field."""
    return PREFIX + name.upper()


def warn_of_idle(settings: Settings) -> None:
    """Log a warning for each setting that was given and does nothing."""
    for name in settings.without_effect:
        logging.get(__name__).warning("this setting has no effect in this version", setting=name)


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for name in Settings.model_fields:
        plain, from_file = environ.get(variable(name)), environ.get(variable(name) + "_FILE")
        if plain and from_file:
            raise SettingsError(f"Set either {variable(name)} or {variable(name)}_FILE, not both.")
        if from_file:
            try:
                values[name] = Path(from_file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"{variable(name)}_FILE names a file that cannot be read: {error}.") from None
        elif plain:
            values[name] = plain
    return values


def load(environ: Mapping[str, str] | None = None, *, prepare: bool = True) -> Settings:
    """Read the settings; with ``prepare`` make the data directory and, once, its secret key (mode 0600).

    Raises SettingsError with one sentence per wrong variable. Values are never part of the message, since a
    misplaced secret would land in a log.
    """
    source = os.environ if environ is None else environ
    try:
        settings = Settings.model_validate(_from_environment(source))
    except ValidationError as error:
        faults = {str(item["loc"][0]): item["msg"] for item in reversed(error.errors(include_input=False))}
        lines = [f"{variable(name)}: {said.removeprefix('Value error, ')}." for name, said in faults.items()]
        raise SettingsError("\n".join(reversed(lines))) from None
    settings = settings.model_copy(update={"data_dir": settings.data_dir.expanduser().resolve()})
    if settings.secret_key is None and prepare:
        settings = settings.model_copy(update={"secret_key": SecretStr(_own_key(settings.data_dir))})
    return settings


def _own_key(data_dir: Path) -> str:
    """The key in the data directory, made on first use. Two first starts at once agree on one key."""
    path = data_dir / "secret.key"
    try:
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            fresh = path.with_name(f".secret.{os.getpid()}")
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(48))
                file.flush()
                os.fsync(file.fileno())
            try:
                os.link(fresh, path)
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsError(f"LEADSBOT_DATA_DIR: {unusable(data_dir, error)}") from None
    if len(key) < 32:
        raise SettingsError(f"The secret key in {path} is too short; restore it from a backup.")
    return key
