"""A MongoDB client that notices a dead line within seconds."""

from __future__ import annotations

from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from core.config import redacted
from ingest.mongo_errors import translate

TIMEOUTS: Final[dict[str, Any]] = {
    "socketTimeoutMS": 15_000,  # must exceed the longest wait for events
    "connectTimeoutMS": 5_000,
    "serverSelectionTimeoutMS": 5_000,
    "heartbeatFrequencyMS": 5_000,
}
"""Milliseconds; set unless the connection string sets them. The driver's own: a minute of silence."""


def connect(url: str, *, appname: str = "sprue") -> MongoClient[dict[str, Any]]:
    """A client for this connection string; it connects with the first command.

    Raises
    ------
    ConfigError
        The string is not one a client can read.
    """
    given = url.partition("?")[2].lower()
    timeouts = {name: ms for name, ms in TIMEOUTS.items() if f"{name.lower()}=" not in given}
    try:
        return MongoClient(url, appname=appname, **timeouts)
    except PyMongoError as error:
        raise translate(error, redacted(url)) from error
