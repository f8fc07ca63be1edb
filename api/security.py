"""In front of everything: who asks, from where, and how much at once."""

from __future__ import annotations

import ipaddress
import time
from functools import lru_cache
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.key_file import read_keys
from api.keyring import Keyring, key_given
from api.problems import SECURITY_HEADERS, problem
from api.roles import RANK, RANK_IN_SCOPE
from api.tls import tls_context
from core.config import Config
from core.errors import ConfigError

BODY_LIMIT = 64 * 1024
"""Bytes of a request's body; a larger one is an attack or an error."""
HEADER_LIMIT = 64
"""Headers of a request."""
HEADER_BYTES = 16 * 1024
"""Bytes of their values."""
QUERY_BYTES = 8 * 1024

_HEADERS = {name.lower().encode(): value.encode() for name, value in SECURITY_HEADERS.items()}
_PAIRS = list(_HEADERS.items())
_OPEN_PATHS = frozenset({"/healthz"})
_LOCAL_USER = RANK["admin"]


def check_binding(config: Config) -> None:
    """Refuse to listen where others can reach us unless there are a key and encryption.

    Raises
    ------
    ConfigError
        Others can reach the API and no key holds, or nothing encrypts; or the certificate
        cannot be used.
    """
    tls_context(config)
    if not config.exposed:
        return
    where = f"SPRUE_HOST: {config.host!r}" if not config.loopback else "SPRUE_BEHIND_PROXY: the API"
    if config.tls_cert is None and not config.behind_proxy:
        msg = (
            f"{where} can be reached from other machines and nothing encrypts what they send; set "
            f"SPRUE_TLS_CERT and SPRUE_TLS_KEY, or SPRUE_BEHIND_PROXY=true where a proxy does it, "
            f"or leave SPRUE_HOST at 127.0.0.1"
        )
        raise ConfigError(msg)
    now = int(time.time() * 1000)
    if not any(key.holds(now) for key in read_keys(config.keys_file)):
        msg = (
            f"{where} can be reached from other machines and there is no key in {config.keys_file} that "
            f"holds; make one with `./sprue key add NAME --role viewer`, or leave SPRUE_HOST at 127.0.0.1"
        )
        raise ConfigError(msg)


class Guard:
    """ASGI middleware in front of everything; counts and checks before anything is parsed."""

    def __init__(self, app: ASGIApp, *, config: Config, keyring: Keyring) -> None:
        self._app = app
        self._exposed = config.exposed
        self._keyring = keyring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a problem, or pass on with security headers added."""
        if scope["type"] != "http":
            # Lifespan passes; there are no websockets here, and none slip by the keys.
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        # Read as they came: a request object would cost more than all these checks.
        headers = dict(reversed(scope["headers"]))  # of one given twice the first counts
        if not self._exposed and not _is_loopback(headers.get(b"host", b"")):
            detail = "this service answers on this machine's own names only: localhost"
            await problem(Request(scope), 421, detail)(scope, receive, send)
            return
        if len(scope["headers"]) > HEADER_LIMIT or sum(map(len, headers.values())) > HEADER_BYTES:
            detail = f"expected at most {HEADER_LIMIT} headers of {HEADER_BYTES} bytes together"
            await problem(Request(scope), 431, detail)(scope, receive, send)
            return
        rank = self._rank(headers)
        if not rank and scope["path"] not in _OPEN_PATHS:
            await self._refuse(scope, receive, send)
            return
        if len(scope["query_string"]) > QUERY_BYTES:
            detail = f"expected a query of at most {QUERY_BYTES} bytes"
            await problem(Request(scope), 414, detail)(scope, receive, send)
            return
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 20 or int(length) > BODY_LIMIT:
            await problem(Request(scope), 413, f"expected at most {BODY_LIMIT} bytes")(scope, receive, send)
            return

        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > BODY_LIMIT:
                raise HTTPException(413, f"expected at most {BODY_LIMIT} bytes")
            return message

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message["headers"])
                own = [name for name, _ in given if name in _HEADERS]
                left_out = [pair for pair in _HEADERS.items() if pair[0] not in own] if own else _PAIRS
                message["headers"] = given + left_out
            await send(message)

        scope[RANK_IN_SCOPE] = rank
        if scope["method"] == "HEAD":  # uptime monitors ask so; the server leaves the body out
            scope = {**scope, "method": "GET"}
        await self._app(scope, limited, with_headers)

    def _rank(self, headers: dict[bytes, bytes]) -> int:
        """The rank of whoever asks; on loopback, while no keys exist, this machine's users may all."""
        keyring = self._keyring
        keyring.look()
        if keyring.empty:
            return 0 if self._exposed else _LOCAL_USER
        return keyring.rank_of(key_given(headers))

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._keyring.problem:
            detail = "the service cannot read its keys and lets nobody in; its log says why"
            answer = problem(Request(scope), 503, detail, kind="no-keys", headers={"Retry-After": "5"})
        else:
            ask = {"WWW-Authenticate": 'Basic realm="sprue", charset="UTF-8"'}
            detail = "expected a key that holds, in X-API-Key, or in a browser as the password"
            answer = problem(Request(scope), 401, detail, headers=ask)
        await answer(scope, receive, send)


@lru_cache(maxsize=64)
def _is_loopback(host: bytes) -> bool:
    """Whether a Host header names this machine: a page elsewhere whose name was bent to us does not."""
    try:
        name = urlsplit(f"//{host.decode('latin-1')}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
