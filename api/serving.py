"""How the application is served: limits, time limits, encryption."""

from __future__ import annotations

from typing import Any

from api.connection import Connection
from api.security import HEADER_BYTES
from api.tls import tls_context
from core.config import Config


def serving(config: Config) -> dict[str, Any]:
    """Settings of `uvicorn.Config`.

    Raises
    ------
    ConfigError
        The certificate cannot be used.
    """
    settings: dict[str, Any] = {
        "http": Connection,
        "ws": "none",
        "h11_max_incomplete_event_size": 2 * HEADER_BYTES,
        "timeout_keep_alive": 5,
        "log_config": None,
        "access_log": False,
        "server_header": False,
    }
    context = tls_context(config)
    if context is not None:
        settings["ssl_context_factory"] = lambda _config, _default: context
    return settings
