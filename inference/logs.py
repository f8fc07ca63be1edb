"""Log lines for people or machines, on standard error, with every secret taken out.

Redaction is the last step, on the finished line: whatever library wrote it and wherever
in it the secret stood (an argument, an exception's text, a stack), it does not get out.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Iterable
from typing import Any, TextIO
from urllib.parse import quote, quote_plus, unquote

import structlog
from pydantic import SecretStr

from core.config import Config

HIDDEN = "***"
# user:password@ of any URL, also of one no setting holds (a driver's own message, say).
_CREDENTIALS = re.compile(r"(?<=://)[^\s/@'\"]+:[^\s@'\"]*@")
_LEAST_SECRET = 4
"""A shorter secret would blacken half of every line; it is found as part of its URL only."""


def configure_logs(config: Config, stream: TextIO | None = None) -> None:
    """Send every log of this process, ours and the libraries', through one form to `stream`.

    Parameters
    ----------
    config : Config
        ``log_level``, ``log_format`` and the secrets to take out.
    stream : file, optional
        Standard error when None.
    """
    out = stream if stream is not None else sys.stderr
    machine = config.log_format == "json"
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: Any
    if machine:
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    else:
        # Plain tracebacks: the pretty ones print local variables, and with them secrets.
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=plain)
    redact = Redactor(secrets_of(config))
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer, redact],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(config.log_level)
    # The driver's heartbeat and the server's access lines say nothing an operator can use.
    for noisy in ("pymongo", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def secrets_of(config: Config) -> set[str]:
    """Every secret of the configuration: keys, and the passwords inside URLs."""
    found: set[str] = set()
    for name in type(config).model_fields:
        value = getattr(config, name)
        if not isinstance(value, SecretStr):
            continue
        text = value.get_secret_value()
        if "://" not in text:
            found.add(text)
            continue
        authority = text.partition("://")[2].rpartition("@")[0]
        password = authority.partition(":")[2]
        query = text.partition("?")[2] if text.count("?") == 1 else ""
        options = re.findall(r"(?:password|token|secret)[^=&]*=([^&]+)", query, flags=re.IGNORECASE)
        found.update((password, unquote(password), *options))
    return {secret for secret in found if len(secret) >= _LEAST_SECRET}


class Redactor:
    """The last structlog processor: hides secrets in the finished line, in every spelling."""

    def __init__(self, secrets: Iterable[str]) -> None:
        spellings: set[str] = set()
        for secret in secrets:
            plain = {secret, quote(secret, safe=""), quote_plus(secret), repr(secret)[1:-1]}
            spellings |= plain | {json.dumps(s, ensure_ascii=False)[1:-1] for s in plain}
            spellings.add(json.dumps(secret)[1:-1])
        longest_first = sorted(spellings, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if spellings else None

    def __call__(self, _logger: Any, _method: str, line: Any) -> str:
        """The line without secrets."""
        text = str(line)
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return _CREDENTIALS.sub(f"{HIDDEN}@", text)
