"""What the environment says. Nothing else reads it.

A `.env` file in the working directory is read too; the environment wins. `.env.example` lists every variable.
"""

import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from dotenv import dotenv_values
from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from .errors import ConfigError
from .types import Budget

#: The variables of ours that hold a secret.
SECRETS = (
    "HEYGEN_API_KEY", "ANTHROPIC_API_KEY", "TELEGRAM_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_WEBHOOK",
    "SMTP_URL", "DISCORD_WEBHOOK", "TEAMS_WEBHOOK", "BROADCAST_WEBHOOK_URL", "BROADCAST_WEBHOOK_SECRET",
    "GITHUB_TOKEN", "BROADCAST_API_TOKEN", "HEYGEN_WEBHOOK_SECRET",
)  # fmt: skip

#: What a variable is called that holds a secret. A secret is shown nowhere.
SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL|AUTH|WEBHOOK|SMTP_URL")


#: An amount; a variable that is there and says nothing is none.
Usd = Annotated[float | None, BeforeValidator(lambda value: None if value == "" else value)]


class Settings(BaseSettings):
    """The settings of this installation; a show's settings are in its YAML file."""

    model_config = SettingsConfigDict(env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True)

    broadcast_config_dir: Path = Path("config")
    broadcast_data_dir: Path = Path(".broadcast")
    broadcast_database_url: SecretStr | None = Field(
        default=None, description="default: SQLite in the data directory"
    )

    broadcast_state: str = Field(
        default="", description="where a copy of the SQLite journal is kept: git:BRANCH or s3://bucket/key"
    )

    broadcast_api_token: SecretStr | None = Field(
        default=None, description="who brings it may call `POST /runs` of `broadcast serve`"
    )
    broadcast_public_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s?#]+)?$",
        description="where `broadcast serve` is reached from outside, as https://news.example.com",
    )
    heygen_webhook_secret: SecretStr | None = Field(
        default=None, description="signs what HeyGen tells a registered endpoint"
    )
    broadcast_console_password_hash: SecretStr | None = Field(
        default=None, description="the console's password, as `broadcast console --hash-password` prints it"
    )
    broadcast_console_proxy: str = Field(
        default="", description="addresses of proxies that sign users in for the console, and name them in a header"
    )
    broadcast_console_user_header: str = Field(default="X-Forwarded-User", description="that header")
    broadcast_console_hosts: str = Field(
        default="", description="the names by which browsers reach the console, besides localhost and addresses"
    )
    broadcast_budget_day: Usd = Field(
        default=None, ge=0, allow_inf_nan=False, description="USD that all shows together may spend on a day of UTC"
    )
    broadcast_budget_month: Usd = Field(default=None, ge=0, allow_inf_nan=False, description="and in a month")

    @property
    def budget(self) -> Budget:
        """Return what all shows together may spend."""
        return Budget(day=self.broadcast_budget_day, month=self.broadcast_budget_month)

    @property
    def database_url(self) -> str:
        """Return the address of the journal's database. It may hold a password: never show it."""
        if self.broadcast_database_url and (url := self.broadcast_database_url.get_secret_value()):
            return url
        return f"sqlite:///{self.broadcast_data_dir.absolute() / 'broadcast.db'}"

    @cached_property
    def variables(self) -> Mapping[str, str]:
        """Return what `${NAME}` in a show, and the credentials of plugins, are filled from."""
        path = self.model_config.get("env_file")
        written = dotenv_values(path) if isinstance(path, str) and Path(path).is_file() else {}
        return {k: v for k, v in {**written, **os.environ}.items() if v is not None}


def load(**changes: Any) -> Settings:
    """Return the settings. Raises `ConfigError` that names the variable."""
    try:
        return Settings(**changes)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(first["msg"], where=str(first["loc"][0]).upper()) from None
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text", where=".env") from None


def child_environment(also: re.Pattern[str] | None = None) -> dict[str, str]:
    """Return what a helper process of ours may know: how to find Python, no secret; *also* what is so called."""
    names = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONUTF8", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if name in names or (also and also.fullmatch(name))}
