"""Who may ask: loopback binding, API key, Host check, body limit, headers."""

from __future__ import annotations

import base64
import hmac
import ipaddress
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import SECURITY_HEADERS, problem
from core.config import Config
from core.errors import ConfigError

BODY_LIMIT = 64 * 1024
"""Bytes of a request's body. Nothing here takes a body yet; a large one is an attack or an error."""

_HEADERS = {name.lower().encode(): value.encode() for name, value in SECURITY_HEADERS.items()}
_PAIRS = list(_HEADERS.items())
_OPEN_PATHS = frozenset({"/healthz"})


def check_binding(config: Config) -> None:
    """Refuse to listen where others can reach us unless there is a key.

    Raises
    ------
    ConfigError
        The host is not loopback and no key is set, or the key is too short to be one.
    """
    key = config.api_key.get_secret_value() if config.api_key is not None else ""
    if config.api_key is not None and len(key) < 16:
        msg = (
            f"SPRUE_API_KEY: expected at least 16 characters, got {len(key)}; "
            f'make one with `python -c "import secrets; print(secrets.token_urlsafe(32))"`'
        )
        raise ConfigError(msg)
    if not config.loopback and not key:
        msg = (
            f"SPRUE_HOST: {config.host!r} can be reached from other machines and SPRUE_API_KEY is not set; "
            f"set a key, or leave SPRUE_HOST at 127.0.0.1"
        )
        raise ConfigError(msg)


class Guard:
    """ASGI middleware in front of everything; counts and checks before anything is parsed."""

    def __init__(self, app: ASGIApp, *, config: Config) -> None:
        self._app = app
        self._loopback = config.loopback
        self._key = config.api_key.get_secret_value().encode() if config.api_key is not None else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a problem, or pass on with security headers added."""
        if scope["type"] != "http":
            # Lifespan passes; there are no websockets here, and none slip by the key.
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        # Read as they came: a request object would cost more than all these checks.
        headers = dict(reversed(scope["headers"]))  # of one given twice the first counts
        if self._loopback and not _is_loopback(headers.get(b"host", b"")):
            detail = "this service answers on this machine's own names only: localhost"
            await problem(Request(scope), 421, detail)(scope, receive, send)
            return
        if self._key and scope["path"] not in _OPEN_PATHS and not self._may(headers):
            ask = {"WWW-Authenticate": 'Basic realm="sprue", charset="UTF-8"'}
            detail = "expected the key in X-API-Key, or in a browser as the password"
            await problem(Request(scope), 401, detail, headers=ask)(scope, receive, send)
            return
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            await problem(Request(scope), 413, f"expected at most {BODY_LIMIT} bytes")(scope, receive, send)
            return

        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_LIMIT:
                return {"type": "http.disconnect"}
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message["headers"])
                own = [name for name, _ in given if name in _HEADERS]
                left_out = [pair for pair in _HEADERS.items() if pair[0] not in own] if own else _PAIRS
                message["headers"] = given + left_out
            await send(message)

        if scope["method"] == "HEAD":  # uptime monitors ask so; the server leaves the body out
            scope = {**scope, "method": "GET"}
        await self._app(scope, limited, with_headers)

    def _may(self, headers: Mapping[bytes, bytes]) -> bool:
        if b"x-api-key" in headers:
            given = headers[b"x-api-key"]
        else:
            scheme, _, encoded = headers.get(b"authorization", b"").partition(b" ")
            try:
                password = base64.b64decode(encoded, validate=True).partition(b":")[2]
            except ValueError:
                return False
            given = password if scheme.lower() == b"basic" else b""
        return hmac.compare_digest(given, self._key)


@lru_cache(maxsize=64)
def _is_loopback(host: bytes) -> bool:
    """Whether a Host header names this machine: a page elsewhere whose name was bent to us does not."""
    try:
        name = urlsplit(f"//{host.decode('latin-1')}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
