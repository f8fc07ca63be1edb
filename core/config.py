"""Where this installation stands: hosts, paths, secrets; environment and ``.env`` only.

What a process is belongs into its profile; what differs from one plant PC to the next
belongs here. Connection strings may hold passwords: they are ``SecretStr`` and never
appear in a log, an error or a ``repr``; `redacted` gives the form that may.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigError

_SERVERS = ("mongodb", "postgres")  # beginnings of addresses that hold user and password


class Config(BaseSettings):
    """Settings of one installation: ``SPRUE_<NAME>`` in the environment or in ``.env``."""

    model_config = SettingsConfigDict(
        env_prefix="SPRUE_", env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    home: Path = Field(Path("var"), description="State: registry, verdicts, logs.")
    profile: str = Field("injection_molding", description="Profile: a built-in name or a .toml path.")
    mongo_url: SecretStr = Field(
        SecretStr("mongodb://127.0.0.1:27017/?replicaSet=rs0"),
        description="MongoDB replica set with the shots.",
    )
    mongo_database: str = Field("plant", description="Its database.")
    mongo_collection: str = Field("shots", description="Its collection.")
    history_url: SecretStr = Field(
        SecretStr("postgresql://127.0.0.1:5432/plant"), description="PostgreSQL with the production history."
    )
    history_table: str = Field("shot_history", description="Its table, schema.table allowed.")
    store_url: SecretStr | None = Field(
        None, description="Verdict store as SQLAlchemy URL; default: SQLite under SPRUE_HOME."
    )
    min_free_mb: int = Field(
        200, ge=0, description="Free disk under which a SQLite store is left alone and judging pauses."
    )
    start_from: Literal["now", "beginning"] = Field(
        "now", description="First run only: judge from now on, or the whole collection first."
    )
    without_stream: bool = Field(
        False, description="Read no MongoDB and judge nothing: only the API, its pages and forms."
    )
    on_gap: Literal["reconcile", "fail"] = Field(
        "reconcile", description="When shots were missed: compare the whole collection, or stop and say so."
    )
    host: str = Field("127.0.0.1", description="Address of the REST API.")
    port: int = Field(8000, ge=0, le=65535, description="Port of the REST API.")
    tls_cert: Path | None = Field(None, description="Certificate of the REST API (PEM, with its chain).")
    tls_key: Path | None = Field(None, description="Its private key (PEM, not encrypted).")
    behind_proxy: bool = Field(
        False, description="A proxy in front does TLS and passes requests of others on."
    )
    key: SecretStr | None = Field(None, description="Key of the REST API that `letters` asks with.")
    batch_size: int = Field(1000, ge=1, le=100_000, description="Most shots judged in one batch.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level logged.")
    log_format: Literal["text", "json"] = Field("text", description="Log lines for people or for machines.")

    @field_validator("store_url", "tls_cert", "tls_key", "key", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """``SPRUE_STORE_URL=`` in the environment takes back what ``.env`` says."""
        return None if value == "" else value

    @field_validator("mongo_url", "history_url", "store_url")
    @classmethod
    def _quoted_password(cls, value: SecretStr | None) -> SecretStr | None:
        """No driver gets an address it would cut in the wrong place, and then print in parts."""
        url = value.get_secret_value() if value is not None else ""
        if url.startswith(_SERVERS) and not quoted(url):
            msg = "expected user, password and options with / ? # @ [ ] written as %2F %3F %23 %40 %5B %5D"
            raise ValueError(msg)
        return value

    @field_validator("history_table")
    @classmethod
    def _plain_table_name(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?", value):
            msg = "expected letters, digits and _ , optionally schema.table"
            raise ValueError(msg)
        return value

    @property
    def registry(self) -> Path:
        """Folder of the trained versions."""
        return self.home / "registry"

    @property
    def resolved_store_url(self) -> str:
        """SQLAlchemy URL of the verdict store; holds the password, never log it."""
        if self.store_url is not None:
            return self.store_url.get_secret_value()
        return f"sqlite:///{(self.home / 'verdicts.sqlite').as_posix()}"

    @property
    def keys_file(self) -> Path:
        """The API's keys."""
        return self.home / "keys.json"

    @property
    def exposed(self) -> bool:
        """Whether others than this machine's users can reach the API, through a proxy or directly."""
        return self.behind_proxy or not self.loopback

    @property
    def loopback(self) -> bool:
        """Whether `host` is reachable from this machine only."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def load_config(**overrides: object) -> Config:
    """Read environment and ``.env``; `overrides` (command line flags) win, None is absent.

    Raises
    ------
    ConfigError
        Names the variable, what was expected and, unless it is a secret, what came.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Config(**given)  # type: ignore[arg-type]  # validated by pydantic itself
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_url=False, include_context=False):
            name = "_".join(str(p) for p in problem["loc"])
            secret = (
                Config.model_fields[name].annotation in (SecretStr, SecretStr | None)
                if name in Config.model_fields
                else True
            )
            came = "" if secret else f", got {problem['input']!r}"
            said = problem["msg"].removeprefix("Value error, ").partition(", unable to parse")[0]
            said = said.replace("Input should be", "expected")
            lines.append(f"SPRUE_{name.upper()}: {said}{came}")
        raise ConfigError("; ".join(lines)) from None
    except UnicodeDecodeError as error:
        msg = f".env: expected UTF-8 text, got: {error}; save the file as UTF-8"
        raise ConfigError(msg) from None


def quoted(url: str) -> bool:
    """Whether user and password hold none of the characters that divide an address.

    Where they do, drivers take a part of the password for a host or port, and print it.

    >>> quoted("postgresql://judge:a%2Fb@db/plant"), quoted("postgresql://judge:a/b@db/plant")
    (True, False)
    """
    user = url.partition("://")[2].rpartition("@")[0]
    return not set(user) & set("/?#@[]")


def redacted(url: str) -> str:
    """A connection string fit for logs: user, password and options left out.

    >>> redacted("mongodb://judge:s3cret@db1:27017,db2/plant?authSource=admin")
    'mongodb://db1:27017,db2/plant'
    """
    scheme, found, rest = url.partition("://")
    if not found:
        return "<unreadable url>"
    authority, slash, path = rest.partition("/")
    hosts = authority.rpartition("@")[2]
    # A password may itself hold "/" or "@": whatever follows the first @ counts as host.
    if "@" in path:
        return f"{scheme}://<redacted>"
    return f"{scheme}://{hosts}{slash}{path.partition('?')[0]}".rstrip("?")
