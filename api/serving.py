"""How the application is served: limits, time limits, encryption."""

from __future__ import annotations

from typing import Any, Final

from api.connection import Connection
from api.security import HEADER_BYTES
from api.tls import tls_context
from core.config import Config

SOCKET_BYTES: Final = 1_000_000
"""Of a message over a websocket."""


def serving(config: Config, *, forms: bool = False) -> dict[str, Any]:
    """Settings of `uvicorn.Config`.

    Parameters
    ----------
    config : Config
    forms : bool
        Whether the application has forms: they speak over a websocket; else there is none.

    Raises
    ------
    ConfigError
        The certificate cannot be used.
    """
    settings: dict[str, Any] = {
        "http": Connection,
        "loop": "asyncio",  # the one loop there is on every system, whatever else is installed
        "ws": "websockets-sansio" if forms else "none",
        "ws_max_size": SOCKET_BYTES,
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
