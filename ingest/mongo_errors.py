"""What an error of MongoDB means for the stream, and who must act."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pymongo.errors import ConfigurationError, ConnectionFailure, PyMongoError

from core.errors import ConfigError, PositionLost, SourceUnavailable, SprueError

HISTORY_LOST: Final = frozenset({286, 464})
"""ChangeStreamHistoryLost, ShardRemovedError: what came after the position is gone."""
_TOKEN_REFUSED: Final = frozenset({280, 260, 9, 15, 40647, 40649, *range(50_800, 50_900)})
EVENT_TOO_LARGE: Final = 10334
"""One event exceeds 16 MB; reading it again fails for ever."""
_ACCESS: Final = frozenset({13, 18, 8000})
_NO_REPLICA_SET: Final = frozenset({40573})
_NO_CHANGE_STREAM: Final = frozenset({40324, 115})


def code_of(error: PyMongoError) -> int | None:
    """The server's error code, None when the server did not answer."""
    details = getattr(error, "details", None)
    code = details.get("code") if isinstance(details, Mapping) else None
    return code if isinstance(code, int) else getattr(error, "code", None)


def token_refused(error: PyMongoError) -> bool:
    """Whether the resume token does not fit: other filter, invalidated, damaged (KeyString errors).

    The time stored beside it may still do.
    """
    return code_of(error) in _TOKEN_REFUSED


def translate(error: PyMongoError, where: str) -> SprueError:
    """The error as one of ours.

    Parameters
    ----------
    error : PyMongoError
        As the driver raised it.
    where : str
        Host and namespace for the message; never a connection string with a password.

    Returns
    -------
    SprueError
        `PositionLost`: the operator decides how to go on. `ConfigError`: access rights,
        no replica set, an address no client can read. `SourceUnavailable`: anything
        else; trying again may help.
    """
    code = code_of(error)
    if code in HISTORY_LOST or code in _TOKEN_REFUSED:
        return PositionLost(
            f"{where}: the oplog no longer holds the stored position (code {code}): shots after it may be "
            "unread; enlarge the oplog, then begin anew with an empty verdict store and SPRUE_START_FROM"
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
    kind = "no connection" if isinstance(error, ConnectionFailure) else type(error).__name__
    details = getattr(error, "details", None)
    said = details.get("errmsg") if isinstance(details, Mapping) else None
    detail = str(said or error).partition(", Timeout:")[0][:300]
    return SourceUnavailable(f"{where}: {kind}{f' (code {code})' if code else ''}: {detail}")
