"""What an error of MongoDB means for the stream, and who must act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bson.errors import BSONError
from pymongo.errors import ConfigurationError, ConnectionFailure, PyMongoError

from core.errors import (
    ConfigError,
    PositionLost,
    PositionRefused,
    SourceUnavailable,
    SprueError,
    UnknownAnswer,
)

HISTORY_LOST: Final = frozenset({286, 464})
"""ChangeStreamHistoryLost, ShardRemovedError: what came after the position is gone."""
TOKEN_REFUSED: Final = frozenset({280, 260, 9, 15, 40647, 40649, *range(50_800, 50_900)})
"""The resume token does not fit: other filter, invalidated, damaged (KeyString errors)."""
EVENT_TOO_LARGE: Final = 10334
"""One event exceeds 16 MB; reading it again fails for ever."""
PASSING: Final = frozenset(
    {
        *(6, 7, 89, 9001),  # network, as seen by the server or a router
        *(91, 11600, 11602, 11601),  # shutting down, interrupted
        *(189, 10107, 10058, 13435, 13436, 133, 216),  # elections
        *(43, 237, 175, 50, 262),  # a cursor killed, a time limit
        *(63, 150, 234, 13388),  # chunks and shards on the move
    }
)
"""Trouble that passes by itself."""
_ACCESS: Final = frozenset({13, 18, 8000})
_NO_REPLICA_SET: Final = frozenset({40573})
_NO_CHANGE_STREAM: Final = frozenset({40324, 115})
_LABELS: Final = ("ResumableChangeStreamError", "RetryableWriteError", "TransientTransactionError")


def code_of(error: Exception) -> int | None:
    """The server's error code, None when the server did not answer."""
    details = getattr(error, "details", None)
    code = details.get("code") if isinstance(details, Mapping) else None
    return code if isinstance(code, int) else getattr(error, "code", None)


def translate(error: PyMongoError | BSONError, where: str) -> SprueError:
    """The error as one of ours.

    Parameters
    ----------
    error : PyMongoError or BSONError
        As the driver raised it.
    where : str
        Host and namespace for the message; never a connection string with a password.

    Returns
    -------
    SprueError
        `PositionRefused`, `PositionLost`: of the position, see there. `ConfigError`: access
        rights, no replica set, an address no client can read. `SourceUnavailable`: no
        connection, or an answer known to pass. `UnknownAnswer`: any other.
    """
    code = code_of(error)
    if code in HISTORY_LOST:
        return PositionLost(
            f"{where}: the oplog no longer holds the stored position (code {code}): shots after it may be "
            "unread; enlarge the oplog, and where the service is not to close the gap by itself, begin anew "
            "with an empty verdict store and SPRUE_START_FROM",
            code,
        )
    if code in TOKEN_REFUSED:
        return PositionRefused(
            f"{where}: expected a resume token of this stream, the server refuses the stored one "
            f"(code {code}): {_said(error)}",
            code,
        )
    if code in _ACCESS:
        return ConfigError(
            f"{where}: expected the right to read the collection and its change stream, was refused "
            f"(code {code}); check user, password and role in SPRUE_MONGO_URL"
        )
    if code in _NO_REPLICA_SET:
        return ConfigError(
            f"{where}: expected a replica set, got a standalone server; start mongod with --replSet "
            "and run rs.initiate() once"
        )
    if code in _NO_CHANGE_STREAM:
        return ConfigError(f"{where}: expected MongoDB 4.2 or later with change streams (code {code})")
    if isinstance(error, ConfigurationError):
        return ConfigError(f"{where}: expected a MongoDB connection string, got one that says: {error}")
    lost = isinstance(error, ConnectionFailure)
    kind = "no connection" if lost else type(error).__name__
    text = f"{where}: {kind}{f' (code {code})' if code else ''}: {_said(error)}"
    return SourceUnavailable(text, code) if lost or _passes(error, code) else UnknownAnswer(text, code)


def _passes(error: Exception, code: int | None) -> bool:
    labelled = isinstance(error, PyMongoError) and any(error.has_error_label(name) for name in _LABELS)
    return code in PASSING or labelled


def _said(error: Exception) -> str:
    details = getattr(error, "details", None)
    said = details.get("errmsg") if isinstance(details, Mapping) else None
    return str(said or error).partition(", Timeout:")[0][:300]
