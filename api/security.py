"""In front of everything: who asks, from where, and how much at once."""

from __future__ import annotations

import ipaddress
import time
from functools import lru_cache
from urllib.parse import urlsplit

from fastapi import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.foreign import refuse_other_origin
from api.forms.paths import UPLOAD_LIMIT, is_socket, part_of
from api.key_file import read_keys
from api.keyring import Keyring, key_given
from api.problems import SECURITY_HEADERS, ProblemResponse, problem
from api.roles import RANK, RANK_IN_SCOPE
from api.tls import tls_context
from core.config import Config
from core.errors import ConfigError

BODY_LIMIT = 64 * 1024
"""Bytes of a request's body; a larger one is an attack or an error."""
ROWS_LIMIT = 512 * 1024
"""The same where whole tables are sent: a thousand rows under long names."""
HEADER_LIMIT = 64
"""Headers of a request."""
HEADER_BYTES = 16 * 1024
"""Bytes of their values."""
QUERY_BYTES = 8 * 1024

_HEADERS = {name.lower().encode(): value.encode() for name, value in SECURITY_HEADERS.items()}
_PAIRS = list(_HEADERS.items())
_BODY_LIMITS = {"/api/v1/predictions": ROWS_LIMIT}
_POLICY_VIOLATION = 1008
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
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Read as they came: a request object would cost more than all these checks.
        headers = dict(reversed(scope["headers"]))  # of one given twice the first counts
        rank = self._rank(headers)
        refused = self._refusal(scope, headers, rank)
        limit = _BODY_LIMITS.get(scope["path"], BODY_LIMIT)
        if part_of(scope["path"]) == "upload":
            limit = UPLOAD_LIMIT
        if refused is None:
            length = headers.get(b"content-length", b"0")
            if not length.isdigit() or len(length) > 20 or int(length) > limit:
                refused = problem(HTTPConnection(scope), 413, f"expected at most {limit} bytes")
        if refused is not None:
            await refused(scope, receive, send)
            return

        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit:
                raise HTTPException(413, f"expected at most {limit} bytes")
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

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A websocket: of a form, of our own pages, and only while its key holds."""
        headers = dict(reversed(scope["headers"]))
        rank = self._rank(headers)
        refused = self._refusal(scope, headers, rank)
        if refused is None and not is_socket(scope["path"]):
            refused = problem(HTTPConnection(scope), 404, "there is no websocket here")
        if refused is None:
            try:
                refuse_other_origin(scope)
            except HTTPException as error:
                refused = problem(HTTPConnection(scope), error.status_code, str(error.detail))
        if refused is not None:
            await receive()  # that somebody wants to connect; only then may they be answered
            await refused(scope, receive, send)
            return

        async def held() -> Message:
            message = await receive()
            # Whoever holds a line open does so with a key that may be revoked meanwhile.
            if message["type"] == "websocket.receive" and not self._rank(headers):
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
                return {"type": "websocket.disconnect", "code": _POLICY_VIOLATION}
            return message

        scope[RANK_IN_SCOPE] = rank
        await self._app(scope, held, send)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes], rank: int) -> ProblemResponse | None:
        """Why a request or a websocket gets no further; None: it does."""
        if not self._exposed and not _is_loopback(headers.get(b"host", b"")):
            detail = "this service answers on this machine's own names only: localhost"
            return problem(HTTPConnection(scope), 421, detail)
        if len(scope["headers"]) > HEADER_LIMIT or sum(map(len, headers.values())) > HEADER_BYTES:
            detail = f"expected at most {HEADER_LIMIT} headers of {HEADER_BYTES} bytes together"
            return problem(HTTPConnection(scope), 431, detail)
        if not rank and scope["path"] not in _OPEN_PATHS:
            return self._no_key(scope)
        if len(scope["query_string"]) > QUERY_BYTES:
            return problem(HTTPConnection(scope), 414, f"expected a query of at most {QUERY_BYTES} bytes")
        return None

    def _rank(self, headers: dict[bytes, bytes]) -> int:
        """The rank of whoever asks; on loopback, while no keys exist, this machine's users may all."""
        keyring = self._keyring
        keyring.look()
        if keyring.empty:
            return 0 if self._exposed else _LOCAL_USER
        return keyring.rank_of(key_given(headers))

    def _no_key(self, scope: Scope) -> ProblemResponse:
        if self._keyring.problem:
            detail = "the service cannot read its keys and lets nobody in; its log says why"
            again = {"Retry-After": "5"}
            return problem(HTTPConnection(scope), 503, detail, kind="no-keys", headers=again)
        ask = {"WWW-Authenticate": 'Basic realm="sprue", charset="UTF-8"'}
        detail = "expected a key that holds, in X-API-Key, or in a browser as the password"
        return problem(HTTPConnection(scope), 401, detail, headers=ask)


@lru_cache(maxsize=64)
def _is_loopback(host: bytes) -> bool:
    """Whether a Host header names this machine: a page elsewhere whose name was bent to us does not."""
    try:
        name = urlsplit(f"//{host.decode('latin-1')}").hostname or ""
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
