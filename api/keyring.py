"""The keys a running service goes by: looked up by id, read again when their file changes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import math
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from api.key_file import ID_LENGTH, PREFIX, SECRET_LENGTH, StoredKey, read_keys
from api.roles import RANK
from api.times import from_rfc3339
from core.errors import ConfigError

log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 0.5
"""A change of the file counts after so long at most."""
_ID_END = len(PREFIX) + ID_LENGTH
_SECRET_AT = _ID_END + 1
_LENGTH = _SECRET_AT + SECRET_LENGTH


@dataclass(frozen=True, slots=True)
class _Held:
    """A key ready to be compared; `until` in seconds since 1970 UTC."""

    name: str
    rank: int
    digest: bytes
    until: float


class Keyring:
    """Tells who asks by the key given.

    It never opens by itself: a file that is damaged, or gone while the service runs, refuses
    everybody.

    Parameters
    ----------
    file : Path
        ``keys.json``; may be absent.
    wall : callable
        Seconds since 1970 UTC.
    steady : callable
        Seconds of a clock that only goes forward.

    Attributes
    ----------
    empty : bool
        There is no key, neither one that holds nor one that did.
    problem : str
        Why everybody is refused; empty when nobody is for such a reason.
    """

    def __init__(
        self,
        file: Path,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.empty = True
        self.problem = ""
        self._file = file
        self._wall = wall
        self._steady = steady
        self._held: Mapping[bytes, _Held] = {}
        self._seen: tuple[int, ...] | None = ()
        self._look_at = -math.inf
        self.look()

    def look(self) -> None:
        """Read the file again if it changed; not more often than every `LOOK_SECONDS`."""
        now = self._steady()
        if now < self._look_at:
            return
        self._look_at = now + LOOK_SECONDS
        seen = self._signature()
        if seen == self._seen:
            return
        self._seen = seen
        try:
            keys = read_keys(self._file)
            if not keys and not self.empty:
                # Deleted or emptied under a running service: that must not open it.
                raise ConfigError(
                    f"{self._file}: its keys are gone; put them back, or start the service anew"
                )
        except ConfigError as error:
            self.problem, self.empty, self._held = str(error), False, {}
            log.error("everybody is refused: the keys cannot be read", problem=self.problem)
            return
        self.problem, self.empty = "", not keys
        self._held = {f"{PREFIX}{key.id}".encode(): _held(key) for key in keys if key.revoked is None}
        if keys:
            log.info("keys read", keys=len(keys), held=len(self._held))

    def rank_of(self, given: bytes) -> int:
        """The rank of a key's role, see `api.roles.RANK`; 0 for what is no key that holds."""
        held = self._holder(given)
        return 0 if held is None else held.rank

    def name_of(self, given: bytes) -> str | None:
        """Whose key this is; None for what is no key that holds."""
        held = self._holder(given)
        return None if held is None else held.name

    def _holder(self, given: bytes) -> _Held | None:
        held = self._held.get(given[:_ID_END])
        if held is None or len(given) != _LENGTH or given[_ID_END] != 0x5F:
            return None
        digest = hashlib.sha256(given[_SECRET_AT:]).digest()
        if not hmac.compare_digest(digest, held.digest) or self._wall() >= held.until:
            return None
        return held

    def _signature(self) -> tuple[int, ...] | None:
        """What changes when the file is replaced or written to; None where there is none."""
        try:
            found = os.stat(self._file)
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size, found.st_ino


def key_given(headers: Mapping[bytes, bytes]) -> bytes:
    """The key of a request: in ``X-API-Key``, or as a browser's Basic password; else empty.

    >>> key_given({b"authorization": b"Basic YW55b25lOnNwcnVlXzE="})
    b'sprue_1'
    """
    if b"x-api-key" in headers:
        return headers[b"x-api-key"]
    scheme, _, encoded = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() != b"basic":
        return b""
    try:
        return base64.b64decode(encoded, validate=True).partition(b":")[2]
    except ValueError:
        return b""


def _held(key: StoredKey) -> _Held:
    until = math.inf if key.expires is None else from_rfc3339(key.expires) / 1000
    return _Held(key.name, RANK[key.role], bytes.fromhex(key.sha256), until)
